"""Webhooks over a real HTTP server on loopback: signed, retried, replayed, and never into this network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from serving import worker
from serving.channels.webhook import Http
from serving.db.tables import AuditRow, User, WebhookAttempt, WebhookDelivery, WebhookEvent
from serving.db.webhooks import Wanted
from serving.deps import context_for
from serving.desk import addresses, webhooks
from serving.desk.context import SERVICE
from serving.desk.publishing import library
from serving.desk.webhooks import Call, Change, NewEndpoint
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError, NotFoundError
from serving.settings import Settings
from serving.vocabulary import DeliveryState, Role, WebhookEventType
from tests import factories
from tests.integration.listening import listening
from tests.integration.test_worker import _process
from tests.web.browsing import send, sign_in

ALL = webhooks.PUBLIC_KINDS
PUBLISHED = WebhookEventType.CLARIFICATION_PUBLISHED


@pytest.fixture
def settings(settings):
    """The same configuration, with webhooks to this machine allowed."""
    return settings.model_copy(update={"webhooks_allow_private": True})


@pytest.fixture
def admin(sign_up):
    """Whoever keeps the endpoints."""
    return sign_up("dewi", Role.ADMIN)


@pytest.fixture
def subscribe(acting, admin):
    """Let an address listen; give its number and secret."""

    def make(url, *kinds):
        with acting(admin) as ctx:
            issued = webhooks.add(ctx, NewEndpoint(url, "sistem contoh", kinds or ALL))
            return issued.endpoint.id, issued.secret

    return make


@pytest.fixture
def happen(acting):
    """Let something happen."""

    def make(kind=PUBLISHED, subject="clarification:1"):
        with acting() as ctx:
            return webhooks.emit(ctx, kind, subject, {"id": 1}).key

    return make


def _round(service):
    claimed = worker.claim_hooks(service)
    for each in claimed:
        worker.call_one(service, each)
    return len(claimed)


def _row(service):
    with service.database.read() as session:
        return session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).first()


def _expected(secret, headers, body):
    """Work a signature out by the words of the standard, apart from the code that made it."""
    key = base64.b64decode(secret[len("whsec_") :])
    signed = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


# ---- the signature -----------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_the_standard():
    """The example of the Standard Webhooks specification gives the value that stands there."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_arrives_is_signed_and_says_what_happened(service, subscribe, happen, clock):
    """One POST with the event's own id, the time of sending, a signature over both and the body."""
    with listening() as there:
        _, secret = subscribe(there.url)
        key = happen()
        assert _round(service) == 1
        (came,) = there.received
    assert came.headers["webhook-id"] == key
    assert came.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert came.headers["webhook-signature"] == _expected(secret, came.headers, came.body)
    assert came.headers["content-type"] == "application/json"
    assert json.loads(came.body) == {"type": PUBLISHED, "timestamp": clock.now().isoformat(), "data": {"id": 1}}


def test_for_a_day_after_a_change_both_secrets_sign(service, subscribe, happen, acting, admin, clock):
    """The new one first, then the old one; a day later the new one alone."""
    with listening() as there:
        number, old = subscribe(there.url)
        with acting(admin) as ctx:
            new = webhooks.rotate(ctx, number).secret
        happen()
        _round(service)
        clock.forward(days=1, seconds=1)
        happen()
        _round(service)
        first, second = there.received
    both = [_expected(secret, first.headers, first.body) for secret in (new, old)]
    assert first.headers["webhook-signature"].split(" ") == both
    assert second.headers["webhook-signature"] == _expected(new, second.headers, second.body)


# ---- whatever the other side does --------------------------------------------------------------------------------


