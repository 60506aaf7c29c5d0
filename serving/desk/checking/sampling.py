"""Which dismissals fall into the sample that a second person looks at.

The draw is a keyed hash of the claim and its version: the same whenever it is asked, and not to be foreseen by whoever
dismisses. A claim that is opened again and dismissed anew is drawn anew.
"""

from __future__ import annotations

from serving.db import second_look as rows
from serving.db.tables import Claim, SecondLook
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.states import SecondLookStep, next_second_look_state
from serving.security import Vault
from serving.vocabulary import SecondLookState

_BITS = 48


def falls_to(vault: Vault, share: float, *what: str) -> bool:
    """Tell whether a keyed hash of what these words name lies within ``share``, which is between 0 and 1."""
    return int(vault.pseudonym(*what)[: _BITS // 4], 16) < share * (1 << _BITS)


def is_drawn(vault: Vault, claim_id: int, version: int, share: float) -> bool:
    """Tell whether a dismissal falls into the sample; ``share`` is between 0 and 1."""
    return falls_to(vault, share, "second-look", str(claim_id), str(version))


def note_dismissal(ctx: Context, claim: Claim, dismissed_by: int) -> bool:
    """Put a dismissal that was just made before a second person where it is drawn; tell whether it was."""
    if not is_drawn(ctx.vault, claim.id, claim.version, ctx.settings.second_look_share):
        return False
    row = SecondLook(
        claim_id=claim.id,
        state=SecondLookState.WAITING,
        category=claim.category,
        reason=claim.dismiss_reason,
        dismissed_by_id=dismissed_by,
        dismissed_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return True


def note_reopening(ctx: Context, claim: Claim) -> None:
    """Close what waits about a claim that somebody opened again before anybody looked."""
    to = next_second_look_state(SecondLookState.WAITING, SecondLookStep.LAPSE)
    n = rows.lapse(ctx.session, claim.id, to)
    if n:
        audit.append(ctx, "second-look.lapse", "claim", claim.id, n=n)
