"""Accounts, sign-in, sessions and keys, at both doors and on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from serving.db.tables import AuditRow
from serving.deps import context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.people import accounts, staff
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotSignedInError
from serving.vocabulary import Role
from tests.conftest import PASSWORD
from tests.web.browsing import send, sign_in, soup

NEW = "obor-yang-baru-2"


def _actions(service):
    from serving.db import audit as rows

    with service.database.read() as session:
        return [row.action for row in rows.recent(session)][::-1]


def _as(service, actor, step):
    with service.database.write() as session:
        return step(context_for(service, session, actor))


# ---- one's own account -------------------------------------------------------------------------------------------


def test_no_password_and_no_key_is_kept_in_the_clear(service, sign_up):
    """The database holds an argon2id hash and a SHA-256, nothing that signs anybody in."""
    actor = sign_up("budi", Role.CHECKER)

    def read(ctx):
        user = accounts.people.user(ctx.session, actor.user_id)
        key = accounts.create_key(ctx, user, "uji").key
        return user.password_hash, key, accounts.keys(ctx, user.id)[0].key_hash

    password_hash, key, key_hash = _as(service, actor, read)
    assert password_hash.startswith("$argon2id$")
    assert PASSWORD not in password_hash
    assert key.removeprefix("suluh_") not in key_hash


@pytest.mark.parametrize("name", ["", "B", "budi santoso", "1budi", "budi\n", "x" * 65, "bud\x00i", "búdi"])
def test_an_unusable_name_is_refused(service, name):
    """Lower-case letters, digits, dots, dashes; nothing that could be mistaken for another."""
    with pytest.raises(InvalidInputError):
        _as(service, SERVICE, lambda ctx: accounts.create_user(ctx, name, PASSWORD, [Role.CHECKER]))


@pytest.mark.parametrize("password", ["", "pendek", "x" * 1_001])
def test_a_password_too_short_or_too_long_is_refused(service, password):
    """Between ten and a thousand characters."""
    with pytest.raises(InvalidInputError):
        _as(service, SERVICE, lambda ctx: accounts.create_user(ctx, "budi", password, [Role.CHECKER]))


def test_signing_in_is_recorded_and_signing_in_wrongly_writes_nothing(client, service, sign_up):
    """One audit row for who came in; a wrong guess takes no writing transaction."""
    sign_up("budi", Role.CHECKER)
    assert sign_in(client, "budi", "bukan-ini-kok").status_code == 401
    assert sign_in(client, "budi").status_code == 303
    assert _actions(service) == ["user.create", "user.sign_in"]


def test_changing_ones_password_ends_every_other_session(client, service, sign_up):
    """This browser goes on; the other one, and the old password, do not."""
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    elsewhere = dict(client.cookies)
    fields = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert send(client, "/akun/sandi", "/akun", **fields).status_code == 303
    assert client.get("/akun", follow_redirects=False).status_code == 200
    client.cookies.clear()
    client.cookies.update(elsewhere)
    assert client.get("/akun", follow_redirects=False).status_code == 303
    client.cookies.clear()
    assert sign_in(client, "budi").status_code == 401
    assert sign_in(client, "budi", NEW).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"current": "bukan-yang-benar", "new": NEW, "again": NEW},
        {"current": PASSWORD, "new": NEW, "again": "lain-sama-sekali"},
        {"current": PASSWORD, "new": "pendek", "again": "pendek"},
        {},
    ],
    ids=["wrong present one", "two different", "too short", "nothing"],
)
def test_a_refused_change_of_password_changes_nothing(client, service, sign_up, fields):
    """422, the page again with its reason, and the old password still stands."""
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    answer = send(client, "/akun/sandi", "/akun", **fields)
    assert answer.status_code == 422
    assert soup(answer).select_one(".notice.stop")
    assert "user.password" not in _actions(service)


def test_signing_out_everywhere_ends_every_session(client, sign_up):
    """Also the one that asked for it."""
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    kept = dict(client.cookies)
    assert send(client, "/akun/keluar-semua", "/akun").status_code == 303
    client.cookies.update(kept)
    assert client.get("/akun", follow_redirects=False).status_code == 303


# ---- keys --------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_works_until_withdrawn(client, sign_up):
    """The page that made it shows it; no later page does; withdrawn, it is 401 from the next request on."""
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    made = send(client, "/akun/kunci", "/akun", label="laporan <b>", days=7)
    assert made.status_code == 201
    key = soup(made).select_one("code.secret").get_text()
    assert key not in client.get("/akun").text
    headers = {"authorization": f"Bearer {key}"}
    me = client.get("/v1/me", headers=headers)
    assert (me.json()["name"], me.json()["roles"]) == ("budi", ["checker"])
    number = client.get("/v1/me/keys", headers=headers).json()["keys"][0]["id"]
    assert send(client, f"/akun/kunci/{number}/cabut", "/akun").status_code == 303
    assert client.get("/v1/me", headers=headers).status_code == 401


def test_a_key_stops_on_its_day(client, clock, key_for):
    """An expired key is 401, as an unknown one is."""
    headers = key_for("budi", Role.CHECKER)
    assert client.get("/v1/me", headers=headers).status_code == 200
    clock.forward(days=91)
    assert client.get("/v1/me", headers=headers).status_code == 401


def test_nobody_withdraws_anothers_key(client, key_for):
    """Another's key is not there at all."""
    budi, siti = key_for("budi", Role.CHECKER), key_for("siti", Role.CHECKER)
    number = client.get("/v1/me/keys", headers=budi).json()["keys"][0]["id"]
    assert client.delete(f"/v1/me/keys/{number}", headers=siti).status_code == 404
    assert client.delete(f"/v1/me/keys/{number}", headers=budi).status_code == 204
    assert client.get("/v1/me", headers=budi).status_code == 401


