"""Posts that belong elsewhere: a person splits a claim or moves posts to another one, and can undo it.

What moves with a post is its part of the spread, its picture, and its wording, so that later copies follow it: a
wording that no post of the old claim says any more finds the new claim from then on. Both claims are counted anew. What
was split stays apart (``desk.checking.merging``) until it is undone; a mistaken ``unmerge`` is undone here as well.
Every correction is remembered with its posts, and the pairs of wordings are an export: what people said is one claim
and what is not. No recipe of this project reads them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import numpy as np

from data.duplicates import SignatureFormatError, Signatures, signatures
from models.places import provinces
from serving.db import Session
from serving.db import claims as claim_rows
from serving.db import merging as family_rows
from serving.db import regrouping as rows
from serving.db import trends as trend_rows
from serving.db.merging import PostFigures
from serving.db.regrouping import Made, Said
from serving.db.tables import Claim, ClaimCorrection, Post
from serving.desk import audit
from serving.desk.checking import golden, merging
from serving.desk.checking.leases import let_go, move, refuse_if_held
from serving.desk.checking.merging import Correction, MovedOnError, recount, remember
from serving.desk.context import Begin, Context, Read
from serving.desk.incoming import categories
from serving.desk.incoming.machine import Machine, match_row, reason_rows
from serving.desk.incoming.posts import Media, readable_text, reading_of
from serving.desk.incoming.trends import Engagement
from serving.desk.incoming.wording import clarity, neutral_wording
from serving.desk.states import ClaimStep, next_claim_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import ClaimCorrectionKind, ClaimState, Role

POSTS_MAX: Final = 500
SHOWN: Final = 50
PAGE: Final = 200


class AlreadyUndoneError(ConflictError):
    """The posts of this correction went back before."""

    code = "already-undone"


class OtherStepError(ConflictError):
    """Corrections of this kind are taken back by another step, which the sentence names."""

    code = "other-step"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which posts of which claim are to go, and why."""

    claim_id: int
    post_ids: Sequence[int]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two wordings, and whether a person said that they are one claim."""

    one: str
    other: str
    same: bool


@dataclass(frozen=True, slots=True)
class Pairs:
    """What people said last of pairs of wordings, newest first, and the number below which the next page begins."""

    rows: Sequence[Pair]
    after: int | None


# ---- reading -----------------------------------------------------------------------------------------------------


def corrections(ctx: Context, claim_id: int) -> list[Made]:
    """Give the corrections that moved posts out of a claim or into it and can be undone, newest first."""
    ctx.require(Role.CHECKER, Role.APPROVER)
    return rows.made(ctx.session, claim_id, SHOWN)


def pairs(ctx: Context, begin: Begin, *, after: int | None = None, limit: int = 50) -> Pairs:
    """Give what people said of pairs of wordings, ``limit`` corrections at a time, and note it in the record.

    It is an export, for whoever measures or trains a matcher. Of each pair the newest word counts; what was undone is
    out. Claims that were merged, taken apart or split are told by their wordings; a move tells of the words that it
    moved: that they are one claim with the one, and not with the other. Two equal wordings make no pair.
    """
    ctx.require(Role.ENGINEER)
    found = rows.said(ctx.session, after, limit + 1)
    shown = found[:limit]
    with begin() as own:
        audit.append(own, "claim.export_pairs", "claim", after=after, n=len(shown))
    return Pairs(_told(ctx.session, shown), shown[-1].id if len(found) > limit else None)


def _told(session: Session, found: Sequence[Said]) -> list[Pair]:
    moved = [each.id for each in found if each.moved]
    clearest = {
        correction_id: max(words, key=lambda each: clarity(each.text))
        for correction_id, words in groupby(rows.moved_words(session, moved), attrgetter("correction_id"))
    }
    pairs: list[Pair] = []
    for each in found:
        if not each.moved:
            pairs.append(Pair(each.one, each.other, each.same))
        elif words := clearest.get(each.id):
            wording = neutral_wording(readable_text(words.text, _media(words.media)))
            pairs += [Pair(wording, each.one, same=True), Pair(wording, each.other, same=False)]
    return [pair for pair in pairs if pair.one != pair.other]


def export_pairs(ctx: Context, begin: Begin, read: Read) -> Iterator[str]:
    """Give all that ``pairs`` gives, one line of JSON a pair: ``one``, ``other`` and ``same``.

    The record is written, and kept, before the first line leaves. Pages are read in transactions of their own, so that
    a long export holds up nobody.
    """
    ctx.require(Role.ENGINEER)
    with begin() as own:
        audit.append(own, "claim.export_pairs", "claim", after=None, n=rows.n_said(own.session))
    return _lines(read)


def _lines(read: Read) -> Iterator[str]:
    after: int | None = None
    while True:
        with read() as session:
            found = rows.said(session, after, PAGE)
            told = _told(session, found)
        for pair in told:
            row = {"one": pair.one, "other": pair.other, "same": pair.same}
            yield f"{json.dumps(row, ensure_ascii=False)}\n"
        if len(found) < PAGE:
            return
        after = found[-1].id


# ---- moving ------------------------------------------------------------------------------------------------------


def split(ctx: Context, machine: Machine, asked: Asked) -> Claim:
    """Make a claim of its own of some posts of another; give it.

    Raises:
        InvalidInputError: no posts, too many, or all of the claim's.
        NotFoundError: the claim, or one of the posts in it, is not there.
        HeldByAnotherError: somebody else works on the claim.
    """
    giver, posts = _opened(ctx, asked)
    taker = _founded(ctx, machine, posts)
    _hand_over(ctx, giver, taker, posts)
    done = remember(ctx, Correction(ClaimCorrectionKind.SPLIT, taker.id, giver.id, len(posts), asked.note))
    rows.note_posts(ctx.session, done.id, [post.id for post in posts])
    return taker


def move_posts(ctx: Context, asked: Asked, into_id: int) -> Claim:
    """Give some posts of a claim to another that is there already; give that one.

    Raises:
        InvalidInputError: no posts, too many, all of the claim's, or the same claim.
        NotFoundError: a claim, or one of the posts, is not there.
        CannotTakeOverError: the other claim was dismissed or retracted.
        HeldByAnotherError: somebody else works on one of the two.
    """
    giver, posts = _opened(ctx, asked)
    stands = merging.standing_id(ctx, into_id)
    taker = claim_rows.lock_claims(ctx.session, [stands]).get(stands)
    if taker is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    if taker.id == giver.id:
        raise InvalidInputError(mark("Kiriman itu sudah ada di klaim ini."))
    merging.check_takes_over(taker)
    golden.check_movable(ctx, taker.id)
    refuse_if_held(ctx, taker, ctx.require(Role.CHECKER))
    _hand_over(ctx, giver, taker, posts)
    done = remember(ctx, Correction(ClaimCorrectionKind.MOVE, taker.id, giver.id, len(posts), asked.note))
    rows.note_posts(ctx.session, done.id, [post.id for post in posts])
    return taker


def undo(ctx: Context, correction_id: int, note: str = "") -> Claim:
    """Put the posts of a split or a move back where they were; give the claim that has them again.

    Where one of the two was merged since, the claim that stands for it takes its part. A claim that was made by the
    split and has no post left is merged away. A claim that was taken out of a merge goes back as ``merging.put_back``
    says, which may refuse more.

    Raises:
        NotFoundError: there is no such correction.
        OtherStepError: it is a merge, or itself an undo.
        AlreadyUndoneError: it was undone before.
        MovedOnError: the two were merged since, or a later correction moved some of the posts on.
        AnsweredError: the claim that would be merged away has a clarification that is published.
        HeldByAnotherError: somebody else works on one of the two.
    """
    user_id = ctx.require(Role.CHECKER)
    _hold_still(ctx)
    done = rows.correction(ctx.session, correction_id)
    if done is None:
        raise NotFoundError(mark("Koreksi itu tidak ada."))
    _check_undoable(ctx, done)
    if done.kind is ClaimCorrectionKind.UNMERGE:
        return _undo_unmerge(ctx, done, note)
    gives, takes = merging.standing_id(ctx, done.claim_id), merging.standing_id(ctx, done.other_id)
    if gives == takes:
        raise MovedOnError(mark("Kedua klaim sudah digabung, jadi kirimannya sudah bersama."))
    locked = claim_rows.lock_claims(ctx.session, [gives, takes])
    giver, taker = locked[gives], locked[takes]
    for claim in (giver, taker):
        refuse_if_held(ctx, claim, user_id)
    moved = rows.moved_posts(ctx.session, done.id)
    posts = rows.posts(ctx.session, giver.id, moved)
    if len(posts) < len(moved):
        raise MovedOnError(mark("Sebagian kirimannya sudah dipindah lagi; batalkan dahulu koreksi yang lebih baru."))
    empties = done.kind is ClaimCorrectionKind.SPLIT and len(posts) == giver.n_posts
    if empties:
        merging.refuse_if_answered(ctx, giver)
    _hand_over(ctx, giver, taker, posts)
    if empties:
        _dissolve(giver, taker)
        rows.give_signatures(ctx.session, [kept.id for kept in rows.signatures_of(ctx.session, [giver.id])], taker.id)
    undone = remember(ctx, Correction(ClaimCorrectionKind.UNDO, giver.id, done.other_id, len(posts), note))
    rows.note_undo(ctx.session, done, undone)
    return taker


def _check_undoable(ctx: Context, done: ClaimCorrection) -> None:
    if done.kind is ClaimCorrectionKind.MERGE:
        raise OtherStepError(mark("Penggabungan dibatalkan dengan memisahkan lagi klaim {n}."), n=done.claim_id)
    if done.kind is ClaimCorrectionKind.UNDO:
        raise OtherStepError(mark("Pembatalan tidak dapat dibatalkan; lakukan koreksinya sekali lagi."))
    if rows.is_undone(ctx.session, done):
        raise AlreadyUndoneError(mark("Koreksi ini sudah dibatalkan."))


def _undo_unmerge(ctx: Context, done: ClaimCorrection, note: str) -> Claim:
    taken_out = rows.of_one_unmerge(ctx.session, done)
    taker, put_back = merging.put_back(ctx, taken_out, note)
    for each, undone in zip(taken_out, put_back, strict=True):
        rows.note_undo(ctx.session, each, undone)
    return taker


def _dissolve(giver: Claim, taker: Claim) -> None:
    move(giver, ClaimStep.MERGE)
    let_go(giver)
    giver.merged_into_id = taker.id


def _hold_still(ctx: Context) -> None:
    """Let nobody place posts, or read them for places and sources, while some of them move."""
    claim_rows.lock_intake(ctx.session)
    trend_rows.lock_reading(ctx.session)


def _opened(ctx: Context, asked: Asked) -> tuple[Claim, Sequence[Post]]:
    """Give the claim under its lock and the posts that are to go, where all of that can be done."""
    user_id = ctx.require(Role.CHECKER)
    wanted = set(asked.post_ids)
    if not wanted or len(wanted) > POSTS_MAX:
        raise InvalidInputError(mark("Pilih satu sampai {n} kiriman."), n=POSTS_MAX)
    _hold_still(ctx)
    claim = claim_rows.lock_claims(ctx.session, [asked.claim_id]).get(asked.claim_id)
    if claim is None or claim.state is ClaimState.MERGED:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_movable(ctx, claim.id)
    refuse_if_held(ctx, claim, user_id)
    posts = rows.posts(ctx.session, claim.id, wanted)
    if len(posts) < len(wanted):
        raise NotFoundError(mark("Sebagian kiriman itu tidak ada di klaim ini."))
    if len(posts) >= claim.n_posts:
        raise InvalidInputError(mark("Sedikitnya satu kiriman tetap di klaim ini; untuk semuanya, gabungkan klaimnya."))
    return claim, posts


def _media(kept: Sequence[Mapping[str, Any]]) -> list[Media]:
    return [Media(item["kind"], item["phash"], item["transcript"]) for item in kept]


def _founded(ctx: Context, machine: Machine, posts: Sequence[Post]) -> Claim:
    """Make a queued claim that is worded, scored and matched as intake does it; it has no posts yet."""
    clearest = max(posts, key=lambda post: clarity(post.text))
    media = _media(clearest.media)
    text, reading = readable_text(clearest.text, media), reading_of(clearest.text, media)
    [score] = machine.scores([text])
    category = categories.suggest(reading)
    [number] = claim_rows.numbers_for_claims(ctx.session, 1)
    claim_rows.add_claims(
        ctx.session,
        [
            claim_rows.NewClaim(
                id=number,
                state=next_claim_state(ClaimState.NEW, ClaimStep.ENQUEUE),
                wording=neutral_wording(text),
                category=category,
                category_suggested=category,
                p_hoax=score.p_hoax,
                band=score.band.value,
                reasons=reason_rows(score),
                model=score.model,
                scored_at=ctx.now,
                n_posts=0,
                reach=0,
                engagement=0,
                posts_per_hour=0.0,
                measured_at=ctx.now,
                first_seen_at=min(post.posted_at for post in posts),
                last_seen_at=max(post.posted_at for post in posts),
                priority=0.0,
                created_at=ctx.now,
            )
        ],
    )
    [matches] = machine.match(ctx.session, [text])
    claim_rows.add_matches(ctx.session, [match_row(number, match, machine, ctx) for match in matches])
    return claim_rows.lock_claims(ctx.session, [number])[number]


def _hand_over(ctx: Context, giver: Claim, taker: Claim, posts: Sequence[Post]) -> None:
    """Move posts with their spread, places, sources, wordings and pictures, and count both claims anew."""
    owners = family_rows.family(ctx.session, giver.id)
    moved = [_Moved(post.text, _media(post.media)) for post in posts]
    merging.move_spread(ctx, giver.id, taker.id, map(_figures, posts))
    _hand_over_noted(ctx, taker.id, posts)
    rows.hand_over(ctx.session, [post.id for post in posts], taker.id)
    left = rows.texts_left(ctx.session, giver.id, {each.text for each in moved})
    gone = [each for each in moved if each.text not in left]
    _hand_over_wordings(ctx, owners, taker.id, [reading_of(each.text, each.media) for each in gone])
    phashes = {item.phash.lower() for each in moved for item in each.media if item.phash}
    carried = rows.pictures_left(ctx.session, giver.id, phashes)
    rows.give_media(ctx.session, owners, phashes - carried, taker.id)
    giver.version += 1
    taker.version += 1
    recount(ctx, giver, taker)


@dataclass(frozen=True, slots=True)
class _Moved:
    """What of a post decides where its copies go."""

    text: str
    media: Sequence[Media]


def _figures(post: Post) -> PostFigures:
    drawn = Engagement(post.likes, post.shares, post.comments, post.views)
    return PostFigures(post.posted_at, post.reach, drawn.reactions)


def _hand_over_noted(ctx: Context, taker_id: int, posts: Sequence[Post]) -> None:
    """Let places and sources count where their posts are; what the worker has not read yet it notes there itself."""
    read_to = trend_rows.lock_reading(ctx.session)
    read = [post for post in posts if post.id <= read_to]
    places = Counter((_cluster(post), region) for post in read for region in provinces(post.text))
    sources = Counter((_cluster(post), post.source) for post in read)
    trend_rows.give_noted(ctx.session, places, sources, taker_id)


def _cluster(post: Post) -> int:
    return post.claim_id if post.cluster_id is None else post.cluster_id


def _hand_over_wordings(ctx: Context, owners: Sequence[int], taker_id: int, readings: Sequence[str]) -> None:
    """Let copies of these readings find the taker: representatives that are there change hands, others are added."""
    if not readings:
        return
    signed = signatures(list(dict.fromkeys(readings)))
    wanted = {int(exact): row for row, exact in enumerate(signed.exact)}
    known = {kept.id: exact for kept in rows.signatures_of(ctx.session, owners) if (exact := _exact(kept.payload))}
    theirs = [number for number, exact in known.items() if exact in wanted]
    rows.give_signatures(ctx.session, theirs, taker_id)
    missing = [row for exact, row in wanted.items() if exact not in {known[number] for number in theirs}]
    claim_rows.add_signatures(ctx.session, [(taker_id, signed.pack(row)) for row in missing[:POSTS_MAX]])
    bands = np.unique(signed.keys()[list(wanted.values())])
    claim_rows.add_missing_bands(ctx.session, np.stack([bands, np.full_like(bands, taker_id)], axis=1))


def _exact(payload: bytes) -> int:
    """Give the hash of all words of a stored representative; 0 where another version wrote it."""
    try:
        return int(Signatures.unpack([payload]).exact[0])
    except SignatureFormatError:
        return 0
