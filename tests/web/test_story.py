"""The whole story over HTTP, through personal keys: from what people share to a correction in somebody's hands."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.db import people as accounts_rows
from serving.deps import Service, context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.outreach import routing
from serving.desk.people import accounts
from tests.conftest import PASSWORD
from tests.web import story


class Person:
    """Somebody with a personal key."""

    def __init__(self, client: TestClient, service: Service, name: str) -> None:
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            user = accounts_rows.user_by_name(session, name)
            assert user is not None
            self.key = accounts.create_key(ctx, user, "cerita").key
        self.client = client

    def ask(self, method: str, path: str, expected: int, body: object = None) -> Any:
        """Send one request and give its answer's body; fail where the status is another."""
        answer = self.client.request(method, f"/v1{path}", json=body, headers={"Authorization": f"Bearer {self.key}"})
        assert answer.status_code == expected, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        if expected >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        is_json = answer.content and answer.headers.get("content-type", "").endswith("json")
        return answer.json() if is_json else answer.content

    def get(self, path: str, expected: int = 200) -> Any:
        return self.ask("GET", path, expected)

    def post(self, path: str, body: object = None, expected: int = 200) -> Any:
        return self.ask("POST", path, expected, body)


@pytest.fixture
def named(client: TestClient, service: Service):
    """Everybody of the story, by name."""
    made = story.people(service, PASSWORD)
    return {name: Person(client, service, name) for name in made}


def _publish(named: dict[str, Person], claim_id: int) -> dict[str, Any]:
    """Take a claim from the queue to a published clarification through two people."""
    checker, approver = named["pemeriksa"], named["penyetuju"]
    assert checker.post(f"/claims/{claim_id}/take")["state"] == "claimed"
    draft = {
        "version": 0,
        "gates": story.GATES,
        "verdict": "salah",
        "category": "penipuan",
        "political": False,
        "title": story.TITLE,
        "body": story.BODY,
        "topic": "keamanan_digital",
    }
    checker.post(f"/claims/{claim_id}/evidence", story.SOURCES[0], 201)
    checker.ask("PUT", f"/claims/{claim_id}/draft", 200, draft)
    refused = checker.post(f"/claims/{claim_id}/submit", expected=409)  # one source, the agency's own
    assert refused["title"] != "illegal-step"
    checker.post(f"/claims/{claim_id}/evidence", story.SOURCES[1], 201)
    assert checker.post(f"/claims/{claim_id}/submit")["state"] == "awaiting_approval"
    answer = {"political": False, "version": approver.get(f"/claims/{claim_id}/draft")["version"]}
    checker.post(f"/claims/{claim_id}/approve", answer, 403)
    approver.post(f"/claims/{claim_id}/reveal", {"impression": "salah", "version": answer["version"]})
    return approver.post(f"/claims/{claim_id}/approve", answer)


