"""``/v1/claims``: the ordered queue, one claim whole, and a pasted text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import NewPost
from serving.desk.incoming.trends import Engagement
from serving.vocabulary import Category, ClaimState, Role
from tests import factories

FLOOD = "Bendungan Contoh Hulu jebol sore ini, air bah sedang menuju kota setinggi atap rumah"


@pytest.fixture
def headers(key_for):
    """A checker with a key."""
    return key_for("budi", Role.CHECKER)


@pytest.fixture
def get(client, headers):
    """Ask the API as that checker."""

    def do(path, **params):
        return client.get(f"/v1{path}", headers=headers, params=params)

    return do


@pytest.fixture
def make(service):
    """Make claims with the given figures."""

    def do(*rows):
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            return [factories.claim(ctx, **row).id for row in rows]

    return do


def test_pages_follow_priority_without_gap_or_double(get, make):
    """Three pages of two give five claims, most urgent first, ties by age."""
    made = make(*({"priority": p} for p in (1.0, 5.0, 3.0, 3.0, -2.5)))
    seen, after = [], None
    while True:
        page = get("/claims", limit=2, **({"after": after} if after else {})).json()
        seen += [claim["id"] for claim in page["claims"]]
        after = page["next_after"]
        if after is None:
            break
    assert seen == [made[1], made[2], made[3], made[0], made[4]]


def test_filters_narrow_and_combine(get, make):
    """State, category, band and words; without a state every open one."""
    flood, done, calm = make(
        {"category": Category.DISASTER, "wording": "Bendungan 50% jebol di hulu."},
        {"state": ClaimState.DISMISSED, "dismiss_reason": "opinion"},
        {"band": "clear", "wording": "Pasar pindah ke lapangan."},
    )

    def ids(**asked):
        return [claim["id"] for claim in get("/claims", **asked).json()["claims"]]

    assert set(ids()) == {flood, calm}
    assert ids(state="dismissed") == [done]
    assert set(ids(state=["dismissed", "queued"])) == {flood, done, calm}
    assert ids(category="bencana") == [flood]
    assert ids(band="clear") == [calm]
    assert ids(q="HULU bendungan") == [flood]
    assert ids(q="50%") == [flood]
    assert ids(q="%") == []  # a sign is no word, and no wildcard
    assert ids(band="clear", category="bencana") == []


def test_one_claim_is_told_whole_and_names_nobody(get, service, clock):
    """Posts, reasons, matches, spread and why it stands there; no address, no external id, no author."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        factories.clarification(ctx)
        posts = [
            NewPost(
                "x",
                f"rahasia-{i}",
                FLOOD,
                clock.now() - timedelta(minutes=20 * i),
                Engagement(views=100 * i),
                url=f"https://contoh.example/rahasia/{i}",
            )
            for i in range(4)
        ]
        number = take_in(ctx, machine_for(service.settings), posts).claim_ids[0]
    answer = get(f"/claims/{number}")
    claim = answer.json()
    assert [post["reach"] for post in claim["posts"]] == [300, 200, 100, 1]
    assert sum(point["n_posts"] for point in claim["spread"]) == 4
    assert claim["posts"][0]["has_link"] is True
    assert claim["deadline_kind"] == "seen"
    assert any("kiriman per jam" in reason for reason in claim["why_here"])
    assert "rahasia" not in answer.text


def test_a_pasted_text_makes_a_claim_once(client, headers):
    """201 with the claim; pasted again it is the same claim, counted once."""
    first = client.post("/v1/claims", headers=headers, json={"text": FLOOD})
    again = client.post("/v1/claims", headers=headers, json={"text": f"  {FLOOD.upper()} "})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert first.headers["location"] == f"/v1/claims/{first.json()['claim']['id']}"
    assert (again.json()["created"], again.json()["claim"]["n_posts"]) == (False, 1)
    assert again.json()["claim"]["id"] == first.json()["claim"]["id"]


def test_unfit_requests_are_refused(client, headers, get):
    """Bad text, bad filters, bad marks and unknown numbers are 4xx problems."""
    posts = [
        ({}, 422),
        ({"text": ""}, 422),
        ({"text": "   "}, 422),
        ({"text": "🔥🔥"}, 422),
        ({"text": "a\x00b"}, 422),
        ({"text": "x" * 20_001}, 422),
        ({"text": 5}, 422),
        ({"text": "air naik", "url": "ftp://contoh.example"}, 422),
        ({"text": "air naik", "author": "x"}, 422),
    ]
    answers = [client.post("/v1/claims", headers=headers, json=body) for body, _ in posts]
    assert [answer.status_code for answer in answers] == [status for _, status in posts]
    asked = [
        ({"limit": 0}, 422),
        ({"limit": 101}, 422),
        ({"state": "x"}, 422),
        ({"category": "x"}, 422),
        ({"band": "x"}, 422),
        ({"after": "x"}, 422),
        ({"after": "nan_1"}, 422),
        ({"after": "0x1p+9999_1"}, 422),
        ({"after": "0x1p+1_99999999999999999999"}, 422),
        ({"q": "a\x01b"}, 422),
    ]
    assert [get("/claims", **params).status_code for params, _ in asked] == [status for _, status in asked]
    paths = {"/claims/999999": 404, "/claims/0": 422, "/claims/99999999999999999999": 422, "/claims/x": 422}
    assert {path: get(path).status_code for path in paths} == paths


def test_who_may_read_and_who_may_paste(client, key_for, make):
    """Influencers see no queue; an approver reads but does not paste."""
    [number] = make({})
    influencer, approver = key_for("asn", Role.INFLUENCER), key_for("wati", Role.APPROVER)
    assert client.get("/v1/claims", headers=influencer).status_code == 403
    assert client.get(f"/v1/claims/{number}", headers=influencer).status_code == 403
    assert client.get(f"/v1/claims/{number}", headers=approver).status_code == 200
    assert client.post("/v1/claims", headers=approver, json={"text": FLOOD}).status_code == 403
    assert client.post(f"/v1/claims/{number}/rematch", headers=approver).status_code == 403


def test_asking_the_library_again(client, headers, make):
    """A checker may have a claim matched again; an unknown one is not found."""
    [number] = make({})
    assert client.post(f"/v1/claims/{number}/rematch", headers=headers).json() == {"suggested": 0}
    assert client.post("/v1/claims/999999/rematch", headers=headers).status_code == 404