def test_the_api_makes_keys_and_changes_passwords_too(client, key_for):
    """Whatever the account page does can be done with a key."""
    headers = key_for("budi", Role.CHECKER)
    made = client.post("/v1/me/keys", json={"label": "kedua", "days": 1}, headers=headers)
    assert made.status_code == 201
    second = {"authorization": f"Bearer {made.json()['key']}"}
    body = {"current": PASSWORD, "new": NEW}
    assert client.put("/v1/me/password", json=body, headers=second).status_code == 204
    assert client.put("/v1/me/password", json=body, headers=second).json()["title"] == "wrong-password"
    assert client.delete("/v1/me/sessions", headers=second).status_code == 204
    assert sign_in(client, "budi", NEW).status_code == 303


# ---- other people's accounts --------------------------------------------------------------------------------------


def test_when_a_break_is_suggested_is_chosen_by_oneself_through_both_doors(client, service, key_for):
    """As the desk does, after other minutes, or never; outside 15 to 180 nothing changes, and no record says what."""
    headers = key_for("budi", Role.CHECKER)

    def chosen():
        return client.get("/v1/me/rest", headers=headers).json()

    assert chosen() == {"after_min": 50, "own_min": None}
    for given, shown in ((20, 20), (0, 0), (None, 50)):
        answer = client.put("/v1/me/rest", json={"after_min": given}, headers=headers)
        assert answer.json() == {"after_min": shown, "own_min": given}
    sign_in(client, "budi")
    for fields, own in (({"menit": "45"}, 45), ({"menit": "45", "mati": "ya"}, 0), ({"menit": ""}, None)):
        assert send(client, "/akun/istirahat", "/akun", **fields).status_code == 303
        assert chosen()["own_min"] == own
    assert client.put("/v1/me/rest", json={"after_min": 14}, headers=headers).status_code == 422
    assert send(client, "/akun/istirahat", "/akun", menit="181").status_code == 422
    assert chosen()["own_min"] is None
    with service.database.read() as session:
        said = session.scalars(select(AuditRow.detail).where(AuditRow.action == "user.rest")).all()
    assert said == ["{}"] * 6