def test_the_whole_story(client, service, clock, named):
    """400 posts become claims; one is decided by two people, carried by eligible people, retracted and corrected."""
    posts = story.sample_posts()
    engineer, checker, manager = named["insinyur"], named["pemeriksa"], named["manajer"]

    pushed = engineer.post("/posts", {"posts": story.as_rows(posts, service)}, 202)
    assert (pushed["accepted"], pushed["n_rejected"]) == (len(posts), 0)
    story.take_everything_in(service)
    assert engineer.get(f"/posts/batches/{pushed['batch']}")["waiting"] == 0

    queue = checker.get("/claims?limit=100")["claims"]
    total = sum(claim["n_posts"] for claim in queue)
    assert len(queue) < len(posts) / 2
    assert {claim["state"] for claim in queue} == {"queued"}
    assert total <= len(posts)

    top = max((claim for claim in queue if claim["band"] != "clear"), key=lambda claim: claim["posts_per_hour"])
    claim = checker.get(f"/claims/{top['id']}")
    assert claim["band"] in {"look", "abstain"}
    assert claim["model"]
    assert sum(quarter["n_posts"] for quarter in claim["spread"]) == claim["n_posts"]
    assert "author" not in json.dumps(claim)

    published = _publish(named, top["id"])
    page = client.get(f"/klarifikasi/{published['slug']}")
    assert page.status_code == 200
    assert '"ClaimReview"' in page.text

    clock.forward(minutes=5)
    campaign = manager.post(
        "/campaigns",
        {
            "clarification_id": published["clarification_id"],
            "topic": "keamanan_digital",
            "ministries": ["komdigi"],
            "regions": [],
            "target_reach": 100_000,
            "starts_at": clock.now().isoformat(),
            "ends_at": (clock.now() + timedelta(days=2)).isoformat(),
        },
        201,
    )
    submitted = manager.post(f"/campaigns/{campaign['id']}/submit", {"political": False})
    answer = {"political": False, "submitted_at": submitted["submitted_at"]}
    manager.post(f"/campaigns/{campaign['id']}/approve", answer, 403)
    named["penyetuju"].post(f"/campaigns/{campaign['id']}/approve", answer)
    manager.post(f"/campaigns/{campaign['id']}/launch")
    with service.database.write() as session:
        assert routing.release_due(context_for(service, session, SERVICE)) == 2

    assert named["asn2"].get("/me/offers")["items"] == []
    assert named["asn3"].get("/me/offers")["items"] == []
    reasons = named["asn2"].get("/me/profile")["reasons"]
    assert [reason["platform"] for reason in reasons] == ["x"]
    influencer = named["asn"]
    (offer,) = influencer.get("/me/offers")["items"]
    named["asn2"].post(f"/offers/{offer['id']}/accept", expected=404)
    influencer.get(f"/offers/{offer['id']}/kit", 409)
    assert influencer.post(f"/offers/{offer['id']}/accept")["state"] == "accepted"
    kit = influencer.get(f"/offers/{offer['id']}/kit")
    assert Counter(caption["platform"] for caption in kit["captions"]) == {"facebook": 1, "x": 1, "instagram": 1}
    for caption in kit["captions"]:
        assert kit["disclosure"] in caption["text"]
        assert kit["link"] in caption["text"]
        assert caption["n_chars"] <= caption["limit"]
    picture = influencer.get(f"/offers/{offer['id']}/card.png")
    assert picture.startswith(b"\x89PNG")
    link = {"platform": "x", "url": "https://x.com/contoh/status/1234567890"}
    assert influencer.post(f"/offers/{offer['id']}/posted", link)["state"] == "posted"

    reason = "Keterangan bank berubah; klarifikasi ini tidak lagi tepat."
    named["penyetuju"].post(f"/claims/{top['id']}/retract", {"reason": reason})
    (correction,) = influencer.get("/me/corrections")["items"]
    assert (correction["state"], correction["reason"]) == ("sent", reason)
    assert reason in client.get("/koreksi").text
    influencer.get(f"/offers/{offer['id']}/kit", 409)
    influencer.post(f"/corrections/{correction['id']}/acknowledge", expected=204)
    assert influencer.get("/me/corrections")["items"][0]["state"] == "acknowledged"
    assert manager.get(f"/campaigns/{campaign['id']}")["state"] == "ended"

    with service.database.read() as session:
        report = audit.verify(session, service.vault.audit_key)
    assert report.intact
    assert report.n_rows > 15


def test_sending_the_feed_again_changes_nothing(service, named):
    """The same 400 posts sent twice make the same claims with the same counts."""
    rows = {"posts": story.as_rows(story.sample_posts(), service)}

    def counts() -> list[tuple[int, int]]:
        queue = named["pemeriksa"].get("/claims?limit=100")["claims"]
        return sorted((claim["id"], claim["n_posts"]) for claim in queue)

    named["insinyur"].post("/posts", rows, 202)
    story.take_everything_in(service)
    before = counts()
    named["insinyur"].post("/posts", rows, 202)
    story.take_everything_in(service)
    assert counts() == before
