"""A message leaves once, by day, to whoever still wants it, whatever the mail server does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from serving import worker
from serving.channels import email
from serving.db.tables import Campaign, Clarification, Delivery, Influencer
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.outreach import corrections, deliveries, kits, offers, routing
from serving.desk.outreach.deliveries import Letter, LetterKind
from serving.errors import ConflictError, ForbiddenError, SettingsError
from serving.i18n import Language
from serving.settings import ElectionPeriod
from serving.vocabulary import CampaignKind, CampaignState, Category, DeliveryState, OfferState
from tests import factories
from tests.integration import carrying
from tests.integration.mailbox import Mailbox, listening


@pytest.fixture
def mail(service):
    """Start a mail server that answers as told, and give the box and the service that knows it."""
    started = []

    def start(*answers):
        box = Mailbox(*answers)
        server = listening(box)
        server.start()
        started.append(server)
        settings = service.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{server.port}"})
        return box, replace(service, settings=settings)

    yield start
    for server in started:
        server.stop()


def _round(knowing):
    for claimed in worker.claim(knowing):
        worker.send_one(knowing, claimed)


def _row(service):
    with service.database.read() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).first()


def test_an_offer_arrives_once(mail, story):
    """One message, plain and HTML, with a Message-ID of its own and a way to pause; no second one."""
    box, knowing = mail()
    _round(knowing)
    _round(knowing)
    (message,) = box.messages
    assert message["Message-ID"] == f"<suluh.offer.{story.offer_id}@contoh.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain = message.get_body(("plain",)).get_content()
    assert f"http://testserver/kotak/{story.offer_id}" in plain
    assert carrying.TITLE in plain
    assert carrying.TITLE in message.get_body(("html",)).get_content()
    assert _row(knowing).state is DeliveryState.SENT


def test_without_a_server_messages_wait(service, story):
    """No mail server is no fault: nothing is claimed, the manager sees that they wait."""
    assert worker.claim(service) == []
    with service.database.read() as session:
        seen = deliveries.outbox(context_for(service, session, story.author))
    assert (seen.has_server, seen.by_state) == (False, {DeliveryState.PENDING: 1})


@pytest.mark.parametrize(
    ("utc", "zone", "leaves"),
    [
        ("2026-03-02T23:30", "Asia/Jakarta", False),  # 06.30
        ("2026-03-02T23:30", "Asia/Makassar", True),  # 07.30
        ("2026-03-02T12:59", "Asia/Jakarta", True),  # 19.59
        ("2026-03-02T13:00", "Asia/Jakarta", False),  # 20.00
        ("2026-03-02T11:00", "Asia/Jayapura", False),  # 20.00
        ("2026-03-02T22:00", "Asia/Jayapura", True),  # 07.00
    ],
)
def test_nothing_leaves_into_somebodys_night(mail, story, acting, clock, utc, zone, leaves):
    """Quiet hours are those of the person's own zone, to the minute."""
    _, knowing = mail()
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).timezone = zone
    clock.moment = datetime.fromisoformat(f"{utc}+00:00")
    assert bool(worker.claim(knowing)) is leaves


@pytest.mark.parametrize("what", ["paused", "left", "frozen", "ended", "accepted", "lapsed"])
def test_an_offer_that_no_longer_stands_is_not_sent(mail, story, acting, clock, what):
    """A pause, a freeze, an answer or its end keeps the message back."""
    _, knowing = mail()
    with acting() as ctx:
        person = ctx.session.get(Influencer, story.influencer_id)
        campaign = ctx.session.get(Campaign, story.campaign_id)
        match what:
            case "paused":
                person.paused_at = ctx.now
            case "left":
                person.left_at = ctx.now
            case "frozen":
                campaign.state = CampaignState.FROZEN
            case "ended":
                campaign.state = CampaignState.ENDED
    if what == "accepted":
        with acting(story.person) as ctx:
            offers.accept(ctx, story.offer_id)
    if what == "lapsed":
        clock.forward(hours=48)
    assert worker.claim(knowing) == []


