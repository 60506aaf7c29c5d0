"""Golden items: served like any other claim, told to nobody but their checker, and never let out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from serving.db import decided as decided_rows
from serving.db.claims import Filters
from serving.db.decided import Span
from serving.db.tables import (
    AuditRow,
    Campaign,
    Claim,
    Clarification,
    Decision,
    GoldenClaim,
    GoldenItem,
    GoldenTurn,
    Post,
    SecondLook,
    WebhookEvent,
)
from serving.db.trends import Wanted as Moving
from serving.deps import context_for
from serving.desk import webhooks
from serving.desk.checking import (
    bulk,
    claims,
    deadlines,
    decided,
    evidence,
    exhibits,
    golden,
    merging,
    regrouping,
    review,
    sampling,
)
from serving.desk.checking.dossier import dossier
from serving.desk.checking.golden import ImmovableError, NewItem, NotDecidedError, ServedAlreadyError
from serving.desk.context import SERVICE
from serving.desk.incoming import search, trending
from serving.desk.incoming.search import Wanted
from serving.desk.publishing import transparency
from serving.desk.publishing.transparency import Month
from serving.desk.webhooks import NewEndpoint
from serving.errors import ForbiddenError, NotFoundError, SameHumanError
from serving.security import Vault
from serving.vocabulary import (
    BulkAction,
    Category,
    ClaimState,
    DismissReason,
    Role,
    VerdictLabel,
)
from tests import factories
from tests.integration.test_review import AGENCY, MEDIA, READY
from tests.web.browsing import send, sign_in, soup

# Everything that a system of no ministry can ask for.
TOLD = tuple(kind for kind in webhooks.KINDS if not kind.startswith("offer."))
WHY = "Pernyataan resmi dan penelusuran media contoh menunjukkan formulirnya palsu."
NEW = NewItem(
    wording="Pesan berantai menyebut pasar contoh tutup sebulan penuh.",
    posts=("Pasar contoh tutup sebulan penuh mulai besok, sebarkan ke @tetangga!",),
    source="whatsapp",
    verdict=VerdictLabel.FALSE,
    category=Category.ECONOMY,
    why=WHY,
)


@pytest.fixture
def people(sign_up):
    """Two checkers, an approver, an engineer, a manager, and an admin who reads the record."""
    return {
        "ani": sign_up("ani", Role.CHECKER),
        "budi": sign_up("budi", Role.CHECKER),
        "citra": sign_up("citra", Role.APPROVER),
        "eka": sign_up("eka", Role.ENGINEER),
        "maya": sign_up("maya", Role.MANAGER),
        "adi": sign_up("adi", Role.ADMIN),
    }


@pytest.fixture
def act(service, people):
    """Take one step as somebody, in a transaction of its own."""

    def run(name, step, *args, **kwargs):
        with service.database.write() as session:
            return step(context_for(service, session, people.get(name, SERVICE)), *args, **kwargs)

    return run


def newest_claim(ctx) -> int:
    """Give the number of the claim by which an item was served last; only the database knows."""
    return ctx.session.scalars(select(GoldenClaim.claim_id).order_by(GoldenClaim.claim_id.desc())).first()


@pytest.fixture
def claim_id(act):
    """A golden item that waits in the queue, as a claim."""
    item = act("eka", golden.enter, NEW)
    act("maya", golden.serve, item.id)
    return act("", newest_claim)


def work(act, claim_id, who="ani", verdict=VerdictLabel.FALSE):
    """Take a claim, draft it and submit it, as every claim is."""
    act(who, review.take, claim_id)
    act(who, evidence.add, claim_id, AGENCY)
    act(who, evidence.add, claim_id, MEDIA)
    act(who, review.save_draft, claim_id, replace(READY, verdict=verdict), 0)
    return act(who, review.submit, claim_id)


# ---- keeping and serving -----------------------------------------------------------------------------------------


def test_only_engineers_and_managers_keep_items(act, claim_id):
    """A checker neither reads the items nor adds or serves one."""
    for step in (golden.items, lambda ctx: golden.enter(ctx, NEW), lambda ctx: golden.serve(ctx, 1)):
        with pytest.raises(ForbiddenError):
            act("ani", step)
    assert act("maya", golden.items)[0].is_out


def test_a_decided_claim_becomes_an_item_with_copies_of_its_posts(act, people):
    """Wording, verdict and category come along; the posts are copies, and the claim itself stays as it was."""

    def publish(ctx):
        claim = factories.claim(ctx, author_id=people["ani"].user_id, approver_id=people["citra"].user_id)
        claim.verdict, claim.state = VerdictLabel.MISLEADING, ClaimState.PUBLISHED
        return claim.id

    source = act("", publish)
    item = act("eka", golden.choose, source, WHY)
    assert (item.verdict, item.category, item.source_claim_id) == (VerdictLabel.MISLEADING, Category.FRAUD, source)
    assert [post["source"] for post in item.posts] == ["sample"]
    act("eka", golden.serve, item.id)
    copy = act("", newest_claim)
    assert act("", lambda ctx: ctx.session.get_one(Claim, source).n_posts) == 1
    assert act("", lambda ctx: ctx.session.scalars(select(Post.text).where(Post.claim_id == copy)).all()) == [
        post["text"] for post in item.posts
    ]
    # Those who decided it know the answer: it is not put before them.
    with pytest.raises(SameHumanError):
        act("ani", review.take, copy)
    assert copy not in {row.claim.id for row in act("ani", claims.queue, Filters()).items}
    assert copy in {row.claim.id for row in act("budi", claims.queue, Filters()).items}


def test_an_undecided_claim_is_no_item(act):
    """What nobody has decided has no known answer."""
    open_id = act("", lambda ctx: factories.claim(ctx).id)
    with pytest.raises(NotDecidedError):
        act("eka", golden.choose, open_id, WHY)
    with pytest.raises(NotFoundError):
        act("eka", golden.choose, 10_000, WHY)


def test_handles_in_an_entered_item_are_masked(act, claim_id):
    """What a keeper types holds no account either."""
    item = act("", lambda ctx: ctx.session.scalars(select(GoldenItem)).one())
    assert "@tetangga" not in item.posts[0]["text"]


def test_an_item_waits_in_the_queue_once_and_a_retired_one_never(act, claim_id):
    """Served while it waits it is refused, and so is one that was put away."""
    item_id = act("", lambda ctx: ctx.session.scalars(select(GoldenItem.id)).one())
    with pytest.raises(ServedAlreadyError):
        act("maya", golden.serve, item_id)
    work(act, claim_id)
    act("maya", golden.retire, item_id)
    with pytest.raises(ServedAlreadyError):
        act("maya", golden.serve, item_id)


# ---- the desk serves by itself -----------------------------------------------------------------------------------


@pytest.fixture
def always(act):
    """Take a step where every claim that a checker takes makes a turn."""

    def run(name, step, *args, **kwargs):
        def stepped(ctx):
            everything = ctx.settings.model_copy(update={"golden_share": 1.0})
            return step(replace(ctx, settings=everything), *args, **kwargs)

        return act(name, stepped)

    return run


def take_another(act, who="ani"):
    """Have somebody take a claim from the queue."""
    number = act("", lambda ctx: factories.claim(ctx).id)
    act(who, review.take, number)
    return number


def test_what_checkers_take_lets_the_desk_serve_an_item_by_itself(act, always, client, people):
    """A minute later, by the worker: a claim like any other, which does not say that a machine put it there."""
    item = act("eka", golden.enter, NEW)
    taken = take_another(always)
    assert act("", lambda ctx: ctx.session.scalars(select(GoldenClaim)).all()) == []
    assert always("", golden.serve_due).id == item.id
    served = act("", newest_claim)
    assert served in {row.claim.id for row in act("budi", claims.queue, Filters()).items}
    assert served not in {row.claim.id for row in act("eka", claims.queue, Filters()).items}
    assert not [row.action for row in act("budi", dossier, served).history if "golden" in row.action]
    steps = act("", lambda ctx: ctx.session.scalars(select(AuditRow).where(AuditRow.entity == "golden")).all())
    assert [(row.action, row.actor_id, row.detail) for row in steps[1:]] == [("golden.serve", None, "{}")]
    assert always("", golden.serve_due) is None
    assert taken != served


def test_each_turn_serves_the_item_served_least_and_none_twice_at_once(act, always):
    """Two turns and two items: each goes out; a third turn finds nothing and passes."""
    first, second = (act("eka", golden.enter, replace(NEW, wording=f"Klaim uji {n}.")).id for n in range(2))
    for _ in range(3):
        take_another(always)
    assert [always("", golden.serve_due).id for _ in range(2)] == [first, second]
    assert always("", golden.serve_due) is None
    assert act("", lambda ctx: ctx.session.scalars(select(GoldenTurn)).all()) == []


def test_only_an_item_that_a_checker_can_still_answer_is_served(act, always):
    """Once both checkers have answered it, it would wait for ever; an item put away is served no more either."""
    item = act("eka", golden.enter, NEW)
    for who in ("ani", "budi"):
        take_another(always)
        assert always("", golden.serve_due).id == item.id
        work(act, act("", newest_claim), who)
    take_another(always)
    assert always("", golden.serve_due) is None
    other = act("eka", golden.enter, NEW)
    act("eka", golden.retire, other.id)
    take_another(always)
    assert always("", golden.serve_due) is None


def test_nothing_is_served_without_items_or_with_the_share_at_none(act, always, settings):
    """Turns pass where there is nothing to serve; at a share of 0 no claim makes one, and those that wait pass."""
    take_another(always)
    assert always("", golden.serve_due) is None
    act("eka", golden.enter, NEW)
    assert always("", golden.serve_due) is None
    take_another(always)

    def off(ctx, step):
        return step(replace(ctx, settings=ctx.settings.model_copy(update={"golden_share": 0.0})))

    assert act("", off, golden.serve_due) is None
    number = act("", lambda ctx: factories.claim(ctx).id)
    act("ani", off, lambda ctx: review.take(ctx, number))
    assert act("", lambda ctx: ctx.session.scalars(select(GoldenTurn)).all()) == []


def test_the_draw_follows_the_share_and_cannot_be_foreseen_without_the_secret(settings):
    """About one claim in fifty, the same ones whenever asked, others under another secret and for the second look."""
    vault, other = Vault(b"x" * 32), Vault(b"y" * 32)
    names = [("golden-turn", str(number), "2") for number in range(20_000)]
    drawn = [sampling.falls_to(vault, settings.golden_share, *name) for name in names]
    assert settings.golden_share == pytest.approx(1 / 50)
    assert sum(drawn) == pytest.approx(400, abs=80)
    assert drawn != [sampling.falls_to(other, settings.golden_share, *name) for name in names]
    assert drawn != [sampling.is_drawn(vault, number, 2, settings.golden_share) for number in range(20_000)]


def test_what_the_desk_served_by_itself_reaches_nothing_that_leaves_it(act, always, clock):
    """Seen and answered, it changes no figure, teaches nothing, writes no event and publishes nothing."""

    def report(ctx):
        return transparency.report(ctx, Month.of(ctx.now)).figures

    act("", lambda ctx: [factories.claim(ctx, seen_at=ctx.now) for _ in range(12)])
    act("adi", webhooks.add, NewEndpoint("https://penerima.example/a", "Penerima", TOLD))
    act("eka", golden.enter, NEW)
    take_another(always)
    before = act("", report)
    always("", golden.serve_due)
    served = act("", newest_claim)
    act("ani", review.mark_seen, served)
    work(act, served)
    assert act("", report) == before
    until = clock.forward(days=1)
    assert act("", lambda ctx: decided_rows.counts(ctx.session, Span(None, until))) == {}
    assert act("", lambda ctx: ctx.session.scalars(select(Clarification)).all()) == []
    act("", deadlines.tell)
    assert f"claim:{served}" not in act(
        "", lambda ctx: {row.subject for row in ctx.session.scalars(select(WebhookEvent))}
    )


# ---- it looks like any other -------------------------------------------------------------------------------------


def test_nothing_tells_it_from_another_claim_before_it_is_answered(act, claim_id, client, people):
    """Claim, history and draft over /v1 have the same fields with the same kinds of values as a real claim's."""
    other = act("", lambda ctx: factories.claim(ctx).id)
    sign_in(client, "ani")
    for path in ("/klaim/{}", "/klaim/{}/gabung"):
        golden_page, real = (client.get(path.format(number)) for number in (claim_id, other))
        assert golden_page.status_code == real.status_code == 200
        for word in ("uji", "golden"):
            shown = golden_page.text.lower().replace("menguji", "").replace("diuji", "")
            assert shown.count(word) == real.text.lower().replace("menguji", "").replace("diuji", "").count(word), path
    found = act("ani", dossier, claim_id)
    assert not [row.action for row in found.history if "golden" in row.action]
    assert {row.claim.id for row in act("ani", claims.queue, Filters()).items} == {claim_id, other}


