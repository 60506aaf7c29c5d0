"""Anybody contests a label, somebody else answers, and nothing is routed meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier, Thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from serving.db import IntegrityError
from serving.db.tables import (
    Appeal,
    AuditRow,
    Campaign,
    Clarification,
    ClarificationVersion,
    Complaint,
    Correction,
    Delivery,
    Offer,
    Revision,
)
from serving.desk import audit
from serving.desk.context import Actor
from serving.desk.outreach import campaigns, deliveries, offers, routing
from serving.desk.outreach.breaker import LIMITS
from serving.desk.outreach.campaign_rules import ContestedError
from serving.desk.publishing import appeals, library
from serving.errors import (
    ConflictError,
    ForbiddenError,
    IllegalStepError,
    InvalidInputError,
    NotFoundError,
    SameHumanError,
    SuluhError,
    TooManyRequestsError,
)
from serving.limits import Limits, network_of
from serving.vocabulary import (
    AppealState,
    CampaignState,
    ClarificationState,
    ComplaintReason,
    DeliveryState,
    FreezeCause,
    OfferState,
    Role,
)
from tests import factories
from tests.integration import carrying
from tests.integration.counting import statements
from tests.web.browsing import send, sign_in, soup

NOBODY = Actor(None, "publik")
WHY = "Bank itu memang pernah membagikan kuota; lihat pengumuman tahun lalu. Hubungi saya di 081234567890."


@dataclass(frozen=True)
class Contested:
    """A live campaign's clarification, and two approvers who had no hand in it."""

    story: carrying.Story
    third: Actor
    fourth: Actor


@pytest.fixture
def world(service, sign_up) -> Contested:
    """A published clarification with a live campaign and an open offer."""
    story = carrying.begin(service, sign_up)
    return Contested(story, sign_up("ketiga", Role.APPROVER), sign_up("keempat", Role.APPROVER, Role.MANAGER))


@pytest.fixture
def filed(world, acting) -> appeals.Receipt:
    """An appeal against it, with a contact."""
    with acting(NOBODY) as ctx:
        return appeals.file(ctx, world.story.clarification_id, WHY, "warga@contoh.example")


def row(ctx, model, number):
    """Read one row anew."""
    return ctx.session.get_one(model, number, populate_existing=True)


def taken(acting, world, filed):
    """Let the third person take an appeal."""
    with acting(world.third) as ctx:
        appeals.take(ctx, filed.appeal_id)


def answered(acting, world, filed, outcome, reason="Sumbernya diperiksa ulang satu per satu."):
    """Let the third person take and answer an appeal."""
    taken(acting, world, filed)
    with acting(world.third) as ctx:
        appeals.answer(ctx, filed.appeal_id, outcome, reason)


# ---- filing ----------------------------------------------------------------------------------------------------


def test_nothing_is_kept_of_who_appeals(acting, filed):
    """The statement is masked, the contact sealed, the code a hash, and the record names nobody."""
    with acting() as ctx:
        kept = row(ctx, Appeal, filed.appeal_id)
        assert "081234567890" not in kept.statement
        assert filed.code not in kept.code_hash
        assert b"warga" not in kept.sealed_contact
        step = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "appeal.file")).one()
        assert step.actor_id is None
        assert "warga" not in step.detail


def test_the_code_opens_its_status_however_it_is_typed(acting, filed):
    """Small letters, spaces instead of hyphens: the same appeal."""
    with acting(NOBODY) as ctx:
        for code in (filed.code, filed.code.lower(), filed.code.replace("-", " "), filed.code.replace("-", "")):
            assert appeals.status(ctx, code).state is AppealState.OPEN


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA-AAAA", "x" * 70])
def test_another_code_opens_nothing(acting, filed, code):
    """A wrong code is refused."""
    with acting(NOBODY) as ctx, pytest.raises(NotFoundError):
        appeals.status(ctx, code)


def test_an_empty_appeal_is_refused(acting, world):
    """Without a reason there is nothing to answer."""
    with acting(NOBODY) as ctx, pytest.raises(InvalidInputError):
        appeals.file(ctx, world.story.clarification_id, "   ")