def test_only_an_admin_manages_accounts(client, key_for):
    """Every other role is 403 at each operation, and nothing is changed."""
    admin = key_for("admin", Role.ADMIN)
    user = {"name": "baru", "password": PASSWORD, "roles": ["checker"]}
    for role in set(Role) - {Role.ADMIN}:
        other = key_for(f"orang-{role}", role)
        answers = [
            client.get("/v1/users", headers=other),
            client.get("/v1/users/1", headers=other),
            client.post("/v1/users", json=user, headers=other),
            client.patch("/v1/users/1", json={"active": False}, headers=other),
            client.put("/v1/users/1/password", json={"password": NEW}, headers=other),
        ]
        assert {answer.status_code for answer in answers} == {403}, role
    assert client.get("/v1/users?starts=baru", headers=admin).json()["users"] == []


def test_an_admin_makes_an_account_that_can_be_used(client, key_for):
    """Created over the API, it signs in at the console."""
    admin = key_for("admin", Role.ADMIN)
    body = {"name": "siti", "password": PASSWORD, "roles": ["approver", "checker"], "display_name": "Contoh Siti"}
    made = client.post("/v1/users", json=body, headers=admin)
    assert made.status_code == 201
    assert "password" not in made.text
    assert client.post("/v1/users", json=body, headers=admin).status_code == 409
    assert sign_in(client, "siti").headers["location"] == "/antrean"


def test_a_closed_account_is_out_at_once(client, key_for, sign_up):
    """Its session ends, its keys stop, and it cannot sign in; opened again, it can."""
    admin, siti = key_for("admin", Role.ADMIN), key_for("siti", Role.CHECKER)
    number = client.get("/v1/me", headers=siti).json()["id"]
    sign_in(client, "siti")
    assert client.patch(f"/v1/users/{number}", json={"active": False}, headers=admin).status_code == 200
    assert client.get("/akun", follow_redirects=False).status_code == 303
    assert client.get("/v1/me", headers=siti).status_code == 401
    assert sign_in(client, "siti").status_code == 401
    assert client.patch(f"/v1/users/{number}", json={"active": True}, headers=admin).json()["active"]
    assert client.get("/v1/me", headers=siti).status_code == 200
    assert sign_in(client, "siti").status_code == 303


def test_the_last_admin_stays(client, key_for):
    """Nobody takes away the role that could give it back; once there is a second, the first may go."""
    admin = key_for("admin", Role.ADMIN)
    me = client.get("/v1/me", headers=admin).json()["id"]
    for change in ({"roles": ["checker"]}, {"active": False}):
        refused = client.patch(f"/v1/users/{me}", json=change, headers=admin)
        assert (refused.status_code, refused.json()["title"]) == (409, "last-admin")
    key_for("admin2", Role.ADMIN)
    assert client.patch(f"/v1/users/{me}", json={"roles": ["checker"]}, headers=admin).status_code == 200
    assert client.get("/v1/users", headers=admin).status_code == 403


def test_two_admins_cannot_remove_each_other_at_once(service, sign_up):
    """Both try at the same moment; one of them is left."""
    first, second = sign_up("admin1", Role.ADMIN), sign_up("admin2", Role.ADMIN)

    def remove(pair):
        actor, other = pair
        try:
            _as(service, actor, lambda ctx: staff.set_roles(ctx, other.user_id, [Role.CHECKER]))
        except (ConflictError, ForbiddenError):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(remove, [(first, second), (second, first)]))
    assert done.count(True) == 1


def test_a_change_of_nothing_is_refused_and_a_half_change_is_undone(client, key_for):
    """An empty change is 422; where one part of a change is refused, the other is not kept."""
    admin = key_for("admin", Role.ADMIN)
    me = client.get("/v1/me", headers=admin).json()
    assert client.patch(f"/v1/users/{me['id']}", json={}, headers=admin).status_code == 422
    body = {"display_name": "Nama Lain", "active": False}
    assert client.patch(f"/v1/users/{me['id']}", json=body, headers=admin).status_code == 409
    assert client.get("/v1/me", headers=admin).json() == me