def test_who_knows_the_answer_is_not_shown_it(act, claim_id):
    """Whoever wrote or served the item does not find it in the queue, in counts or by its words; others do."""
    for keeper in ("eka", "maya"):
        assert claim_id not in {row.claim.id for row in act(keeper, claims.queue, Filters()).items}
        assert sum(act(keeper, claims.counts, Filters()).values()) == 0
        assert act(keeper, claims.n_newer, Filters(), 0) == 0
    assert sum(act("budi", claims.counts, Filters()).values()) == 1


# ---- the answer --------------------------------------------------------------------------------------------------


def test_submitting_ends_it_and_tells_its_checker_alone(act, claim_id):
    """No second person is asked; the checker reads what is known, and nobody else reads anything."""
    claim = work(act, claim_id)
    assert (claim.state, claim.verdict, claim.author_id, claim.decided_at) == (ClaimState.CLOSED, None, None, None)
    [own] = act("ani", golden.own_answers)
    assert (own.served.answer, own.served.agreed, own.item.why) == (VerdictLabel.FALSE, True, WHY)
    for other in ("budi", "citra"):
        assert act(other, golden.own_answers) == []
        for step in (claims.detail, dossier, review.draft, review.existing):
            with pytest.raises(NotFoundError):
                act(other, step, claim_id)
    with pytest.raises(ForbiddenError):
        act("maya", golden.own_answers)
    closed = Filters(states=(ClaimState.CLOSED,))
    assert act("budi", claims.queue, closed).items == ()
    assert [row.claim.id for row in act("ani", claims.queue, closed).items] == [claim_id]


