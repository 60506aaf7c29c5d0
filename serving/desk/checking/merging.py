"""Two claims that are one, put together by a person; and taken apart again, as if they had never met.

Merging moves the posts, the spread and the matches to the claim that stands. Each post remembers among whose copies it
was found (``Post.cluster_id``), and copies that arrive later are still placed by the merged claim's representatives, so
taking apart gives back exactly its cluster: what it had, and what came to it meanwhile. The merged claim keeps its
draft, sources, notes and matches for that day. The cost is that its own page shows no posts until then.

What a person took apart stays apart: the pair is not suggested again, and merging it again is refused, until somebody
takes that correction back (``desk.checking.regrouping.undo``).

Splitting one claim and moving single posts are corrections of the same kind, in the same table:
``desk.checking.regrouping``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any, Final

from models.matcher import Matcher
from models.retrieval import Record
from serving.db import claims as claim_rows
from serving.db import golden as golden_rows
from serving.db import merging as rows
from serving.db import review
from serving.db.merging import PostFigures
from serving.db.tables import Claim, ClaimCorrection
from serving.desk import audit
from serving.desk.checking import golden
from serving.desk.checking.leases import let_go, move, refuse_if_held
from serving.desk.context import Context
from serving.desk.incoming import figures, search
from serving.desk.incoming.trends import WINDOW_S, quarter_of, trend
from serving.desk.states import TAKES_OVER, ClaimStep, next_claim_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import ClaimCorrectionKind, ClaimState, Role

NEAR_MAX: Final = 10
# So many claims are compared, those that share most words first; while the search index is being made, which then
# cannot say, those that were seen last.
CANDIDATES_MAX: Final = 200
WORDS_MAX: Final = 8
_WORD: Final = re.compile(r"\w{4,}")
_NUMBER: Final = re.compile(r"#?(\d{1,15})")


class CannotTakeOverError(ConflictError):
    """The claim that should take another over stands where it cannot."""

    code = "cannot-take-over"


class KeptApartError(ConflictError):
    """A person took these two claims apart; they are not put together again while that correction stands."""

    code = "kept-apart"

    def __init__(self, by: ClaimCorrection) -> None:
        super().__init__(
            mark(
                "Seorang pemeriksa memisahkan kedua klaim ini (koreksi {n}). Untuk menggabungkannya, batalkan dahulu "
                "koreksi itu di halaman “Pindahkan kiriman” klaim {claim}."
            ),
            n=by.id,
            claim=by.claim_id,
        )


class AnsweredError(ConflictError):
    """What was published about the claim still stands, so the claim cannot go away from under it."""

    code = "answered"


class MovedOnError(ConflictError):
    """What a correction moved is no longer where it went, or needs no way back."""

    code = "moved-on"


@dataclass(frozen=True, slots=True)
class Near:
    """A claim that could be the same one; ``likeness`` is 0 to 1, of the two wordings."""

    claim: Claim
    likeness: float


@dataclass(frozen=True, slots=True)
class Merged:
    """A claim that was merged into another: who did it, when, why, and how many posts came with it."""

    claim: Claim
    into_id: int
    by: str
    at: datetime
    note: str
    n_posts: int


# ---- reading -----------------------------------------------------------------------------------------------------


def standing_id(ctx: Context, claim_id: int) -> int:
    """Give the claim that stands for this one: itself, or whatever it was merged into in the end."""
    return rows.chain(ctx.session, claim_id)[-1]


def merged_into(ctx: Context, claim_id: int) -> list[Merged]:
    """Give the claims that were merged into this one, directly or through another, oldest first."""
    numbers = [number for number in rows.family(ctx.session, claim_id) if number != claim_id]
    if not numbers:
        return []
    how = rows.newest_merges(ctx.session, numbers)
    names = review.display_names(ctx.session, (row.corrected_by_id for row in how.values()))
    return [
        Merged(
            claim=claim,
            into_id=claim.merged_into_id or claim_id,
            by=names.get(how[claim.id].corrected_by_id, ""),
            at=how[claim.id].at,
            note=how[claim.id].note,
            n_posts=how[claim.id].n_posts,
        )
        for claim in rows.members(ctx.session, numbers)
        if claim.id in how
    ]


def own_speed(ctx: Context, claim: Claim) -> float:
    """Give how many posts an hour the claim's own cluster draws, as of when the claim was measured.

    One person merges, so what a merge brought may order the queue but must not open what two people guard.
    """
    at = claim.measured_at or ctx.now
    came: Counter[int] = Counter(
        quarter_of(posted_at)
        for posted_at in rows.times_of_merged(ctx.session, claim.id, at - timedelta(seconds=WINDOW_S))
    )
    return max(0.0, claim.posts_per_hour - trend(came, at).posts_per_hour)


def near(ctx: Context, claim_id: int, asked: str = "") -> list[Near]:
    """Give claims that this one could be merged into, the likeliest first.

    Args:
        ctx: the step's surroundings; its person is a checker.
        claim_id: which claim.
        asked: words to look for, or a claim's number; without them the words of the claim's own wording.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = claim_rows.claim(ctx.session, claim_id)
    if claim is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_reader(ctx, claim_id)
    without = {claim_id} | rows.apart_from(ctx.session, rows.family(ctx.session, claim_id))
    without |= golden_rows.hidden_ids(ctx.session, user_id)
    found = _candidates(ctx, asked or claim.wording, without)
    matcher = Matcher.build(Record(str(each.id), each.wording, "") for each in found)
    likeness = {int(match.id): match.score for match in matcher.search(claim.wording, CANDIDATES_MAX)} if found else {}
    known = [Near(each, likeness.get(each.id, 0.0)) for each in found if asked or each.id in likeness]
    return sorted(known, key=lambda each: -each.likeness)[:NEAR_MAX]