def test_a_message_is_withdrawn_between_claim_and_sending(mail, story, acting):
    """An answer given on the web just before the message leaves stops it."""
    box, knowing = mail()
    (claimed,) = worker.claim(knowing)
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    worker.send_one(knowing, claimed)
    assert box.messages == []
    assert _row(knowing).state is DeliveryState.WITHDRAWN


def test_a_passing_fault_is_tried_again_later(mail, story, clock):
    """A server that says 451 is asked again after a minute, not before, and the error is kept meanwhile."""
    box, knowing = mail("451 busy, come back")
    _round(knowing)
    row = _row(knowing)
    assert (row.state, row.failures) == (DeliveryState.PENDING, 1)
    assert row.last_error == "451"
    _round(knowing)
    assert box.messages == []
    clock.forward(minutes=1)
    _round(knowing)
    assert len(box.messages) == 1
    assert _row(knowing).state is DeliveryState.SENT


def test_a_lasting_refusal_is_not_repeated_until_a_person_says_so(mail, story, acting, clock):
    """A 550 ends the attempts; the manager sees why and can put the message back."""
    box, knowing = mail("550 no such mailbox")
    _round(knowing)
    clock.forward(days=1)
    _round(knowing)
    assert box.messages == []
    with acting(story.author) as ctx:
        (failure,) = deliveries.outbox(ctx).failures
        assert failure.error == "550"
        deliveries.retry(ctx, failure.id)
    _round(knowing)
    assert len(box.messages) == 1


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("550 5.1.1 <orang7@contoh.example> unknown", "550 5.1.1"),
        ("550 <orang7@contoh.example> unknown", "550"),
        ("451 4.7.1@contoh.example grey", "451"),
    ],
)
def test_only_the_servers_codes_are_kept(mail, story, acting, answer, kept):
    """A server that repeats the address in its answer leaves no trace of it beside the message."""
    _, knowing = mail(answer)
    (claimed,) = worker.claim(knowing)
    with knowing.database.write() as session:
        letter = deliveries.compose(context_for(knowing, session, SERVICE), claimed)
    with pytest.raises(deliveries.SendError) as told:
        email.sender_for(knowing.settings, knowing.clock).send(letter)
    assert str(told.value) == kept
    with acting() as ctx:
        deliveries.mark_failed(ctx, claimed, told.value)
    assert _row(knowing).last_error == kept


def _correct(acting, story):
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        corrections.send(ctx, story.clarification_id, "Keterangan berubah.")
        deliveries.withdraw_answered(ctx)


@pytest.mark.parametrize("what", ["offer", "correction"])
def test_what_was_claimed_before_the_night_waits_for_the_morning(mail, story, acting, clock, what):
    """Claimed at 19.59 and written at 23.59, nothing leaves; it does at 07.00, and nothing failed meanwhile."""
    box, knowing = mail()
    if what == "correction":
        _correct(acting, story)
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).timezone = "Asia/Jakarta"
        ctx.session.get(Campaign, story.campaign_id).ends_at = ctx.now + timedelta(days=30)
        ctx.session.get(carrying.Offer, story.offer_id).expires_at = ctx.now + timedelta(days=29)
    clock.moment = datetime.fromisoformat("2026-03-02T12:59+00:00")
    (claimed,) = worker.claim(knowing)
    clock.moment = datetime.fromisoformat("2026-03-02T16:59+00:00")
    worker.send_one(knowing, claimed)
    assert box.messages == []
    with acting() as ctx:
        row = ctx.session.get(Delivery, claimed.delivery_id)
        assert (row.state, row.failures, row.last_error) == (DeliveryState.PENDING, 0, "")
        assert row.not_before == datetime.fromisoformat("2026-03-03T00:00+00:00")
    clock.moment = datetime.fromisoformat("2026-03-03T00:00+00:00")
    _round(knowing)
    assert len(box.messages) == 1


def _in_election(knowing, clock):
    day = routing.local_day(clock.now())
    period = ElectionPeriod(starts=day, ends=day)
    return replace(knowing, settings=knowing.settings.model_copy(update={"election_periods": [period]}))