@pytest.mark.parametrize("reader", ["budi", "eka"])
def test_an_answered_item_is_found_by_nobody_else(act, claim_id, reader):
    """Neither search nor trends nor the claims to merge with show it: closed and without a label, it would tell all."""
    other = act("", lambda ctx: factories.claim(ctx, wording=NEW.wording).id)
    work(act, claim_id)

    def shown(ctx):
        hits = search.find(ctx, Wanted("pasar contoh tutup sebulan")).hits
        return {hit.claim.id for hit in hits if hit.claim} | {
            row.claim.id for row in trending.board(ctx, Moving()).rows
        }

    assert claim_id in act("ani", lambda ctx: {hit.claim.id for hit in search.find(ctx, Wanted("pasar contoh")).hits})
    assert act(reader, shown) == {other}
    with pytest.raises(NotFoundError):
        act(reader, trending.trend_of, claim_id)


def test_a_file_beside_an_answered_item_is_its_checkers(act, claim_id):
    """What a checker kept beside a source of it is part of the answer."""
    act("ani", review.take, claim_id)
    number = act("ani", evidence.add, claim_id, AGENCY).id
    act("ani", exhibits.attach, claim_id, number, b"Salinan pernyataan resmi.")
    act("ani", evidence.add, claim_id, MEDIA)
    act("ani", review.save_draft, claim_id, READY, 0)
    act("ani", review.submit, claim_id)
    assert act("ani", exhibits.read, claim_id, number).content == b"Salinan pernyataan resmi."
    for other in ("budi", "citra", "eka"):
        with pytest.raises(NotFoundError):
            act(other, exhibits.read, claim_id, number)