def test_only_what_stands_can_be_contested(acting, world):
    """A label that was withdrawn is contested no more, and one that was never published cannot be found."""
    with acting(world.story.approver) as ctx:
        library.retract(ctx, world.story.clarification_id, "Keliru.")
        hidden = factories.clarification(ctx).id
    with acting(NOBODY) as ctx, pytest.raises(appeals.NothingToContestError):
        appeals.file(ctx, world.story.clarification_id, WHY)
    with acting(NOBODY) as ctx, pytest.raises(NotFoundError):
        appeals.file(ctx, hidden, WHY)


# ---- freezing --------------------------------------------------------------------------------------------------


def test_an_open_appeal_freezes_its_campaigns(acting, world, filed):
    """The live campaign is frozen by the service; its open offer cannot be taken meanwhile."""
    with acting(world.story.person) as ctx:
        frozen = row(ctx, Campaign, world.story.campaign_id)
        assert (frozen.state, frozen.freeze_cause, frozen.frozen_by_id) == (
            CampaignState.FROZEN,
            FreezeCause.APPEAL,
            None,
        )
        with pytest.raises(offers.OfferLapsedError):
            offers.accept(ctx, world.story.offer_id)


def test_nobody_thaws_what_is_contested(acting, world, filed):
    """Whoever asks, and whoever froze it: first the answer."""
    with acting(world.fourth) as ctx, pytest.raises(ContestedError):
        campaigns.thaw(ctx, world.story.campaign_id)


@pytest.mark.parametrize("state", [CampaignState.APPROVED, CampaignState.LIVE])
def test_nothing_contested_is_launched_or_released(acting, world, filed, state):
    """Whatever a campaign's row says, none of its offers leaves while an appeal is open."""
    with acting(world.fourth) as ctx:
        campaign = row(ctx, Campaign, world.story.campaign_id)
        campaign.state = state
        offer = row(ctx, Offer, world.story.offer_id)
        offer.state, offer.offered_at = OfferState.PLANNED, None
        ctx.session.flush()
        if state is CampaignState.APPROVED:
            claim = factories.claim(ctx)
            row(ctx, Clarification, world.story.clarification_id).claim_id = claim.id
            with pytest.raises(ContestedError):
                campaigns.launch(ctx, campaign.id)
        assert routing.release_due(ctx) == 0


def test_upheld_lets_it_go_on_and_forgets_the_contact(acting, world, filed):
    """The campaign that the appeal froze is live again, by nobody's hand; the contact is gone."""
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        campaign, kept = row(ctx, Campaign, world.story.campaign_id), row(ctx, Appeal, filed.appeal_id)
        assert (campaign.state, campaign.freeze_cause) == (CampaignState.LIVE, None)
        assert (kept.state, kept.sealed_contact, kept.answered_by_id) == (
            AppealState.UPHELD,
            None,
            world.third.user_id,
        )


def test_a_second_appeal_keeps_it_frozen(acting, world, filed):
    """Only the last answer lets a campaign go on."""
    with acting(NOBODY) as ctx:
        other = appeals.file(ctx, world.story.clarification_id, "Alasan lain.")
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.FROZEN
    answered(acting, world, other, AppealState.UPHELD)
    with acting() as ctx:
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.LIVE


def test_what_a_person_froze_stays_frozen(acting, world):
    """An answer lets go only what the appeal had stopped."""
    with acting(world.story.approver) as ctx:
        campaigns.freeze(ctx, world.story.campaign_id, "Periksa dulu.")
    with acting(NOBODY) as ctx:
        filed = appeals.file(ctx, world.story.clarification_id, WHY)
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.FROZEN


def test_what_may_not_run_any_more_waits_for_a_person(acting, world, filed, clock):
    """A window that closed meanwhile: the campaign stays frozen, and says that somebody has to look."""
    clock.forward(days=4)
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        campaign = row(ctx, Campaign, world.story.campaign_id)
        assert (campaign.state, campaign.freeze_cause) == (CampaignState.FROZEN, FreezeCause.PERSON)