@pytest.mark.parametrize(("category", "leaves"), [(Category.POLITICS, False), (Category.HEALTH, True)])
def test_no_offer_about_politics_leaves_in_an_election_period(mail, story, acting, clock, category, leaves):
    """The period that begins between claim and sending holds back politics, and nothing else."""
    box, knowing = mail()
    (claimed,) = worker.claim(knowing)
    with acting() as ctx:
        ctx.session.get(Clarification, story.clarification_id).category = category
    worker.send_one(_in_election(knowing, clock), claimed)
    assert bool(box.messages) is leaves
    assert _row(knowing).state is (DeliveryState.SENT if leaves else DeliveryState.WITHDRAWN)


def test_a_kit_about_politics_is_closed_in_an_election_period(service, story, acting, clock):
    """What was taken before the period opens no longer, and opens again after it."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        ctx.session.get(Clarification, story.clarification_id).category = Category.POLITICS
    electing = _in_election(service, clock)
    with electing.database.read() as session, pytest.raises(kits.KitWithdrawnError):
        kits.kit_for(context_for(electing, session, story.person), story.offer_id)
    with acting(story.person) as ctx:
        assert kits.kit_for(ctx, story.offer_id).offer_id == story.offer_id


def test_attempts_end(mail, story, acting, clock):
    """After eight attempts over a day the message has failed, with the last error."""
    with acting() as ctx:
        row = ctx.session.get(Campaign, story.campaign_id)
        row.ends_at = ctx.now + timedelta(days=30)
        ctx.session.get(carrying.Offer, story.offer_id).expires_at = ctx.now + timedelta(days=29)
    _, knowing = mail(*["451 busy"] * 20)
    for _ in range(20):
        _round(knowing)
        clock.forward(days=1)
    row = _row(knowing)
    assert (row.state, row.failures) == (DeliveryState.FAILED, 1 + len(deliveries.BACKOFF))


def test_a_stalled_server_is_left(mail, story):
    """Waiting ends after the time limit; the message is tried again later."""
    _, knowing = mail("stall")
    (claimed,) = worker.claim(knowing)
    with knowing.database.write() as session:
        letter = deliveries.compose(context_for(knowing, session, SERVICE), claimed)
    server = email.Server.parse(knowing.settings.smtp_url)
    with pytest.raises(deliveries.SendError) as told:
        email.Smtp(server, knowing.settings, knowing.clock, timeout_s=0.3).send(letter)
    assert not told.value.permanent


def test_no_server_at_all_is_a_passing_fault(service, story):
    """A port where nobody listens is told as such and tried again."""
    knowing = replace(service, settings=service.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"}))
    _round(knowing)
    row = _row(knowing)
    assert row.state is DeliveryState.PENDING
    assert "127.0.0.1:1" in row.last_error


def test_a_message_taken_without_a_word_comes_again_under_the_same_id(mail, story, clock):
    """Where the server took it and the answer was lost, the second copy can be told from a new message."""
    box, knowing = mail("taken without a word")
    _round(knowing)
    clock.forward(minutes=1)
    _round(knowing)
    assert list(box.by_id().values()) == [2]


def test_killed_before_recording_then_night_then_replay_sends_at_most_once_more(mail, story, acting, clock):
    """A message that left unrecorded comes again once, under its own id, whatever is replayed through the night."""
    box, knowing = mail()
    numbers = [0]

    def replay(claimed):
        worker.send_one(knowing, claimed)
        numbers.append(_row(knowing).attempts)

    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).timezone = "Asia/Jakarta"
        ctx.session.get(Campaign, story.campaign_id).ends_at = ctx.now + timedelta(days=30)
        ctx.session.get(carrying.Offer, story.offer_id).expires_at = ctx.now + timedelta(days=29)
    clock.moment = datetime.fromisoformat("2026-03-02T12:59+00:00")  # 19.59
    (killed,) = worker.claim(knowing)
    with acting() as ctx:
        letter = deliveries.compose(ctx, killed)
    email.sender_for(knowing.settings, clock).send(letter)  # and nobody lives to record it
    numbers.append(_row(knowing).attempts)
    clock.moment = datetime.fromisoformat("2026-03-02T13:30+00:00")  # 20.30, replayed after a restart, twice
    replay(killed)
    replay(killed)
    clock.moment = datetime.fromisoformat("2026-03-03T00:00+00:00")  # 07.00
    (morning,) = worker.claim(knowing)
    replay(killed)
    replay(morning)
    replay(killed)
    replay(morning)
    assert list(box.by_id().values()) == [2]
    assert numbers == sorted(numbers)
    assert _row(knowing).state is DeliveryState.SENT


def test_a_message_put_back_counts_failures_anew_and_claims_on(mail, story, acting):
    """A person's retry forgets the failures; the number of the claim goes on rising, so no old claim holds again."""
    _, knowing = mail("550 no such mailbox")
    (old,) = worker.claim(knowing)
    worker.send_one(knowing, old)
    with acting(story.author) as ctx:
        deliveries.retry(ctx, old.delivery_id)
    row = _row(knowing)
    assert (row.failures, row.attempts) == (0, old.attempt)
    (new,) = worker.claim(knowing)
    assert new.attempt > old.attempt


