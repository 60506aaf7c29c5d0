"""Searching claims, posts and clarifications: what was written, however it was typed, and what means the same.

Words find things by their spelling neighbours too (`models.search_query`); where an encoder judges claims, meaning
finds claims and clarifications as well, and both rankings are fused by reciprocal rank (Cormack, Clarke and Büttcher,
2009). What is shown is read from the database in the reader's transaction: the index only says which.

Each kind is ranked by itself, the posts of one claim take one place, and what a filter leaves out takes none, so that
neither a spread of many copies nor closed claims hide the others. That costs a look at the database for the first posts
of a ranking, and for up to ``DEEPEST`` of them where a question finds more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np

from models.search_index import View
from models.search_query import Found
from models.search_text import Part, Terms
from serving.db import search as rows
from serving.db.library import Entry
from serving.db.search import Kind
from serving.db.tables import Claim, Post
from serving.desk.context import Context
from serving.desk.incoming.search_index import EMBEDDED, encoder_of, finder_for, ranges_of, thing_of
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.vocabulary import Role, VerdictLabel

# Searching posts is reading what citizens wrote: for those who read the queue, and nobody else.
SEARCHERS: Final = (Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.ENGINEER)
PAGE_MAX: Final = 100
# How deep the ranking of one kind goes; whoever has not found it in so many should say more.
DEPTH: Final = 1_000
# How deep it looks where posts of one claim, or what a filter leaves out, fill the first places. Behind more posts than
# this a claim is found by its own wording only.
DEEPEST: Final = 16 * DEPTH
# Nearest in meaning that are taken, and how near they must be.
NEAR: Final = 50
NEAR_ENOUGH: Final = 0.4
# The constant of the paper: how little the first places differ.
_RANK_CONSTANT: Final = 60

Among: TypeAlias = Callable[[Sequence[int]], Collection[int]]
"""Tells which of some claims count."""
Keep: TypeAlias = Callable[[Sequence[int]], list[int]]
"""Is handed a ranking piece by piece, and gives what counts of each in the same order."""


def _every(claim_ids: Sequence[int]) -> Sequence[int]:
    return claim_ids


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked.

    Attributes:
        words: the question.
        kinds: what to look among.
        after: how many were shown on earlier pages.
        limit: how many to show.
    """

    words: str
    kinds: tuple[Kind, ...] = tuple(Kind)
    after: int = 0
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found; the row of its kind stands beside it, a post with its claim.

    Attributes:
        kind: what it is.
        item_id: the number of the thing itself.
        at: when a claim was last seen, a post posted, a clarification worded.
        title: its heading with what was searched for apart; empty but for a clarification.
        text: the stretch that says most of what was searched for.
        claim: the claim, or the one that the post belongs to.
        post: the post.
        entry: the clarification with its present words.
    """

    kind: Kind
    item_id: int
    at: datetime
    title: tuple[Part, ...]
    text: tuple[Part, ...]
    claim: Claim | None = None
    post: Post | None = None
    entry: Entry | None = None

    @property
    def verdict(self) -> VerdictLabel | None:
        """Give what was decided about it."""
        if self.entry is not None:
            return self.entry.head.verdict
        return self.claim.verdict if self.claim else None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, best first.

    Attributes:
        hits: this page.
        next_after: what to ask for the next page with; none at the end.
        is_behind: the index has not read everything yet.
    """

    hits: tuple[Hit, ...]
    next_after: int | None
    is_behind: bool


def find(ctx: Context, wanted: Wanted) -> Results:
    """Search for staff; best first, and of the posts of one claim the best."""
    reader_id = ctx.require(*SEARCHERS)
    if not 0 <= wanted.after <= DEPTH:
        raise InvalidInputError(mark("Penanda halaman tidak dikenal; mulai dari halaman pertama."))
    seen = finder_for(ctx.settings).seen(ctx.session)
    asked = _Question(ctx, seen.view, wanted.words)
    refs = asked.refs(wanted.kinds)
    end = wanted.after + min(wanted.limit, PAGE_MAX)
    hits = _hits(ctx, [thing_of(ref) for ref in refs[wanted.after : end]], asked.terms(), reader_id)
    return Results(hits, end if len(refs) > end else None, seen.is_behind)