def test_it_is_not_offered_to_be_merged_with_by_who_knows_it(act, claim_id):
    """Whoever answered it before does not meet its next copy among the claims that are near."""
    other = act("", lambda ctx: factories.claim(ctx, wording=NEW.wording).id)
    work(act, claim_id)
    item_id = act("", lambda ctx: ctx.session.scalars(select(GoldenItem.id)).one())
    act("maya", golden.serve, item_id)
    again = act("", newest_claim)
    assert [each.claim.id for each in act("budi", merging.near, other)] == [again]
    assert [each.claim.id for each in act("ani", merging.near, other)] == [claim_id]
    with pytest.raises(NotFoundError):
        act("budi", merging.near, claim_id)


def test_the_record_says_that_somebody_answered_and_not_what(act, claim_id):
    """One row, without verdict and without agreement."""
    work(act, claim_id, verdict=VerdictLabel.MISLEADING)
    row = act("", lambda ctx: ctx.session.scalars(select(AuditRow).where(AuditRow.action == "golden.answer")).one())
    assert row.detail == f'{{"claim": {claim_id}}}'
    served = act("", lambda ctx: ctx.session.scalars(select(AuditRow).where(AuditRow.action == "golden.serve")).one())
    assert (served.entity, served.detail) == ("golden", "{}")