def test_a_worker_thought_dead_cannot_mark_over_its_successor(mail, story, clock, acting):
    """After ten minutes another takes the message; the first one's late word changes nothing."""
    _, knowing = mail()
    (late,) = worker.claim(knowing)
    clock.forward(minutes=10)
    (now,) = worker.claim(knowing)
    with acting() as ctx:
        deliveries.mark_failed(ctx, late, deliveries.SendError("too late", permanent=True))
        assert deliveries.compose(ctx, late) is None
    assert _row(knowing).state is DeliveryState.PENDING
    worker.send_one(knowing, now)
    assert _row(knowing).state is DeliveryState.SENT


def test_two_workers_claim_different_messages(mail, story, acting):
    """What one holds the other passes over."""
    _, knowing = mail()
    with acting() as ctx:
        campaign = ctx.session.get(Campaign, story.campaign_id)
        for _ in range(5):
            carrying.offer(ctx, campaign, factories.influencer(ctx, story.ministry_id))
    claimed = [worker.claim(knowing), worker.claim(knowing)]
    assert [len(batch) for batch in claimed] == [6, 0]


def test_a_correction_says_why_and_reaches_whoever_paused(mail, story, acting):
    """A pause stops offers, not the word that something no longer stands."""
    box, knowing = mail()
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).paused_at = ctx.now
        deliveries.offers.recall_open(ctx, story.campaign_id)
        corrections.send(ctx, story.clarification_id, "Keterangan berubah.")
    _round(knowing)
    (message,) = box.messages
    assert message["Subject"].startswith("Koreksi: ")
    assert "Keterangan berubah." in message.get_body(("plain",)).get_content()


# ---- subjects and languages --------------------------------------------------------------------------------------

_BARE = Letter("offer:1", "ani@contoh.example", "Ani", carrying.TITLE, "http://testserver/kotak", "http://testserver/j")
LETTERS = {
    LetterKind.OFFER: replace(_BARE, offer=CampaignKind.CLARIFICATION, issuer="Humas Contoh"),
    LetterKind.NEWS: replace(_BARE, offer=CampaignKind.PROGRAMME, issuer="Humas Contoh"),
    LetterKind.CORRECTION: replace(_BARE, reason="Angka berubah."),
    LetterKind.CORRECTION_AGAIN: replace(_BARE, reason="Angka berubah.", again=True),
    LetterKind.REMINDER: replace(_BARE, expiring=("X: 15",)),
    LetterKind.INVITATION: replace(_BARE, open_until="5 Mar 2026"),
}
BOTH_SAY = {Language.ID: "Halo Ani,", Language.EN: "Hello Ani,"}


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_each_kind_of_letter_has_its_own_subject_and_words_in_both_languages(mail):
    """Six kinds by two languages arrive under twelve subjects, with as many texts, and say in which language they are."""
    box, knowing = mail()
    sender = email.sender_for(knowing.settings, knowing.clock)
    for language in Language:
        for kind, letter in LETTERS.items():
            assert letter.kind is kind
            sender.send(replace(letter, language=language))
    assert len({message["Subject"] for message in box.messages}) == len(LETTERS) * len(Language)
    plain = [message.get_body(("plain",)).get_content() for message in box.messages]
    assert len(set(plain)) == len(plain)
    for message, text in zip(box.messages, plain, strict=True):
        language = Language(message["Content-Language"])
        html = BeautifulSoup(message.get_body(("html",)).get_content(), "html.parser")
        assert html.html["lang"] == language
        assert BOTH_SAY[language] in text
        assert BOTH_SAY[language] in html.text
        assert [link["href"] for link in html.find_all("a")] == [_BARE.url, _BARE.pause_url]


