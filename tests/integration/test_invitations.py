"""Joining by invitation: a code that works once, for one person, and of which the database keeps only the hash."""

from __future__ import annotations

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from serving import worker
from serving.db.tables import AuditRow, Base, Delivery, Influencer, Invitation, User
from serving.desk.people import influencers, invitations
from serving.desk.people.eligibility import ReasonKind
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from serving.vocabulary import DeliveryState, Role
from tests import factories
from tests.integration.mailbox import Mailbox, listening
from tests.integration.test_campaigns import Browser

PASSWORD = "sandi-contoh-yang-panjang"


@pytest.fixture
def people(acting, sign_up):
    """A manager, and three people of one ministry's list: two without an account, one who has one."""

    class People:
        manager = sign_up("manajer", Role.MANAGER)
        holder = sign_up("lama", Role.INFLUENCER)

    with acting() as ctx:
        home = factories.ministry(ctx)
        bare = {"consent_version": None, "consent_at": None}
        People.first = factories.influencer(ctx, home.id, name="=Contoh Satu", **bare).id
        People.second = factories.influencer(ctx, home.id, sealed_email=None, unit="Biro;=1+1", **bare).id
        People.third = factories.influencer(ctx, home.id, user_id=People.holder.user_id, **bare).id
        factories.influencer(ctx, home.id, active=False, **bare)
    return People


def _code(invited):
    return parse_qs(urlsplit(invited.address).query)["kode"][0]


def _invite(acting, people, influencer_id=None, **how):
    with acting(people.manager) as ctx:
        return _code(invitations.invite(ctx, influencer_id or people.first, **how))


def test_two_managers_at_once_invite_everybody_once(acting, people, sign_up):
    """The second waits for the first, and finds that nobody is left to be invited."""
    other = sign_up("manajer-lain", Role.MANAGER)

    def invite(manager):
        with acting(manager) as ctx:
            return len(invitations.invite_all(ctx, "komdigi"))

    with ThreadPoolExecutor(1) as pool:
        with acting(people.manager) as ctx:
            first = invitations.invite_all(ctx, "komdigi")
            second = pool.submit(invite, other)
            with pytest.raises(TimeoutError):
                second.result(0.2)
        assert (len(first), second.result(10)) == (2, 0)


def test_the_database_keeps_no_code(acting, people):
    """Neither the invitation, nor the message that will carry it, nor the record of the step holds the code."""
    code = _invite(acting, people, mail=True)
    assert re.fullmatch(r"[a-z2-7]{26}", code)
    with acting() as ctx:
        for table in Base.metadata.sorted_tables:
            for row in ctx.session.execute(select(table)):
                assert code not in str(tuple(row)), table.name


def test_whoever_was_invited_makes_their_own_account_once(acting, people):
    """The account has one role and no consent; the code, typed as it is read aloud, opens nothing a second time."""
    code = _invite(acting, people)
    with acting() as ctx:
        assert invitations.look(ctx, code).name == "=Contoh Satu"
        spoken = f" {code[:13].upper()}-{code[13:]} "
        user = invitations.join(ctx, spoken, "contoh.satu", PASSWORD)
        row = ctx.session.get(Influencer, people.first)
        assert (row.user_id, user.roles, row.consent_version) == (user.id, ["influencer"], None)
        assert ReasonKind.NO_CONSENT in {reason.kind for reason in influencers.profile_of(ctx, row).reasons}
    with acting() as ctx, pytest.raises(invitations.InvitationError):
        invitations.join(ctx, code, "contoh.dua", PASSWORD)


