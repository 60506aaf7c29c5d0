"""The kept standings looked after: the window of burden moved on, and rows that went astray mended.

Triggers keep every row in the transaction that changes it, so the look finds nothing unless somebody wrote past them;
what it mends is therefore worth an audit row.
"""

from __future__ import annotations

from serving.db import standings as rows
from serving.desk import audit, routing
from serving.desk.context import Begin

# People looked over in one transaction; some seconds' work each.
RANGE = 200_000


def look_over(begin: Begin) -> int:
    """Move the window of burden on and look at everybody, a range a transaction; give how many rows differed."""
    with begin() as ctx:
        rows.advance(ctx.session, ctx.now - routing.RECENT)
        end = rows.highest(ctx.session) + 1
    mended = 0
    for low in range(1, end, RANGE):
        with begin() as ctx:
            n = rows.mend(ctx.session, low, min(low + RANGE, end))
            if n:
                audit.append(ctx, "standings.mend", "influencer", None, n=n, first=low)
            mended += n
    return mended
