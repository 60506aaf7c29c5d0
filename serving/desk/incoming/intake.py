"""Posts in, claims out: one transaction a batch, and nothing is lost or doubled however often a batch comes.

A post is known by its source and external id. One that comes again changes nothing but its counts, and those only
upwards: the larger of each is kept, and what came on top is added to the claim and to the quarter of an hour in which
it was posted. Its text and time stay as they first came.

Tips of one claim count as one post an hour (``desk.incoming.tips_counting``).

A post joins the claim whose wording it copies, whatever the state of that claim: a published claim that goes on
spreading stays published, and the queue says so. Nothing here decides anything about a claim; it only orders.

What a post is by itself is worked out before (``desk.incoming.batches``); here is what needs to know the others. A
batch is columns from beginning to end and each table is written in one go, so that a post costs microseconds and not
statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any, Final

import numpy as np
import structlog

from models.matcher import Match
from models.matcher import MatchStatus as Strength
from serving.db import claims as claim_rows
from serving.db import inbox as inbox_rows
from serving.db import posts as post_rows
from serving.db.bulk import Row, beside
from serving.db.claims import Growing, Grown, NewClaim
from serving.db.posts import Key, KnownPost
from serving.desk import audit
from serving.desk.context import Begin, Context
from serving.desk.incoming import batches, categories, figures, tips_counting, trends, triage
from serving.desk.incoming.batches import Batch, Counts
from serving.desk.incoming.machine import Machine, Placed, match_row, reason_rows
from serving.desk.incoming.posts import AnonymousPost, NewPost, anonymous, media_rows
from serving.desk.incoming.trends import Engagement, Trend, quarter_of, reach_of
from serving.desk.incoming.wording import clarity, neutral_wording
from serving.desk.states import ClaimStep, next_claim_state
from serving.errors import TooLargeError
from serving.i18n import mark
from serving.vocabulary import ClaimState, MatchStatus

log = structlog.get_logger()

BATCH_MAX: Final = 1_000
# What a file or the inbox is taken in by: larger batches share the cost of what is done once a batch and once a claim.
STREAM_BATCH_MAX: Final = 5_000


@dataclass(frozen=True, slots=True)
class IntakeOutcome:
    """What became of a batch.

    Attributes:
        n_posts: new posts kept.
        n_known: posts that were here already, or came twice in the batch.
        n_raised: of those, how many came with higher counts.
        n_claims: claims made.
        claim_ids: the claim of each row, in the rows' order.
    """

    n_posts: int = 0
    n_known: int = 0
    n_raised: int = 0
    n_claims: int = 0
    claim_ids: tuple[int, ...] = ()

    def __add__(self, other: IntakeOutcome) -> IntakeOutcome:
        """Sum two batches; claims of single rows are told for one batch only."""
        return IntakeOutcome(
            self.n_posts + other.n_posts,
            self.n_known + other.n_known,
            self.n_raised + other.n_raised,
            self.n_claims + other.n_claims,
        )


NOTHING: Final = IntakeOutcome()


# ---- what a batch adds to its claims -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Additions:
    """What single posts add to claims; every column has one entry a post.

    Attributes:
        claims: int64 (n,): which claim grows.
        quarters: int64 (n,): the quarter of an hour in which the post was posted.
        posted_at: when that was.
        amounts: int64 (n, 3): posts, reach and engagement to add.
    """

    claims: Counts
    quarters: Counts
    posted_at: Sequence[datetime]
    amounts: Counts

    def joined(self, other: _Additions) -> _Additions:
        return _Additions(
            np.concatenate([self.claims, other.claims]),
            np.concatenate([self.quarters, other.quarters]),
            [*self.posted_at, *other.posted_at],
            np.concatenate([self.amounts, other.amounts]),
        )

    def by_quarter(self) -> list[Row]:
        """Sum up: claim, quarter, posts, reach and engagement, in order."""
        if not len(self.claims):
            return []
        keys, where = np.unique(np.stack([self.claims, self.quarters], axis=1), axis=0, return_inverse=True)
        sums = np.zeros((len(keys), 3), np.int64)
        np.add.at(sums, where.reshape(-1), self.amounts)
        return [(*key, *amounts) for key, amounts in zip(keys.tolist(), sums.tolist(), strict=True)]

    def by_claim(self) -> dict[int, _Growth]:
        """Sum up by claim, with the first and the last moment of its posts."""
        if not len(self.claims):
            return {}
        claims, where = np.unique(self.claims, return_inverse=True)
        sums = np.zeros((len(claims), 3), np.int64)
        np.add.at(sums, where, self.amounts)
        at_s = np.array([moment.timestamp() for moment in self.posted_at])
        order = np.lexsort((at_s, where))
        begins = np.searchsorted(where[order], np.arange(len(claims)))
        ends = np.append(begins[1:], len(order)) - 1
        moments = zip(order[begins].tolist(), order[ends].tolist(), strict=True)
        return {
            claim: _Growth(n_posts, reach, drawn, self.posted_at[first], self.posted_at[last])
            for claim, (n_posts, reach, drawn), (first, last) in zip(
                claims.tolist(), sums.tolist(), moments, strict=True
            )
        }


@dataclass(frozen=True, slots=True)
class _Growth:
    """What one batch adds to one claim."""

    n_posts: int
    reach: int
    engagement: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class _Homes:
    """For each new post the claim that it joins, and among whose copies it was found: another claim after a merge."""

    claims: Sequence[int]
    clusters: Sequence[int]

    def take(self, rows: Sequence[int]) -> _Homes:
        return _Homes([self.claims[row] for row in rows], [self.clusters[row] for row in rows])

    def clusters_beside(self) -> list[int | None]:
        pairs = zip(self.claims, self.clusters, strict=True)
        return [None if cluster == claim else cluster for claim, cluster in pairs]


# ---- a batch -----------------------------------------------------------------------------------------------------


def take_in(ctx: Context, machine: Machine, rows: Sequence[NewPost]) -> IntakeOutcome:
    """Take a batch of collected posts in.

    Raises:
        PostRefusedError: one of them cannot be taken; nothing of the batch is.
        TooLargeError: more than ``BATCH_MAX`` at once.
    """
    settings = ctx.settings
    return take_in_anonymous(
        ctx, machine, [anonymous(row, ctx.vault, ctx.now, settings.max_text_chars) for row in rows]
    )


def take_in_anonymous(ctx: Context, machine: Machine, rows: Sequence[AnonymousPost]) -> IntakeOutcome:
    """Take a batch in that was checked and made anonymous before; raise ``TooLargeError`` above ``BATCH_MAX``."""
    if len(rows) > BATCH_MAX:
        raise TooLargeError(mark("Paling banyak {n} kiriman sekaligus."), n=BATCH_MAX)
    if not rows:
        return NOTHING
    return take_in_batch(ctx, machine, batches.read(rows, machine.scorer))


def take_in_batch(ctx: Context, machine: Machine, batch: Batch) -> IntakeOutcome:
    """Take in a batch that was read before; whoever reads it bounds its size."""
    if not len(batch):
        return NOTHING
    posts = batch.once_each()
    claim_rows.lock_intake(ctx.session)
    machine.catch_up(ctx.session)
    keys = posts.keys
    known = post_rows.known_posts(ctx.session, keys)
    new = posts.take([row for row, key in enumerate(keys) if key not in known]) if known else posts
    raised = _raise_known(ctx, posts, known)
    placed = machine.place(ctx.session, new)
    founded = _number_claims(ctx, machine, placed)
    clusters = [machine.claim_of(place.cluster) for place in placed]
    claims = _existing(ctx, set(clusters).difference(founded.values()).union(raised.claims.tolist()))
    homes = _Homes([_final(claims, cluster) for cluster in clusters], clusters)
    folded = tips_counting.fold(ctx, new, homes.claims)
    kept, kept_homes = folded.posts, homes.take(folded.rows)
    # A person may have moved the hour's tip to a claim that nothing else in this batch touches.
    claims |= _existing(ctx, {old.claim_id for old, _ in folded.raised}.difference(claims, founded.values()))
    raised = raised.joined(_raise(ctx, folded.raised))
    amounts = np.stack([np.ones(len(kept), np.int64), kept.reach, kept.reactions], axis=1)
    additions = _Additions(np.array(kept_homes.claims, np.int64), kept.quarters, kept.posted_at, amounts).joined(raised)
    growth, quarters = additions.by_claim(), additions.by_quarter()
    founding = _Founding(new, placed, founded, growth, quarters)
    machine.read_library(ctx.session)

    def write_what_needs_no_new_claim() -> None:
        claim_rows.add_counts(ctx.session, [row for row in quarters if row[0] in claims])
        _grow(ctx, {claim_id: claims[claim_id] for claim_id in growth if claim_id in claims}, growth)
        _keep_keys(ctx, new, placed, clusters)

    with beside(ctx.session, write_what_needs_no_new_claim):
        made = _made_claims(ctx, machine, founding)
    claim_rows.add_claims(ctx.session, made.claims)
    claim_rows.add_matches(ctx.session, made.suggestions)
    _keep_posts(ctx, kept, kept_homes)
    claim_rows.add_counts(ctx.session, [row for row in quarters if row[0] not in claims])
    _keep_signatures(ctx, machine, placed, clusters)
    _keep_media(ctx, new, clusters)
    outcome = IntakeOutcome(
        n_posts=len(kept),
        n_known=len(batch) - len(kept),
        n_raised=len(raised.claims),
        n_claims=len(founded),
        claim_ids=_claim_of_each(batch, new, known, homes),
    )
    audit.append(
        ctx,
        "intake.batch",
        "post",
        posts=outcome.n_posts,
        known=outcome.n_known,
        raised=outcome.n_raised,
        claims=outcome.n_claims,
    )
    return outcome


def _claim_of_each(batch: Batch, new: Batch, known: Mapping[Key, KnownPost], homes: _Homes) -> tuple[int, ...]:
    if new is batch:
        return tuple(homes.claims)
    claim_of = {key: found.claim_id for key, found in known.items()} | dict(zip(new.keys, homes.claims, strict=True))
    return tuple(claim_of[key] for key in batch.keys)


def _raise_known(ctx: Context, posts: Batch, known: Mapping[Key, KnownPost]) -> _Additions:
    rows = ((row, known.get(key)) for row, key in enumerate(posts.keys if known else ()))
    return _raise(ctx, ((old, posts.engagement(row)) for row, old in rows if old is not None))


def _raise(ctx: Context, seen: Iterable[tuple[KnownPost, Engagement]]) -> _Additions:
    """Write counts that grew, and give by how much; each post comes once, with what it was last seen to have."""
    changed: list[Row] = []
    added: list[tuple[int, int, datetime, tuple[int, int, int]]] = []
    for old, now_seen in seen:
        before = Engagement(old.likes, old.shares, old.comments, old.views)
        after = before.raised_to(now_seen)
        if after == before:
            continue
        reach = reach_of(after)
        changed.append((old.id, after.likes, after.shares, after.comments, after.views, reach))
        amounts = (0, reach - reach_of(before), after.reactions - before.reactions)
        added.append((old.claim_id, quarter_of(old.posted_at), old.posted_at, amounts))
    post_rows.raise_counts(ctx.session, changed)
    return _Additions(
        np.array([claim for claim, _, _, _ in added], np.int64),
        np.array([quarter for _, quarter, _, _ in added], np.int64),
        [posted_at for _, _, posted_at, _ in added],
        np.array([amounts for _, _, _, amounts in added], np.int64).reshape(-1, 3),
    )


def _existing(ctx: Context, claim_ids: Iterable[int]) -> dict[int, Growing]:
    """Lock every claim that was here before and grows; what was merged leads to what took it over."""
    claims = claim_rows.lock_growing(ctx.session, claim_ids)
    while missing := {
        claim.merged_into_id
        for claim in claims.values()
        if claim.state is ClaimState.MERGED and claim.merged_into_id not in claims
    }:
        claims |= claim_rows.lock_growing(ctx.session, [found for found in missing if found is not None])
    return claims


def _final(claims: Mapping[int, Growing], claim_id: int) -> int:
    while (claim := claims.get(claim_id)) is not None and claim.state is ClaimState.MERGED:
        claim_id = claim.merged_into_id or claim_id
    return claim_id


# ---- new claims --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Founding:
    """The new posts of a batch, where each was placed, the number of each new cluster's claim, and how all grow."""

    posts: Batch
    placed: Sequence[Placed]
    numbers: Mapping[str, int]
    growth: Mapping[int, _Growth]
    quarters: Sequence[Row]

    def clearest(self) -> list[int]:
        """Give for each new claim the row of the post that says it best, in the order of the claims' numbers."""
        members: dict[str, list[int]] = {cluster: [] for cluster in self.numbers}
        for row, place in enumerate(self.placed):
            if place.cluster in members:
                members[place.cluster].append(row)
        texts = self.posts.texts
        return [
            rows[0] if len(rows) == 1 else max(rows, key=lambda row: clarity(texts[row])) for rows in members.values()
        ]

    def trends(self, now: datetime) -> dict[int, Trend]:
        """Measure the new claims: all of their posts are in this batch, so nothing need be read."""
        spread: dict[int, list[tuple[int, int]]] = {number: [] for number in self.numbers.values()}
        for claim_id, quarter, n_posts, _reach, _engagement in self.quarters:
            if claim_id in spread:
                spread[claim_id].append((quarter, n_posts))
        return {number: trends.trend(counts, now) for number, counts in spread.items()}


