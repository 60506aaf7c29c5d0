"""Chats over real HTTP: answers that do what the buttons do, once; and messages that leave at their pace, once."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from sqlalchemy import select

from serving import worker
from serving.channels import chat as senders
from serving.channels.chat import Gate, Pace
from serving.db.tables import AuditRow, ChatLink, ChatUpdate, Delivery, Influencer, Offer, User
from serving.desk.outreach import chat, deliveries, offers
from serving.desk.outreach.chat import Came, Verb, Wish, read
from serving.desk.outreach.deliveries import SendError
from serving.desk.people import accounts, influencers
from serving.errors import NotFoundError
from serving.vocabulary import Channel, DeclineReason, DeliveryState, OfferState
from tests.integration import carrying, mailbox
from tests.integration.listening import listening

SECRET = "rahasia-contoh"
ADDRESS = "424242"


@pytest.fixture
def settings(settings):
    """The same configuration, reachable by both chats."""
    over = {
        "telegram_token": "1:contoh",
        "telegram_secret": SECRET,
        "telegram_bot": "suluh_contoh_bot",
        "whatsapp_token": "contoh",
        "whatsapp_secret": SECRET,
        "whatsapp_verify": "periksa",
        "whatsapp_number_id": "77",
        "whatsapp_number": "6200000000",
    }
    return type(settings)(**settings.model_dump() | over)


@pytest.fixture(autouse=True)
def at_rest():
    """No service was asked a moment ago."""
    senders._pace.cache_clear()


@pytest.fixture
def program(acting, story):
    """The person's personal key."""
    with acting() as ctx:
        user = ctx.session.get(User, story.person.user_id)
        return {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'uji').key}"}


@pytest.fixture
def linked(acting, story):
    """Link a chat of the person; give its channel's name back."""

    def make(channel=Channel.TELEGRAM, address=ADDRESS):
        with acting(story.person) as ctx:
            code = chat.new_code(ctx, channel)
        with acting() as ctx:
            assert chat.take(ctx, Came(channel, f"kode-{channel}-{code}", address, f"mulai {code}")).startswith(
                "Terhubung"
            )

    return make


def _telegram(client, number, text, *, secret=SECRET, pressed=False, kind="private", sender=ADDRESS):
    where = {"chat": {"id": int(sender), "type": kind}}
    body = {"update_id": number}
    if pressed:
        body["callback_query"] = {"id": f"cb-{number}", "data": text, "message": where | {"text": "…"}}
    else:
        body["message"] = where | {"text": text, "from": {"id": 1, "first_name": "Contoh"}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    return client.post("/v1/chat/telegram", json=body, headers=headers)


def _whatsapp(client, body, secret=SECRET):
    raw = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "content-type": "application/json"}
    return client.post("/v1/chat/whatsapp", content=raw, headers=headers)


def _notification(*, messages=(), statuses=()):
    return {"object": "whatsapp", "entry": [{"changes": [{"value": {"messages": messages, "statuses": statuses}}]}]}


def _offer(acting, story):
    with acting() as ctx:
        row = ctx.session.get(Offer, story.offer_id)
        return row.state, row.decline_reason


