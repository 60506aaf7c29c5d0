"""Golden items: claims whose right answer is known, served in the queue among the others to see how well checking goes.

An item is chosen from what two people decided, or written down by whoever keeps the items. To be served it becomes a
claim of its own with copies of its posts; nothing about that claim says what it is, until its checker submits. Then it
ends there: the checker alone is told what they answered and what is known, and the claim is closed. No golden claim can
await approval, be published, merged or decided; triggers hold that too. It is in no public figure, no webhook and
nothing that a model learns from. Who answered what is shown to nobody else; figures are by category.

The cost of serving a copy a person is a row of claims for each answer. A claim that went back to the queue would show
the next checker what the one before had written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from data.normalise import mask_identities, normalise
from models.score import Score
from serving.db import claims as claim_rows
from serving.db import golden as rows
from serving.db import people
from serving.db import posts as post_rows
from serving.db.decided import DISMISSALS, LABELLED
from serving.db.golden import Answered, Counted
from serving.db.tables import Claim, GoldenClaim, GoldenItem
from serving.desk import audit
from serving.desk.checking.sampling import falls_to
from serving.desk.context import Context
from serving.desk.incoming import trends, triage
from serving.desk.incoming.categories import suggest
from serving.desk.incoming.machine import reason_rows
from serving.desk.incoming.scoring import score
from serving.errors import ConflictError, NotFoundError, SameHumanError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import Category, ClaimState, DismissReason, Role, VerdictLabel

KEEPERS: Final = (Role.ENGINEER, Role.MANAGER)
CHECKERS: Final = (Role.CHECKER, Role.APPROVER)
READERS: Final = (*CHECKERS, *KEEPERS)
POSTS_COPIED: Final = 10
SHOWN: Final = 50
# Fewer people than this are named by a figure, however many answers each of them gave.
FEWEST_PEOPLE: Final = 3
# How far before the claim appears its posts may lie: one that is new to the desk has been going round for hours.
SPREAD_OVER: Final = timedelta(hours=6)


class NotDecidedError(ConflictError):
    """Only a claim with a standing answer can become a golden item."""

    code = "not-decided"

    def __init__(self) -> None:
        super().__init__(mark("Klaim itu belum punya putusan yang berlaku; pilih klaim yang sudah diputus."))


class GoldenAlreadyError(ConflictError):
    """The claim was chosen before."""

    code = "golden-already"


class ServedAlreadyError(ConflictError):
    """The item waits in the queue already, or is no longer in use."""

    code = "served-already"


class ImmovableError(ConflictError):
    """This claim's posts stay where they are. The sentence does not say why: whoever tries may still have to answer."""

    code = "immovable"

    def __init__(self) -> None:
        super().__init__(mark("Klaim ini tidak dapat digabung atau dipindahkan kirimannya; putuskan isinya."))


# ---- keeping items -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewItem:
    """A claim that somebody writes down with its right answer.

    Attributes:
        wording: the claim in one neutral sentence.
        posts: the messages that assert it, at least one.
        source: where these are said to come from.
        verdict: the right answer.
        category: its right category, by which answers are counted.
        why: what the checker reads after answering: why this is the answer, and where that can be read.
    """

    wording: str
    posts: tuple[str, ...]
    source: str
    verdict: VerdictLabel
    category: Category
    why: str


