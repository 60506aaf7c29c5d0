"""A clarification as schema.org ClaimReview, for search engines and other systems.

The publisher is the issuing institution; no person of the staff and no author of a post is in it. See
https://schema.org/ClaimReview.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serving.db.library import Entry, valid
from serving.desk.context import Context
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.vocabulary import LABELS, VerdictLabel

# 1 (worst) to 5 (best), as schema.org's Rating asks; what has no place on that line carries its word only.
_RATINGS = {
    VerdictLabel.FALSE: 1,
    VerdictLabel.MISLEADING: 2,
    VerdictLabel.MISSING_CONTEXT: 3,
    VerdictLabel.TRUE: 5,
}


def address(ctx: Context, slug: str) -> str:
    """Give the public address of a clarification."""
    return f"{ctx.settings.base_url.rstrip('/')}/klarifikasi/{slug}"


def claim_review(ctx: Context, entry: Entry) -> dict[str, Any]:
    """Give the JSON-LD document; raise where the clarification does not stand for the public."""
    head, words = entry.head, entry.words
    if not valid(head, ctx.now) or head.verdict is None:
        raise NotFoundError(mark("Klarifikasi itu tidak terbit; ClaimReview hanya ada untuk yang terbit."))
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": LABELS[head.verdict]}
    if value := _RATINGS.get(head.verdict):
        rating |= {"ratingValue": value, "worstRating": 1, "bestRating": 5}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": address(ctx, head.slug),
        "inLanguage": "id",
        "headline": words.title,
        "datePublished": _day(head.published_at or words.at),
        "dateModified": _day(words.at),
        "author": {"@type": "Organization", "name": head.issuer, "url": ctx.settings.base_url},
        "claimReviewed": head.claim_wording,
        "reviewBody": words.body,
        "reviewRating": rating,
        "itemReviewed": {"@type": "Claim", "description": head.claim_wording},
        "citation": [
            {"@type": "CreativeWork", "url": source["url"], "name": source["title"]} for source in words.sources
        ],
    }


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