# ---- what is read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Ambil", Wish(Verb.ACCEPT)),
        ("ambil 12", Wish(Verb.ACCEPT, 12)),
        ("ambil:12", Wish(Verb.ACCEPT, 12)),
        ("nanti:12", Wish(Verb.SNOOZE, 12)),
        ("lewati", Wish(Verb.DECLINE, None, DeclineReason.NOT_NOW)),
        ("lewati 2", Wish(Verb.DECLINE, None, DeclineReason.NOT_MY_TOPIC)),
        ("lewati 12 3", Wish(Verb.DECLINE, 12, DeclineReason.NOT_COMFORTABLE)),
        ("lewati:12:not_comfortable", Wish(Verb.DECLINE, 12, DeclineReason.NOT_COMFORTABLE)),
        (" STOP ", Wish(Verb.STOP)),
        ("/start ABCDEFGH23", Wish(Verb.LINK, code="ABCDEFGH23")),
        ("mulai abcdefgh23", Wish(Verb.LINK, code="ABCDEFGH23")),
        ("lewati 12 7", None),
        ("ambil 12 2", None),
        ("apa ini?", None),
        ("", None),
        ("ambil " + "9" * 40, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words_and_buttons_are_read_alike(text, wish):
    """What asks for nothing that is known is nothing, and never half of something."""
    assert read(text) == wish


def test_every_button_says_what_it_sends():
    """Each value under a message is read back as a wish for that very offer."""
    wishes = [read(value) for _, value in chat.buttons(12)]
    assert [wish.verb for wish in wishes] == [Verb.ACCEPT, Verb.SNOOZE, *[Verb.DECLINE] * 3, Verb.STOP]
    assert [wish.reason for wish in wishes if wish.reason] == list(DeclineReason)
    assert {wish.offer_id for wish in wishes[:-1]} == {12}


# ---- linking -----------------------------------------------------------------------------------------------------


def test_a_code_links_the_chat_that_it_is_sent_from(client, acting, story, linked):
    """Its address is kept sealed, offers come there from now on, and the code counts once."""
    linked()
    with acting() as ctx:
        (row,) = ctx.session.scalars(select(ChatLink)).all()
        assert ctx.vault.unseal(row.sealed_address) == ADDRESS
        assert ADDRESS.encode() not in row.sealed_address
        assert (row.code_hash, row.influencer_id) == (None, story.influencer_id)
        assert ctx.session.get(Influencer, story.influencer_id).channel is Channel.TELEGRAM


def test_a_code_of_yesterday_or_of_nobody_links_nothing(client, acting, story, clock):
    """The hour is over, or the code was never made: the chat stays a stranger's."""
    with acting(story.person) as ctx:
        code = chat.new_code(ctx, Channel.TELEGRAM)
    clock.forward(hours=1, seconds=1)
    for number, text in enumerate((f"mulai {code}", "mulai ABCDEFGH23", "ambil")):
        assert "elum" in _telegram(client, number, text).json()["text"] or number < 2
    with acting() as ctx:
        assert ctx.session.scalars(select(ChatLink.address_hash)).all() == [None]
    assert _offer(acting, story) == (OfferState.OFFERED, None)


def test_a_chat_belongs_to_one_person(client, acting, story, linked):
    """Somebody else's code from the same chat is refused until the first let it go."""
    linked()
    with acting(story.other) as ctx:
        code = chat.new_code(ctx, Channel.TELEGRAM)
    assert "akun lain" in _telegram(client, 1, f"mulai {code}").json()["text"]
    with acting(story.person) as ctx:
        chat.unlink(ctx, Channel.TELEGRAM)
    assert _telegram(client, 2, f"mulai {code}").json()["text"].startswith("Terhubung")


def test_a_chat_that_is_let_go_is_forgotten(acting, story, linked):
    """Nothing of it stays, offers come by e-mail again, and erasing one's data takes it too."""
    linked()
    with acting(story.person) as ctx:
        assert influencers.export_own(ctx)["chats"][0]["address"] == ADDRESS
        chat.unlink(ctx, Channel.TELEGRAM)
    linked(Channel.WHATSAPP)
    with acting(story.person) as ctx:
        influencers.erase(ctx)
    with acting() as ctx:
        assert ctx.session.scalars(select(ChatLink)).all() == []


def test_a_chat_that_is_not_used_here_cannot_be_linked(acting, story, service):
    """Without its settings there is no code and no address."""
    bare = service.settings.model_copy(update={"telegram_token": type(service.settings.telegram_token)("")})
    assert chat.configured(bare) == (Channel.WHATSAPP,)
    with acting(story.person) as ctx, pytest.raises(NotFoundError):
        chat.new_code(type(ctx)(ctx.session, ctx.actor, ctx.now, bare, ctx.vault), Channel.TELEGRAM)


# ---- answering ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pressed", [True, False], ids=["button", "words"])
@pytest.mark.parametrize(
    ("text", "state", "reason", "said"),
    [
        ("ambil:{}", OfferState.ACCEPTED, None, "Terima kasih"),
        ("lewati:{}:not_my_topic", OfferState.DECLINED, DeclineReason.NOT_MY_TOPIC, "Baik, tidak kali ini"),
        ("nanti:{}", OfferState.SNOOZED, None, "Ditunda sampai 2 Mar 2026 14.00 WIB. Sesudah itu"),
        ("berhenti", OfferState.RECALLED, None, "Anda sedang jeda"),
    ],
)
def test_an_answer_in_telegram_does_what_the_button_does(
    client, acting, story, linked, pressed, text, state, reason, said
):
    """Accept, decline with a reason, put off, and stop: the same state, the same record, and a sentence back."""
    linked()
    answer = _telegram(client, 7, text.format(story.offer_id), pressed=pressed).json()
    assert answer["method"] == ("answerCallbackQuery" if pressed else "sendMessage")
    assert answer["text"].startswith(said)
    assert _offer(acting, story) == (state, reason)
    with acting() as ctx:
        actions = ctx.session.scalars(select(AuditRow.action).where(AuditRow.actor_id == story.person.user_id)).all()
        assert actions[-1] in {"offer.answer", "offer.snooze", "influencer.pause"}


def test_the_same_update_counts_once(client, acting, story, linked):
    """Sent again, it changes nothing and is not answered; a new one meets the same rule as a second press."""
    linked()
    first = _telegram(client, 7, f"ambil:{story.offer_id}")
    again = _telegram(client, 7, f"ambil:{story.offer_id}")
    second = _telegram(client, 8, f"lewati:{story.offer_id}")
    assert (first.status_code, again.status_code, again.json()) == (200, 200, {})
    assert second.json()["method"] == "sendMessage"
    assert _offer(acting, story) == (OfferState.ACCEPTED, None)
    with acting() as ctx:
        n = len(ctx.session.scalars(select(AuditRow).where(AuditRow.action == "offer.answer")).all())
    assert n == 1


def test_somebody_elses_offer_is_as_if_it_were_not_there(client, acting, story, linked, service):
    """A number that one was not asked about opens nothing."""
    with acting() as ctx:
        running = carrying.campaign(ctx, story.clarification_id, story.author, story.approver)
        other = ctx.session.scalars(select(Influencer).where(Influencer.user_id == story.other.user_id)).one()
        theirs = carrying.offer(ctx, running, other).id
    linked()
    assert _telegram(client, 1, f"ambil:{theirs}").json()["text"] == "Tawaran itu tidak ada."


def test_without_a_number_the_only_offer_is_meant(client, acting, story, linked):
    """One open offer needs no number; two are listed; none is said."""
    linked()
    with acting() as ctx:
        running = carrying.campaign(ctx, story.clarification_id, story.author, story.approver)
        second = carrying.offer(ctx, running, ctx.session.get(Influencer, story.influencer_id)).id
    assert f"{second}, {story.offer_id}" in _telegram(client, 1, "ambil").json()["text"]
    assert _telegram(client, 2, f"lewati {second} 1").json()["text"].startswith("Baik")
    assert _telegram(client, 3, "ambil").json()["text"].startswith("Terima kasih")
    assert "Tidak ada tawaran" in _telegram(client, 4, "ambil").json()["text"]


@pytest.mark.parametrize(("secret", "kind"), [("", "private"), ("salah", "private"), (SECRET, "group")])
def test_what_is_not_telegrams_or_not_private_changes_nothing(client, acting, story, linked, secret, kind):
    """Without the secret, with a wrong one, or in a group: nobody answers for anybody."""
    linked()
    answer = _telegram(client, 7, f"ambil:{story.offer_id}", secret=secret, kind=kind)
    assert answer.status_code == (200 if kind == "group" else 403)
    assert _offer(acting, story) == (OfferState.OFFERED, None)


def test_a_shut_account_answers_nothing(client, acting, story, linked):
    """Whoever may no longer sign in may no longer answer."""
    linked()
    with acting() as ctx:
        ctx.session.get(User, story.person.user_id).active = False
    assert "tidak aktif" in _telegram(client, 7, f"ambil:{story.offer_id}").json()["text"]
    assert _offer(acting, story) == (OfferState.OFFERED, None)


def test_whatsapp_proves_the_address_and_its_messages(client, acting, story, linked, monkeypatch):
    """The challenge is given back to the right token alone; a signature over other bytes is refused."""
    said = []
    monkeypatch.setattr(senders.WhatsApp, "say", lambda _self, to, text: said.append((to, text)))
    asked = {"hub.mode": "subscribe", "hub.verify_token": "periksa", "hub.challenge": "12345"}
    assert client.get("/v1/chat/whatsapp", params=asked).text == "12345"
    assert client.get("/v1/chat/whatsapp", params=asked | {"hub.verify_token": "x"}).status_code == 403
    linked(Channel.WHATSAPP, "628000")
    button = {"payload": f"lewati:{story.offer_id}:not_comfortable", "text": "Tidak"}
    body = _notification(messages=[{"id": "wamid.1", "from": "628000", "type": "button", "button": button}])
    refused = _whatsapp(client, body, "salah")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert _offer(acting, story) == (OfferState.OFFERED, None)
    for _ in range(2):
        assert _whatsapp(client, body).status_code == 200
    assert _offer(acting, story) == (OfferState.DECLINED, DeclineReason.NOT_COMFORTABLE)
    assert [to for to, _ in said] == ["628000"]
    assert _whatsapp(client, "tidak terbaca").status_code == 422


def test_old_numbers_are_forgotten(acting, story, linked, clock):
    """After eight days, when nobody sends an old message again, its number is not kept."""
    linked()
    clock.forward(days=8, seconds=1)
    with acting() as ctx:
        assert chat.forget(ctx) == 1
        assert ctx.session.scalars(select(ChatUpdate)).all() == []


# ---- sending -----------------------------------------------------------------------------------------------------


@pytest.fixture
def at(service):
    """Send what is due to a server on this machine that stands for Telegram's or WhatsApp's."""

    def send(url, **over):
        settings = service.settings.model_copy(update={"telegram_api": url, "whatsapp_api": url} | over)
        there = type(service)(settings, service.database, service.vault, service.clock, service.limits)
        claimed = worker.claim(there)
        for each in claimed:
            worker.send_one(there, each)
        return len(claimed)

    return send


def test_an_offer_goes_to_the_chat_with_its_buttons_and_nowhere_else(acting, story, linked, at):
    """One message to that chat; the token stands in no error and no log; mail is not sent as well."""
    linked()
    with listening() as there:
        base = there.url.removesuffix("/hook")
        assert at(base, smtp_url="smtp://127.0.0.1:9") == 1
        assert at(base) == 0
    (came,) = there.received
    told = json.loads(came.body)
    assert (came.path, told["chat_id"]) == ("/bot1:contoh/sendMessage", ADDRESS)
    assert carrying.TITLE in told["text"]
    keyboard = [row[0]["callback_data"] for row in told["reply_markup"]["inline_keyboard"]]
    assert keyboard == [value for _, value in chat.buttons(story.offer_id)]
    assert carrying.message(acting)[:2] == (DeliveryState.SENT, "telegram")


def test_what_was_surely_not_taken_is_tried_again_and_arrives_once(acting, story, linked, at, clock):
    """Nobody there, then a fault, then taken: one message on its way, and a good one at the end."""
    linked()
    at("http://127.0.0.1:9")
    assert carrying.message(acting)[2] == 1
    with listening(500) as there:
        for _ in range(2):
            clock.forward(minutes=10)
            at(there.url.removesuffix("/hook"))
    assert len(there.received) == 2
    assert carrying.message(acting)[:2] == (DeliveryState.SENT, "telegram")


def test_an_answer_that_was_lost_is_not_followed_by_a_second_message(acting, story, linked, at, clock, monkeypatch):
    """The service stalls, or takes the message and hangs up: nobody gets it twice, and a person is shown that it may be lost."""
    monkeypatch.setattr(senders, "TIMEOUT_S", 0.2)
    linked()
    with listening("close") as there:
        at(there.url.removesuffix("/hook"))
        clock.forward(hours=1)
        assert at(there.url.removesuffix("/hook")) == 0
    assert len(there.received) == 1
    state, _, _, error = carrying.message(acting)
    assert (state, error.startswith("the answer was lost")) == (DeliveryState.FAILED, True)
    assert "contoh" not in error


def test_a_service_that_stalls_is_left_after_its_time():
    """Bytes that come now and then do not hold a worker; nobody can tell whether it was taken."""
    with listening("stall") as there:
        gate = Gate(there.url, {}, Pace(), timeout_s=0.15)
        with pytest.raises(SendError) as caught:
            gate.post({"text": "x"})
    assert (caught.value.unsure, caught.value.permanent) == (True, False)


def test_a_receipt_ends_the_doubt(client, acting, story, linked, at):
    """WhatsApp says that the message arrived: it counts as sent, and a second receipt changes nothing."""
    linked(Channel.WHATSAPP, "628000")
    with listening("close") as there:
        at(there.url.removesuffix("/hook"))
    (came,) = there.received
    told = json.loads(came.body)
    assert (came.path, told["to"], told["template"]["name"]) == ("/77/messages", "628000", "suluh_tawaran")
    assert came.headers["authorization"] == "Bearer contoh"
    assert carrying.message(acting)[0] is DeliveryState.FAILED
    receipt = {"id": "wamid.9", "status": "delivered", "biz_opaque_callback_data": told["biz_opaque_callback_data"]}
    for _ in range(2):
        assert _whatsapp(client, _notification(statuses=[receipt])).status_code == 200
    assert carrying.message(acting)[0] is DeliveryState.SENT
    with acting() as ctx:
        sent = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "delivery.sent")).all()
    assert len(sent) == 1


