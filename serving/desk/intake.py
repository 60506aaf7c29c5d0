"""Posts in, claims out: one transaction a batch, and nothing is lost or doubled however often a batch comes.

A post is known by its source and external id. One that comes again changes nothing but its counts, and those only
upwards: the larger of each is kept, and what came on top is added to the claim and to the quarter of an hour in which
it was posted. Its text and time stay as they first came.

A post joins the claim whose wording it copies, whatever the state of that claim: a published claim that goes on
spreading stays published, and the queue says so. Nothing here decides anything about a claim; it only orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import structlog

from models.matcher import Match
from models.matcher import MatchStatus as Strength
from serving.db import claims as claim_rows
from serving.db import inbox as inbox_rows
from serving.db import posts as post_rows
from serving.db.posts import Key, KnownPost
from serving.db.tables import Claim
from serving.desk import audit, categories, figures, trends, triage
from serving.desk.context import Begin, Context
from serving.desk.machine import Machine, Placed, match_row, reason_rows
from serving.desk.posts import AnonymousPost, NewPost, anonymous, media_rows, readable_text
from serving.desk.states import ClaimStep, next_claim_state
from serving.desk.trends import Engagement, quarter_of, reach_of
from serving.desk.wording import clarity, neutral_wording
from serving.errors import TooLargeError
from serving.i18n import mark
from serving.vocabulary import ClaimState, MatchStatus

log = structlog.get_logger()

BATCH_MAX: Final = 1_000


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


@dataclass(slots=True)
class _Growth:
    """What one batch adds to one claim."""

    n_posts: int = 0
    reach: int = 0
    engagement: int = 0
    first: datetime | None = None
    last: datetime | None = None
    quarters: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def add(self, posted_at: datetime, n_posts: int, reach: int, engagement: int) -> None:
        self.n_posts += n_posts
        self.reach += reach
        self.engagement += engagement
        self.first = min(self.first or posted_at, posted_at)
        self.last = max(self.last or posted_at, posted_at)
        counts = self.quarters[quarter_of(posted_at)]
        for i, amount in enumerate((n_posts, reach, engagement)):
            counts[i] += amount


@dataclass(frozen=True, slots=True)
class _Homes:
    """The claim that each new post joins, and the claim whose copies it was found among: another one after a merge."""

    claims: Mapping[Key, int]
    clusters: Mapping[Key, int]

    def cluster_beside(self, key: Key) -> int | None:
        cluster = self.clusters[key]
        return None if cluster == self.claims[key] else cluster


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
    """Take a batch in that was checked and made anonymous before."""
    if len(rows) > BATCH_MAX:
        raise TooLargeError(mark("Paling banyak {n} kiriman sekaligus."), n=BATCH_MAX)
    if not rows:
        return IntakeOutcome()
    posts = _once_each(rows)
    claim_rows.lock_intake(ctx.session)
    machine.catch_up(ctx.session)
    known = post_rows.known_posts(ctx.session, posts)
    new = {key: post for key, post in posts.items() if key not in known}
    growth: defaultdict[int, _Growth] = defaultdict(_Growth)
    n_raised = _raise_known(ctx, posts, known, growth)
    placed = dict(zip(new, machine.place([post.reading for post in new.values()]), strict=True))
    claims = _existing(ctx, machine, placed.values(), growth)
    made = _make_claims(ctx, machine, new, placed)
    cluster_of = {key: machine.claim_of(place.cluster) for key, place in placed.items()}
    claim_of = {key: _final(claims, found) for key, found in cluster_of.items()}
    _keep_posts(ctx, machine, new, _Homes(claim_of, cluster_of))
    for key, post in new.items():
        growth[claim_of[key]].add(post.posted_at, 1, reach_of(post.engagement), post.engagement.reactions)
    _grow(ctx, claims, growth, made)
    _keep_signatures(ctx, machine, placed, cluster_of)
    outcome = IntakeOutcome(
        n_posts=len(new),
        n_known=len(rows) - len(new),
        n_raised=n_raised,
        n_claims=len(made),
        claim_ids=tuple(
            known[key].claim_id if key in known else claim_of[key]
            for key in ((row.source, row.external_hash) for row in rows)
        ),
    )
    audit.append(
        ctx,
        "intake.batch",
        "post",
        posts=outcome.n_posts,
        known=outcome.n_known,
        raised=n_raised,
        claims=outcome.n_claims,
    )
    return outcome


def _once_each(rows: Iterable[AnonymousPost]) -> dict[Key, AnonymousPost]:
    posts: dict[Key, AnonymousPost] = {}
    for row in rows:
        key = (row.source, row.external_hash)
        first = posts.get(key)
        posts[key] = row if first is None else replace(first, engagement=first.engagement.raised_to(row.engagement))
    return posts


def _raise_known(
    ctx: Context,
    posts: Mapping[Key, AnonymousPost],
    known: Mapping[Key, KnownPost],
    growth: defaultdict[int, _Growth],
) -> int:
    """Write counts that grew, and note by how much."""
    changed: list[dict[str, Any]] = []
    for key, old in known.items():
        before = Engagement(old.likes, old.shares, old.comments, old.views)
        after = before.raised_to(posts[key].engagement)
        if after == before:
            continue
        reach = reach_of(after)
        changed.append({"id": old.id, **_counts(after), "reach": reach})
        growth[old.claim_id].add(old.posted_at, 0, reach - reach_of(before), after.reactions - before.reactions)
    post_rows.raise_counts(ctx.session, changed)
    return len(changed)


def _counts(engagement: Engagement) -> dict[str, int]:
    return {
        "likes": engagement.likes,
        "shares": engagement.shares,
        "comments": engagement.comments,
        "views": engagement.views,
    }


def _existing(
    ctx: Context, machine: Machine, placed: Iterable[Placed], growth: Mapping[int, _Growth]
) -> dict[int, Claim]:
    """Lock every claim that was here before and grows; what was merged leads to what took it over."""
    founded = {place.cluster for place in placed if place.is_new}
    wanted = {machine.claim_of(place.cluster) for place in placed if place.cluster not in founded}
    claims = claim_rows.lock_claims(ctx.session, wanted | growth.keys())
    while missing := {
        claim.merged_into_id
        for claim in claims.values()
        if claim.state is ClaimState.MERGED and claim.merged_into_id not in claims
    }:
        claims |= claim_rows.lock_claims(ctx.session, [found for found in missing if found is not None])
    return claims


def _final(claims: Mapping[int, Claim], claim_id: int) -> int:
    while (claim := claims.get(claim_id)) is not None and claim.state is ClaimState.MERGED:
        claim_id = claim.merged_into_id or claim_id
    return claim_id


def _make_claims(
    ctx: Context, machine: Machine, new: Mapping[Key, AnonymousPost], placed: Mapping[Key, Placed]
) -> dict[int, str | None]:
    """Make a claim for each new cluster; give their numbers, each with the strength of its best match."""
    founders = {place.cluster for place in placed.values() if place.is_new}
    members: defaultdict[str, list[AnonymousPost]] = defaultdict(list)
    for key, place in placed.items():
        if place.cluster in founders:
            members[place.cluster].append(new[key])
    clearest = [max(posts, key=lambda post: clarity(post.text)) for posts in members.values()]
    texts = [readable_text(post.text, post.media) for post in clearest]
    scores = machine.scores(texts)
    matches = machine.match(ctx.session, texts)
    values = []
    for post, text, score in zip(clearest, texts, scores, strict=True):
        category = categories.suggest(post.reading)
        values.append(
            {
                "state": next_claim_state(ClaimState.NEW, ClaimStep.ENQUEUE),
                "wording": neutral_wording(text),
                "category": category,
                "category_suggested": category,
                "p_hoax": score.p_hoax,
                "band": score.band.value,
                "reasons": reason_rows(score),
                "model": score.model,
                "scored_at": ctx.now,
                "first_seen_at": post.posted_at,
                "last_seen_at": post.posted_at,
                "created_at": ctx.now,
            }
        )
    numbers = claim_rows.add_claims(ctx.session, values)
    for cluster, number in zip(members, numbers, strict=True):
        machine.founded(cluster, number)
    claim_rows.add_wordings(
        ctx.session,
        [
            {"claim_id": number, "text": value["wording"], "author_id": None, "at": ctx.now}
            for number, value in zip(numbers, values, strict=True)
        ],
    )
    claim_rows.add_matches(
        ctx.session,
        [
            match_row(number, match, machine, ctx)
            for number, found in zip(numbers, matches, strict=True)
            for match in found
        ],
    )
    return {number: _strength(found) for number, found in zip(numbers, matches, strict=True)}


def _strength(matches: Sequence[Match]) -> str | None:
    if not matches:
        return None
    confirmed = any(match.status is Strength.CONFIRMED for match in matches)
    return (MatchStatus.CONFIRMED if confirmed else MatchStatus.SUGGESTED).value


def _keep_posts(ctx: Context, machine: Machine, new: Mapping[Key, AnonymousPost], homes: _Homes) -> None:
    p_hoax = machine.p_hoax([readable_text(post.text, post.media) for post in new.values()])
    post_rows.add_posts(
        ctx.session,
        [
            {
                "claim_id": homes.claims[key],
                "cluster_id": homes.cluster_beside(key),
                "source": post.source,
                "external_hash": post.external_hash,
                "text": post.text,
                "posted_at": post.posted_at,
                "collected_at": ctx.now,
                **_counts(post.engagement),
                "reach": reach_of(post.engagement),
                "media": media_rows(post.media),
                "sealed_link": post.sealed_link,
                "link_until": ctx.now + ctx.settings.link_lifetime if post.sealed_link else None,
                "p_hoax": p,
            }
            for (key, post), p in zip(new.items(), p_hoax, strict=True)
        ],
    )


def _grow(
    ctx: Context,
    claims: dict[int, Claim],
    growth: Mapping[int, _Growth],
    made: Mapping[int, str | None],
) -> None:
    """Add what a batch brought to its claims, and order them anew."""
    claim_rows.add_spread(
        ctx.session,
        [
            {
                "claim_id": claim_id,
                "quarter": quarter,
                "n_posts": n_posts,
                "reach": reach,
                "engagement": engagement,
            }
            for claim_id, grown in growth.items()
            for quarter, (n_posts, reach, engagement) in grown.quarters.items()
        ],
    )
    touched = {claim_id: claim for claim_id, claim in claims.items() if claim_id in growth}
    for claim_id, claim in touched.items():
        grown = growth[claim_id]
        claim.n_posts += grown.n_posts
        claim.reach += grown.reach
        claim.engagement += grown.engagement
        claim.first_seen_at = min(claim.first_seen_at, grown.first or claim.first_seen_at)
        claim.last_seen_at = max(claim.last_seen_at, grown.last or claim.last_seen_at)
    ctx.session.flush()
    figures.measure(ctx, list(touched))
    _complete_new(ctx, growth, made)


def _complete_new(ctx: Context, growth: Mapping[int, _Growth], made: Mapping[int, str | None]) -> None:
    """Write the figures of claims made in this batch: all of their posts are in it, so nothing need be read."""
    written = claim_rows.lock_claims(ctx.session, made)
    for claim_id, claim in written.items():
        grown = growth[claim_id]
        trend = trends.trend(((quarter, counts[0]) for quarter, counts in grown.quarters.items()), ctx.now)
        claim.n_posts, claim.reach, claim.engagement = grown.n_posts, grown.reach, grown.engagement
        claim.first_seen_at = grown.first or claim.first_seen_at
        claim.last_seen_at = grown.last or claim.last_seen_at
        claim.posts_per_hour, claim.measured_at = trend.posts_per_hour, ctx.now
        claim.priority = triage.priority(figures.facts_of(claim, trend, made[claim_id]))
    ctx.session.flush()


def _keep_signatures(
    ctx: Context, machine: Machine, placed: Mapping[Key, Placed], cluster_of: Mapping[Key, int]
) -> None:
    """Keep representatives under the claim whose copies they find, so that a claim taken out again finds them too."""
    kept = [(cluster_of[key], place.stored) for key, place in placed.items() if place.stored is not None]
    machine.remember(claim_rows.add_signatures(ctx.session, kept))


# ---- the inbox ---------------------------------------------------------------------------------------------------


def drain(begin: Begin, machine: Machine, limit: int = BATCH_MAX, max_batches: int = 20) -> IntakeOutcome:
    """Take what waits in the inbox in, oldest first, one transaction a batch.

    A batch leaves the inbox in the transaction that keeps its posts: killed in between, it is taken in again, once.

    Args:
        begin: opens a transaction.
        machine: the process's machine.
        limit: rows a batch.
        max_batches: after so many the caller gets its turn back.
    """
    total = IntakeOutcome()
    for _ in range(max_batches):
        with begin() as ctx:
            claim_rows.lock_intake(ctx.session)
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