@pytest.mark.parametrize("how", ["late", "taken_back", "replaced", "left", "retired", "unknown", "nonsense"])
def test_a_code_that_does_not_stand_opens_nothing(acting, people, clock, how):
    """Too old, taken back, replaced, of somebody who left, or made up: one sentence for all, and no account."""
    code = _invite(acting, people)
    if how == "late":
        clock.forward(hours=14 * 24)
    elif how == "replaced":
        _invite(acting, people)
    elif how == "taken_back":
        with acting(people.manager) as ctx:
            invitations.take_back(ctx, people.first)
    elif how in {"left", "retired"}:
        with acting() as ctx:
            row = ctx.session.get(Influencer, people.first)
            row.left_at, row.active = (ctx.now, True) if how == "left" else (None, False)
    else:
        code = "a" * 26 if how == "unknown" else "' OR 1=1"
    with acting() as ctx:
        for open_it in (lambda: invitations.look(ctx, code), lambda: invitations.join(ctx, code, "baru", PASSWORD)):
            with pytest.raises(invitations.InvitationError):
                open_it()
        assert ctx.session.scalars(select(User).where(User.name == "baru")).one_or_none() is None


def test_a_name_or_password_that_does_not_do_leaves_the_code_as_it_was(acting, people):
    """A taken name and a short password are refused, and the code works afterwards."""
    code = _invite(acting, people)
    with acting() as ctx, pytest.raises(ConflictError):
        invitations.join(ctx, code, "lama", PASSWORD)
    with acting() as ctx, pytest.raises(InvalidInputError):
        invitations.join(ctx, code, "contoh.satu", "pendek")
    with acting() as ctx:
        assert invitations.join(ctx, code, "contoh.satu", PASSWORD).name == "contoh.satu"


def test_managers_invite_whoever_has_no_account(acting, people):
    """Others than managers may not; somebody with an account, and somebody unknown, cannot be invited."""
    with acting(people.holder) as ctx, pytest.raises(ForbiddenError):
        invitations.invite(ctx, people.first)
    with acting(people.manager) as ctx:
        with pytest.raises(invitations.HasAccountError):
            invitations.invite(ctx, people.third)
        with pytest.raises(NotFoundError):
            invitations.invite(ctx, 999_999)


def test_a_ministry_is_invited_at_once_and_nobody_twice(acting, people):
    """Everybody in service without an account gets one invitation; asked again, nobody is left; one audit row says so."""
    with acting(people.manager) as ctx:
        assert invitations.count_invitable(ctx, "komdigi") == 2
        invited = invitations.invite_all(ctx, "komdigi", mail=True)
        assert [each.person.id for each in invited] == [people.first, people.second]
        assert [each.mailed for each in invited] == [True, False]
        assert invitations.invite_all(ctx, "komdigi") == []
        rows = list(csv.DictReader(io.StringIO(invitations.as_csv(invited))))
    # A semicolon parts cells too where the comma is the decimal sign.
    assert (rows[0]["name"], rows[1]["unit"]) == ("'=Contoh Satu", "Biro;'=1+1")
    assert rows[1]["address"].startswith("http://testserver/gabung?kode=")
    with acting() as ctx:
        (step,) = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "influencer.invite_all"))
        assert json.loads(step.detail) == {"n": 2, "mailed": 1}


def test_the_message_carries_the_address_while_it_stands(service, acting, people):
    """One message with the address; of an invitation that was used before it left nothing is sent."""
    box = Mailbox()
    server = listening(box)
    server.start()
    try:
        settings = service.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{server.port}"})
        knowing = replace(service, settings=settings)
        code = _invite(acting, people, mail=True)
        for claimed in worker.claim(knowing):
            worker.send_one(knowing, claimed)
        (message,) = box.messages
        assert f"/gabung?kode={code}" in message.get_body(("plain",)).get_content()
        used = _invite(acting, people, mail=True)
        with acting() as ctx:
            invitations.join(ctx, used, "contoh.satu", PASSWORD)
        for claimed in worker.claim(knowing):
            worker.send_one(knowing, claimed)
        assert len(box.messages) == 1
    finally:
        server.stop()
    with acting() as ctx:
        states = ctx.session.scalars(select(Delivery.state).order_by(Delivery.id)).all()
    assert states == [DeliveryState.SENT, DeliveryState.WITHDRAWN]