@dataclass(frozen=True, slots=True)
class FoundClaims:
    """The claims that a question finds.

    Attributes:
        ids: their numbers, best first; at most ``DEPTH``.
        is_behind: the index has not read everything yet.
    """

    ids: tuple[int, ...]
    is_behind: bool


def claim_ids(ctx: Context, words: str, among: Among) -> FoundClaims:
    """Give the claims that a question finds, by their own wording or by a post of theirs.

    Args:
        ctx: the surroundings; who may ask is the caller's to say.
        words: the question.
        among: tells which claims count; the others take nobody's place.
    """
    seen = finder_for(ctx.settings).seen(ctx.session)
    return FoundClaims(tuple(_Question(ctx, seen.view, words).claims(among)), seen.is_behind)


def claims_worded(ctx: Context, words: Sequence[str]) -> list[int] | None:
    """Give the claims whose wording has one of these words, those that share most first; at most ``DEPTH`` of them.

    None where the index has not read everything yet, so that whoever asks can read the database instead.
    """
    seen = finder_for(ctx.settings).seen(ctx.session)
    if seen.is_behind:
        return None
    found = seen.view.searchable().search(" ".join(words), DEPTH, ranges_of((Kind.CLAIM,)))
    return [thing_of(ref)[1] for ref in found.refs.tolist()]


def clarification_ids(ctx: Context, words: str) -> list[int]:
    """Give the clarifications that a question finds, best first; who may see them is the caller's to say."""
    seen = finder_for(ctx.settings).seen(ctx.session)
    return [thing_of(ref)[1] for ref in _Question(ctx, seen.view, words).refs((Kind.CLARIFICATION,))]


# ---- ranking -----------------------------------------------------------------------------------------------------


class _Best:
    """Lets the best post of each claim through, of the claims that count; the others take nobody's place."""

    def __init__(self, ctx: Context, among: Among) -> None:
        self._ctx = ctx
        self._among = among
        self._met: set[int] = set()
        self.claim_of: dict[int, int] = {}

    def __call__(self, refs: Sequence[int]) -> list[int]:
        posts = [thing_of(ref)[1] for ref in refs]
        claims = rows.claims_of_posts(self._ctx.session, posts)
        counting = set(self._among(sorted(set(claims.values()) - self._met)))
        self._met |= set(claims.values())
        best: list[int] = []
        for ref, post_id in zip(refs, posts, strict=True):
            claim_id = claims.get(post_id)
            if claim_id in counting:
                counting.remove(claim_id)
                self.claim_of[ref] = claim_id
                best.append(ref)
        return best


def _through(ranked: Callable[[int], list[int]], keep: Keep, n: int, deepest: int) -> list[int]:
    """Give the first n of a ranking that count, looking deeper once where too few of its first n do."""
    kept: list[int] = []
    seen: set[int] = set()
    for depth in (n, deepest):
        refs = ranked(depth)
        kept += keep([ref for ref in refs if ref not in seen])
        seen.update(refs)
        if len(refs) < depth or len(kept) >= n:
            break
    return kept[:n]


