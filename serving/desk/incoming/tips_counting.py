"""How tips count: of one claim in one hour they are one post, and how many came is its views.

Nothing is known of who sends a tip, so a thousand copies from one person look like a thousand people. The first of an
hour is kept like any post; those that follow are counted in its views, up to ``COUNTED_MAX``, and their words are not
kept: they copy what is there. So tips alone hold a claim's rate below 3 posts an hour however many come (one post an
hour weighs 1.6, and 2.6 where two stand on both sides of the hour), which is also below the floor from which a
campaign may be pushed; reach grows by at most ``COUNTED_MAX`` an hour, of which each doubling counts a fifth. The cost
is the words of a second tip about the same picture, and its link.

The hour's post is known by claim and hour instead of a number of its own, so that the unique key of posts is what
counts it once, on both databases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from serving.db import posts as post_rows
from serving.db.posts import Key, KnownPost
from serving.desk.context import Context
from serving.desk.incoming.batches import Batch
from serving.desk.incoming.trends import Engagement, quarter_of

SOURCE: Final = "laporan-warga"
COUNTED_MAX: Final = 100
_QUARTERS_AN_HOUR: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What becomes of new posts once tips are counted together.

    Attributes:
        posts: those that are kept, tips among them under their hour's key.
        rows: where each of them stood.
        raised: tips of an earlier batch in the same hour, each with what it has drawn by now.
    """

    posts: Batch
    rows: Sequence[int]
    raised: Sequence[tuple[KnownPost, Engagement]]


def fold(ctx: Context, posts: Batch, claims: Sequence[int]) -> Folded:
    """Count the tips among new posts together; ``claims`` has the claim of each post."""
    keys = {
        row: _key(ctx, claims[row], posts.posted_at[row])
        for row, source in enumerate(posts.sources)
        if source == SOURCE
    }
    if not keys:
        return Folded(posts, range(len(posts)), ())
    known = post_rows.known_posts(ctx.session, set(keys.values()))
    came = Counter(keys.values())
    first: dict[Key, int] = {}
    for row, key in keys.items():
        first.setdefault(key, row)
    kept = {row for key, row in first.items() if key not in known}
    rows = [row for row in range(len(posts)) if row in kept or row not in keys]
    raised = [(found, _heard(found, came[key])) for key, found in known.items()]
    counted = {row: (keys[row], min(came[keys[row]], COUNTED_MAX)) for row in kept}
    return Folded(_counted(posts, counted).take(rows), rows, raised)


def _key(ctx: Context, claim_id: int, posted_at: datetime) -> Key:
    hour = quarter_of(posted_at) // _QUARTERS_AN_HOUR
    return SOURCE, ctx.vault.pseudonym("tip", str(claim_id), str(hour))


def _heard(old: KnownPost, n: int) -> Engagement:
    return Engagement(old.likes, old.shares, old.comments, max(old.views, min(old.views + n, COUNTED_MAX)))


def _counted(posts: Batch, counted: dict[int, tuple[Key, int]]) -> Batch:
    """Give the posts with the key and the views of each tip that is kept; a tip has drawn nothing else."""
    hashes = list(posts.hashes)
    counts, reach, reactions = posts.counts.copy(), posts.reach.copy(), posts.reactions.copy()
    for row, ((_, name), n) in counted.items():
        hashes[row], counts[row], reach[row], reactions[row] = name, (0, 0, 0, n), n, 0
    return replace(posts, hashes=hashes, counts=counts, reach=reach, reactions=reactions)