def test_overturned_retracts_and_corrects(acting, world):
    """The label falls, its campaign ends, whoever took the kit is told, and the public log says why."""
    with acting(world.story.person) as ctx:
        offers.accept(ctx, world.story.offer_id)
    with acting(NOBODY) as ctx:
        filed = appeals.file(ctx, world.story.clarification_id, WHY)
    answered(acting, world, filed, AppealState.OVERTURNED, "Pengumuman itu memang ada.")
    with acting(NOBODY) as ctx:
        head = row(ctx, Clarification, world.story.clarification_id)
        assert (head.state, head.retract_reason) == (ClarificationState.RETRACTED, "Pengumuman itu memang ada.")
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.ENDED
        assert [each.offer_id for each in ctx.session.scalars(select(Correction))] == [world.story.offer_id]
        assert appeals.status(ctx, filed.code).answer == "Pengumuman itu memang ada."
        assert [each.state for each in appeals.outcomes(ctx).rows] == [AppealState.OVERTURNED]
        assert audit.verify(ctx.session, ctx.vault.audit_key).intact


def test_what_is_contested_is_not_replaced(acting, world, filed):
    """First the answer: a successor would be carried while the question stands. Once answered it may be replaced."""
    with acting() as ctx:
        other = factories.clarification(ctx, world.story.author.user_id, world.story.approver.user_id).id
    with acting(world.story.approver) as ctx, pytest.raises(ContestedError):
        library.supersede(ctx, world.story.clarification_id, other, "Lebih lengkap.")
    answered(acting, world, filed, AppealState.UPHELD)
    with acting(world.story.approver) as ctx:
        library.supersede(ctx, world.story.clarification_id, other, "Lebih lengkap.")


def test_a_label_that_was_taken_back_is_not_upheld(acting, world, filed):
    """What no longer stands cannot stand; overturning it closes the appeal and forgets the contact."""
    with acting(world.story.approver) as ctx:
        library.retract(ctx, world.story.clarification_id, "Keliru.")
    taken(acting, world, filed)
    with acting(world.third) as ctx, pytest.raises(appeals.NothingToContestError):
        appeals.answer(ctx, filed.appeal_id, AppealState.UPHELD, "Tetap.")
    with acting(world.third) as ctx:
        appeals.answer(ctx, filed.appeal_id, AppealState.OVERTURNED, "Sudah ditarik.")
        assert row(ctx, Appeal, filed.appeal_id).sealed_contact is None


def test_a_person_may_hold_what_an_appeal_holds(acting, world, filed):
    """Frozen by somebody as well, it does not go on with the answer, and another person thaws it."""
    with acting(world.fourth) as ctx:
        campaigns.freeze(ctx, world.story.campaign_id, "Takarirnya keliru.")
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        held = row(ctx, Campaign, world.story.campaign_id)
        assert (held.state, held.freeze_cause) == (CampaignState.FROZEN, FreezeCause.PERSON)
        assert (held.frozen_by_id, held.freeze_reason) == (world.fourth.user_id, "Takarirnya keliru.")
    with acting(world.fourth) as ctx, pytest.raises(SameHumanError):
        campaigns.thaw(ctx, world.story.campaign_id)
    with acting(world.third) as ctx:
        assert campaigns.thaw(ctx, world.story.campaign_id).state is CampaignState.LIVE


def test_a_person_freezes_once(acting, world, filed):
    """What a person holds already is not frozen again."""
    with acting(world.fourth) as ctx:
        campaigns.freeze(ctx, world.story.campaign_id, "Satu.")
    with acting(world.third) as ctx, pytest.raises(IllegalStepError):
        campaigns.freeze(ctx, world.story.campaign_id, "Dua.")


def test_a_message_that_was_claimed_before_waits_for_the_answer(acting, world):
    """Its campaign was frozen between claim and sending: it does not leave, and is not lost."""
    with acting() as ctx:
        claimed = deliveries.claim_due(ctx)[0]
    with acting(NOBODY) as ctx:
        filed = appeals.file(ctx, world.story.clarification_id, WHY)
    with acting() as ctx:
        assert deliveries.compose(ctx, claimed) is None
        assert row(ctx, Delivery, claimed.delivery_id).state is DeliveryState.PENDING
        assert deliveries.claim_due(ctx) == []
    answered(acting, world, filed, AppealState.UPHELD)
    with acting() as ctx:
        again = deliveries.claim_due(ctx)[0]
        assert again.delivery_id == claimed.delivery_id
        assert deliveries.compose(ctx, again) is not None