def _number_claims(ctx: Context, machine: Machine, placed: Sequence[Placed]) -> dict[str, int]:
    """Take a number for the claim of each new cluster, in the order of their first posts."""
    founders = [place.cluster for place in placed if place.is_new]
    numbers = dict(zip(founders, claim_rows.numbers_for_claims(ctx.session, len(founders)), strict=True))
    for cluster, number in numbers.items():
        machine.founded(cluster, number)
    return numbers


@dataclass(frozen=True, slots=True)
class _Made:
    """New claims, and the clarifications that they seem to resemble."""

    claims: Sequence[NewClaim] = ()
    suggestions: Sequence[dict[str, Any]] = ()


def _made_claims(ctx: Context, machine: Machine, founding: _Founding) -> _Made:
    """Make a claim for each new cluster, worded, scored, categorised, matched and ordered; the session is not asked."""
    if not founding.numbers:
        return _Made()
    rows = founding.clearest()
    texts = [founding.posts.readable(row) for row in rows]
    scores = machine.scores(texts)
    matches = machine.resembling(texts)
    measured = founding.trends(ctx.now)
    state = next_claim_state(ClaimState.NEW, ClaimStep.ENQUEUE)
    claims: list[NewClaim] = []
    suggestions: list[dict[str, Any]] = []
    for number, row, text, score, found in zip(founding.numbers.values(), rows, texts, scores, matches, strict=True):
        grown, trend = founding.growth[number], measured[number]
        category = categories.suggest(founding.posts.readings[row])
        facts = triage.Facts(
            band=score.band.value,
            p_hoax=score.p_hoax,
            posts_per_hour=trend.posts_per_hour,
            reach=grown.reach,
            category=category,
            match=_strength(found),
            waiting_since=ctx.now,
            rising=trend.is_rising,
            state=state,
            n_posts=grown.n_posts,
        )
        claims.append(
            NewClaim(
                id=number,
                state=state,
                wording=neutral_wording(text),
                category=category,
                category_suggested=category,
                p_hoax=score.p_hoax,
                band=score.band.value,
                reasons=reason_rows(score),
                model=score.model,
                scored_at=ctx.now,
                n_posts=grown.n_posts,
                reach=grown.reach,
                engagement=grown.engagement,
                posts_per_hour=trend.posts_per_hour,
                measured_at=ctx.now,
                first_seen_at=grown.first,
                last_seen_at=grown.last,
                priority=triage.priority(facts),
                created_at=ctx.now,
            )
        )
        suggestions.extend(match_row(number, match, machine, ctx) for match in found)
    return _Made(claims, suggestions)