@pytest.mark.parametrize(
    ("reason", "answer"), [(DismissReason.OPINION, VerdictLabel.OPINION), (DismissReason.PRESS, None)]
)
def test_dismissing_it_is_an_answer(act, claim_id, reason, answer):
    """What the dismissal says about the words is compared; it is in no sample and no count of dismissals."""
    act("ani", review.take, claim_id)
    assert act("ani", review.dismiss, claim_id, reason).state is ClaimState.CLOSED
    [own] = act("ani", golden.own_answers, claim_id)
    assert (own.served.answer, own.served.agreed) == (answer, False)
    assert act("", lambda ctx: ctx.session.scalars(select(SecondLook)).all()) == []


def test_dismissing_it_with_others_is_an_answer_that_stands(act, claim_id):
    """In one step for several claims it is answered too, and undoing the step leaves the answer."""
    other = act("", lambda ctx: factories.claim(ctx).id)
    asked = bulk.Asked(BulkAction.DISMISS, (claim_id, other), "", DismissReason.OPINION)
    done = act("ani", bulk.do, asked)
    assert set(done.done) == {claim_id, other}
    undone = act("ani", bulk.undo, done.bulk_id)
    assert (undone.done, [each.claim_id for each in undone.refused]) == ((other,), [claim_id])


def test_each_person_answers_an_item_once(act, claim_id):
    """Served again it is for somebody else: whoever answered neither finds nor takes it."""
    work(act, claim_id)
    item_id = act("", lambda ctx: ctx.session.scalars(select(GoldenItem.id)).one())
    act("maya", golden.serve, item_id)
    again = act("", newest_claim)
    assert again != claim_id
    assert again not in {row.claim.id for row in act("ani", claims.queue, Filters()).items}
    with pytest.raises(SameHumanError):
        act("ani", review.take, again)
    act("budi", review.take, again)
    with pytest.raises(SameHumanError):
        act("budi", review.hand_over, again, "ani")


def test_agreement_is_by_category_and_hidden_where_it_speaks_of_few(act, people, monkeypatch, clock):
    """Ten answers of three people show a share; nine, or all of two people, show nothing."""

    def answered(ctx, item_id, person, agreed):
        claim = factories.claim(ctx)
        ctx.session.add(
            GoldenClaim(
                claim_id=claim.id,
                item_id=item_id,
                served_by_id=people["maya"].user_id,
                served_at=ctx.now,
                answered_by_id=people[person].user_id,
                answered_at=ctx.now,
                answer=VerdictLabel.FALSE,
                agreed=agreed,
            )
        )
        ctx.session.flush()

    def share():
        return act("ani", golden.agreement)[Category.ECONOMY].share

    for number in range(5):
        item = act("eka", golden.enter, NEW)
        act("", answered, item.id, "ani", agreed=True)
        act("", answered, item.id, "budi", agreed=number > 0)
    assert share() is None
    act("", answered, item.id, "citra", agreed=False)
    assert share() == pytest.approx(9 / 11)
    assert not {"ani", "budi", "citra"} & set(str(act("maya", golden.agreement)))


