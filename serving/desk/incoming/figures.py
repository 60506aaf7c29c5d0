"""The two figures of a claim that fade by themselves, posts per hour and with it priority, worked out at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from serving.db import claims as rows
from serving.db.claims import Growing
from serving.db.tables import Claim
from serving.desk.context import Context
from serving.desk.incoming import trends, triage
from serving.desk.incoming.trends import Trend

# How old a figure may grow before it is worked out again: the queue's order is at most this far behind.
FRESH_FOR: Final = timedelta(minutes=5)


def facts_of(
    claim: Claim | Growing,
    trend: Trend,
    match: str | None,
    *,
    n_posts: int | None = None,
    reach: int | None = None,
) -> triage.Facts:
    """Give what orders a claim; ``n_posts`` and ``reach`` are given where they are about to change."""
    return triage.Facts(
        band=claim.band,
        p_hoax=claim.p_hoax,
        posts_per_hour=trend.posts_per_hour,
        reach=claim.reach if reach is None else reach,
        category=claim.category,
        match=match,
        waiting_since=claim.created_at,
        rising=trend.is_rising,
        state=claim.state,
        n_posts=claim.n_posts if n_posts is None else n_posts,
    )


def measure(ctx: Context, claim_ids: Sequence[int]) -> None:
    """Work out posts per hour and priority of claims at ``ctx.now``."""
    locked = rows.lock_claims(ctx.session, claim_ids)
    spread = rows.spread_since(ctx.session, locked, trends.oldest_quarter(ctx.now))
    matches = rows.strongest_matches(ctx.session, locked)
    for claim_id, claim in locked.items():
        trend = trends.trend(spread.get(claim_id, {}), ctx.now)
        claim.posts_per_hour, claim.measured_at = trend.posts_per_hour, ctx.now
        claim.priority = triage.priority(facts_of(claim, trend, matches.get(claim_id)))


def refresh(ctx: Context, limit: int = 500) -> int:
    """Let claims fade that got no new post for a while; give how many were worked out again."""
    fading = rows.fading_claims(ctx.session, ctx.now - FRESH_FOR, trends.STILL_PER_HOUR, limit)
    measure(ctx, fading)
    return len(fading)