def _strength(matches: Sequence[Match]) -> str | None:
    if not matches:
        return None
    confirmed = any(match.status is Strength.CONFIRMED for match in matches)
    return (MatchStatus.CONFIRMED if confirmed else MatchStatus.SUGGESTED).value


# ---- rows --------------------------------------------------------------------------------------------------------


def _keep_posts(ctx: Context, new: Batch, homes: _Homes) -> None:
    until = ctx.now + ctx.settings.link_lifetime
    post_rows.add_posts(
        ctx.session,
        list(
            zip(
                homes.claims,
                homes.clusters_beside(),
                new.sources,
                new.hashes,
                new.texts,
                new.posted_at,
                repeat(ctx.now, len(new)),
                *new.counts.T.tolist(),
                new.reach.tolist(),
                map(media_rows, new.media),
                new.sealed_links,
                [until if link else None for link in new.sealed_links],
                new.p_hoax.tolist(),
                strict=True,
            )
        ),
    )


def _grow(ctx: Context, claims: Mapping[int, Growing], growth: Mapping[int, _Growth]) -> None:
    """Add what a batch brought to claims that were here before, and order them anew."""
    if not claims:
        return
    counted = claim_rows.counted_since(ctx.session, claims, trends.oldest_quarter(ctx.now))
    rates = trends.trends_of(counted, ctx.now)
    matches = claim_rows.strongest_matches(ctx.session, claims)
    written = []
    for claim_id, claim in claims.items():
        grown, trend = growth[claim_id], rates.get(claim_id, trends.STILL)
        n_posts, reach = claim.n_posts + grown.n_posts, claim.reach + grown.reach
        facts = figures.facts_of(claim, trend, matches.get(claim_id), n_posts=n_posts, reach=reach)
        written.append(
            Grown(
                id=claim_id,
                n_posts=n_posts,
                reach=reach,
                engagement=claim.engagement + grown.engagement,
                first_seen_at=min(claim.first_seen_at, grown.first),
                last_seen_at=max(claim.last_seen_at, grown.last),
                posts_per_hour=trend.posts_per_hour,
                measured_at=ctx.now,
                priority=triage.priority(facts),
            )
        )
    claim_rows.write_growth(ctx.session, written)


