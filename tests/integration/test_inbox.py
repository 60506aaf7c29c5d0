"""The inbox, the kit and the profile, as a phone and as a program meet them."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup

from serving.db.tables import Campaign, Influencer, Offer
from serving.deps import SESSION_COOKIE, context_for, session_token
from serving.desk.context import SERVICE
from serving.desk.outreach import corrections
from serving.desk.people import accounts
from serving.vocabulary import SCOPE_VERSIONS, CampaignState, OfferState, Platform
from tests.integration import carrying


@pytest.fixture
def phone(client, service, story):
    """The person's browser: pages as parsed HTML, forms sent as the page gives them."""
    return Browser(client, service, story.person.user_id)


@pytest.fixture
def program(client, service, story):
    """The person's personal key."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        user = accounts.people.user(session, story.person.user_id)
        return {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'test').key}"}


class Browser:
    """A signed-in browser without scripts."""

    def __init__(self, client, service, user_id):
        self.client = client
        client.cookies.set(SESSION_COOKIE, session_token(service, user_id, 0))

    def open(self, path, status=200):
        response = self.client.get(path)
        assert response.status_code == status, response.text
        return BeautifulSoup(response.text, "html.parser")

    def send(self, page, action, status=200, **typed):
        """Fill in the form with this action and send it; follow to where it leads."""
        form = page.find("form", action=action)
        assert form is not None, f"no form {action}"
        values = {field["name"]: field.get("value", "") for field in form.find_all("input", attrs={"name": True})}
        response = self.client.post(action, data=values | typed)
        assert response.status_code == status, response.text
        return BeautifulSoup(response.text, "html.parser")


def _state(service, story):
    with service.database.read() as session:
        return session.get(Offer, story.offer_id).state


def test_one_tap_takes_an_offer_and_opens_its_kit(phone, service, story):
    """From the inbox one button leads to captions with their disclosure, the card, and share links."""
    page = phone.open("/kotak")
    assert page.find("h2", string=carrying.TITLE)
    kit = phone.send(page, f"/kotak/{story.offer_id}/ambil")
    texts = [area.text for area in kit.select("textarea[readonly]")]
    assert len(texts) == 3
    closing = "Saya ASN di Kementerian komdigi. Klarifikasi resmi: http://testserver/s/"
    assert all(closing in text for text in texts)
    assert kit.find("img", src=f"/kotak/{story.offer_id}/kartu.png")["alt"]
    assert kit.find("a", href=lambda href: href and href.startswith("https://x.com/intent/post?"))
    first = kit.find("h2")
    assert "bagikan ulang unggahan resmi" in first.text
    assert _state(service, story) is OfferState.ACCEPTED


@pytest.mark.parametrize("reason", ["not_now", "not_my_topic", "not_comfortable"])
def test_one_tap_with_a_reason_declines(phone, service, story, reason):
    """Each reason is a button of its own; afterwards the inbox is empty."""
    page = phone.open("/kotak")
    assert page.find("button", attrs={"name": "reason", "value": reason})
    after = phone.send(page, f"/kotak/{story.offer_id}/lewati", reason=reason)
    assert after.find(class_="empty")
    assert _state(service, story) is OfferState.DECLINED


def test_later_puts_it_aside(phone, service, story):
    """A snoozed offer moves to its own list and can still be opened and taken."""
    after = phone.send(phone.open("/kotak"), f"/kotak/{story.offer_id}/nanti")
    assert after.find("a", href=f"/kotak/{story.offer_id}")
    page = phone.open(f"/kotak/{story.offer_id}")
    phone.send(page, f"/kotak/{story.offer_id}/ambil")
    assert _state(service, story) is OfferState.ACCEPTED


def test_a_posted_link_is_noted(phone, service, story):
    """The address appears on the kit page."""
    kit = phone.send(phone.open("/kotak"), f"/kotak/{story.offer_id}/ambil")
    url = carrying.PLATFORM_URLS[Platform.X]
    after = phone.send(kit, f"/kotak/{story.offer_id}/unggahan", platform="x", url=url)
    assert after.find("a", href=url)
    assert _state(service, story) is OfferState.POSTED


@pytest.mark.parametrize("url", ["https://evil.example/1", "bukan alamat", "", "javascript:alert(1)"])
def test_a_refused_link_stays_in_its_field(phone, service, story, url):
    """The form comes back with the sentence and with what was typed; nothing is stored."""
    kit = phone.send(phone.open("/kotak"), f"/kotak/{story.offer_id}/ambil")
    again = phone.send(kit, f"/kotak/{story.offer_id}/unggahan", status=422, platform="x", url=url)
    assert again.find("input", id="url")["value"] == url
    assert again.find(id="url-error")
    assert _state(service, story) is OfferState.ACCEPTED


def test_the_card_is_given_to_its_person_only(client, phone, service, story):
    """A PNG for the person; for another influencer there is no such offer."""
    response = client.get(f"/kotak/{story.offer_id}/kartu.png")
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    Browser(client, service, story.other.user_id).open(f"/kotak/{story.offer_id}", status=404)
    assert client.get(f"/kotak/{story.offer_id}/kartu.png").status_code == 404


def test_a_correction_stands_first_and_is_confirmed(phone, service, story):
    """After a retraction the inbox opens with the correction, the kit is closed, and one tap confirms."""
    phone.send(phone.open("/kotak"), f"/kotak/{story.offer_id}/ambil")
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        session.get(Campaign, story.campaign_id).state = CampaignState.ENDED
        session.get(carrying.factories.Clarification, story.clarification_id).state = "retracted"
        corrections.send(ctx, story.clarification_id, "Keterangan berubah.")
    page = phone.open("/kotak")
    form = page.find("form", action=lambda action: action and "/koreksi/" in action)
    assert "Keterangan berubah." in page.find(class_="correction").text
    assert not phone.open(f"/kotak/{story.offer_id}").select("textarea[readonly]")
    phone.open(form["action"].removesuffix("/baca"))
    after = phone.send(page, form["action"])
    assert after.find(class_="correction") is None


def test_the_profile_says_what_is_missing(phone, service, story):
    """Each missing thing is a sentence of its own."""
    assert "Semua syarat terpenuhi" in phone.open("/profil").text
    with service.database.write() as session:
        for row in session.query(carrying.factories.FollowerEvidence).filter_by(
            influencer_id=story.influencer_id, platform=Platform.X
        ):
            row.count = 499
    assert "X: 499 pengikut, perlu 500." in phone.open("/profil").text


def test_pause_resume_and_leave_take_hold_at_once(phone, service, story):
    """A pause takes back what is open; resuming and leaving are one button each."""
    phone.send(phone.open("/profil"), "/profil/jeda")
    assert _state(service, story) is OfferState.RECALLED
    phone.send(phone.open("/profil"), "/profil/lanjut")
    after = phone.send(phone.open("/profil"), "/profil/keluar")
    assert after.find("form", action="/profil/setuju")
    phone.send(after, "/profil/setuju")
    with service.database.read() as session:
        row = session.get(Influencer, story.influencer_id)
    assert (row.left_at, row.consent_version) == (None, "1")


def test_topics_and_province_are_settled_together(phone, service, story):
    """The zone of the quiet hours follows the province; an unknown province changes nothing."""
    page = phone.open("/profil")
    phone.send(page, "/profil", topics=["kesehatan", "bencana"], region="ID-PA")
    with service.database.read() as session:
        row = session.get(Influencer, story.influencer_id)
    assert (sorted(row.topics), row.timezone) == (["bencana", "kesehatan"], "Asia/Jayapura")
    phone.send(page, "/profil", status=422, topics=["kesehatan"], region="XX")
    with service.database.read() as session:
        assert sorted(session.get(Influencer, story.influencer_id).topics) == ["bencana", "kesehatan"]


def test_ones_own_data_comes_as_a_file_and_goes_on_request(client, phone, service, story):
    """The export is JSON; erasing needs the word and leaves no name behind."""
    data = json.loads(client.get("/profil/data.json").text)
    assert data["profile"]["name"].startswith("Contoh Orang")
    phone.send(phone.open("/profil"), "/profil/hapus", status=422, word="jangan")
    phone.send(phone.open("/profil"), "/profil/hapus", word="Hapus")
    with service.database.read() as session:
        row = session.get(Influencer, story.influencer_id)
    assert (row.user_id, row.sealed_email) == (None, None)
    assert "Contoh Orang" not in row.name


@pytest.mark.parametrize("path", ["/kotak", "/profil"])
def test_an_account_without_an_influencer_is_told(client, service, story, sign_up, path):
    """Signing in with the role alone is not enough; the page says so."""
    from serving.vocabulary import Role

    stranger = sign_up("baru", Role.INFLUENCER)
    Browser(client, service, stranger.user_id).open(path, status=404)


# ---- the same over /v1 -----------------------------------------------------------------------------------------


def test_the_whole_way_over_the_api(client, program, story):
    """List, accept, kit, card and posted link, each by the personal key."""
    offer = client.get("/v1/me/offers", headers=program).json()["items"][0]
    assert (offer["id"], offer["state"], offer["why"]["topic"]) == (story.offer_id, "offered", "keamanan_digital")
    assert client.post(f"/v1/offers/{story.offer_id}/accept", headers=program).json()["state"] == "accepted"
    kit = client.get(f"/v1/offers/{story.offer_id}/kit", headers=program).json()
    assert {caption["platform"] for caption in kit["captions"]} == {"facebook", "x", "instagram"}
    card = client.get(f"/v1/offers/{story.offer_id}/card.png", headers=program)
    assert card.headers["content-type"] == "image/png"
    body = {"platform": "x", "url": carrying.PLATFORM_URLS[Platform.X]}
    answer = client.post(f"/v1/offers/{story.offer_id}/posted", headers=program, json=body)
    assert answer.json()["state"] == "posted"


def test_the_profile_over_the_api(client, program):
    """Read, change, pause, resume, leave, agree again, export."""
    assert client.get("/v1/me/profile", headers=program).json()["eligible"] is True
    changed = client.patch("/v1/me/profile", headers=program, json={"topics": ["kesehatan"]}).json()
    assert (changed["topics"], changed["region"]) == (["kesehatan"], "ID-JK")
    assert client.post("/v1/me/pause", headers=program).json()["paused_at"]
    assert client.post("/v1/me/resume", headers=program).json()["paused_at"] is None
    assert client.post("/v1/me/leave", headers=program).json()["eligible"] is False
    assert client.post("/v1/me/consent", headers=program, json={"version": "1"}).json()["agreed"] == []
    joined = client.post("/v1/me/consent", headers=program, json={"version": "1", "scopes": SCOPE_VERSIONS}).json()
    assert joined["eligible"] is True
    assert client.get("/v1/me/export", headers=program).json()["profile"]["topics"] == ["kesehatan"]
    assert client.post("/v1/me/erase", headers=program).status_code == 204
    assert client.get("/v1/me/profile", headers=program).status_code == 401  # the account is closed with it


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "/v1/offers/999999/accept", None, 404),
        ("post", f"/v1/offers/{2**60}/accept", None, 422),
        ("post", "/v1/offers/0/accept", None, 422),
        ("post", "/v1/offers/x/decline", {"reason": "not_now"}, 422),
        ("post", "/v1/offers/{id}/decline", {"reason": "nonsense"}, 422),
        ("post", "/v1/offers/{id}/decline", {"reason": "not_now", "extra": 1}, 422),
        ("post", "/v1/offers/{id}/snooze", {"until": "2026-03-02T12:00:00"}, 422),
        ("post", "/v1/offers/{id}/snooze", {"until": "2099-01-01T00:00:00Z"}, 422),
        ("post", "/v1/offers/{id}/posted", {"platform": "x", "url": "https://x.com/a\u0000b"}, 422),
        ("post", "/v1/offers/{id}/posted", {"platform": "x", "url": "https://x.com/" + "a" * 3000}, 422),
        ("post", "/v1/offers/{id}/posted", {"platform": "myspace", "url": "https://x.com/a"}, 422),
        ("post", "/v1/offers/{id}/posted", {"platform": "x", "url": "https://x.com/a/status/1"}, 409),
        ("get", "/v1/offers/{id}/kit", None, 409),
        ("post", "/v1/offers/{id}/verify", None, 403),
        ("get", "/v1/offers/to-verify", None, 403),
        ("get", "/v1/deliveries", None, 403),
        ("get", "/v1/me/offers?limit=101", None, 422),
        ("get", "/v1/me/corrections?before=-1", None, 422),
        ("post", "/v1/corrections/999999/acknowledge", None, 404),
        ("patch", "/v1/me/profile", {"region": "XX"}, 422),
        ("patch", "/v1/me/profile", {"topics": ["nonsense"]}, 422),
        ("patch", "/v1/me/profile", {"name": "Lain"}, 422),
        ("post", "/v1/me/consent", {"version": "0"}, 409),
        ("post", "/v1/me/consent", {"version": "1", "scopes": {"x": "0"}}, 409),
        ("post", "/v1/me/consent", {"version": "1", "scopes": {"myspace": "1"}}, 422),
        ("put", "/v1/me/consents/x", {"version": "0"}, 409),
        ("put", "/v1/me/consents/myspace", {"version": "1"}, 422),
        ("delete", "/v1/me/consents/myspace", None, 422),
        ("patch", "/v1/me/profile", {"quiet": ["18:30", "24:00"]}, 422),
        ("patch", "/v1/me/profile", {"timezone": "Europe/Paris"}, 422),
        ("patch", "/v1/me/profile", {"channel": "pigeon"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(client, program, service, story, method, path, body, status):
    """Unknown, malformed, too large or out of turn: a clear 4xx as problem+json, and nothing moves."""
    response = client.request(method, path.format(id=story.offer_id), headers=program, json=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert _state(service, story) is OfferState.OFFERED


def test_nobody_answers_without_a_key(client, story):
    """Without a key each address answers 401."""
    assert client.get("/v1/me/offers").status_code == 401
    assert client.post(f"/v1/offers/{story.offer_id}/accept").status_code == 401
