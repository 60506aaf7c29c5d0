"""Claims as a reader of the desk finds them: the ordered queue, one claim, and a claim pasted by a checker."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from data.normalise import normalise
from serving.db import claims as rows
from serving.db import posts as post_rows
from serving.db.claims import Filters, Place, ShownMatch
from serving.db.tables import Claim, Post, Spread
from serving.desk import audit
from serving.desk.checking import golden
from serving.desk.context import Context
from serving.desk.incoming import figures, search, trends, triage
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import Machine
from serving.desk.incoming.posts import NewPost
from serving.desk.incoming.trends import Trend
from serving.errors import InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import ClaimState, Role

READERS: Final = (Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.ENGINEER)
PAGE_MAX: Final = 100
POSTS_SHOWN: Final = 50
PASTED: Final = "desk"
SPARK_HOURS: Final = 24
_FOUND_MARK: Final = "q"  # begins the mark of a page that is ordered by how well its claims answer a question


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the queue.

    Attributes:
        claim: the claim.
        holder: the display name of whoever works on it.
        because: why it stands here, the strongest reason first.
        spark: posts in 24 equal parts of the last day.
        deadline: by when it should be seen, or decided once it was seen; nothing where it is decided.
        deadline_kind: ``seen`` or ``decided``.
    """

    claim: Claim
    holder: str | None
    because: tuple[triage.Because, ...]
    spark: tuple[int, ...]
    deadline: datetime | None
    deadline_kind: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue, and the mark with which the next one is asked for."""

    items: tuple[Listed, ...]
    next_after: str | None
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """One claim with what it stands on; no author anywhere."""

    listed: Listed
    posts: Sequence[Post]
    matches: Sequence[ShownMatch]
    spread: Sequence[Spread]
    trend: Trend


def place_of(mark_text: str | None) -> Place | None:
    """Read a page's mark; raise where it is not one that a page gave."""
    if not mark_text:
        return None
    priority, _, number = mark_text.partition("_")
    try:
        # Hexadecimal, so that no digit of the number is lost on the way.
        place = Place(float.fromhex(priority), int(number))
    except (ValueError, OverflowError):
        place = None
    if place is None or place.priority != place.priority or not 0 < place.claim_id < 2**53:
        raise InvalidInputError(mark("Penanda halaman tidak dikenal; mulai dari halaman pertama."))
    return place


def _mark_of(claim: Claim) -> str:
    return f"{claim.priority.hex()}_{claim.id}"


def queue(ctx: Context, filters: Filters, after: str | None = None, limit: int = 25) -> Page:
    """Give a page of claims, most urgent first; with words, those that the words find, best first."""
    ctx.require(*READERS)
    filters = _for_reader(ctx, filters)
    if filters.words:
        return _found(ctx, filters, after, min(limit, PAGE_MAX))
    found = rows.queue_page(ctx.session, filters, place_of(after), min(limit, PAGE_MAX) + 1)
    shown = found[: min(limit, PAGE_MAX)]
    items = _listed(ctx, shown)
    return Page(tuple(items), _mark_of(shown[-1][0]) if len(found) > len(shown) else None)


def _for_reader(ctx: Context, filters: Filters) -> Filters:
    """Leave out the golden items that the reader is not shown."""
    return replace(filters, reader_id=ctx.actor.user_id)


def _asked(ctx: Context, filters: Filters) -> tuple[Filters, bool]:
    """Put the claims that the words of a filter find in the place of the words, for the person who reads.

    Beside them stands whether the search has not read everything yet. What else the filter asks for has been seen to.
    """
    filters = _for_reader(ctx, filters)
    if not filters.words:
        return filters, False
    others = replace(filters, words="")
    found = search.claim_ids(ctx, filters.words, lambda ids: rows.ids_in(ctx.session, replace(others, ids=tuple(ids))))
    return replace(others, ids=found.ids), found.is_behind


def _found(ctx: Context, filters: Filters, after: str | None, limit: int) -> Page:
    asked, is_behind = _asked(ctx, filters)
    ranked = asked.ids or ()
    begin = _found_place(after)
    wanted = ranked[begin : begin + limit]
    by_id = {row[0].id: row for row in rows.queue_page(ctx.session, replace(asked, ids=wanted), None, limit)}
    items = _listed(ctx, [by_id[claim_id] for claim_id in wanted if claim_id in by_id])
    return Page(tuple(items), f"{_FOUND_MARK}{begin + limit}" if len(ranked) > begin + limit else None, is_behind)


