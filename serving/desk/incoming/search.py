"""Searching claims, posts and clarifications: what was written, however it was typed, and what means the same.

Words find things by their spelling neighbours too (`models.search_query`); where an encoder judges claims, meaning
finds claims and clarifications as well, and both rankings are fused by reciprocal rank (Cormack, Clarke and Büttcher,
2009). What is shown is read from the database in the reader's transaction: the index only says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

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
# How deep a ranking goes; whoever has not found it in so many should say more.
DEPTH: Final = 1_000
# Nearest in meaning that are taken, and how near they must be.
NEAR: Final = 50
NEAR_ENOUGH: Final = 0.4
# The constant of the paper: how little the first places differ.
_RANK_CONSTANT: Final = 60


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
    """Search for staff; best first."""
    reader_id = ctx.require(*SEARCHERS)
    if not 0 <= wanted.after <= DEPTH:
        raise InvalidInputError(mark("Penanda halaman tidak dikenal; mulai dari halaman pertama."))
    seen = finder_for(ctx.settings).seen(ctx.session)
    refs, found = _ranked(ctx, seen.view, wanted.words, wanted.kinds)
    end = wanted.after + min(wanted.limit, PAGE_MAX)
    hits = _hits(ctx, [thing_of(ref) for ref in refs[wanted.after : end]], found.terms(), reader_id)
    return Results(hits, end if len(refs) > end else None, seen.is_behind)


def claim_ids(ctx: Context, words: str) -> list[int]:
    """Give the claims that a question finds, by their own wording or by a post of theirs, best first."""
    ctx.require(*SEARCHERS)
    seen = finder_for(ctx.settings).seen(ctx.session)
    found = [thing_of(ref) for ref in _ranked(ctx, seen.view, words, (Kind.CLAIM, Kind.POST))[0]]
    behind = rows.claims_of_posts(ctx.session, [item_id for kind, item_id in found if kind is Kind.POST])
    claims = [item_id if kind is Kind.CLAIM else behind.get(item_id) for kind, item_id in found]
    return list(dict.fromkeys(claim for claim in claims if claim is not None))


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
    return [thing_of(ref)[1] for ref in _ranked(ctx, seen.view, words, (Kind.CLARIFICATION,))[0]]


def _ranked(ctx: Context, view: View, words: str, kinds: Sequence[Kind]) -> tuple[list[int], Found]:
    """Give the numbers of what is found, best first, and what was looked for."""
    found = view.searchable().search(words, DEPTH, ranges_of(kinds))
    ranking = found.refs.tolist()
    meant = [kind for kind in kinds if kind in EMBEDDED]
    if not view.parts or not meant or not words.strip():
        return ranking, found
    made = encoder_of(ctx.settings)
    if made is None or made[1] != view.space:
        return ranking, found
    near, cosines = view.near(made[0].vectors([words])[0], NEAR, ranges_of(meant))
    return fused(ranking, near[np.asarray(cosines) >= NEAR_ENOUGH].tolist())[:DEPTH], found


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
