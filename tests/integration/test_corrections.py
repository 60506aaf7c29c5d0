"""Whoever carried what no longer stands is told, once, until they have read it."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import event, select

from serving.db import corrections as correction_rows
from serving.db.tables import Campaign, Clarification, Correction, Delivery, Influencer, Offer, PublicChange
from serving.desk import audit
from serving.desk.outreach import corrections, deliveries, kits, offers
from serving.desk.publishing import library, publication
from serving.errors import IllegalStepError, NotFoundError
from serving.vocabulary import ClarificationState, CorrectionState, DeliveryState, OfferState, Platform
from tests import factories
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.web.browsing import sign_in, soup

REASON = carrying.REASON


def test_everybody_who_carried_it_is_told(service, story, acting):
    """Accepted, posted and verified each get one correction and one message; whoever declined gets none."""
    with acting() as ctx:
        campaign = ctx.session.get(Campaign, story.campaign_id)
        told = set()
        for state in OfferState:
            person = factories.influencer(ctx, story.ministry_id)
            made = carrying.offer(ctx, campaign, person, state=state, mail=False)
            if state in kits.TAKEN:
                told.add(made.id)
        assert carrying.retract(ctx, story) == 3
    with service.database.read() as session:
        rows = session.scalars(select(Correction)).all()
        mails = session.scalars(select(Delivery).where(Delivery.correction_id.is_not(None))).all()
    assert {row.offer_id for row in rows} == told
    assert {mail.key for mail in mails} == {f"correction:{row.id}" for row in rows}
    assert {(mail.state, mail.attempts) for mail in mails} == {(DeliveryState.PENDING, 0)}


def test_open_offers_are_recalled(service, story, acting):
    """Nobody can take it up any more."""
    with acting() as ctx:
        carrying.retract(ctx, story)
    with service.database.read() as session:
        assert session.get(Offer, story.offer_id).state is OfferState.RECALLED


def test_sending_again_tells_nobody_twice(story, acting):
    """The second call finds nobody left."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        assert (carrying.retract(ctx, story), corrections.send(ctx, story.clarification_id, REASON)) == (1, 0)


def test_whoever_was_missed_is_told_by_the_worker(story, acting):
    """A clarification that fell without a word is found and made good."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        row = ctx.session.get(Clarification, story.clarification_id)
        row.state, row.retract_reason = ClarificationState.RETRACTED, REASON
        ctx.session.flush()
        assert (corrections.send_missing(ctx), corrections.send_missing(ctx)) == (1, 0)


def test_an_accept_that_races_with_the_retraction_is_not_missed(service, story, acting):
    """An offer being accepted while its clarification falls ends up told or recalled, never neither."""
    outcome = []

    def accept():
        try:
            with acting(story.person) as ctx:
                offers.accept(ctx, story.offer_id)
            outcome.append("accepted")
        except (IllegalStepError, offers.OfferLapsedError):
            outcome.append("refused")

    def retract():
        with acting() as ctx:
            carrying.retract(ctx, story)

    threads = [Thread(target=accept), Thread(target=retract)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with service.database.read() as session:
        offer = session.get(Offer, story.offer_id)
        n_told = len(session.scalars(select(Correction)).all())
    assert (outcome, offer.state, n_told) in [
        (["accepted"], OfferState.ACCEPTED, 1),
        (["refused"], OfferState.RECALLED, 0),
    ]


def test_reading_is_confirmed_once_and_counted(story, acting):
    """The person confirms; confirming again changes nothing; the public figures follow."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        carrying.retract(ctx, story)
    with acting(story.person) as ctx:
        (told,) = offers.inbox(ctx).corrections
        assert (told.reason, told.title) == (REASON, carrying.TITLE)
        corrections.acknowledge(ctx, told.id)
        corrections.acknowledge(ctx, told.id)
        assert offers.inbox(ctx).corrections == ()
        counted = correction_rows.counts(ctx.session, [story.clarification_id])[story.clarification_id]
    assert (counted.sent, counted.acknowledged) == (1, 1)