def test_what_failed_is_tried_again_with_longer_waits_and_the_same_id(service, subscribe, happen, clock):
    """A fault, a redirect, a closed line and nobody there are failures; then it is taken, and it was one message."""
    with listening(500, 302, "close") as there:
        subscribe(there.url)
        happen()
        waits = []
        for _ in range(3):
            assert _round(service) == 1
            row = _row(service)
            waits.append(row.not_before - clock.now())
            assert _round(service) == 0
            clock.moment = row.not_before
        assert _round(service) == 1
        assert len({came.headers["webhook-id"] for came in there.received}) == 1
        assert {came.path for came in there.received} == {"/hook"}
        assert len({came.body for came in there.received}) == 1
    assert waits == list(webhooks.BACKOFF[:3])
    row = _row(service)
    assert (row.state, row.attempts, row.status) == (DeliveryState.SENT, 4, 200)
    with service.database.read() as session:
        log = session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.id)).all()
    assert [(each.number, each.status) for each in log] == [(1, 500), (2, 302), (3, None), (4, 200)]
    assert log[2].error


def test_a_server_that_stalls_is_left_in_time(settings, happen):
    """A byte now and then does not keep the line open: the limit is for the whole answer."""
    with listening("stall") as there:
        answer = Http(settings, timeout_s=0.3).call(Call(there.url, {}, b"{}"))
    assert (answer.status, answer.taken) == (None, False)
    assert 250 <= answer.took_ms < 900
    assert "0.3" in answer.error


def test_after_ten_failures_a_person_has_to_look(service, subscribe, happen, clock):
    """The last wait is over, the message is given up, and nothing more is sent."""
    with listening(*[503] * 20) as there:
        subscribe(there.url)
        happen()
        for _ in range(20):
            _round(service)
            clock.forward(days=2)
        assert len(there.received) == len(webhooks.BACKOFF) + 1
    assert (_row(service).state, _row(service).status) == (DeliveryState.FAILED, 503)


def test_whoever_says_gone_is_told_nothing_more(service, subscribe, happen, acting, admin):
    """410 lets the endpoint rest at once; a person starts it again."""
    with listening(410) as there:
        number, _ = subscribe(there.url)
        happen()
        _round(service)
        with acting(admin) as ctx:
            assert webhooks.endpoint(ctx, number).active is False
        happen()
        assert (_round(service), len(there.received)) == (0, 1)
    assert _row(service).state is DeliveryState.FAILED


def test_a_worker_that_was_thought_dead_notes_nothing(service, subscribe, happen, acting, clock):
    """Ten minutes after a claim another worker takes the message; what the first one brings is dropped."""
    with listening() as there:
        subscribe(there.url)
        happen()
        (late,) = worker.claim_hooks(service)
        clock.forward(minutes=11)
        assert _round(service) == 1
        worker.call_one(service, late)
        with acting() as ctx:
            assert webhooks.record(ctx, late, webhooks.Answer(500, 3)) is None
        assert len(there.received) == 1
    assert _row(service).state is DeliveryState.SENT


def test_the_worker_sends_by_endpoint(service, settings, subscribe, happen, acting, admin, tmp_path):
    """The worker's own process sends through its durable queue; what one endpoint refuses holds up no other."""
    settings.var_dir.mkdir(exist_ok=True)
    with listening() as there, listening(500) as failing:
        subscribe(there.url)
        subscribe(failing.url)
        with service.database.write() as session:
            ctx = replace(context_for(service, session, SERVICE), now=datetime.now(UTC))
            keys = {webhooks.emit(ctx, PUBLISHED, f"clarification:{n}", {"id": n}).key for n in range(6)}
        with _process(settings, 1, tmp_path / "worker.log", SULUH_WEBHOOKS_ALLOW_PRIVATE="true"):
            until = time.monotonic() + 90
            while min(len(there.received), len(failing.received)) < len(keys) and time.monotonic() < until:
                time.sleep(0.1)
    assert {came.headers["webhook-id"] for came in there.received} == keys
    assert {came.headers["webhook-id"] for came in failing.received} == keys


