"""Other services through Apprise, over real HTTP: chosen with one's own handle, sent once, tried again, never inside."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import select

from serving import worker
from serving.channels import other as senders
from serving.channels.other import Other
from serving.cli.worker import worker as command
from serving.db.tables import AuditRow, ChatLink, Influencer
from serving.desk.outreach import other
from serving.desk.outreach.deliveries import Letter, SendError
from serving.desk.people import influencers
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from serving.handles import SCHEMES, Form, Handle
from serving.logs import configure
from serving.settings import Settings
from serving.vocabulary import CampaignKind, Channel, DeliveryState
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.integration.listening import listening
from tests.web.browsing import send, sign_in, soup

NAME = "Gerbang Contoh"
FORM = "json://contoh:kunci-rahasia@gerbang.contoh.example/kirim/{phone}?:id={key}"
PHONE = "+628110000000"


@pytest.fixture
def settings(settings):
    """The same configuration with one service, which leads inside this network."""
    over = {"other_channels": {NAME: FORM}, "webhooks_allow_private": True}
    return type(settings)(**settings.model_dump() | over)


@pytest.fixture(autouse=True)
def at_rest():
    """No service was asked a moment ago."""
    senders._pace.cache_clear()


@pytest.fixture
def logging_as_it_was():
    """What a test changes of the logs is put back."""
    root, httpx = logging.getLogger(), logging.getLogger("httpx")
    handlers, level, quiet, chain = root.handlers[:], root.level, httpx.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    httpx.setLevel(quiet)
    structlog.configure(**chain)


@pytest.fixture
def chosen(acting, story):
    """The person hears by that service."""
    with acting(story.person) as ctx:
        other.choose(ctx, NAME, PHONE)


@pytest.fixture
def at(service):
    """Send what is due to a server on this machine that stands for the service."""

    def deliver(there, **over):
        host = there.url.removeprefix("http://").removesuffix("/hook")
        values = service.settings.model_dump() | {
            "other_channels": {NAME: FORM.replace("gerbang.contoh.example", host)}
        }
        parts = (service.database, service.vault, service.clock, service.limits)
        near = type(service)(Settings(**values | over), *parts)
        claimed = worker.claim(near)
        for each in claimed:
            worker.send_one(near, each)
        return len(claimed)

    return deliver


# ---- forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "json://rahasia@{handle}/kirim",
        "json://{handle}:rahasia@contoh.example/kirim",
        "json://contoh.example/rahasia",
        "json://contoh.example/rahasia/{handle}/{handle}",
        "json://contoh.example/rahasia-{handle}",
        "json://contoh.example/{handle}/{key}?a=rahasia",
        "json://contoh.example/%7Bhandle%7D?a=rahasia",
        "json:///rahasia/{handle}",
        "signal://contoh.example/rahasia/{handle}",
        "zulip://bot@rahasia/token/{handle}",
        "mailto://rahasia@contoh.example/{email}",
        "http://contoh.example/rahasia/{handle}",
        "file:///rahasia/{handle}",
        "syslog://rahasia/{handle}",
        "json://[rahasia/{handle}",
    ],
)
def test_a_form_that_could_lead_elsewhere_is_refused_unseen(template):
    """Only allowed services, and the handle whole and once in path or query; the sentence never shows the form."""
    with pytest.raises(SettingsError) as refused:
        Settings(other_channels={"Contoh": template})
    assert "Contoh" in str(refused.value)
    assert "rahasia" not in str(refused.value)


def test_a_form_never_shows_its_secret():
    """Neither the settings nor what is read from them show it, and a handle cannot leave its place."""
    settings = Settings(other_channels={NAME: FORM})
    form = settings.other_forms[NAME]
    assert "kunci-rahasia" not in repr(settings) + repr(form) + str(settings)
    assert form.address("+62/../8?x=1#", "offer:1").endswith("/kirim/%2B62%2F..%2F8%3Fx%3D1%23?:id=offer%3A1")


@pytest.mark.parametrize(
    ("kind", "handle", "taken"),
    [
        (Handle.PHONE, "+628110000000", True),
        (Handle.PHONE, "08110000000", False),
        (Handle.PHONE, "group.abc", False),
        (Handle.EMAIL, "ani@contoh.example", True),
        (Handle.EMAIL, "umum", False),
        (Handle.EMAIL, "ani@contoh", False),
        (Handle.NAME, "ani.contoh", True),
        (Handle.NAME, "@semua", False),
        (Handle.NAME, "#umum", False),
        (Handle.NAME, "ani,budi", False),
        (Handle.NAME, "ani/budi", False),
        (Handle.NAME, "", False),
    ],
)
def test_a_handle_is_one_persons(kind, handle, taken):
    """Of the kind that the service asks for; none stands for a group, for everybody, or for two."""
    assert Form.parse("Contoh", f"json://contoh.example/{{{kind}}}").takes(handle) is taken


# One address a service, with made-up secrets of the length that each wants.
ADDRESSES = {
    "json": "json://contoh.example/{handle}",
    "jsons": "jsons://contoh.example/?:to={email}",
    "line": f"line://{'a' * 40}/{{handle}}",
    "signal": "signal://contoh.example:8080/+628110000001/{phone}",
    "signals": "signals://contoh.example/+628110000001/{phone}",
    "sinch": f"sinch://{'a' * 32}:{'b' * 32}@+628110000001/{{phone}}",
    "twilio": f"twilio://AC{'a' * 32}:{'b' * 32}@+628110000001/{{phone}}",
    "vonage": f"vonage://{'a' * 8}:{'b' * 16}@628110000001/{{phone}}",
    "zulip": f"zulip://bot@contoh/{'a' * 32}/{{email}}",
}
HANDLES = {Handle.PHONE: PHONE, Handle.EMAIL: "ani@contoh.example", Handle.NAME: "ani.contoh"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_allowed_service_is_one_request_for_one_person(scheme, monkeypatch):
    """Apprise makes a single request, the handle in it; more would leave it open what became of the message."""
    template, asked = ADDRESSES[scheme], []
    form = Form.parse("Contoh", template)

    def keep(_carrier, request):
        asked.append(f"{request.url} {request.body}")
        raise SendError("kept")

    monkeypatch.setattr(senders._Carrier, "_sent", keep)
    sender = Other(Settings(other_channels={"Contoh": template}))
    address = other.Address("Contoh", HANDLES[form.kind])
    letter = Letter("offer:1", str(address), "Ani", "Judul", "http://testserver/kotak/1", "", CampaignKind.PROGRAMME)
    with pytest.raises(SendError, match="kept"):
        sender.send(letter)
    assert len(asked) == 1
    assert HANDLES[form.kind].lstrip("+").split("@")[0] in asked[0]


# ---- choosing ----------------------------------------------------------------------------------------------------


def test_a_handle_is_kept_sealed_and_can_be_taken_along_and_erased(acting, story, chosen):
    """Nobody reads it in the tables or the record; the person does, and it goes with the rest of their data."""
    with acting() as ctx:
        (row,) = ctx.session.scalars(select(ChatLink)).all()
        assert PHONE.encode() not in row.sealed_address
        assert ctx.session.get(Influencer, story.influencer_id).channel is Channel.OTHER
        (step,) = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "channel.other")).all()
        assert PHONE not in step.detail
    with acting(story.person) as ctx:
        assert influencers.export_own(ctx)["chats"][0]["address"] == f"{NAME}: {PHONE}"
        influencers.erase(ctx)
    with acting() as ctx:
        assert ctx.session.scalars(select(ChatLink)).all() == []


def test_what_does_not_fit_is_refused(acting, story, chosen):
    """An unknown service, a handle of another kind, and one that somebody else gave; the own one may be given again."""
    with acting(story.other) as ctx:
        with pytest.raises(NotFoundError):
            other.choose(ctx, "Lain", PHONE)
        with pytest.raises(InvalidInputError):
            other.choose(ctx, NAME, "ani.contoh")
        with pytest.raises(ConflictError):
            other.choose(ctx, NAME, PHONE)
    with acting(story.person) as ctx:
        other.choose(ctx, NAME, "+62 811 000 0009")
        assert other.own(ctx).there == other.Address(NAME, "+628110000009")


def test_the_page_and_the_api_choose_alike(client, service, story):
    """Choose, be refused with a sentence, and let go: the same through the form and over /v1."""
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    path = "/profil/obrolan"
    refused = send(client, f"{path}/lain", path, layanan=NAME, alamat="ani")
    assert (refused.status_code, "tidak cocok" in soup(refused).select_one("main").text) == (422, True)
    assert send(client, f"{path}/lain", path, layanan=NAME, alamat=PHONE).status_code == 303
    page = soup(client.get(path)).select_one("main").text
    assert PHONE in page
    assert "kunci-rahasia" not in page
    headers = carrying.key_of(service, story.person)
    wanted = {
        "services": [{"name": NAME, "asks": "phone"}],
        "service": NAME,
        "address": PHONE,
        "chosen": True,
        "works": True,
    }
    assert client.get("/v1/me/other-channel", headers=headers).json() == wanted
    assert send(client, f"{path}/lain/lepas", path).status_code == 303
    gone = client.get("/v1/me/other-channel", headers=headers).json()
    assert (gone["service"], gone["chosen"]) == (None, False)
    body = {"service": NAME, "address": PHONE}
    assert client.put("/v1/me/other-channel", headers=headers, json=body).json() == wanted
    assert client.put("/v1/me/other-channel", headers=headers, json=body | {"service": "x"}).status_code == 404
    assert client.delete("/v1/me/other-channel", headers=headers).status_code == 204


def test_without_the_library_nothing_is_offered_and_the_worker_says_what_to_install(
    client, service, story, monkeypatch
):
    """People see no such choice; the worker stops with one sentence."""
    monkeypatch.setattr(other, "is_installed", lambda: False)
    assert sign_in(client, "asn", PASSWORD).status_code == 303
    assert soup(client.get("/profil/obrolan")).select_one("#saluran-lain") is None
    assert soup(client.get("/profil")).select_one("#kanal option[value=other]") is None
    monkeypatch.setenv("SULUH_DATABASE_URL", service.settings.database_url)
    monkeypatch.setenv("SULUH_VAR_DIR", str(service.settings.var_dir))
    monkeypatch.setenv("SULUH_OTHER_CHANNELS", json.dumps({NAME: FORM}))
    stopped = CliRunner().invoke(command, ["--once"]).exception
    assert isinstance(stopped, SettingsError)
    assert "pip install 'suluh[channels]'" in str(stopped)


# ---- sending -----------------------------------------------------------------------------------------------------


def test_an_offer_goes_to_the_handle_and_nowhere_else(acting, story, chosen, at):
    """One request with the words, the address of the offer and the message's own mark; no mail is sent as well."""
    with listening() as there:
        assert at(there, smtp_url="smtp://127.0.0.1:9") == 1
        assert at(there) == 0
    (came,) = there.received
    told = json.loads(came.body)
    assert (came.path, told["id"]) == (f"/kirim/{PHONE}", f"offer:{story.offer_id}")
    assert carrying.TITLE in told["message"]
    assert f"/kotak/{story.offer_id}" in told["message"]
    assert carrying.message(acting)[:2] == (DeliveryState.SENT, "other")