def _keep_signatures(ctx: Context, machine: Machine, placed: Sequence[Placed], clusters: Sequence[int]) -> None:
    """Keep representatives under the claim whose copies they find, so that a claim taken out again finds them too."""
    kept = [
        (cluster, place.stored) for cluster, place in zip(clusters, placed, strict=True) if place.stored is not None
    ]
    machine.remember(claim_rows.add_signatures(ctx.session, kept))


def _keep_keys(ctx: Context, new: Batch, placed: Sequence[Placed], clusters: Sequence[int]) -> None:
    """Keep what finds a claim again: the keys of each wording that is kept of it."""
    kept = np.array([row for row, place in enumerate(placed) if place.stored is not None], np.int64)
    founded = [cluster for cluster, place in zip(clusters, placed, strict=True) if place.is_new]
    keys = new.signed.take(kept).keys()
    owners = np.repeat(np.array(clusters, np.int64)[kept], keys.shape[1])
    pairs = _once_each(np.stack([keys.reshape(-1), owners], axis=1))
    is_fresh = np.isin(pairs[:, 1], founded)
    claim_rows.add_bands(ctx.session, pairs[is_fresh])
    claim_rows.add_missing_bands(ctx.session, pairs[~is_fresh])


def _once_each(pairs: Counts) -> Counts:
    """Sort int64 (n, 2) by its first column and then by its second, each row once."""
    ordered = pairs[np.lexsort(pairs.T[::-1])]
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[is_first]