# ---- who answers -----------------------------------------------------------------------------------------------


def test_whoever_had_a_hand_in_the_label_does_not_answer(acting, world, filed):
    """Neither author nor approver, nor whoever revised a later version, may even take it."""
    with acting() as ctx:
        ctx.session.add(
            ClarificationVersion(
                clarification_id=world.story.clarification_id,
                number=2,
                title="x",
                body="x",
                sources=[],
                author_id=world.fourth.user_id,
                at=ctx.now,
            )
        )
    for person in (world.story.approver, world.fourth):
        with acting(person) as ctx, pytest.raises(SameHumanError):
            appeals.take(ctx, filed.appeal_id)
    with acting(world.story.author) as ctx, pytest.raises(ForbiddenError):
        appeals.take(ctx, filed.appeal_id)


def propose(acting, world, person):
    """Let somebody propose other words."""
    with acting() as ctx:
        ctx.session.add(
            Revision(
                clarification_id=world.story.clarification_id,
                base_version=1,
                title="x",
                body="x",
                sources=[],
                change_note="x",
                meaning_changed=False,
                author_id=person.user_id,
                proposed_at=ctx.now,
                outcome=library.Outcome.OPEN,
            )
        )


def test_whoever_proposed_or_settled_other_words_does_not_answer(acting, world, filed):
    """Also where these words never came into force."""
    propose(acting, world, world.third)
    with acting(world.third) as ctx, pytest.raises(SameHumanError):
        appeals.take(ctx, filed.appeal_id)
    with acting(world.fourth) as ctx:
        library.decline(ctx, ctx.session.scalars(select(Revision.id)).one())
    with acting(world.fourth) as ctx, pytest.raises(SameHumanError):
        appeals.take(ctx, filed.appeal_id)


@pytest.mark.parametrize("who", ["author", "approver", "proposer"])
def test_the_database_refuses_it_too(acting, world, filed, who):
    """An answer that is written past the rules is refused by the table itself."""
    propose(acting, world, world.third)
    person = {"proposer": world.third}.get(who) or getattr(world.story, who)
    written = (
        "UPDATE appeals SET state = 'upheld', sealed_contact = NULL, answer = 'x', answered_at = filed_at, "
        f"answered_by_id = {person.user_id}"
    )
    with pytest.raises(IntegrityError), acting() as ctx:
        ctx.session.execute(text(written))


def test_an_answer_needs_its_taker_and_a_reason(acting, world, filed):
    """Not before it was taken, not by another, not without words for the public."""
    with acting(world.third) as ctx, pytest.raises(IllegalStepError):
        appeals.answer(ctx, filed.appeal_id, AppealState.UPHELD, "Alasan.")
    taken(acting, world, filed)
    with acting(world.fourth) as ctx, pytest.raises(appeals.NotTakenError):
        appeals.answer(ctx, filed.appeal_id, AppealState.UPHELD, "Alasan.")
    with acting(world.third) as ctx, pytest.raises(InvalidInputError):
        appeals.answer(ctx, filed.appeal_id, AppealState.UPHELD, "  ")


def test_the_contact_is_opened_on_the_record_by_its_taker_only(acting, world, filed):
    """Each opening is a row of the record that does not hold what was opened."""
    taken(acting, world, filed)
    with acting(world.fourth) as ctx, pytest.raises(appeals.NotTakenError):
        appeals.contact(ctx, filed.appeal_id)
    with acting(world.third) as ctx:
        assert appeals.contact(ctx, filed.appeal_id) == "warga@contoh.example"
        step = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "appeal.contact")).one()
        assert (step.actor_id, step.detail) == (world.third.user_id, "{}")