@pytest.mark.parametrize("answer", [503, 302, 401])
def test_what_was_surely_not_taken_goes_again(acting, story, chosen, at, clock, answer):
    """A fault, a way elsewhere, our own key refused: not lost, not twice, and no redirect is followed."""
    with listening(answer) as there:
        assert at(there) == 1
        assert (carrying.message(acting)[0], carrying.message(acting)[2]) == (DeliveryState.PENDING, 1)
        assert at(there) == 0
        clock.forward(minutes=2)
        assert at(there) == 1
    assert [came.path for came in there.received] == [f"/kirim/{PHONE}"] * 2
    assert carrying.message(acting)[0] is DeliveryState.SENT


@pytest.mark.parametrize("answer", ["close", "stall"])
def test_an_offer_whose_answer_was_lost_does_not_leave_twice(
    acting, story, chosen, at, clock, answer, monkeypatch, caplog
):
    """Cut off, or bytes that come now and then: it may have been taken, so it is given up and a person sees why."""
    monkeypatch.setattr(senders, "sender_for", lambda settings: Other(settings, timeout_s=0.3))
    caplog.set_level(logging.DEBUG)
    with listening(answer) as there:
        assert at(there) == 1
        clock.forward(hours=1)
        assert at(there) == 0
    assert len(there.received) == 1
    state, _, _, error = carrying.message(acting)
    assert (state, error.startswith("the answer was lost")) == (DeliveryState.FAILED, True)
    for text in (error, caplog.text):
        assert "kunci-rahasia" not in text
        assert PHONE not in text


