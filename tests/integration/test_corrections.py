"""Whoever carried what no longer stands is told, once, until they have read it."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import event, select

from serving.db import corrections as correction_rows
from serving.db.tables import Campaign, Clarification, Correction, Delivery, Offer, PublicChange
from serving.desk import corrections, kits, library, offers, publication
from serving.errors import IllegalStepError, NotFoundError
from serving.vocabulary import CampaignState, ClarificationState, CorrectionState, DeliveryState, OfferState, Platform
from tests import factories
from tests.integration import carrying

REASON = "Bank Contoh memperbarui keterangannya."


def _retract(ctx, story):
    row = ctx.session.get(Clarification, story.clarification_id)
    row.state, row.retracted_at, row.retract_reason = ClarificationState.RETRACTED, ctx.now, REASON
    ctx.session.get(Campaign, story.campaign_id).state = CampaignState.ENDED
    return corrections.send(ctx, story.clarification_id, REASON)


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
        assert _retract(ctx, story) == 3
    with service.database.read() as session:
        rows = session.scalars(select(Correction)).all()
        mails = session.scalars(select(Delivery).where(Delivery.correction_id.is_not(None))).all()
    assert {row.offer_id for row in rows} == told
    assert {mail.key for mail in mails} == {f"correction:{row.id}" for row in rows}
    assert {(mail.state, mail.attempts) for mail in mails} == {(DeliveryState.PENDING, 0)}


def test_open_offers_are_recalled(service, story, acting):
    """Nobody can take it up any more."""
    with acting() as ctx:
        _retract(ctx, story)
    with service.database.read() as session:
        assert session.get(Offer, story.offer_id).state is OfferState.RECALLED


def test_sending_again_tells_nobody_twice(story, acting):
    """The second call finds nobody left."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        assert (_retract(ctx, story), corrections.send(ctx, story.clarification_id, REASON)) == (1, 0)


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
            _retract(ctx, story)

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
        _retract(ctx, story)
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
        _retract(ctx, story)
    with acting(story.person) as ctx:
        (told,) = offers.inbox(ctx).corrections
    with acting(story.other) as ctx, pytest.raises(NotFoundError):
        corrections.acknowledge(ctx, told.id)


def test_a_withdrawn_kit_is_closed(story, acting):
    """The kit of a retracted clarification says not to post; a link already posted can still be noted."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        _retract(ctx, story)
    with acting(story.person) as ctx:
        with pytest.raises(kits.KitWithdrawnError):
            kits.kit_for(ctx, story.offer_id)
        offers.post(ctx, story.offer_id, Platform.X, carrying.PLATFORM_URLS[Platform.X])