def test_a_service_that_asks_to_wait_is_waited_for(acting, story, linked, at, clock):
    """429 is no failure: the message goes when the time is over, and not before."""
    linked()
    wait = (429, json.dumps({"ok": False, "parameters": {"retry_after": 30}}).encode())
    with listening(wait) as there:
        base = there.url.removesuffix("/hook")
        at(base)
        assert (carrying.message(acting)[0], carrying.message(acting)[2]) == (DeliveryState.PENDING, 0)
        clock.forward(seconds=29)
        assert at(base) == 0
        clock.forward(seconds=2)
        senders._pace.cache_clear()
        assert at(base) == 1
    assert len(there.received) == 2
    assert carrying.message(acting)[0] is DeliveryState.SENT


def test_a_lasting_refusal_is_given_up_at_once(acting, story, linked, at):
    """Somebody who blocked the bot is not written to again; the inbox stays."""
    linked()
    with listening(403) as there:
        at(there.url.removesuffix("/hook"))
    assert carrying.message(acting)[0] is DeliveryState.FAILED


def test_a_correction_that_the_chat_refuses_goes_by_mail(acting, story, linked, at):
    """Whoever carried what no longer stands hears of it once, whatever their chat does."""
    linked()
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        assert carrying.retract(ctx, story) == 1
    box = mailbox.Mailbox()
    post = mailbox.listening(box)
    post.start()
    try:
        with listening(403) as there:
            for _ in range(3):
                at(there.url.removesuffix("/hook"), smtp_url=f"smtp://127.0.0.1:{post.port}")
    finally:
        post.stop()
    assert (len(there.received), sum(box.by_id().values())) == (1, 1)
    with acting() as ctx:
        row = ctx.session.scalars(select(Delivery).where(Delivery.correction_id.is_not(None))).one()
        assert (row.state, row.channel) == (DeliveryState.SENT, Channel.EMAIL)