def _found_place(mark_text: str | None) -> int:
    """Read how many were shown on earlier pages of an answer; raise where that is no mark of such a page."""
    if not mark_text:
        return 0
    number = mark_text.removeprefix(_FOUND_MARK)
    if number == mark_text or not (number.isascii() and number.isdigit()) or int(number[:9]) > search.DEPTH:
        raise InvalidInputError(mark("Penanda halaman tidak dikenal; mulai dari halaman pertama."))
    return int(number)


def _listed(ctx: Context, found: Sequence[tuple[Claim, str | None]]) -> list[Listed]:
    numbers = [claim.id for claim, _ in found]
    now_quarter = trends.quarter_of(ctx.now)
    spread = rows.spread_since(ctx.session, numbers, trends.oldest_quarter(ctx.now))
    matches = rows.strongest_matches(ctx.session, numbers)
    first = now_quarter - SPARK_HOURS * 4 + 1
    items = []
    for claim, holder in found:
        quarters = spread.get(claim.id, {})
        facts = figures.facts_of(claim, trends.trend(quarters, ctx.now), matches.get(claim.id))
        deadline, kind = deadline_of(ctx, claim)
        items.append(
            Listed(
                claim,
                holder,
                triage.reasons(facts, ctx.now),
                trends.series(quarters, first, now_quarter),
                deadline,
                kind,
            )
        )
    return items


def deadline_of(ctx: Context, claim: Claim) -> tuple[datetime | None, str]:
    """Give by when a claim should be seen, or once it was seen by when decided; nothing once it is decided."""
    if claim.decided_at is not None or claim.state not in rows.OPEN_STATES:
        return None, "decided"
    if claim.seen_at is None:
        return claim.created_at + ctx.settings.seen_within, "seen"
    return claim.undecided_since + ctx.settings.decided_within, "decided"


def detail(ctx: Context, claim_id: int) -> Detail:
    """Give one claim with its widest posts, matches and spread."""
    ctx.require(*READERS)
    claim = rows.claim(ctx.session, claim_id)
    if claim is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_reader(ctx, claim_id)
    holder = rows.display_name(ctx.session, claim.holder_id)
    spread = rows.spread_of(ctx.session, claim_id)
    trend = trends.trend(((row.quarter, row.n_posts) for row in spread), ctx.now)
    return Detail(
        listed=_listed(ctx, [(claim, holder)])[0],
        posts=post_rows.widest_posts(ctx.session, claim_id, POSTS_SHOWN),
        matches=rows.shown_matches(ctx.session, claim_id),
        spread=spread,
        trend=trend,
    )


def n_newer(ctx: Context, filters: Filters, claim_id: int) -> int:
    """Count open claims that came after the newest one that a reader was shown."""
    ctx.require(*READERS)
    return rows.count_newer(ctx.session, _asked(ctx, filters)[0], claim_id)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What became of a pasted text: a claim made, or the one that it joined."""

    claim_id: int
    is_new: bool


def paste(ctx: Context, machine: Machine, text: str, url: str | None = None) -> Pasted:
    """Take a text in that a checker pasted; pasted again, it finds the same claim and counts once."""
    ctx.require(Role.CHECKER)
    words = hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()
    post = NewPost(source=PASTED, external_id=url or f"text:{words}", text=text, posted_at=ctx.now, url=url)
    outcome = take_in(ctx, machine, [post])
    pasted = Pasted(outcome.claim_ids[0], outcome.n_claims == 1)
    audit.append(ctx, "claim.paste", "claim", pasted.claim_id, new=pasted.is_new)
    return pasted


def newest(ctx: Context) -> int:
    """Give the number of the newest claim, 0 where there is none."""
    ctx.require(*READERS)
    return rows.newest_claim_id(ctx.session)


def n_found(ctx: Context, filters: Filters) -> int:
    """Count what a filter finds."""
    ctx.require(*READERS)
    return rows.count_claims(ctx.session, _asked(ctx, filters)[0])


def counts(ctx: Context, filters: Filters) -> dict[ClaimState, int]:
    """Count what a filter finds in each open state; the state that the filter itself names is passed over."""
    ctx.require(*READERS)
    found = rows.count_by_state(ctx.session, _asked(ctx, replace(filters, states=rows.OPEN_STATES))[0])
    return {state: found.get(state, 0) for state in rows.OPEN_STATES}
