"""What other systems are told of clarifications and verdicts: what the public page says, and numbers."""

from __future__ import annotations

from serving.db.tables import Clarification, ClarificationVersion
from serving.desk import claimreview, webhooks
from serving.desk.context import Context
from serving.vocabulary import WebhookEventType


def clarification(
    ctx: Context, kind: WebhookEventType, head: Clarification, words: ClarificationVersion, reason: str = ""
) -> None:
    """Tell what became of a clarification.

    Args:
        ctx: the surroundings of the step that did it.
        kind: published, revised, superseded or retracted.
        head: the clarification as it stands after the step.
        words: the words that stand.
        reason: the public reason, where there is one.
    """
    data = {
        "id": head.id,
        "claim_id": head.claim_id,
        "url": claimreview.address(ctx, head.slug),
        "claimreview": f"{ctx.settings.base_url.rstrip('/')}/v1/clarifications/{head.id}/claimreview",
        "state": head.state,
        "version": words.number,
        "issuer": head.issuer,
        "title": words.title,
        "claim": head.claim_wording,
        "verdict": head.verdict,
        "category": head.category,
        "published_at": head.published_at.isoformat() if head.published_at else None,
        "reason": reason,
        "superseded_by": head.superseded_by_id,
    }
    webhooks.emit(ctx, kind, f"clarification:{head.id}", data)


def verdict(ctx: Context, kind: WebhookEventType, head: Clarification) -> None:
    """Tell that a claim's verdict was published with this clarification, or no longer stands."""
    data = {
        "claim_id": head.claim_id,
        "clarification_id": head.id,
        "verdict": head.verdict,
        "category": head.category,
        "decided_at": head.published_at.isoformat() if head.published_at else None,
    }
    webhooks.emit(ctx, kind, f"claim:{head.claim_id}", data)