def choose(ctx: Context, claim_id: int, why: str) -> GoldenItem:
    """Make a golden item of a decided claim and its widest posts.

    Raises:
        NotDecidedError: it has no standing answer.
        GoldenAlreadyError: it was chosen before.
    """
    ctx.require(*KEEPERS)
    claim = claim_rows.claim(ctx.session, claim_id)
    if claim is None or rows.served(ctx.session, claim_id):
        raise NotFoundError(mark("Klaim itu tidak ada."))
    verdict = _known(claim)
    if verdict is None:
        raise NotDecidedError
    if rows.of_claim(ctx.session, claim_id):
        raise GoldenAlreadyError(mark("Klaim itu sudah menjadi butir uji."))
    found = post_rows.widest_posts(ctx.session, claim_id, POSTS_COPIED)
    last = max((post.posted_at for post in found), default=ctx.now)
    posts = [
        {
            "text": post.text,
            "source": post.source,
            "before_s": min((last - post.posted_at).total_seconds(), SPREAD_OVER.total_seconds()),
            "reach": post.reach,
            "likes": post.likes,
            "shares": post.shares,
            "comments": post.comments,
            "views": post.views,
        }
        for post in found
    ]
    kept = GoldenItem(
        wording=claim.wording, posts=posts, verdict=verdict, category=claim.category, why=why, source_claim_id=claim_id
    )
    return _kept(ctx, kept)


def _known(claim: Claim) -> VerdictLabel | None:
    """Give what was decided about a claim: the verdict of two, or what one said by closing it."""
    if claim.state in LABELLED:
        return claim.verdict
    if claim.state is ClaimState.DISMISSED and claim.dismiss_reason is not None:
        return DISMISSALS.get(claim.dismiss_reason)
    return None


def enter(ctx: Context, new: NewItem) -> GoldenItem:
    """Write a golden item down; handles, links to accounts and numbers are masked as they are in posts."""
    ctx.require(*KEEPERS)
    posts = [{"text": mask_identities(text), "source": new.source, "before_s": 0.0} for text in new.posts]
    wording = mask_identities(new.wording)
    return _kept(ctx, GoldenItem(wording=wording, posts=posts, verdict=new.verdict, category=new.category, why=new.why))


def _kept(ctx: Context, item: GoldenItem) -> GoldenItem:
    item.added_by_id, item.added_at = ctx.actor.user_id or 0, ctx.now
    ctx.session.add(item)
    ctx.session.flush()
    audit.append(ctx, "golden.add", "golden", item.id, claim=item.source_claim_id)
    return item


def items(ctx: Context, *, before: int | None = None, limit: int = SHOWN) -> Sequence[Counted]:
    """Give the items to those who keep them, newest first; nobody's answer is among them."""
    ctx.require(*KEEPERS)
    return rows.items(ctx.session, before=before, limit=limit)


def retire(ctx: Context, item_id: int) -> GoldenItem:
    """Serve an item no more; one that waits in the queue can still be answered."""
    ctx.require(*KEEPERS)
    item = _item(ctx, item_id)
    if item.retired_at is None:
        item.retired_at = ctx.now
        audit.append(ctx, "golden.retire", "golden", item.id)
    return item


def _item(ctx: Context, item_id: int) -> GoldenItem:
    item = rows.locked(ctx.session, item_id)
    if item is None:
        raise NotFoundError(mark("Butir uji itu tidak ada."))
    return item


# ---- serving -----------------------------------------------------------------------------------------------------


def serve(ctx: Context, item_id: int) -> GoldenItem:
    """Put an item into the queue as a claim like any other; the record does not say which claim it became.

    Raises:
        ServedAlreadyError: it waits in the queue already, or is retired.
    """
    ctx.require(*KEEPERS)
    item = _item(ctx, item_id)
    if item.retired_at is not None or rows.is_out(ctx.session, item_id):
        raise ServedAlreadyError(mark("Butir ini sudah menunggu di antrean, atau sudah tidak dipakai."))
    return _put_out(ctx, item, ctx.actor.user_id or 0)


def one_of(settings: Settings) -> int:
    """Give of about how many claims that checkers take one makes the desk serve an item; 0 = none does."""
    return round(1 / settings.golden_share) if settings.golden_share else 0


def note_turn(ctx: Context, claim: Claim) -> None:
    """Keep that the desk's turn to serve an item has come, where the taking of this claim is drawn."""
    if falls_to(ctx.vault, ctx.settings.golden_share, "golden-turn", str(claim.id), str(claim.version)):
        rows.note_turn(ctx.session, ctx.now)