def _at_once(works):
    """Do several things in threads that start together; give what each raised, or nothing."""
    barrier, found = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except SuluhError as error:
            found.append(type(error))
        else:
            found.append(None)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_who_take_it_at_once_one_does(acting, world, filed):
    """The other is told that it is taken."""

    def take(person):
        with acting(person) as ctx:
            appeals.take(ctx, filed.appeal_id)

    found = _at_once([lambda: take(world.third), lambda: take(world.fourth)])
    assert sorted(found, key=str) == sorted([None, IllegalStepError], key=str)


def test_an_appeal_and_a_release_at_once_leave_nothing_out(acting, world):
    """Either the offers left before the appeal, or none leaves: never one after it."""
    with acting() as ctx:
        offer = row(ctx, Offer, world.story.offer_id)
        offer.state, offer.offered_at = OfferState.PLANNED, None

    def file():
        with acting(NOBODY) as ctx:
            appeals.file(ctx, world.story.clarification_id, WHY)

    def release():
        with acting() as ctx:
            routing.release_due(ctx)

    assert _at_once([file, release]) == [None, None]
    with acting() as ctx:
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.FROZEN
        assert routing.release_due(ctx) == 0


# ---- complaints ------------------------------------------------------------------------------------------------


def test_a_complaint_is_one_word_and_freezes_nothing(acting, world):
    """It is counted, and no campaign stops for it alone."""
    with acting(NOBODY) as ctx:
        appeals.complain(ctx, world.story.clarification_id, ComplaintReason.SAME_WORDS)
    with acting() as ctx:
        assert ctx.session.scalars(select(Complaint.reason)).all() == [ComplaintReason.SAME_WORDS]
        assert row(ctx, Campaign, world.story.campaign_id).state is CampaignState.LIVE


# ---- both doors ------------------------------------------------------------------------------------------------


@pytest.fixture
def page(acting, world) -> str:
    """The address of the form."""
    with acting() as ctx:
        return f"/klarifikasi/{row(ctx, Clarification, world.story.clarification_id).slug}/keberatan"


def test_the_whole_path_on_pages(client, service, world, page):
    """Filed without signing in, read with the code, answered by a third person, read by everybody."""
    answer = send(client, page, page, keterangan=WHY, kontak="")
    assert answer.status_code == 303
    shown = soup(client.get(answer.headers["location"]))
    assert shown.select_one(".notice.ok")
    third = TestClient(client.app, raise_server_exceptions=False, headers={"accept-language": "id"})
    sign_in(third, "ketiga")
    link = soup(third.get("/periksa/keberatan")).select_one('main a[href^="/periksa/keberatan/"]')["href"]
    assert send(third, f"{link}/ambil", link).status_code == 303
    told = send(third, f"{link}/jawab", link, hasil="upheld", alasan="Putusannya tetap.")
    assert told.status_code == 303
    assert "Putusannya tetap." in soup(client.get("/keberatan")).main.get_text()


def test_the_page_lets_a_person_hold_what_an_appeal_holds(client, acting, world, filed):
    """Freezing is offered, more offers are not; once held by a person it is offered no more."""
    sign_in(client, "keempat")
    home = f"/kampanye/{world.story.campaign_id}"
    shown = soup(client.get(home))
    assert shown.select_one(f'form[action="{home}/bekukan"]')
    assert shown.select_one(f'form[action="{home}/tambah"]') is None
    assert send(client, f"{home}/bekukan", home, alasan="Takarirnya keliru.").status_code == 303
    assert soup(client.get(home)).select_one(f'form[action="{home}/bekukan"]') is None
    with acting() as ctx:
        assert row(ctx, Campaign, world.story.campaign_id).freeze_cause is FreezeCause.PERSON


def test_a_refused_form_keeps_what_was_typed(client, page):
    """A form of another site, or one that is too old, changes nothing and loses nothing."""
    client.get(page)
    answer = client.post(page, data={"csrf": "x", "keterangan": "Kalimat panjang saya."})
    assert answer.status_code == 403
    assert "Kalimat panjang saya." in soup(answer).select_one("#keterangan").get_text()