def test_an_endpoint_has_one_batch_on_its_way(service, subscribe, happen, acting, admin, clock):
    """A hundred messages for one that stalls leave the places of the queue to the other's one."""
    kinds = (PUBLISHED,), (WebhookEventType.CLARIFICATION_RETRACTED,)
    stalls, other = (subscribe(f"https://{n}.contoh.example/", *each)[0] for n, each in enumerate(kinds))
    for n in range(2 * webhooks.BATCH):
        happen(subject=f"clarification:{n}")
    happen(*kinds[1])
    batches = []
    while claimed := worker.claim_hooks(service):
        batches.append({each.endpoint_id for each in claimed})
    assert batches == [{stalls}, {other}]
    with acting() as ctx:
        first = webhooks.Claimed(_row(service).id, stalls, 1)
        webhooks.record(ctx, first, webhooks.Answer(None, 3, "timeout"))
    assert worker.claim_hooks(service) == []
    clock.forward(seconds=webhooks.CLAIM.total_seconds() + 1)
    assert len(worker.claim_hooks(service)) == webhooks.BATCH


def test_a_batch_that_is_done_makes_room_for_the_next(service, subscribe, happen):
    """What waits behind a batch goes as soon as something has come of each of its messages."""
    with listening() as there:
        subscribe(there.url)
        for n in range(webhooks.BATCH + 5):
            happen(subject=f"clarification:{n}")
        assert (_round(service), _round(service), _round(service)) == (webhooks.BATCH, 5, 0)


# ---- never into this network -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://contoh.example/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook",
        "https://[64:ff9b:1::7f00:1]/hook",
        "https://[fec0::1]/hook",
        "https://[::127.0.0.1]/hook",
        "https://[::ffff:0:127.0.0.1]/hook",
        "https://[2002:7f00:1::]/hook",
        "https://224.0.0.1/hook",
        "ftp://contoh.example/hook",
    ],
)
def test_an_address_inside_or_in_the_clear_is_refused(address):
    """No private, loopback, link-local, translated or multicast number, and nothing but https."""
    with pytest.raises(InvalidInputError):
        addresses.check_literal(address, allow_private=False, schemes=webhooks.schemes(Settings()))


@pytest.mark.parametrize("address", ["https://[2606:4700::1111]/hook", "https://198.41.0.4/hook"])
def test_a_public_number_is_taken(address):
    """What is given out to be reached from everywhere."""
    addresses.check_literal(address, allow_private=False, schemes=webhooks.schemes(Settings()))


def test_a_name_that_leads_inside_is_not_called():
    """A public name with a private number is refused at the moment of calling, before any connection."""
    with listening() as there:
        url = there.url.replace("http://127.0.0.1", "https://localhost")
        answer = Http(Settings()).call(Call(url, {}, b"{}"))
        assert there.received == []
    assert (answer.status, answer.error) == (None, "private-address")


# ---- what is told ------------------------------------------------------------------------------------------------


def _published(service, sign_up, acting):
    author, approver = sign_up("ani-penulis", Role.CHECKER), sign_up("budi-penyetuju", Role.APPROVER)
    with acting() as ctx:
        head = factories.clarification(ctx, author.user_id, approver.user_id)
        other = factories.clarification(ctx, author.user_id, approver.user_id)
        return approver, head.id, other.id


def test_taking_back_and_replacing_are_told_in_the_same_transaction(service, sign_up, acting, subscribe):
    """Retracted and superseded clarifications and the verdict that fell; what is rolled back is not told."""
    approver, first, second = _published(service, sign_up, acting)
    with listening() as there:
        subscribe(there.url)
        with acting(approver) as ctx:
            library.supersede(ctx, first, second, "yang baru lebih lengkap")
        with acting(approver) as ctx:
            library.retract(ctx, second, "sumbernya keliru")
        with pytest.raises(RuntimeError), acting(approver) as ctx:
            webhooks.emit(ctx, PUBLISHED, "clarification:9", {})
            raise RuntimeError("rolled back")
        _round(service)
        told = [json.loads(came.body) for came in there.received]
    by_kind = {each["type"]: each["data"] for each in told}
    assert set(by_kind) == {"clarification.superseded", "clarification.retracted", "verdict.retracted"}
    assert by_kind["clarification.superseded"]["superseded_by"] == second
    assert by_kind["clarification.retracted"]["reason"] == "sumbernya keliru"
    assert by_kind["verdict.retracted"]["clarification_id"] == second