def _candidates(ctx: Context, text: str, without: set[int]) -> Sequence[Claim]:
    if number := _NUMBER.fullmatch(text.strip()):
        claim = claim_rows.claim(ctx.session, int(number[1]))
        fits = claim is not None and claim.id not in without and claim.state in TAKES_OVER
        return [claim] if claim is not None and fits else []
    # The longest words say most; a claim that shares none of them is hardly the same.
    words = sorted(dict.fromkeys(_WORD.findall(text.casefold())), key=len, reverse=True)[:WORDS_MAX]
    if not words:
        return []
    named = search.claims_worded(ctx, words)
    if named is None:
        return rows.alike_by_words(ctx.session, words, TAKES_OVER, without, CANDIDATES_MAX)
    # The index forgives slips of spelling; what only resembles a word is no candidate.
    fitting = rows.worded_among(ctx.session, named, words, TAKES_OVER) - without
    return rows.members(ctx.session, list(islice((number for number in named if number in fitting), CANDIDATES_MAX)))


# ---- putting together --------------------------------------------------------------------------------------------


def merge(ctx: Context, claim_id: int, into_id: int, note: str = "") -> Claim:
    """Say that one claim is another, which takes its posts, spread and matches over; give the one that stands.

    Args:
        ctx: the step's surroundings; its person is a checker.
        claim_id: the claim that goes.
        into_id: the claim that stands; what was itself merged leads on to the one that took it over.
        note: why, for whoever reads the history.

    Raises:
        IllegalStepError: the first claim is decided, closed or merged already.
        CannotTakeOverError: the second one was dismissed or retracted.
        HeldByAnotherError: somebody else works on one of the two.
        AnsweredError: a clarification of the first claim, which was reopened, is still published.
        KeptApartError: a person took the two apart before.
        ImmovableError: one of the two stays as it is.
    """
    ctx.require(Role.CHECKER)
    claim_rows.lock_intake(ctx.session)  # no post is placed while its claim moves
    giver, taker = _both(ctx, claim_id, standing_id(ctx, into_id))
    if giver is taker:
        raise InvalidInputError(mark("Sebuah klaim tidak dapat digabung ke dirinya sendiri."))
    _check_mergeable(ctx, giver, taker)
    n_posts = _give_all(ctx, giver, taker, taker.id)
    rows.copy_matches(ctx.session, giver.id, taker.id, ctx.now)
    recount(ctx, giver, taker)
    remember(ctx, Correction(ClaimCorrectionKind.MERGE, giver.id, taker.id, n_posts, note))
    return taker


def _check_mergeable(ctx: Context, giver: Claim, taker: Claim, undone: Collection[int] = ()) -> None:
    """Raise where one claim cannot be merged into another, or only because of corrections that are being ``undone``."""
    next_claim_state(giver.state, ClaimStep.MERGE)
    check_takes_over(taker)
    golden.check_movable(ctx, giver.id, taker.id)
    for claim in (giver, taker):
        refuse_if_held(ctx, claim, ctx.require(Role.CHECKER))
    refuse_if_answered(ctx, giver)
    ones, others = rows.family(ctx.session, giver.id), rows.family(ctx.session, taker.id)
    if apart := rows.kept_apart(ctx.session, ones, others, undone):
        raise KeptApartError(apart)


def _give_all(ctx: Context, giver: Claim, taker: Claim, into_id: int) -> int:
    """Move a claim's posts and spread to the one that stands for ``into_id``, and close it; give how many posts."""
    n_posts = rows.hand_over_posts(ctx.session, giver.id, taker.id)
    _hand_over_spread(ctx, giver.id, taker.id)
    move(giver, ClaimStep.MERGE)
    let_go(giver)
    giver.merged_into_id = into_id
    taker.version += 1
    return n_posts