@pytest.mark.parametrize(
    ("n_read", "shown"), [(0, None), (1, None), (9, None), (10, 10), (12, 12), (13, None), (22, None)]
)
def test_the_public_never_counts_fewer_than_ten(story, acting, n_read, shown):
    """Of 22 told, how many have read it is public only where both they and the others are ten or more."""
    with acting() as ctx:
        running = ctx.session.get(Campaign, story.campaign_id)
        ctx.session.get(Offer, story.offer_id).state = OfferState.POSTED
        for _ in range(21):
            person = factories.influencer(ctx, story.ministry_id)
            carrying.offer(ctx, running, person, mail=False, state=OfferState.POSTED)
    with acting(story.approver) as ctx:
        library.retract(ctx, story.clarification_id, REASON)
    with acting() as ctx:
        for row in ctx.session.scalars(select(Correction).limit(n_read)):
            row.state, row.acknowledged_at = CorrectionState.ACKNOWLEDGED, ctx.now
        ctx.session.flush()
        (line,) = publication.log(ctx)
        assert line.told == publication.told(ctx, story.clarification_id) == publication.Told(22, shown)


def test_the_log_counts_every_line_at_once(story, acting):
    """However many lines the log has, their figures cost one query."""
    with acting(story.approver) as ctx:
        library.retract(ctx, story.clarification_id, REASON)
        asked = []
        event.listen(ctx.session, "do_orm_execute", asked.append)
        publication.log(ctx)
        n_for_one = len(asked)
        ctx.session.add_all(
            PublicChange(
                clarification_id=factories.clarification(ctx, story.author.user_id, story.approver.user_id).id,
                kind="revised",
                version=1,
                reason=REASON,
                at=ctx.now,
            )
            for _ in range(5)
        )
        ctx.session.flush()
        asked.clear()
        assert len(publication.log(ctx)) == 6
        assert len(asked) == n_for_one


def test_nobody_confirms_for_another(story, acting):
    """Somebody else's correction does not exist."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        carrying.retract(ctx, story)
    with acting(story.person) as ctx:
        (told,) = offers.inbox(ctx).corrections
    with acting(story.other) as ctx, pytest.raises(NotFoundError):
        corrections.acknowledge(ctx, told.id)


def test_a_withdrawn_kit_is_closed(story, acting):
    """The kit of a retracted clarification says not to post; a link already posted can still be noted."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        carrying.retract(ctx, story)
    with acting(story.person) as ctx:
        with pytest.raises(kits.KitWithdrawnError):
            kits.kit_for(ctx, story.offer_id)
        offers.post(ctx, story.offer_id, Platform.X, carrying.PLATFORM_URLS[Platform.X])


# ---- reminders -------------------------------------------------------------------------------------------------