def test_no_message_names_a_person_of_the_desk(service, sign_up, acting, subscribe):
    """No name, and no field under which a person's number could travel."""
    approver, first, _ = _published(service, sign_up, acting)
    with acting(approver) as ctx:
        library.retract(ctx, first, "sumbernya keliru")
    with service.database.read() as session:
        bodies = " ".join(session.scalars(select(WebhookEvent.body)))
        names = [name for user in session.scalars(select(User)) for name in (user.name, user.display_name)]
    assert bodies
    assert not [name for name in names if name in bodies]
    assert not re.search(r'"[a-z_]*(author|approver|user|actor|by_id|checker|person)[a-z_]*":', bodies)


def test_only_what_was_asked_for_is_sent(service, subscribe, happen):
    """An endpoint that asked for retractions hears nothing of a publication."""
    with listening() as there:
        subscribe(there.url, WebhookEventType.CLARIFICATION_RETRACTED)
        happen(PUBLISHED)
        happen(WebhookEventType.CLARIFICATION_RETRACTED)
        _round(service)
        assert [json.loads(came.body)["type"] for came in there.received] == ["clarification.retracted"]


def test_what_was_told_cannot_be_changed(service, happen):
    """The database refuses other words for an event, whatever code runs."""
    happen()
    with pytest.raises(DBAPIError), service.database.write() as session:
        session.execute(text("UPDATE webhook_events SET body = '{}'"))


# ---- keeping, looking, sending again -----------------------------------------------------------------------------


def test_one_message_is_sent_again_under_the_same_id(service, subscribe, happen, acting, admin):
    """Replaying what was taken sends the same body under the same id; what still waits is not doubled."""
    with listening() as there:
        subscribe(there.url)
        happen()
        with acting(admin) as ctx:
            number = webhooks.log(ctx, Wanted()).rows[0].delivery.id
            with pytest.raises(IllegalStepError):
                webhooks.replay(ctx, number)
        _round(service)
        with acting(admin) as ctx:
            webhooks.replay(ctx, number)
        _round(service)
        first, again = there.received
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    with service.database.read() as session:
        assert session.execute(select(func.count()).select_from(WebhookAttempt)).scalar_one() == 2


def test_everything_since_a_moment_is_sent_again(service, subscribe, happen, acting, admin, clock):
    """Also what happened before the endpoint listened, but not what is older than the moment."""
    happen()
    clock.forward(hours=1)
    since = clock.now()
    missed = happen()
    with listening() as there:
        number, _ = subscribe(there.url)
        kept = happen()
        _round(service)
        with acting(admin) as ctx:
            assert webhooks.replay_since(ctx, number, since) == 2
        _round(service)
        assert [came.headers["webhook-id"] for came in there.received] == [kept, kept, missed]


def test_a_removed_endpoint_is_told_nothing_and_its_secret_is_forgotten(service, subscribe, happen, acting, admin):
    """What waited is withdrawn, the log stays, and the same address may listen anew."""
    with listening() as there:
        number, _ = subscribe(there.url)
        happen()
        with acting(admin) as ctx:
            webhooks.remove(ctx, number)
        assert (_round(service), there.received) == (0, [])
        with acting(admin) as ctx:
            (logged,) = webhooks.log(ctx, Wanted()).rows
            assert (logged.delivery.state, logged.endpoint.sealed_secret) == (DeliveryState.WITHDRAWN, None)
            with pytest.raises(NotFoundError):
                webhooks.replay(ctx, logged.delivery.id)
        subscribe(there.url)


def test_an_endpoint_that_rests_gets_its_messages_afterwards(service, subscribe, happen, acting, admin):
    """Resting loses nothing that was in line before."""
    with listening() as there:
        number, _ = subscribe(there.url)
        happen()
        with acting(admin) as ctx:
            webhooks.change(ctx, number, Change(active=False))
        assert _round(service) == 0
        with acting(admin) as ctx:
            webhooks.change(ctx, number, Change(active=True))
        assert (_round(service), len(there.received)) == (1, 1)