# ---- it never gets out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"state": ClaimState.PUBLISHED},
        {"state": ClaimState.AWAITING_APPROVAL},
        {"state": ClaimState.DISMISSED, "dismiss_reason": DismissReason.OPINION},
        {"verdict": VerdictLabel.FALSE},
        {"author_id": 1},
        {"merged_into_id": 1},
    ],
    ids="-".join,
)
def test_the_database_itself_refuses_to_decide_it(act, claim_id, change):
    """Whatever code runs: no state, verdict, author or merge makes a golden claim a decided one."""
    with pytest.raises(DBAPIError, match="golden item"):
        act("", lambda ctx: ctx.session.execute(update(Claim).where(Claim.id == claim_id).values(**change)))


def test_the_database_itself_refuses_to_publish_for_it(act, claim_id, people):
    """No clarification and no decision can name a golden claim."""
    ani, citra = people["ani"].user_id, people["citra"].user_id
    with pytest.raises(DBAPIError, match="golden item"):
        act("", lambda ctx: factories.clarification(ctx, ani, citra, claim_id=claim_id))
    decision = {
        "claim_id": claim_id,
        "author_id": ani,
        "approver_id": citra,
        "outcome": "approved",
        "verdict": VerdictLabel.FALSE,
        "category": Category.FRAUD,
        "political_author": False,
        "gates": {},
    }

    def decide(ctx):
        ctx.session.add(Decision(**decision, at=ctx.now))
        ctx.session.flush()

    with pytest.raises(DBAPIError, match="golden item"):
        act("", decide)


def test_an_answer_stands(act, claim_id):
    """Neither an answer nor the row that keeps a claim golden can be changed afterwards."""
    work(act, claim_id)
    with pytest.raises(DBAPIError, match="stands"):
        act("", lambda ctx: ctx.session.execute(update(GoldenClaim).values(agreed=False)))
    with pytest.raises(DBAPIError, match="real one"):
        act("", lambda ctx: ctx.session.execute(GoldenClaim.__table__.delete()))


def test_it_is_neither_merged_nor_split(act, claim_id):
    """Merging in either direction and moving posts are refused, with a sentence that does not say what it is."""
    other = act("", lambda ctx: factories.claim(ctx).id)
    for step in (
        lambda ctx: merging.merge(ctx, claim_id, other),
        lambda ctx: merging.merge(ctx, other, claim_id),
        lambda ctx: regrouping.move_posts(ctx, regrouping.Asked(claim_id, (1,)), other),
    ):
        with pytest.raises(ImmovableError) as refused:
            act("ani", step)
        assert "uji" not in str(refused.value)
    with pytest.raises(DBAPIError, match="posts of a golden item"):
        act("", lambda ctx: ctx.session.execute(update(Post).where(Post.claim_id == claim_id).values(claim_id=other)))


def test_nothing_can_be_routed_from_it(act, claim_id):
    """A campaign begins with a published clarification, and there is none."""
    work(act, claim_id)
    assert act("", lambda ctx: ctx.session.scalars(select(Clarification)).all()) == []
    assert act("", lambda ctx: ctx.session.scalars(select(Campaign)).all()) == []


def test_it_is_in_no_public_figure(act):
    """The month's report is the same to the last figure after a golden item was served, seen and answered."""

    def report(ctx):
        return transparency.report(ctx, Month.of(ctx.now)).figures

    act("", lambda ctx: [factories.claim(ctx, seen_at=ctx.now) for _ in range(12)])
    before = act("", report)
    act("maya", golden.serve, act("eka", golden.enter, NEW).id)
    served = act("", newest_claim)
    act("ani", review.mark_seen, served)
    work(act, served)
    assert act("", report) == before


def test_it_teaches_nothing(act, claim_id, clock):
    """It is no decided claim to learn from, none that is worth a label, and none whose day is compared."""
    assert claim_id not in {one.claim.id for one in act("eka", decided.next_to_label, 0.5, 20)}
    work(act, claim_id)
    until = clock.forward(days=1)
    assert act("", lambda ctx: decided_rows.counts(ctx.session, Span(None, until))) == {}
    start = until.replace(year=2025)
    assert act("", lambda ctx: decided_rows.claims_made(ctx.session, start, until)) == []