@pytest.fixture
def told(story, acting):
    """Somebody who posted and was told that it no longer stands; their number."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
        offers.post(ctx, story.offer_id, Platform.X, carrying.PLATFORM_URLS[Platform.X])
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).sealed_email = ctx.vault.seal("asn@contoh.example")
        carrying.retract(ctx, story)
        return ctx.session.scalars(select(Correction.id)).one()


def _keys(ctx):
    query = select(Delivery.key).where(Delivery.correction_id.is_not(None)).order_by(Delivery.id)
    return list(ctx.session.scalars(query))


def _leave(ctx):
    for mail in ctx.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.PENDING)):
        mail.state, mail.sent_at = DeliveryState.SENT, ctx.now


def test_whoever_has_not_read_it_is_reminded_three_times_and_no_more(told, acting, clock):
    """After one, three and seven days, each time once; then nothing more is sent."""
    seen = []
    for _day in range(12):
        with acting() as ctx:
            _leave(ctx)
            seen.append((corrections.remind(ctx), corrections.remind(ctx)))
        clock.forward(days=1)
    assert [day for day, (n, _again) in enumerate(seen) if n] == [1, 3, 7]
    assert not any(again for _n, again in seen)
    with acting() as ctx:
        assert _keys(ctx) == [f"correction:{told}{ending}" for ending in ("", ":1", ":2", ":3")]
        row = ctx.session.get_one(Correction, told)
        assert (row.n_reminders, row.state) == (len(corrections.REMIND_AFTER), CorrectionState.SENT)
        assert [row.action for row in audit.rows.rows_in_order(ctx.session)].count("correction.remind") == 3


def test_whoever_has_read_it_is_not_reminded(story, told, acting, clock):
    """A confirmation ends the reminders, and withdraws one that waits."""
    clock.forward(days=1)
    with acting() as ctx:
        _leave(ctx)
        assert corrections.remind(ctx) == 1
    with acting(story.person) as ctx:
        corrections.acknowledge(ctx, told)
    clock.forward(days=6)
    with acting() as ctx:
        assert deliveries.withdraw_answered(ctx) == 1
        assert corrections.remind(ctx) == 0


def test_after_an_outage_nobody_gets_several_at_once(told, acting, clock):
    """Whatever fell due while nothing was sent comes one at a time, twenty hours apart, and never over one that waits."""
    clock.forward(days=9)
    with acting() as ctx:
        assert corrections.remind(ctx) == 0
        _leave(ctx)
        assert (corrections.remind(ctx), corrections.remind(ctx)) == (1, 0)
        _leave(ctx)
    clock.forward(hours=19)
    with acting() as ctx:
        assert corrections.remind(ctx) == 0
    clock.forward(hours=1)
    with acting() as ctx:
        assert corrections.remind(ctx) == 1
        assert ctx.session.get_one(Correction, told).n_reminders == 2


def test_a_reminder_keeps_quiet_hours(told, acting, clock):
    """It is written at night and leaves in the morning of whoever it is for."""
    clock.forward(days=1, hours=15)
    with acting() as ctx:
        _leave(ctx)
        assert corrections.remind(ctx) == 1
        assert deliveries.claim_due(ctx) == []
    clock.forward(hours=9)
    with acting() as ctx:
        assert len(deliveries.claim_due(ctx)) == 1


@pytest.mark.parametrize(("state", "said"), [(OfferState.ACCEPTED, "Jangan unggah"), (OfferState.POSTED, "Turunkan")])
def test_everybody_is_told_what_to_do(story, acting, state, said):
    """Whoever only took the kit is told not to post it; whoever posted is told to take it down or correct it."""
    with acting() as ctx:
        ctx.session.get(Offer, story.offer_id).state = state
        carrying.retract(ctx, story)
    with acting(story.person) as ctx:
        (one,) = corrections.mine(ctx, limit=5)
        assert corrections.to_do(one).startswith(said)
        assert carrying.TITLE in corrections.to_post(ctx, one)
        assert corrections.to_post(ctx, one).endswith(f"/klarifikasi/{one.slug}")


def test_both_doors_say_what_to_do(client, service, story, told):
    """The page shows the sentence, the posts and the words to copy; /v1 gives the same."""
    headers = carrying.key_of(service, story.person)
    (item,) = client.get("/v1/me/corrections", headers=headers).json()["items"]
    assert (item["id"], item["n_reminders"]) == (told, 0)
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    page = soup(client.get(f"/kotak/koreksi/{told}"))
    assert item["to_do"] in page.text
    assert page.select_one("textarea#koreksi").text.strip() == item["to_post"]
    assert page.find("a", href=carrying.PLATFORM_URLS[Platform.X])


@pytest.mark.parametrize(("n_reminded", "shown"), [(9, None), (12, 12), (13, None)])
def test_how_many_were_reminded_is_public_in_groups_only(story, acting, n_reminded, shown):
    """Of 22 told the log says how many had to be reminded, where both they and the others are ten or more."""
    with acting() as ctx:
        running = ctx.session.get(Campaign, story.campaign_id)
        for _ in range(22):
            person = factories.influencer(ctx, story.ministry_id)
            carrying.offer(ctx, running, person, mail=False, state=OfferState.POSTED)
        carrying.retract(ctx, story)
        for row in ctx.session.scalars(select(Correction).limit(n_reminded)):
            row.n_reminders, row.reminded_at = 1, ctx.now
        ctx.session.flush()
        assert publication.told(ctx, story.clarification_id) == publication.Told(22, None, shown)