def test_after_ninety_days_the_log_is_forgotten(service, subscribe, happen, acting, clock):
    """Events go with their messages and attempts, and the record says how many."""
    with listening() as there:
        subscribe(there.url)
        happen()
        _round(service)
    clock.forward(days=91)
    happen()
    with acting() as ctx:
        assert webhooks.forget(ctx) == 1
    with service.database.read() as session:
        left = [
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (WebhookEvent, WebhookDelivery, WebhookAttempt)
        ]
    assert left == [1, 1, 0]


def test_every_step_is_on_the_record_without_address_or_secret(service, subscribe, happen, acting, admin):
    """Who did what; the host is named, the path and the secret are not."""
    with listening() as there:
        number, secret = subscribe(there.url)
        with acting(admin) as ctx:
            webhooks.rotate(ctx, number)
            webhooks.try_out(ctx, number)
        _round(service)
    with service.database.read() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.action.like("webhook.%")).order_by(AuditRow.seq)).all()
    assert [row.action for row in found] == ["webhook.add", "webhook.rotate", "webhook.test", "webhook.sent"]
    assert not [row for row in found if "/hook" in row.detail or secret[6:] in row.detail]


def test_only_an_administrator_keeps_endpoints(acting, sign_up):
    """An engineer may look; nobody else may do either."""
    with acting(sign_up("eko", Role.ENGINEER)) as ctx:
        assert webhooks.endpoints(ctx) == []
        with pytest.raises(ForbiddenError):
            webhooks.add(ctx, NewEndpoint("https://contoh.example/h", "x", ALL))
    with acting(sign_up("cici", Role.CHECKER)) as ctx, pytest.raises(ForbiddenError):
        webhooks.endpoints(ctx)


# ---- over /v1 ----------------------------------------------------------------------------------------------------


def test_webhooks_over_the_api(client, service, key_for):
    """Add, look, change, try, rotate, replay and remove; the secret is in two answers and nowhere else."""
    headers = key_for("dewi", Role.ADMIN)
    with listening() as there:
        body = {"url": there.url, "label": "arsip", "events": [PUBLISHED]}
        made = client.post("/v1/webhooks", headers=headers, json=body)
        assert made.status_code == 201
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made.json()["secret"])
        path = f"/v1/webhooks/{made.json()['webhook']['id']}"
        assert client.post("/v1/webhooks", headers=headers, json=body).status_code == 409
        assert "secret" not in client.get("/v1/webhooks", headers=headers).text
        assert client.patch(path, headers=headers, json={"events": []}).status_code == 422
        assert client.patch(path, headers=headers, json={"label": "gudang"}).json()["label"] == "gudang"
        assert client.post(f"{path}/rotate", headers=headers).json()["secret"] != made.json()["secret"]
        assert client.post(f"{path}/test", headers=headers).status_code == 202
        _round(service)
        (sent,) = client.get("/v1/webhooks/deliveries", headers=headers, params={"state": "sent"}).json()["items"]
        assert (sent["status"], sent["attempts"], sent["type"]) == (200, 1, "webhook.test")
        shown = client.get(f"/v1/webhooks/deliveries/{sent['id']}", headers=headers).json()
        assert shown["body"] == there.received[0].body.decode()
        assert [each["status"] for each in shown["log"]] == [200]
        again = client.post(f"/v1/webhooks/deliveries/{sent['id']}/replay", headers=headers)
        assert again.json()["state"] == "pending"
        since = {"since": "2026-03-01T00:00:00+07:00"}
        assert client.post(f"{path}/replay", headers=headers, json=since).json() == {"n": 0}
        assert client.delete(path, headers=headers).status_code == 204
        assert client.delete(path, headers=headers).status_code == 404


@pytest.mark.parametrize("days", ["", "0", "91", "-1", "1e1", "\u00b2", "\u0661", "9" * 5_000])
def test_a_form_with_an_odd_number_of_days_is_refused(client, admin, subscribe, days):
    """Whatever is typed is a sentence on the page and no fault."""
    number, _ = subscribe("https://sistem.contoh.example/x")
    sign_in(client, "dewi")
    page = f"/admin/webhook/{number}"
    assert send(client, f"{page}/ulang", page, hari=days).status_code == 422