def _keep_media(ctx: Context, new: Batch, clusters: Sequence[int]) -> None:
    """Keep to which claim each picture leads that no claim had yet."""
    media: dict[str, int] = {}
    for row, carried in new.pictures().items():
        for phash in carried:
            media.setdefault(phash, clusters[row])
    known = claim_rows.claims_by_media(ctx.session, media) if media else {}
    claim_rows.add_media(ctx.session, [(phash, claim) for phash, claim in media.items() if phash not in known])


# ---- the inbox ---------------------------------------------------------------------------------------------------


def drain(begin: Begin, machine: Machine, limit: int = BATCH_MAX, max_batches: int = 20) -> IntakeOutcome:
    """Take what waits in the inbox in, oldest first, one transaction a batch.

    A batch leaves the inbox in the transaction that keeps its posts: killed in between, it is taken in again, once. Two
    workers take different rows and read them side by side; only where posts are placed do they take turns.

    Args:
        begin: opens a transaction.
        machine: the process's machine.
        limit: rows a batch.
        max_batches: after so many the caller gets its turn back.
    """
    total = IntakeOutcome()
    for _ in range(max_batches):
        with begin() as ctx:
            waiting = inbox_rows.oldest(ctx.session, limit)
            if waiting:
                total += take_in_anonymous(ctx, machine, _readable(row.row for row in waiting))
                inbox_rows.remove(ctx.session, waiting)
        if len(waiting) < limit:
            break
    return total


def _readable(rows: Iterable[Mapping[str, Any]]) -> list[AnonymousPost]:
    """Read inbox rows; one that an older version wrote and this one cannot read must not hold up the others."""
    posts = []
    for row in rows:
        try:
            posts.append(AnonymousPost.from_row(row))
        except (KeyError, TypeError, ValueError):
            log.exception("inbox row cannot be read and is left out")
    return posts
