"""A batch of anonymous posts as columns, with everything worked out that a post alone decides.

Reading a post (its signature, its score, what it adds to a spread) needs neither database nor lock, and is the larger
part of its cost. So it is done before the transaction that decides which claim the post belongs to, in another process
where there is one to spare; the columns are plain lists and arrays because those travel between processes quickly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from data.duplicates import Signatures, signatures
from models.gate import kept_below
from models.score import Probabilities, Scorer, Thresholds
from serving.desk.incoming.posts import AnonymousPost, Media, readable_text, telling_hashes
from serving.desk.incoming.trends import Engagement, quarter_of, reach_of

Counts = npt.NDArray[np.int64]
Key = tuple[str, str]  # source, external hash

_COUNTS: Final = attrgetter("likes", "shares", "comments", "views")


@runtime_checkable
class ReadsCleaned(Protocol):
    """A scorer that can be handed texts which are cleaned already."""

    @property
    def thresholds(self) -> Thresholds:
        """The bands, and how much of a text is read."""

    def cleaned(self, text: str) -> str:
        """Give a text as the model reads it."""

    def probabilities_of_cleaned(self, cleaned: Sequence[str]) -> Probabilities:
        """Give float64 (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """n posts; every column has n entries.

    Attributes:
        sources: where each comes from.
        hashes: its external id, hashed with a key.
        texts: what it says, masked.
        posted_at: aware.
        counts: int64 (n, 4): likes, shares, comments, views.
        reach: int64 (n,): how many may have seen it.
        reactions: int64 (n,): everything that somebody did.
        quarters: int64 (n,): the quarter of an hour in which it was posted.
        media: what it carries.
        sealed_links: where it stands, sealed.
        readings: its cleaned words.
        signed: by which near-duplicates are found.
        p_hoax: float64 (n,): how alike to hoaxes the quick model finds it.
    """

    sources: Sequence[str]
    hashes: Sequence[str]
    texts: Sequence[str]
    posted_at: Sequence[datetime]
    counts: Counts
    reach: Counts
    reactions: Counts
    quarters: Counts
    media: Sequence[Sequence[Media]]
    sealed_links: Sequence[bytes | None]
    readings: Sequence[str]
    signed: Signatures
    p_hoax: Probabilities

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def keys(self) -> list[Key]:
        """What tells each post from every other."""
        return list(zip(self.sources, self.hashes, strict=True))

    def readable(self, row: int) -> str:
        """Give what a model should read of one post."""
        return readable_text(self.texts[row], self.media[row])

    def pictures(self) -> dict[int, list[str]]:
        """Give the perceptual hashes that say something for each row that carries any, in the rows' order."""
        return {row: found for row, media in enumerate(self.media) if media and (found := telling_hashes(media))}

    def engagement(self, row: int) -> Engagement:
        """Give what one post has drawn."""
        return Engagement(*self.counts[row].tolist())

    def once_each(self) -> Batch:
        """Give each post once, as it first came, with the largest of the counts that came with it."""
        first: dict[Key, int] = {}
        raised: dict[int, Engagement] = {}
        for row, key in enumerate(self.keys):
            at = first.setdefault(key, row)
            if at != row:
                raised[at] = raised.get(at, self.engagement(at)).raised_to(self.engagement(row))
        if len(first) == len(self):
            return self
        counts, reach, reactions = self.counts.copy(), self.reach.copy(), self.reactions.copy()
        for at, engagement in raised.items():
            counts[at] = _COUNTS(engagement)
            reach[at], reactions[at] = reach_of(engagement), engagement.reactions
        columns = {name: getattr(self, name) for name in self.__slots__}
        return Batch(**columns | {"counts": counts, "reach": reach, "reactions": reactions}).take(list(first.values()))

    def take(self, rows: Sequence[int]) -> Batch:
        """Give some of the posts, in the order asked for."""
        if len(rows) == len(self):
            return self
        index = np.array(rows, np.int64)
        return Batch(
            sources=_taken(self.sources, rows),
            hashes=_taken(self.hashes, rows),
            texts=_taken(self.texts, rows),
            posted_at=_taken(self.posted_at, rows),
            counts=self.counts[index],
            reach=self.reach[index],
            reactions=self.reactions[index],
            quarters=self.quarters[index],
            media=_taken(self.media, rows),
            sealed_links=_taken(self.sealed_links, rows),
            readings=_taken(self.readings, rows),
            signed=self.signed.take(index),
            p_hoax=self.p_hoax[index],
        )


def _taken(column: Sequence[Any], rows: Sequence[int]) -> Sequence[Any]:
    if len(rows) <= 1:
        return [column[row] for row in rows]
    taken: Sequence[Any] = itemgetter(*rows)(column)
    return taken


def read(posts: Sequence[AnonymousPost], scorer: Scorer) -> Batch:
    """Work out what each of these posts is by itself.

    Args:
        posts: any number.
        scorer: the quick one, which reads every post.
    """
    engagements = [post.engagement for post in posts]
    readings = [post.reading for post in posts]
    return Batch(
        sources=[post.source for post in posts],
        hashes=[post.external_hash for post in posts],
        texts=[post.text for post in posts],
        posted_at=[post.posted_at for post in posts],
        counts=np.array([_COUNTS(each) for each in engagements], np.int64).reshape(len(posts), 4),
        reach=np.array([reach_of(each) for each in engagements], np.int64),
        reactions=np.array([each.reactions for each in engagements], np.int64),
        quarters=np.array([quarter_of(post.posted_at) for post in posts], np.int64),
        media=[post.media for post in posts],
        sealed_links=[post.sealed_link for post in posts],
        readings=readings,
        signed=signatures(readings),
        p_hoax=_p_hoax(posts, readings, scorer),
    )


def _p_hoax(posts: Sequence[AnonymousPost], readings: Sequence[str], scorer: Scorer) -> Probabilities:
    texts = [readable_text(post.text, post.media) for post in posts]
    if not isinstance(scorer, ReadsCleaned):
        return scorer.probabilities(texts)
    found = scorer.probabilities_of_cleaned(cleaned_for(scorer, texts, readings))
    return kept_below(texts, found, scorer.thresholds)


def cleaned_for(scorer: ReadsCleaned, texts: Sequence[str], readings: Sequence[str]) -> list[str]:
    """Give texts as a scorer reads them: that is their reading, unless the scorer reads only a part."""
    most = scorer.thresholds.max_characters
    pairs = zip(texts, readings, strict=True)
    return [reading if len(text) <= most else scorer.cleaned(text) for text, reading in pairs]