def test_accounts_come_in_pages(client, key_for, sign_up):
    """Every account once, in order, whatever the page's size; a prefix is text and no pattern."""
    admin = key_for("admin", Role.ADMIN)
    names = [f"orang.{n}" for n in range(5)]
    for name in names:
        sign_up(name, Role.CHECKER)
    seen, after = [], ""
    while after is not None:
        page = client.get("/v1/users", params={"limit": 2, "starts": "orang.", "after": after}, headers=admin).json()
        seen += [user["name"] for user in page["users"]]
        after = page["after"]
    assert seen == names
    assert client.get("/v1/users", params={"starts": "%"}, headers=admin).json()["users"] == []


def test_a_refused_account_keeps_what_was_typed(client, sign_up):
    """The form comes back with its reason, its name and its roles, and without the password."""
    sign_up("admin", Role.ADMIN)
    sign_in(client, "admin")
    fields = {"name": "Salah Nama", "display_name": "Contoh", "password": PASSWORD, "roles": ["checker", "approver"]}
    answer = send(client, "/admin/akun", "/admin/akun", **fields)
    page = soup(answer)
    assert answer.status_code == 422
    assert page.select_one("#name")["value"] == "Salah Nama"
    assert {box["value"] for box in page.select("input[name=roles][checked]")} == {"checker", "approver"}
    assert PASSWORD not in answer.text


def test_every_step_of_an_admin_is_on_record(client, service, sign_up):
    """Create, roles, name, password, close, open: one row each, chained, and none where nothing changed."""
    sign_up("admin", Role.ADMIN)
    sign_in(client, "admin")
    made = send(client, "/admin/akun", "/admin/akun", name="siti", password=PASSWORD, roles=["checker"])
    page = made.headers["location"]
    for path, fields in (
        ("peran", {"roles": ["approver"]}),
        ("peran", {"roles": ["approver"]}),
        ("nama", {"display_name": "Contoh Siti"}),
        ("sandi", {"password": NEW}),
        ("tutup", {}),
        ("buka", {}),
    ):
        assert send(client, f"{page}/{path}", page, **fields).status_code == 303
    steps = ["user.create", "user.roles", "user.rename", "user.password", "user.close", "user.open"]
    assert _actions(service) == ["user.create", "user.sign_in", *steps]
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact


def test_the_record_is_read_in_pages_and_checked_over_the_api(client, key_for):
    """Newest first, with who did it; engineers may read it, others not."""
    engineer = key_for("insinyur", Role.ENGINEER)
    key_for("budi", Role.CHECKER)
    first = client.get("/v1/audit", params={"limit": 3}, headers=engineer).json()
    rest = client.get("/v1/audit", params={"before": first["before"]}, headers=engineer).json()
    numbers = [row["seq"] for row in first["steps"] + rest["steps"]]
    assert numbers == list(range(len(numbers), 0, -1))
    only = client.get("/v1/audit", params={"entity": "key"}, headers=engineer).json()["steps"]
    assert {row["entity"] for row in only} == {"key"}
    assert client.get("/v1/audit/verify", headers=engineer).json() == {
        "intact": True,
        "n_rows": len(numbers),
        "breaks": [],
    }
    assert client.get("/v1/audit", headers=key_for("siti", Role.CHECKER)).status_code == 403


def test_an_account_closed_between_password_and_record_does_not_come_in(service, sign_up):
    """The second look, in the writing transaction, decides."""
    admin, siti = sign_up("admin", Role.ADMIN), sign_up("siti", Role.CHECKER)
    _as(service, admin, lambda ctx: staff.set_active(ctx, siti.user_id, active=False))
    with pytest.raises(NotSignedInError):
        _as(service, siti, accounts.record_sign_in)