def serve_due(ctx: Context) -> GoldenItem | None:
    """Serve one item for the turn that has waited longest; where there is none to serve, every turn passes.

    The worker does it and not whoever took the claim, so that no item appears at the moment of their step; in their
    transaction the intake's lock would also be taken after a claim's. Whoever keeps the item counts as serving it: they
    know its answer anyway.
    """
    turn = rows.first_turn(ctx.session)
    if turn is None:
        return None
    checkers = [user.id for user in people.staff(ctx.session, [Role.CHECKER])]
    item = rows.next_to_serve(ctx.session, checkers) if ctx.settings.golden_share else None
    if item is None:
        rows.end_turns(ctx.session)
        return None
    rows.end_turns(ctx.session, turn)
    return _put_out(ctx, item, item.added_by_id)


def _put_out(ctx: Context, item: GoldenItem, served_by_id: int) -> GoldenItem:
    """Make the claim by which an item is served."""
    claim_rows.lock_intake(ctx.session)  # posts are numbered under it, and read in that order
    [judged] = score(ctx, [item.posts[0]["text"] if item.posts else item.wording])
    [number] = claim_rows.numbers_for_claims(ctx.session, 1)
    claim_rows.add_claims(ctx.session, [_claim(ctx, item, number, judged)])
    post_rows.add_posts(ctx.session, [_post(ctx, number, place, post, judged) for place, post in enumerate(item.posts)])
    claim_rows.add_spread(ctx.session, _spread(ctx, number, item.posts))
    ctx.session.add(GoldenClaim(claim_id=number, item_id=item.id, served_by_id=served_by_id, served_at=ctx.now))
    ctx.session.flush()
    audit.append(ctx, "golden.serve", "golden", item.id)
    return item


def _claim(ctx: Context, item: GoldenItem, number: int, judged: Score) -> claim_rows.NewClaim:
    """Give the claim as the intake would have made it from these posts."""
    moments = [ctx.now - timedelta(seconds=post["before_s"]) for post in item.posts] or [ctx.now]
    reach = sum(post.get("reach", 0) for post in item.posts)
    spread = [(trends.quarter_of(moment), 1) for moment in moments]
    trend = trends.trend(spread, ctx.now)
    category = suggest(normalise(" ".join(post["text"] for post in item.posts) or item.wording))
    facts = triage.Facts(
        band=judged.band.value,
        p_hoax=judged.p_hoax,
        posts_per_hour=trend.posts_per_hour,
        reach=reach,
        category=category,
        match=None,
        waiting_since=ctx.now,
        rising=trend.is_rising,
        n_posts=len(item.posts),
    )
    return claim_rows.NewClaim(
        id=number,
        state=ClaimState.QUEUED,
        wording=item.wording,
        category=category,
        category_suggested=category,
        p_hoax=judged.p_hoax,
        band=judged.band.value,
        reasons=reason_rows(judged),
        model=judged.model,
        scored_at=ctx.now,
        n_posts=len(item.posts),
        reach=reach,
        engagement=sum(post.get(name, 0) for post in item.posts for name in ("likes", "shares", "comments")),
        posts_per_hour=trend.posts_per_hour,
        measured_at=ctx.now,
        first_seen_at=min(moments),
        last_seen_at=max(moments),
        priority=triage.priority(facts),
        created_at=ctx.now,
    )


def _post(ctx: Context, claim_id: int, place: int, post: Mapping[str, Any], judged: Score) -> tuple[Any, ...]:
    """Give one copied post as ``post_rows.NEW_POST`` has it; the link to the original does not come along."""
    given: dict[str, Any] = {
        "claim_id": claim_id,
        "cluster_id": None,
        "external_hash": ctx.vault.pseudonym("golden", f"{claim_id}:{place}"),
        "posted_at": ctx.now - timedelta(seconds=post["before_s"]),
        "collected_at": ctx.now,
        "media": [],
        "sealed_link": None,
        "link_until": None,
        "p_hoax": judged.p_hoax,
    }
    return tuple(given.get(name, post.get(name, 0)) for name in post_rows.NEW_POST)