class _Question:
    """Words that are looked for in an index at one moment."""

    def __init__(self, ctx: Context, view: View, words: str) -> None:
        self._ctx = ctx
        self._view = view
        self._words = words
        self._scores: dict[int, float] = {}
        self._found: Found | None = None

    def refs(self, kinds: Sequence[Kind]) -> list[int]:
        """Give the numbers of what is found, each kind ranked by itself, best first; one post a claim."""
        ranking: list[int] = []
        for kind in kinds:
            keep: Keep = _Best(self._ctx, _every) if kind is Kind.POST else list
            ranking += self._worded(kind, keep)
        ranking.sort(key=self._order)
        return fused(ranking, self._near([kind for kind in kinds if kind in EMBEDDED], list))[:DEPTH]

    def claims(self, among: Among) -> list[int]:
        """Give the numbers of the claims that count, by their own wording, by a post or by meaning, best first."""

        def keep(refs: Sequence[int]) -> list[int]:
            counting = set(among([thing_of(ref)[1] for ref in refs]))
            return [ref for ref in refs if thing_of(ref)[1] in counting]

        best = _Best(self._ctx, among)
        ranking = [*self._worded(Kind.CLAIM, keep), *self._worded(Kind.POST, best)]
        ranking.sort(key=self._order)
        worded = dict.fromkeys(best.claim_of[ref] if ref in best.claim_of else thing_of(ref)[1] for ref in ranking)
        return fused(list(worded), [thing_of(ref)[1] for ref in self._near([Kind.CLAIM], keep)])[:DEPTH]

    def terms(self) -> Terms:
        """Give what was looked for by its words, to be marked in what was found."""
        return self._found.terms() if self._found else Terms({})

    def _order(self, ref: int) -> tuple[float, int]:
        return -self._scores[ref], -ref

    def _worded(self, kind: Kind, keep: Keep) -> list[int]:
        """Rank one kind by words."""

        def ranked(depth: int) -> list[int]:
            self._found = self._view.searchable().search(self._words, depth, ranges_of((kind,)))
            refs: list[int] = self._found.refs.tolist()
            self._scores.update(zip(refs, self._found.scores.tolist(), strict=True))
            return refs

        return _through(ranked, keep, DEPTH, DEEPEST)

    def _near(self, kinds: Sequence[Kind], keep: Keep) -> list[int]:
        """Rank what means the same, where an encoder judges claims."""
        if not self._view.parts or not kinds or not self._words.strip():
            return []
        made = encoder_of(self._ctx.settings)
        if made is None or made[1] != self._view.space:
            return []
        vector = made[0].vectors([self._words])[0]

        def ranked(depth: int) -> list[int]:
            near, cosines = self._view.near(vector, depth, ranges_of(kinds))
            refs: list[int] = near[np.asarray(cosines) >= NEAR_ENOUGH].tolist()
            return refs

        return _through(ranked, keep, NEAR, DEPTH)


def fused(*rankings: Sequence[int]) -> list[int]:
    """Join rankings by the sum of 1 / (60 + rank); of equals the one that an earlier ranking has higher comes first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, ref in enumerate(ranking, 1):
            scores[ref] = scores.get(ref, 0.0) + 1.0 / (_RANK_CONSTANT + rank)
    return sorted(scores, key=lambda ref: -scores[ref])


def _hits(ctx: Context, found: Sequence[tuple[Kind, int]], terms: Terms, reader_id: int) -> tuple[Hit, ...]:
    """Read what is shown; what has gone since the index saw it, or is not for this reader, is left out."""
    ids = {kind: [item_id for own, item_id in found if own is kind] for kind in Kind}
    claims = rows.claims_by_id(ctx.session, ids[Kind.CLAIM], reader_id) if ids[Kind.CLAIM] else {}
    posts = rows.posts_by_id(ctx.session, ids[Kind.POST], reader_id) if ids[Kind.POST] else {}
    entries = rows.entries_by_id(ctx.session, ids[Kind.CLARIFICATION]) if ids[Kind.CLARIFICATION] else {}
    shown: Mapping[Kind, Mapping[int, Hit]] = {
        Kind.CLAIM: {
            n: Hit(Kind.CLAIM, n, claim.last_seen_at, (), terms.parts(claim.wording), claim=claim)
            for n, claim in claims.items()
        },
        Kind.POST: {
            n: Hit(Kind.POST, n, post.posted_at, (), terms.parts(post.text), claim=claim, post=post)
            for n, (post, claim) in posts.items()
        },
        Kind.CLARIFICATION: {
            n: Hit(
                Kind.CLARIFICATION,
                n,
                entry.words.at,
                terms.parts(entry.words.title),
                terms.parts(entry.words.body),
                entry=entry,
            )
            for n, entry in entries.items()
        },
    }
    return tuple(shown[kind][item_id] for kind, item_id in found if item_id in shown[kind])