def test_messages_keep_their_pace():
    """Ten messages at five a second take turns 0.2 s apart; a turn far off goes back in line."""
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(round(seconds, 6))
        now[0] += seconds

    pace = Pace(5, clock_s=lambda: now[0], sleep=sleep)
    for _ in range(10):
        pace.wait()
    assert slept == [0.2] * 9
    pace.pause(30)
    with pytest.raises(SendError) as caught:
        pace.wait()
    assert caught.value.retry_after_s == pytest.approx(30)


def test_whoever_has_no_mail_is_written_to_in_the_chat(acting, story, linked, at):
    """A correction reaches somebody by the chat alone where no other address is known."""
    linked()
    with acting() as ctx:
        ctx.session.get(Influencer, story.influencer_id).sealed_email = None
    with listening() as there:
        assert at(there.url.removesuffix("/hook")) == 1
    assert len(there.received) == 1


def test_a_link_that_is_gone_falls_back_to_mail(acting, story, linked):
    """What waits for a chat that was let go is addressed to the e-mail instead."""
    linked()
    with acting(story.person) as ctx:
        chat.unlink(ctx, Channel.TELEGRAM)
    with acting() as ctx:
        claimed = deliveries.claim_due(
            type(ctx)(
                ctx.session,
                ctx.actor,
                ctx.now,
                ctx.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"}),
                ctx.vault,
            )
        )
        letter = deliveries.compose(ctx, claimed[0])
    assert (letter.channel, letter.to.endswith("@contoh.example")) == (Channel.EMAIL, True)


def test_one_links_and_lets_go_over_the_api(client, program):
    """The text to send and the address that opens the chat; then it is linked; then it is not."""
    headers = program
    assert [each["channel"] for each in client.get("/v1/me/chats", headers=headers).json()] == ["telegram", "whatsapp"]
    made = client.post("/v1/me/chats/telegram", headers=headers)
    code = made.json()["text"].removeprefix("mulai ")
    assert (made.status_code, made.json()["url"]) == (201, f"https://t.me/suluh_contoh_bot?start={code}")
    assert (
        client.post("/v1/me/chats/whatsapp", headers=headers).json()["url"].startswith("https://wa.me/6200000000?text=")
    )
    _telegram(client, 1, f"/start {code}")
    assert client.get("/v1/me/chats", headers=headers).json()[0] == {
        "channel": "telegram",
        "linked": True,
        "chosen": True,
    }
    assert client.delete("/v1/me/chats/telegram", headers=headers).status_code == 204
    assert client.post("/v1/me/chats/email", headers=headers).status_code == 422
