"""The second stage of the cascade: the model that judges claims reads each open one after the quick model has.

Intake scores a claim with the linear model in the transaction that makes it, so that no post waits; this is done by the
worker, a few claims at a time, first in the queue first; several workers read different claims at once. When another
model is promoted, the same sweep brings every open claim to it. What a claim says of itself names the model that
answered, so a screen never mixes two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.score import Scorer
from serving.db import claims as rows
from serving.db.judging import Unjudged, unjudged
from serving.desk.context import Begin, Read
from serving.desk.incoming import figures
from serving.desk.incoming.machine import reason_rows

BATCH: Final = 32


def judge_waiting(begin: Begin, read: Read, judge: Scorer, max_batches: int = 20) -> int:
    """Let ``judge`` read the open claims that it has not scored; give how many. Nothing waits while it reads.

    Args:
        begin: opens a transaction that writes.
        read: opens one that only reads; while it is open, no other worker is given its claims.
        judge: the model that judges claims.
        max_batches: after so many the caller gets its turn back.
    """
    n_claims = 0
    for _ in range(max_batches):
        with read() as session:
            waiting = unjudged(session, judge.version, BATCH)
            if not waiting:
                break
            n_claims += _judge(begin, judge, waiting)
    return n_claims


def _judge(begin: Begin, judge: Scorer, waiting: Sequence[Unjudged]) -> int:
    """Score claims and write what came out; give for how many."""
    scores = judge.score_many([claim.text for claim in waiting])
    scored = {claim.claim_id: score for claim, score in zip(waiting, scores, strict=True)}
    with begin() as ctx:
        # Whatever was decided or merged while the judge read keeps the score that people saw.
        locked = {
            claim_id: claim
            for claim_id, claim in rows.lock_claims(ctx.session, sorted(scored)).items()
            if claim.state in rows.OPEN_STATES
        }
        for claim_id, claim in locked.items():
            score = scored[claim_id]
            claim.p_hoax, claim.band, claim.reasons = score.p_hoax, score.band.value, reason_rows(score)
            claim.model, claim.scored_at = score.model, ctx.now
        ctx.session.flush()
        figures.measure(ctx, sorted(locked))
    return len(locked)
