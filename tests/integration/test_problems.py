"""What the database refuses, and what a race leaves, is an answer and never a fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from serving.desk.people import accounts
from serving.vocabulary import Role
from tests.conftest import PASSWORD


def test_two_who_take_one_name_at_once_get_one_account_and_one_409(client, key_for):
    """Whoever comes second is told so, whether the rule or the database noticed."""
    admin = key_for("admin", Role.ADMIN)
    body = {"name": "siti", "password": PASSWORD, "roles": ["checker"]}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: client.post("/v1/users", json=body, headers=admin), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (IntegrityError("INSERT", {}, Exception("unique")), 409, "conflict"),
        (OperationalError("SELECT", {}, Exception("away")), 503, "unavailable"),
        (RuntimeError("nobody foresaw this"), 500, "error"),
    ],
    ids=["refused", "away", "fault"],
)
def test_what_the_database_says_becomes_a_problem(client, key_for, monkeypatch, error, status, title):
    """Each with its status, one sentence, the request's number, and nothing of the inside."""

    def fails(*_args):
        raise error

    headers = key_for("budi", Role.CHECKER)
    monkeypatch.setattr(accounts, "keys", fails)
    answer = client.get("/v1/me/keys", headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (status, title)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "nobody foresaw" not in answer.text
    assert "INSERT" not in answer.text


def test_a_refused_step_leaves_nothing_behind(client, key_for, monkeypatch):
    """A fault after a change undoes the change: no row, and no audit row."""
    headers = key_for("budi", Role.CHECKER)
    before = client.get("/v1/me/keys", headers=headers).json()

    def fails(*_args):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(accounts, "keys", fails)
        assert client.post("/v1/me/keys", json={"label": "a"}, headers=headers).status_code == 500
    assert client.get("/v1/me/keys", headers=headers).json() == before


def test_each_misfit_is_named_with_where_and_why(client, key_for):
    """Fields that do not fit are listed, at most fifty, and what was sent is not sent back at length."""
    body = {f"x{n}": 1 for n in range(200)} | {"label": "", "days": "banyak"}
    answer = client.post("/v1/me/keys", json=body, headers=key_for("budi", Role.CHECKER))
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert len(errors) == 50
    assert {"body/label", "body/days"} <= {error["where"] for error in errors}
    assert all(error["why"] and len(error["why"]) <= 200 for error in errors)


def test_a_misfit_is_told_in_the_readers_language(client, key_for):
    """One language a sentence: pydantic's English stands in no Indonesian one."""
    headers = key_for("budi", Role.CHECKER)
    answer = client.post("/v1/me/keys", json={"label": 1, "days": "banyak", "x": 1}, headers=headers).json()
    said = {error["where"]: error["why"] for error in answer["errors"]}
    assert said["body/label"] == "harus berupa teks"
    assert said["body/days"] == "harus bilangan bulat"
    assert said["body/x"] == "tidak dikenal di sini"
    assert answer["detail"].startswith("Isian tidak cocok: body/label: harus berupa teks")
    english = client.post("/v1/me/keys", json={"label": 1}, headers=headers | {"accept-language": "en"}).json()
    assert english["detail"] == "The input does not fit: body/label: must be text"