def test_the_fourth_within_a_minute_waits(client, page, settings):
    """An address may file three a minute; complaints are counted apart."""
    for _ in range(settings.appeals_per_minute):
        assert send(client, page, page, keterangan=WHY).status_code == 303
    answer = send(client, page, page, keterangan=WHY)
    assert answer.status_code == TooManyRequestsError.status
    assert answer.headers["retry-after"]
    assert send(client, page.replace("keberatan", "keluhan"), page, alasan="too_many").status_code == 303


@pytest.mark.parametrize("what", ["appeal", "complaint"])
def test_an_address_does_not_reach_a_threshold_in_a_day(settings, clock, what):
    """Whoever tries every minute of a day gets fewer in than trip the circuit breaker."""
    narrow, passed = Limits.of(settings), 0
    for _ in range(24 * 60):
        with suppress(TooManyRequestsError):
            getattr(narrow, what)("203.0.113.7", clock.now())
            passed += 1
        clock.forward(minutes=1)
    assert 0 < passed < min(LIMITS.open_appeals.trip, LIMITS.complaints.trip)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
    ],
)
def test_one_machine_with_many_addresses_is_one(address, network):
    """An IPv6 address is counted by its /64, an IPv4 address by itself however it is written."""
    assert network_of(address) == network


def test_a_network_shares_its_bucket(client, world, settings):
    """Another address of the same /64 finds the bucket as the first left it."""
    path, seen = f"/v1/clarifications/{world.story.clarification_id}/appeals", []
    for number in range(settings.appeals_per_minute + 1):
        asking = TestClient(client.app, client=(f"2001:db8::{number:x}", 1))
        seen.append(asking.post(path, json={"statement": "Keliru."}).status_code)
    assert seen == [201] * settings.appeals_per_minute + [TooManyRequestsError.status]


def test_a_list_of_appeals_costs_the_same_however_many_wait(client, service, world, acting, key_for):
    """Names and hands are asked for all at once, and whoever had one in a label still may not answer."""
    third, author = key_for("pembaca", Role.APPROVER), world.story.author.user_id
    costs = []
    for n in (1, 11):
        with acting() as ctx:
            for _ in range(n):
                made = factories.clarification(ctx, author, world.story.approver.user_id)
                appeals.file(ctx, made.id, WHY)
        with statements(service) as seen:
            assert len(client.get("/v1/appeals?limit=50", headers=third).json()["items"]) >= n
        costs.append(len(seen))
    assert costs[0] == costs[1]
    with acting(world.story.approver) as ctx:
        assert not any(case.may_answer for case in appeals.waiting(ctx).cases)


def test_the_whole_path_over_http(client, world, key_for):
    """Without a key to file and read, with one to answer; whoever wrote the label is refused."""
    number = world.story.clarification_id
    made = client.post(f"/v1/clarifications/{number}/appeals", json={"statement": WHY, "contact": "a@contoh.example"})
    assert made.status_code == 201
    code = made.json()["code"]
    assert client.get("/v1/appeals/status", params={"code": code}).json()["state"] == "open"
    third = key_for("pembaca", Role.APPROVER)
    case = client.get("/v1/appeals", headers=third).json()["items"][0]
    assert (case["may_answer"], case["has_contact"]) == (True, True)
    address = f"/v1/appeals/{case['id']}"
    assert client.post(f"{address}/take", headers=third).json()["state"] == "taken"
    assert client.post(f"{address}/contact", headers=third).json() == {"contact": "a@contoh.example"}
    body = {"outcome": "overturned", "reason": "Memang keliru."}
    assert client.post(f"{address}/answer", headers=third, json=body).json()["state"] == "overturned"
    assert client.get("/v1/appeals/outcomes").json()["items"][0]["clarification_state"] == "retracted"
    assert client.post(f"{address}/contact", headers=third).status_code == 404
    checker = key_for("pemeriksa2", Role.CHECKER)
    assert client.get("/v1/appeals", headers=checker).status_code == 403
    again = client.post(f"/v1/clarifications/{number}/appeals", json={"statement": WHY})
    assert (again.status_code, again.json()["title"]) == (ConflictError.status, "nothing-to-contest")
