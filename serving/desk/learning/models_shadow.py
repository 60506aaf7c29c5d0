"""The challenger in shadow: it reads every new claim after the champion has, and nobody at the desk sees what it says.

The worker does this, so that a slow or broken challenger holds up no post. Both models read the same words, the text of
the post that founded the claim, so that a difference is a difference of models.
"""

from __future__ import annotations

from typing import Final

from serving.db import registry as rows
from serving.desk.context import Begin
from serving.desk.learning.models_holder import ModelHolder

BATCH: Final = 200


def read_new(begin: Begin, holder: ModelHolder) -> int:
    """Let the challenger read what it has not read; give how many claims. Nothing waits while the models score."""
    n_claims = 0
    while True:
        with begin() as ctx:
            challenge = holder.look(ctx.session, ctx.now).challenger
            claims = (
                [] if challenge is None else rows.unshadowed(ctx.session, challenge.history_id, challenge.at, BATCH)
            )
        tried = holder.challenger() if claims else None
        if tried is None or tried[0] != challenge:
            return n_claims
        texts = [claim.text for claim in claims]
        said, champion_said = tried[1].score_many(texts), holder.score_many(texts)
        with begin() as ctx:
            rows.add_shadow_scores(
                ctx.session,
                [
                    {
                        "challenge_id": tried[0].history_id,
                        "claim_id": claim.claim_id,
                        "version": score.model,
                        "p_hoax": score.p_hoax,
                        "band": score.band.value,
                        "champion": beside.model,
                        "champion_p_hoax": beside.p_hoax,
                        "champion_band": beside.band.value,
                        "at": ctx.now,
                    }
                    for claim, score, beside in zip(claims, said, champion_said, strict=True)
                ],
            )
        n_claims += len(claims)
        if len(claims) < BATCH:
            return n_claims