def test_no_other_system_hears_of_it(act, claim_id, clock, people, settings):
    """Neither its deadlines nor its answer write an event, while a real claim's do."""
    other = act("", lambda ctx: factories.claim(ctx).id)
    act("adi", webhooks.add, NewEndpoint("https://penerima.example/a", "Penerima", TOLD))
    clock.forward(seconds=settings.decided_within.total_seconds() + 60)
    act("", deadlines.tell)
    work(act, claim_id)
    subjects = act("", lambda ctx: {row.subject for row in ctx.session.scalars(select(WebhookEvent))})
    assert subjects == {f"claim:{other}"}


# ---- both doors --------------------------------------------------------------------------------------------------


def test_the_whole_way_over_v1(client: TestClient, key_for):
    """Written down and served by one key, answered by another; the feedback is the second one's alone."""
    engineer = key_for("insinyur", Role.ENGINEER)
    checker, second = key_for("pertama", Role.CHECKER), key_for("kedua", Role.CHECKER)
    body = {
        "wording": NEW.wording,
        "posts": list(NEW.posts),
        "verdict": "salah",
        "category": "ekonomi",
        "why": WHY,
    }
    item = client.post("/v1/golden", json=body, headers=engineer)
    assert item.status_code == 201
    assert client.post(f"/v1/golden/{item.json()['id']}/serve", headers=engineer).status_code == 200
    [claim] = client.get("/v1/claims", headers=checker).json()["claims"]
    assert client.get("/v1/claims", headers=engineer).json()["claims"] == []
    at = f"/v1/claims/{claim['id']}"
    client.post(f"{at}/take", headers=checker)
    answered = client.post(f"{at}/dismiss", json={"reason": "opinion"}, headers=checker)
    assert answered.json()["state"] == "closed"
    [own] = client.get("/v1/me/golden-answers", headers=checker).json()["answers"]
    assert (own["answer"], own["known"], own["agreed"]) == ("opini", "salah", False)
    assert client.get("/v1/me/golden-answers", headers=second).json()["answers"] == []
    assert client.get("/v1/me/golden-answers", headers=engineer).status_code == 403
    for path in (at, f"{at}/draft", f"{at}/history"):
        assert client.get(path, headers=second).status_code == 404, path
    page = client.get("/v1/golden", headers=engineer).json()
    assert [(each["n_answers"], each["is_out"]) for each in page["items"]] == [(1, False)]
    assert client.post(f"/v1/golden/{item.json()['id']}/retire", headers=engineer).json()["retired_at"]
    assert client.get("/v1/golden/agreement", headers=checker).json() == {
        "categories": [{"category": "ekonomi", "n": None, "share": None}]
    }


def test_the_whole_way_on_pages(client: TestClient, act, people):
    """Written down and served on the keepers' page; whoever closes the claim is led to their own result."""
    home = "/uji-mutu"
    sign_in(client, "maya")
    fields = {"rumusan": NEW.wording, "kiriman": NEW.posts[0], "putusan": "salah", "kategori": "ekonomi"}
    refused = send(client, home, home, **fields, penjelasan="")
    assert refused.status_code == 422
    assert soup(refused).select_one("#rumusan")["value"] == NEW.wording
    assert send(client, home, home, **fields, penjelasan=WHY).status_code == 303
    assert send(client, f"{home}/1/sajikan", home).status_code == 303
    assert "menunggu di antrean" in client.get(home).text
    claim = act("", newest_claim)
    client.cookies.clear()
    sign_in(client, "ani")
    done = send(client, f"/klaim/{claim}/tanpa-label", f"/klaim/{claim}", dismiss_as="opinion")
    assert done.headers["location"] == f"{home}/saya?klaim={claim}"
    assert WHY in soup(client.get(done.headers["location"])).main.get_text()
    client.cookies.clear()
    sign_in(client, "budi")
    assert WHY not in client.get(f"{home}/saya").text
    assert client.get(f"/klaim/{claim}").status_code == 404
    assert client.get(home).status_code == 403


def test_a_number_that_is_no_decided_claim_is_refused_with_what_was_typed(client: TestClient, act, people):
    """The page says why and keeps the words."""
    sign_in(client, "maya")
    page = send(client, "/uji-mutu/klaim", "/uji-mutu", klaim="9999", penjelasan=WHY)
    assert page.status_code == 404
    assert soup(page).select_one("#klaim")["value"] == "9999"