def _spread(ctx: Context, claim_id: int, posts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    quarters: dict[int, dict[str, Any]] = {}
    for post in posts:
        quarter = trends.quarter_of(ctx.now - timedelta(seconds=post["before_s"]))
        row = quarters.setdefault(
            quarter, {"claim_id": claim_id, "quarter": quarter, "n_posts": 0, "reach": 0, "engagement": 0}
        )
        row["n_posts"] += 1
        row["reach"] += post.get("reach", 0)
        row["engagement"] += sum(post.get(name, 0) for name in ("likes", "shares", "comments"))
    return list(quarters.values())


# ---- what the steps of a claim ask -------------------------------------------------------------------------------


def is_one(ctx: Context, claim_id: int) -> bool:
    """Tell whether a claim is golden."""
    return rows.served(ctx.session, claim_id) is not None


def check_reader(ctx: Context, claim_id: int) -> None:
    """Raise ``NotFoundError`` where a golden claim was answered by somebody else: an answer is its giver's alone."""
    served = rows.served(ctx.session, claim_id)
    if served and served.answered_by_id is not None and served.answered_by_id != ctx.actor.user_id:
        raise NotFoundError(mark("Klaim itu tidak ada."))


def check_taker(ctx: Context, claim_id: int, person_id: int) -> None:
    """Raise ``SameHumanError`` where somebody would work on an item whose answer they know."""
    if is_one(ctx, claim_id) and rows.is_known_to(ctx.session, claim_id, person_id):
        raise SameHumanError(mark("Orang lain yang harus memeriksa klaim ini."))


def check_movable(ctx: Context, *claim_ids: int) -> None:
    """Raise ``ImmovableError`` where one of these claims may not be merged or split."""
    if rows.any_served(ctx.session, claim_ids):
        raise ImmovableError


def note_answer(ctx: Context, claim_id: int, answer: VerdictLabel | DismissReason | None) -> None:
    """Keep what the person acting answered; the record says that they did, not what.

    A dismissal answers what it says about the words: as opinion, satire or out of scope. One for another reason is no
    answer to what is true.
    """
    served = rows.served(ctx.session, claim_id)
    if served is None or ctx.actor.user_id is None:
        raise NotFoundError(mark("Butir uji itu tidak ada."))
    verdict = DISMISSALS.get(answer) if isinstance(answer, DismissReason) else answer
    item = rows.item(ctx.session, served.item_id)
    served.answered_by_id, served.answered_at = ctx.actor.user_id, ctx.now
    served.answer, served.agreed = verdict, verdict is item.verdict
    ctx.session.flush()
    audit.append(ctx, "golden.answer", "golden", item.id, claim=claim_id)


# ---- what is told ------------------------------------------------------------------------------------------------


def own_answers(ctx: Context, claim_id: int | None = None) -> Sequence[Answered]:
    """Give the reader's own answers with what is known, newest first; of one claim where it is named."""
    person = ctx.require(*CHECKERS)
    return rows.answers_of(ctx.session, person, limit=SHOWN, claim_id=claim_id)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of how many answers which part was the known one; none where they speak of few."""

    n: int | None
    share: float | None


def agreement(ctx: Context) -> Mapping[Category, Agreement]:
    """Give by category how often the answer was the known one; categories of few answers or few people are hidden."""
    ctx.require(*READERS)
    return {
        category: Agreement(found.n, found.n_same / found.n)
        if found.n >= ctx.settings.min_group and found.n_people >= FEWEST_PEOPLE
        else Agreement(None, None)
        for category, found in rows.compared(ctx.session).items()
    }