def _both(ctx: Context, claim_id: int, other_id: int) -> tuple[Claim, Claim]:
    """Give two claims under their locks; raise where one is not there."""
    locked = claim_rows.lock_claims(ctx.session, [claim_id, other_id])
    if len(locked) < len({claim_id, other_id}):
        raise NotFoundError(mark("Klaim itu tidak ada."))
    return locked[claim_id], locked[other_id]


def check_takes_over(taker: Claim) -> None:
    """Raise ``CannotTakeOverError`` where a claim stands where it takes no posts of another."""
    if taker.state not in TAKES_OVER:
        raise CannotTakeOverError(
            mark("Klaim {n} tidak dapat menerima klaim lain dari keadaan {state}."), n=taker.id, state=taker.state.value
        )


def refuse_if_answered(ctx: Context, claim: Claim) -> None:
    """Raise ``AnsweredError`` where a claim's clarification is published: it would stand for nothing."""
    if review.standing_clarification(ctx.session, claim.id) is not None:
        raise AnsweredError(
            mark(
                "Klarifikasi klaim {n} masih terbit: tarik dahulu klarifikasi itu, "
                "atau gabungkan klaim yang lain ke klaim ini."
            ),
            n=claim.id,
        )


def _hand_over_spread(ctx: Context, giver_id: int, taker_id: int) -> None:
    claim_rows.add_spread(
        ctx.session,
        [
            _quarter_row(taker_id, row.quarter, (row.n_posts, row.reach, row.engagement))
            for row in claim_rows.spread_of(ctx.session, giver_id)
        ],
    )
    rows.drop_spread(ctx.session, giver_id)


def _quarter_row(claim_id: int, quarter: int, counts: Sequence[int]) -> dict[str, Any]:
    """Give one quarter of a claim's spread as it is added: posts, reach and engagement."""
    n_posts, reach, engagement = counts
    return {"claim_id": claim_id, "quarter": quarter, "n_posts": n_posts, "reach": reach, "engagement": engagement}


# ---- taking apart ------------------------------------------------------------------------------------------------


def unmerge(ctx: Context, claim_id: int, note: str = "") -> Claim:
    """Take a merged claim out again: back to the queue, with its posts and those that came to it meanwhile.

    Whatever it had taken over itself before it was merged comes with it.

    Raises:
        IllegalStepError: it is not merged.
        HeldByAnotherError: somebody else works on the claim that holds its posts.
    """
    user_id = ctx.require(Role.CHECKER)
    claim_rows.lock_intake(ctx.session)
    way = rows.chain(ctx.session, claim_id)
    taker, giver = _both(ctx, claim_id, way[-1])
    next_claim_state(taker.state, ClaimStep.UNMERGE)
    refuse_if_held(ctx, giver, user_id)
    n_posts = rows.hand_back_posts(ctx.session, giver.id, taker.id, rows.family(ctx.session, taker.id))
    move_spread(ctx, giver.id, taker.id, rows.figures_of_posts(ctx.session, taker.id))
    move(taker, ClaimStep.UNMERGE)
    taker.merged_into_id = None
    ctx.session.flush()
    _hand_back_matches(ctx, way)
    giver.version += 1
    recount(ctx, giver, taker)
    # It was taken out of both: of the claim that it was merged into, and of the one that stands for that.
    for other_id in dict.fromkeys((way[1], giver.id)):
        remember(ctx, Correction(ClaimCorrectionKind.UNMERGE, taker.id, other_id, n_posts, note))
    return taker


def put_back(ctx: Context, taken_out: Sequence[ClaimCorrection], note: str = "") -> tuple[Claim, list[ClaimCorrection]]:
    """Merge a claim again that was taken out by mistake: into the one that it was in, with what came to it meanwhile.

    Args:
        ctx: the step's surroundings, under the intake's lock; its person is a checker.
        taken_out: what one ``unmerge`` left, oldest first.
        note: why, for whoever reads the history.

    Returns:
        The claim that stands, and what is remembered, one for each of ``taken_out``.

    Raises:
        MovedOnError: it was merged since.
        IllegalStepError: it is decided or closed.
        CannotTakeOverError: the claim that should have it again was dismissed or retracted.
        HeldByAnotherError: somebody else works on one of the two.
        AnsweredError: its clarification is published.
        KeptApartError: another correction keeps the two apart.
        ImmovableError: one of the two stays as it is.
    """
    into_id = taken_out[0].other_id
    giver, taker = _both(ctx, taken_out[0].claim_id, standing_id(ctx, into_id))
    if giver.state is ClaimState.MERGED or giver is taker:
        raise MovedOnError(mark("Klaim {n} sudah digabung lagi sejak itu; pisahkan dahulu klaim itu."), n=giver.id)
    _check_mergeable(ctx, giver, taker, [each.id for each in taken_out])
    n_posts = _give_all(ctx, giver, taker, into_id)
    ctx.session.flush()
    _give_matches(ctx, rows.chain(ctx.session, giver.id))
    recount(ctx, giver, taker)
    kept = [
        remember(ctx, Correction(ClaimCorrectionKind.UNDO, giver.id, each.other_id, n_posts, note))
        for each in taken_out
    ]
    return taker, kept