def test_a_correction_and_its_reminder_are_told_apart_in_the_readers_language(client, mail, story, acting, clock):
    """Whoever asks for English on their profile gets it; a day later the reminder has a subject of its own."""
    box, knowing = mail()
    headers = carrying.key_of(knowing, story.person)
    assert client.get("/v1/me/profile", headers=headers).json()["language"] == "id"
    assert client.patch("/v1/me/profile", headers=headers, json={"language": "en"}).json()["language"] == "en"
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        corrections.send(ctx, story.clarification_id, corrections.SUPERSEDED)
    _round(knowing)
    clock.forward(days=1, hours=1)
    with acting() as ctx:
        assert corrections.remind(ctx) == 1
    _round(knowing)
    subjects = [message["Subject"] for message in box.messages]
    assert [subject.split(":")[0].strip() for subject in subjects] == [
        "Correction",
        "Not yet marked as read, correction",
    ]
    assert "This clarification was replaced by a newer one." in box.messages[0].get_body(("plain",)).get_content()
    assert "You have not marked this correction as read." in box.messages[1].get_body(("plain",)).get_content()


def test_a_name_cannot_add_headers_or_markup(mail, story, acting):
    """Line breaks and tags in a name stay text."""
    box, knowing = mail()
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).name = 'Contoh "X" <b>\r\nBcc: a@b.example'
    _round(knowing)
    (message,) = box.messages
    assert message["Bcc"] is None
    assert parseaddr(message["To"])[1].endswith("@contoh.example")
    assert "<b>" not in message.get_body(("html",)).get_content()


def test_one_click_pauses(client, service, story):
    """The address in the message pauses at once and takes back what is open; looking at it changes nothing."""
    with service.database.read() as session:
        token = deliveries.pause_token(context_for(service, session, SERVICE), story.influencer_id)
    assert client.get(f"/v1/mail/pause/{token}", follow_redirects=False).status_code == 303
    with service.database.read() as session:
        assert session.get(Influencer, story.influencer_id).paused_at is None
    assert client.post(f"/v1/mail/pause/{token}").status_code == 204
    assert client.post(f"/v1/mail/pause/{token}").status_code == 204
    assert client.post("/v1/mail/pause/forged").status_code == 404
    with service.database.read() as session:
        assert session.get(Influencer, story.influencer_id).paused_at is not None
        assert session.get(carrying.Offer, story.offer_id).state is OfferState.RECALLED


def test_only_a_failed_message_is_put_back(acting, service, story):
    """What waits is not put back again, and only a manager may."""
    row = _row(service)
    with acting(story.author) as ctx, pytest.raises(ConflictError):
        deliveries.retry(ctx, row.id)
    with acting(story.person) as ctx, pytest.raises(ForbiddenError):
        deliveries.retry(ctx, row.id)


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://", "smtp://h:port"])
def test_a_mail_address_that_is_none_is_named(url):
    """A setting that cannot work is told by its name."""
    with pytest.raises(SettingsError, match="SULUH_SMTP_URL"):
        email.Server.parse(url)


def test_a_mail_address_is_read_in_full():
    """User, password and port are taken from the address, with percent signs undone."""
    assert email.Server.parse("smtp+starttls://a%40b.example:p%2Fq@mail.example") == email.Server(
        "smtp+starttls", "mail.example", 587, "a@b.example", "p/q"
    )