def test_what_is_sent_leaves_no_address_in_the_log(acting, story, chosen, at, capsys, logging_as_it_was):
    """A worker's log names neither the handle nor the form, whether the message was taken or not."""
    configure()
    with listening(503) as there:
        at(there)
    errors = capsys.readouterr().err
    assert "message not taken" in errors
    assert PHONE not in errors
    assert PHONE.lstrip("+") not in errors
    assert "/kirim/" not in errors


def test_a_service_that_answers_twice_gets_one_message(acting, story, chosen, at, clock):
    """What it says after its first answer changes nothing: the message counts as sent."""
    with listening("twice") as there:
        assert at(there) == 1
        clock.forward(hours=1)
        assert at(there) == 0
    assert len(there.received) == 1
    assert carrying.message(acting)[0] is DeliveryState.SENT


def test_a_service_that_asks_to_wait_is_waited_for(acting, story, chosen, at, clock):
    """429 is no failure: the message goes when the time is over, and not before."""
    with listening(429) as there:
        at(there)
        assert (carrying.message(acting)[0], carrying.message(acting)[2]) == (DeliveryState.PENDING, 0)
        clock.forward(seconds=50)
        assert at(there) == 0
        clock.forward(seconds=11)
        senders._pace.cache_clear()
        assert at(there) == 1
    assert carrying.message(acting)[0] is DeliveryState.SENT


def test_a_lasting_refusal_is_given_up_at_once(acting, story, chosen, at):
    """A handle that the service does not know is not written to again; the inbox stays."""
    with listening(400) as there:
        at(there)
    assert carrying.message(acting)[0] is DeliveryState.FAILED


def test_nobody_listens_is_a_passing_fault(acting, story, chosen, at):
    """A service that is down is tried again."""
    with listening() as there:
        pass
    at(there)
    assert carrying.message(acting)[0] is DeliveryState.PENDING


def test_nothing_is_sent_inside_this_network(acting, story, chosen, at):
    """Unless the setting allows it, an address on this machine is not asked; the message waits."""
    with listening() as there:
        assert at(there, webhooks_allow_private=False) == 1
    assert there.received == []
    assert carrying.message(acting)[0] is DeliveryState.PENDING


def test_a_service_that_is_taken_away_leaves_mail(acting, story, chosen, service, at):
    """What waits for it is addressed to the e-mail instead."""
    with listening() as there:
        at(there, other_channels={"Lain": FORM}, smtp_url="smtp://127.0.0.1:9")
    assert there.received == []
    assert carrying.message(acting)[1] == "email"
    assert "ConnectionRefusedError" in carrying.message(acting)[3]