def _give_matches(ctx: Context, way: Sequence[int]) -> None:
    """Copy the matches of the first claim along the way to the one that stands, each as of the merge there."""
    merged_at = rows.newest_merges(ctx.session, way[1:-1])
    copied = rows.matched_clarifications(ctx.session, way[0])
    rows.copy_matches(ctx.session, way[0], way[1], ctx.now)
    for giver_id, taker_id in pairwise(way[1:]):
        if correction := merged_at.get(giver_id):
            rows.copy_matches(ctx.session, giver_id, taker_id, correction.at, copied)


def move_spread(ctx: Context, giver_id: int, taker_id: int, posts: Iterable[PostFigures]) -> None:
    """Add what some posts spread to the claim that they go to, and take it away where they were."""
    quarters: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for post in posts:
        for i, amount in enumerate((1, post.reach, post.reactions)):
            quarters[quarter_of(post.posted_at)][i] += amount
    claim_rows.add_spread(ctx.session, [_quarter_row(taker_id, at, counts) for at, counts in quarters.items()])
    claim_rows.add_spread(
        ctx.session, [_quarter_row(giver_id, at, [-amount for amount in counts]) for at, counts in quarters.items()]
    )
    rows.drop_empty_spread(ctx.session, giver_id)


def _hand_back_matches(ctx: Context, way: Sequence[int]) -> None:
    """Remove what came along at each merge on the way to the claim that stands, unless a person answered it there.

    What another claim gives that stays merged there is copied again, as of that claim's merge.
    """
    merged_at = rows.newest_merges(ctx.session, way[:-1])
    copied = rows.matched_clarifications(ctx.session, way[0])
    for giver_id, taker_id in pairwise(way):
        if correction := merged_at.get(giver_id):
            dropped = rows.drop_copied_matches(ctx.session, taker_id, copied, correction.at)
            _give_again(ctx, taker_id, dropped)


def _give_again(ctx: Context, taker_id: int, clarification_ids: Collection[int]) -> None:
    staying = rows.newest_merges(ctx.session, rows.merged_directly(ctx.session, taker_id))
    for correction in sorted(staying.values(), key=lambda row: row.id):
        rows.copy_matches(ctx.session, correction.claim_id, taker_id, correction.at, clarification_ids)


# ---- both --------------------------------------------------------------------------------------------------------


def recount(ctx: Context, *claims: Claim) -> None:
    """Work the figures of claims out again from the posts that they have now."""
    for claim in claims:
        found = rows.totals(ctx.session, claim.id)
        claim.n_posts, claim.reach, claim.engagement = found.n_posts, found.reach, found.engagement
        claim.first_seen_at = found.first or claim.first_seen_at
        claim.last_seen_at = found.last or claim.last_seen_at
    ctx.session.flush()
    ctx.session.expire_all()  # the rows of posts, spread and matches that this session has read are not those any more
    figures.measure(ctx, [claim.id for claim in claims])


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person did: which claim moved, out of or into which other, and why."""

    kind: ClaimCorrectionKind
    claim_id: int
    other_id: int
    n_posts: int
    note: str


# How the history of the claim that stands tells the same.
_FROM_THE_OTHER: Final = {
    ClaimCorrectionKind.MERGE: "take_over",
    ClaimCorrectionKind.UNMERGE: "give_back",
    ClaimCorrectionKind.SPLIT: "give_up_posts",
    ClaimCorrectionKind.MOVE: "give_up_posts",
    ClaimCorrectionKind.UNDO: "take_posts_back",
}


def remember(ctx: Context, done: Correction) -> ClaimCorrection:
    """Keep what a person did, and tell it in the history of both claims."""
    row = ClaimCorrection(
        kind=done.kind,
        claim_id=done.claim_id,
        other_id=done.other_id,
        n_posts=done.n_posts,
        note=done.note.strip(),
        corrected_by_id=ctx.actor.user_id or 0,
        at=ctx.now,
    )
    rows.add_correction(ctx.session, row)
    seen = _FROM_THE_OTHER[done.kind]
    audit.append(ctx, f"claim.{done.kind}", "claim", done.claim_id, other=done.other_id, posts=done.n_posts)
    audit.append(ctx, f"claim.{seen}", "claim", done.other_id, other=done.claim_id, posts=done.n_posts)
    return row