def test_joining_on_the_phone(client, acting, people):
    """The page says for whom the code is, keeps what was typed, signs in, and leads to consent; no referrer is sent."""
    code = _invite(acting, people)
    assert client.get("/gabung").status_code == 200
    answer = client.get(f"/gabung?kode={code}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = BeautifulSoup(answer.text, "html.parser")
    assert "=Contoh Satu" in page.text
    form = {"csrf": page.find("input", attrs={"name": "csrf"})["value"], "kode": code, "account": "contoh.satu"}
    assert client.post("/gabung", data=form | {"csrf": "x"}).status_code == 403
    refused = client.post("/gabung", data=form | {"new": PASSWORD, "again": "lain"})
    assert refused.status_code == 422
    assert BeautifulSoup(refused.text, "html.parser").find("input", id="account")["value"] == "contoh.satu"
    done = client.post("/gabung", data=form | {"new": PASSWORD, "again": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/profil#persetujuan")
    profile = BeautifulSoup(client.get("/profil").text, "html.parser")
    assert profile.find("form", action="/profil/setuju")
    assert client.get(f"/gabung?kode={code}").status_code == 404


def test_inviting_in_the_console(client, service, acting, people):
    """The address stands in the one answer and on no page after it; a ministry's invitations come as a file."""
    manager = Browser(client, service, people.manager)
    home = f"/influencer/{people.first}"
    status, _, page = manager.post(f"{home}/undangan", surel="ya")
    assert status == 201
    assert "/gabung?kode=" in page.text
    _, page = manager.get(home)
    assert "/gabung?kode=" not in page.text
    assert page.find("form", action=f"{home}/undangan/tarik")
    assert manager.post(f"{home}/undangan/tarik")[0] == 303
    assert manager.post(f"{home}/undangan/tarik")[0] == 404
    _, page = manager.get("/influencer/kementerian/komdigi")
    assert page.find("form", action="/influencer/kementerian/komdigi/undangan")
    _, _, answer = manager.post("/influencer/kementerian/komdigi/undangan")
    assert answer.text.count("/gabung?kode=") == 2
    assert manager.post(f"/influencer/{people.third}/undangan")[0] == 409


def test_invitations_over_the_api(client, acting, people, key_for):
    """A manager's key invites; looking and joining need no key; a person's own export never names a code."""
    headers = key_for("manajer2", Role.MANAGER)
    made = client.post(f"/v1/influencers/{people.first}/invitation", headers=headers, json={})
    assert made.status_code == 201
    code = parse_qs(urlsplit(made.json()["address"]).query)["kode"][0]
    assert client.post("/v1/invitations/look", json={"code": code}).json()["ministry"] == "Kementerian komdigi"
    body = {"code": code, "account": "contoh.satu", "password": PASSWORD}
    joined = client.post("/v1/invitations/join", json=body)
    assert (joined.status_code, joined.json()["name"]) == (201, "contoh.satu")
    assert client.post("/v1/invitations/join", json=body | {"account": "lain.lagi"}).status_code == 404
    many = client.post("/v1/ministries/komdigi/invitations", headers=headers, json={"limit": 1}).json()
    assert [each["influencer_id"] for each in many] == [people.second]
    assert client.delete(f"/v1/influencers/{people.second}/invitation", headers=headers).status_code == 204
    with acting(replace(people.holder, user_id=joined.json()["id"])) as ctx:
        exported = influencers.export_own(ctx)
        assert exported["invitations"][0]["accepted_at"]
        assert code not in str(exported)
    with acting(replace(people.holder, user_id=joined.json()["id"])) as ctx:
        influencers.erase(ctx)
        assert ctx.session.scalars(select(Invitation).where(Invitation.influencer_id == people.first)).all() == []
