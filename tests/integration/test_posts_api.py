"""``POST /v1/posts``: good rows wait in the inbox, bad ones are named, and a repeated request is answered once."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import func, select

from serving.db.tables import AuditRow, IdempotentAnswer, InboxRow
from serving.vocabulary import Role

PROBLEM = "application/problem+json"


def _row(number, **over):
    return {
        "source": "x",
        "external_id": f"p-{number}",
        "text": "Bendungan contoh jebol sore ini",
        "posted_at": "2026-03-02T02:00:00Z",
    } | over


@pytest.fixture
def headers(key_for):
    """A checker with a key."""
    return key_for("budi", Role.CHECKER)


@pytest.fixture
def push(client, headers):
    """Send a body as it is."""

    def do(body, kind="application/json", **more):
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return client.post("/v1/posts", content=data, headers={**headers, "content-type": kind, **more})

    return do


@pytest.fixture
def n_waiting(service):
    """Count what waits in the inbox."""

    def count():
        with service.database.read() as session:
            return session.scalar(select(func.count(InboxRow.id)))

    return count


def test_a_batch_is_accepted_and_waits(push, client, headers, n_waiting):
    """202 with a batch whose waiting posts can be asked for."""
    answer = push({"posts": [_row(1), _row(2)]})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["n_rejected"], n_waiting()) == (2, 0, 2)
    state = client.get(f"/v1/posts/batches/{body['batch']}", headers=headers)
    assert state.json() == {"batch": body["batch"], "waiting": 2}


def test_good_lines_go_in_and_bad_ones_are_named(push, n_waiting):
    """In NDJSON each line stands alone: number and reason for what is bad, blank lines do not count."""
    lines = [
        json.dumps(_row(1)),
        "{broken",
        "",
        json.dumps(_row(2, author="seseorang")),
        json.dumps(_row(3, posted_at="2031-01-01T00:00:00Z")),
        "[" * 100_000,
        '{"source": NaN}',
        json.dumps(_row(4, text="dua\u2028baris")),
    ]
    answer = push("\n".join(lines), "application/x-ndjson")
    assert answer.status_code == 202
    assert (answer.json()["accepted"], n_waiting()) == (2, 2)
    assert [row["line"] for row in answer.json()["rejected"]] == [2, 4, 5, 6, 7]
    reasons = [row["reason"] for row in answer.json()["rejected"]]
    assert "penulis" in reasons[1]
    assert "masa depan" in reasons[2]


UNFIT = {
    "author": ({"posts": [_row(1, author="a")]}, "application/json", 422),
    "none": ({"posts": []}, "application/json", 422),
    "no list": ({"posts": {}}, "application/json", 422),
    "unknown field": ({"posts": [_row(1)], "lagi": 1}, "application/json", 422),
    "bare list": ([_row(1)], "application/json", 422),
    "empty": (b"", "application/json", 400),
    "broken": (b"{", "application/json", 400),
    "NaN": (b'{"posts": [NaN]}', "application/json", 400),
    "deep": (b'{"posts": ' + b"[" * 200_000, "application/json", 400),
    "long number": (b'{"posts": [' + b"9" * 5_000 + b"]}", "application/json", 400),
    "not UTF-8": (b"\xff\xfe{}", "application/json", 400),
    "csv": ({"posts": [_row(1)]}, "text/csv", 415),
    "no type": ({"posts": [_row(1)]}, "", 415),
    "no lines": (b"", "application/x-ndjson", 422),
    "long text": ({"posts": [_row(1, text="x" * 20_001)]}, "application/json", 422),
    "NUL": ({"posts": [_row(1, text="\x00")]}, "application/json", 422),
    "huge count": ({"posts": [_row(1, engagement={"likes": 10**40})]}, "application/json", 422),
    "too many": ({"posts": [_row(n) for n in range(5_001)]}, "application/json", 413),
    "too large": (b" " * 6_000_000, "application/json", 413),
}


def test_what_cannot_be_taken_is_a_problem_and_leaves_nothing(push, n_waiting):
    """A clear 4xx for each, in problem+json with a sentence, and nothing half-written."""
    answers = {name: push(body, kind) for name, (body, kind, _) in UNFIT.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: status for name, (_, _, status) in UNFIT.items()
    }
    assert {answer.headers["content-type"] for answer in answers.values()} == {PROBLEM}
    assert all(answer.json()["detail"] for answer in answers.values())
    assert n_waiting() == 0


def test_the_same_key_and_body_are_answered_the_same_once(push, n_waiting):
    """A retry after a lost answer is safe."""
    first = push({"posts": [_row(1)]}, **{"idempotency-key": "k-1"})
    again = push({"posts": [_row(1)]}, **{"idempotency-key": "k-1"})
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert n_waiting() == 1


def test_the_same_key_with_another_body_is_refused(push, n_waiting):
    """A key stands for one request."""
    push({"posts": [_row(1)]}, **{"idempotency-key": "k-1"})
    answer = push({"posts": [_row(2)]}, **{"idempotency-key": "k-1"})
    assert (answer.status_code, answer.json()["title"]) == (409, "idempotency-key-reused")
    assert n_waiting() == 1


def test_a_refused_request_does_not_use_its_key_up(push, n_waiting):
    """What was refused as a whole may be corrected and sent under the same key."""
    assert push({"posts": [{}]}, **{"idempotency-key": "k-1"}).status_code == 422
    assert push({"posts": [_row(1)]}, **{"idempotency-key": "k-1"}).status_code == 202
    assert n_waiting() == 1


def test_an_unfit_key_is_refused(push):
    """A key is 1 to 255 printable characters."""
    for key in ("x" * 256, "a b", "\x7f"):
        assert push({"posts": [_row(1)]}, **{"idempotency-key": key}).status_code == 422


def test_two_at_once_under_one_key_count_once(push, n_waiting, service):
    """A race of the same request is one batch and one kept answer."""
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(push({"posts": [_row(1)]}, **{"idempotency-key": "k-9"})))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["batch"] for answer in answers}) == 1
    assert n_waiting() == 1
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 1


def test_only_some_may_push(client, key_for):
    """Checker, engineer and admin push; others are told who may, and nobody goes without a key."""
    others = key_for("lain", Role.INFLUENCER, Role.MANAGER, Role.APPROVER)
    assert client.post("/v1/posts", json={"posts": [_row(1)]}, headers=others).status_code == 403
    assert client.post("/v1/posts", json={"posts": [_row(1)]}).status_code == 401


def test_an_unknown_batch_is_not_found(client, headers):
    """A name that no request was given is no batch."""
    for batch in ("x", "0" * 32, "é" * 32, "f" * 33):
        assert client.get(f"/v1/posts/batches/{batch}", headers=headers).status_code == 404


def test_pushing_is_in_the_audit_without_any_text(push, service):
    """One row a batch, with counts only."""
    push({"posts": [_row(1)]})
    with service.database.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "posts.push")).one()
    assert "Bendungan" not in row.detail


def test_the_answer_names_no_author_and_the_document_describes_the_row(client):
    """The body of the request is described in full, and no schema of it has an author."""
    document = client.get("/v1/openapi.json").json()
    content = document["paths"]["/v1/posts"]["post"]["requestBody"]["content"]
    assert "application/x-ndjson" in content
    row = content["application/json"]["schema"]["properties"]["posts"]["items"]
    assert set(row["properties"]) == {"source", "external_id", "text", "posted_at", "engagement", "media", "url"}


def test_an_empty_batch_is_told_so(client, key_for):
    """No rows: one sentence about that, and no dash where a row would stand."""
    answer = client.post("/v1/posts", json={"posts": []}, headers=key_for("mesin", Role.CHECKER))
    assert (answer.status_code, answer.json()["title"]) == (422, "nothing-accepted")
    assert "sedikitnya satu" in answer.json()["detail"]


def test_where_every_row_is_bad_each_is_named(client, key_for):
    """All rows with their reasons in the reader's language, the first also in the sentence."""
    rows = [{"source": "x"}, "kata", {"source": "x", "external_id": "1", "text": "a", "posted_at": "kemarin"}]
    headers = key_for("mesin", Role.CHECKER)
    answer = client.post("/v1/posts", json={"posts": rows}, headers=headers)
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == ["line/1", "line/2", "line/3"]
    assert answer.json()["errors"][0]["why"] == "external_id: wajib ada"
    english = client.post("/v1/posts", json={"posts": rows}, headers=headers | {"accept-language": "en"}).json()
    assert english["errors"][2]["why"].startswith("posted_at: must be a time")
    assert "row 1: external_id: is needed" in english["detail"]
