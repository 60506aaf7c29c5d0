"""What was at one door only is at both now: merging, history, the first look, trying a text, files, messages, posts."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from models.moderation import Moderation, ModerationLabel
from serving.console.bringing import IMPORTERS
from serving.db.tables import Claim, Clarification, Delivery, InboxRow, Offer, Post, PostedLink
from serving.deps import SESSION_COOKIE, context_for, csrf_token, session_token
from serving.desk.checking import review
from serving.desk.context import SERVICE
from serving.desk.learning import moderation
from serving.desk.people import accounts
from serving.vocabulary import ClaimState, DeliveryState, OfferState, Role
from tests import factories
from tests.integration import carrying

HOAX = "Bank Contoh membagikan kuota gratis seratus gigabita lewat tautan pendaftaran sampai besok pagi"
ROW = {"source": "x", "external_id": "1", "text": HOAX, "posted_at": "2026-03-02T09:00:00+07:00"}
ENTRY = {
    "id": "L1",
    "title": "Tidak ada pembagian kuota",
    "text": "Bank Contoh tidak membagikan kuota.",
    "issuer": "Humas Contoh",
}


class Browser:
    """Somebody with a signed-in browser and a personal key."""

    def __init__(self, client, service, actor, headers):
        self.client, self.actor, self.headers = client, actor, headers
        self.cookie = session_token(service, actor.user_id, 0)
        self.csrf = csrf_token(service, self.cookie)

    def get(self, path, status=200):
        self.client.cookies.set(SESSION_COOKIE, self.cookie)
        answer = self.client.get(path, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser") if status == 200 else answer

    def post(self, path, status=303, files=None, **fields):
        self.client.cookies.set(SESSION_COOKIE, self.cookie)
        data = {"csrf": self.csrf, **fields}
        answer = self.client.post(path, data=data, files=files, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer

    def api(self, method, path, body=None, status=200):
        self.client.cookies.clear()
        answer = self.client.request(method, f"/v1{path}", json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def person(client, service, sign_up):
    """Make somebody by name and roles."""

    def make(name, *roles):
        actor = sign_up(name, *roles)
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            user = accounts.people.user(session, actor.user_id)
            key = accounts.create_key(ctx, user, "test").key
        return Browser(client, service, actor, {"Authorization": f"Bearer {key}"})

    return make


@pytest.fixture
def ani(person):
    """A checker."""
    return person("ani", Role.CHECKER)


@pytest.fixture
def two(service):
    """Two queued claims that tell the same in other words."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        first = factories.claim(ctx)
        second = factories.claim(ctx, wording="Tautan pendaftaran kuota gratis dari bank contoh beredar lagi.")
        return first.id, second.id


# ---- merging -----------------------------------------------------------------------------------------------------


def test_a_checker_merges_and_undoes_with_forms(ani, two, service):
    """From the claim's page to the candidates, to the claim that stands, which lists it and lets it go again."""
    a, b = two
    page = ani.get(f"/klaim/{a}")
    assert page.find("a", href=f"/klaim/{a}/gabung")
    page = ani.get(f"/klaim/{a}/gabung")
    assert [each["value"] for each in page.select("input[name=into]")] == [str(b)]
    assert ani.post(f"/klaim/{a}/gabung", into=str(b), note="Sama").headers["location"] == f"/klaim/{b}"
    assert ani.get(f"/klaim/{a}", 303).headers["location"] == f"/klaim/{b}"
    page = ani.get(f"/klaim/{b}")
    assert page.find("a", href=f"/klaim/{a}?asal=ya")
    assert "Digabung ke klaim" in ani.get(f"/klaim/{a}?asal=ya").get_text()
    assert page.find("form", action=f"/klaim/{a}/pisahkan")
    ani.post(f"/klaim/{a}/pisahkan")
    with service.database.read() as session:
        assert session.get(Claim, a).state is ClaimState.QUEUED
        assert session.scalars(select(Post.claim_id).order_by(Post.id)).all() == [a, b]
    page = ani.get(f"/klaim/{a}/gabung")
    assert "Tidak ada klaim yang serupa" in page.get_text()
    assert page.find("a", href=f"/klaim/{a}/pindah")
    [taken_out] = ani.get(f"/klaim/{a}/pindah").select("form[action$=batal]")
    assert ani.post(str(taken_out["action"])).headers["location"] == f"/klaim/{b}"
    assert ani.get(f"/klaim/{b}").find("a", href=f"/klaim/{a}?asal=ya")


@pytest.mark.parametrize("into", ["", "0", "-1", "abc", "9" * 30, "4040"])
def test_a_bad_choice_shows_the_page_again(ani, two, into):
    """Nothing chosen, nonsense or a claim that is not there: the page with the sentence and what was typed."""
    answer = ani.post(f"/klaim/{two[0]}/gabung", 404 if into in {"0", "4040"} else 422, into=into, note="Tetap ada")
    assert "Tetap ada" in answer.text


def test_a_program_merges_and_undoes(ani, person, two):
    """The same over /v1, with the way to the claim that stands, and a refusal of what a person took apart."""
    a, b = two
    assert [found["id"] for found in ani.api("GET", f"/claims/{a}/near")] == [b]
    stands = ani.api("POST", f"/claims/{a}/merge", {"into": b, "note": "Sama"})
    assert (stands["id"], stands["n_posts"], stands["merged_into"]) == (b, 2, None)
    answer = ani.client.get(f"/v1/claims/{a}", headers=ani.headers)
    assert (answer.json()["state"], answer.json()["merged_into"]) == ("merged", b)
    assert answer.headers["link"] == f'</v1/claims/{b}>; rel="successor-version"'
    listed = ani.api("GET", f"/claims/{b}/merged")
    assert [(found["id"], found["into"], found["by"], found["note"], found["n_posts"]) for found in listed] == [
        (a, b, "ani", "Sama", 1)
    ]
    back = ani.api("POST", f"/claims/{a}/unmerge", {"note": "Ternyata lain"})
    assert (back["id"], back["state"], back["n_posts"]) == (a, "queued", 1)
    assert ani.api("POST", f"/claims/{a}/merge", {"into": b}, 409)["title"] == "kept-apart"
    [taken_out] = ani.api("GET", f"/claims/{a}/corrections")
    again = ani.api("POST", f"/claim-corrections/{taken_out['id']}/undo")
    assert (again["id"], again["n_posts"]) == (b, 2)
    assert ani.api("POST", f"/claims/{a}/unmerge")["state"] == "queued"
    assert ani.api("POST", f"/claims/{a}/merge", {"into": a}, 422)["title"] == "invalid-input"
    assert ani.api("POST", f"/claims/{a}/unmerge", None, 409)["title"] == "illegal-step"
    person("mira", Role.MANAGER).api("POST", f"/claims/{a}/merge", {"into": b}, 403)


# ---- what was done, and the first look ---------------------------------------------------------------------------


def test_a_program_reads_what_was_done(ani, two, service):
    """Steps with names, notes and decisions, newest first, as the page of the claim shows them."""
    with service.database.write() as session:
        ctx = context_for(service, session, ani.actor)
        review.hold(ctx, two[0], "Menunggu keterangan bank.")
        review.resume(ctx, two[0])
    told = ani.api("GET", f"/claims/{two[0]}/history")
    assert [(step["action"], step["by"]) for step in told["steps"]] == [("claim.resume", "ani"), ("claim.hold", "ani")]
    assert [(note["step"], note["text"], note["by"]) for note in told["notes"]] == [
        ("hold", "Menunggu keterangan bank.", "ani")
    ]
    assert (told["decisions"], told["clarification_id"]) == ([], None)
    ani.api("GET", "/claims/4040/history", status=404)


def test_a_first_look_over_v1_counts(ani, person, two, clock):
    """A claim that a checker's key reads was seen by that person; one that a manager's key reads was not."""
    mira = person("mira", Role.MANAGER)
    mira.api("GET", f"/claims/{two[0]}")
    assert mira.api("GET", f"/claims/{two[0]}")["seen_at"] is None
    ani.api("GET", f"/claims/{two[0]}")
    seen = ani.api("GET", f"/claims/{two[0]}")
    assert (seen["seen_at"][:16], seen["deadline_kind"]) == (clock.now().isoformat()[:16], "decided")
    assert ani.api("GET", f"/claims/{two[0]}/history")["steps"][0]["action"] == "claim.see"


def test_the_library_is_asked_again_with_a_button(ani, two, service):
    """The claim's page asks for new suggestions, as POST /v1/claims/{id}/rematch does."""
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE))
    ani.post(f"/klaim/{two[0]}/cocokkan")
    assert "Bank Contoh tidak membagikan kuota" in ani.get(f"/klaim/{two[0]}").find(id="kecocokan").parent.get_text()


# ---- trying a text -----------------------------------------------------------------------------------------------


def test_a_tried_text_stands_beside_the_clarifications_nearest_to_it(ani, service):
    """With verdict, date and how sure the machine is; an empty library says so."""
    assert "Tidak ada klarifikasi di pustaka yang mirip" in ani.post("/coba", 200, text=HOAX).text
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        factories.clarification(ctx).published_at = ctx.now
    near = BeautifulSoup(ani.post("/coba", 200, text=HOAX).text, "html.parser").select_one("ol.plain li")
    assert "Bank Contoh tidak membagikan kuota" in ani.get(near.a["href"]).get_text()
    assert near.find("time")["datetime"]
    assert "· mungkin" in " ".join(near.get_text().split())


def test_a_text_is_tried_on_a_page(ani, service):
    """Band, number, model and reasons, the same as over /v1, with what it is not; and nothing is kept."""
    page = BeautifulSoup(ani.post("/coba", 200, text=HOAX).text, "html.parser")
    score = ani.api("POST", "/score", {"text": HOAX})["scores"][0]
    shown = page.select_one("section[role=status]")
    assert f"{round(score['p_hoax'] * 100)} %" in shown.get_text()
    assert score["model"] in shown.get_text()
    assert {row["words"] for row in score["reasons"] if row["words"]} == {
        row.td.get_text() for row in shown.table.select("tbody tr")
    }
    assert "bukan ukuran kebenaran, bukan putusan" in shown.get_text()
    with service.database.read() as session:
        assert session.scalars(select(Claim.id)).all() == []


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "x" * 20_001])
def test_a_text_that_cannot_be_tried_is_refused(ani, text):
    """An empty, unreadable or far too long text: one sentence, and no number."""
    page = BeautifulSoup(ani.post("/coba", 422, text=text).text, "html.parser")
    assert page.select_one("section[role=status]") is None


def test_trying_a_text_does_not_wait_for_a_writer(ani, service):
    """The page only reads, so a long write elsewhere does not hold it up, nor it a write."""
    ani.get("/coba")
    with service.database.write() as session:
        session.connection()
        ani.post("/coba", 200, text=HOAX)


class OneWordModerator:
    """A moderator that knows one word."""

    version = "one-word"

    def moderate_many(self, texts):
        found = ["kampret" in text for text in texts]
        return [
            Moderation(
                dict.fromkeys(ModerationLabel, 0.0) | {ModerationLabel.ABUSIVE: 0.97 if bad else 0.01},
                (ModerationLabel.ABUSIVE,) if bad else (),
                self.version,
            )
            for bad in found
        ]


def test_what_a_text_may_contain_is_told_on_the_same_page(ani, monkeypatch):
    """Each label with its likelihood and mark, as POST /v1/moderate answers; a clean text carries no mark."""
    monkeypatch.setattr(moderation, "moderator", OneWordModerator)
    page = BeautifulSoup(ani.post("/coba", 200, text="dasar kampret semua").text, "html.parser")
    rows = [[cell.get_text(strip=True) for cell in row.select("td")] for row in page.select("tbody tr")]
    assert ["kata kasar", "97 %", "dikaburkan"] in rows
    assert ani.api("POST", "/moderate", {"text": "dasar kampret semua"})["moderations"][0]["flags"] == ["abusive"]
    assert "dikaburkan" not in ani.post("/coba", 200, text=HOAX).text


def test_a_flagged_post_is_shown_once_it_is_asked_for(ani, two, service, monkeypatch):
    """Its text stands closed under what it may contain; nothing is removed, and other posts stay open."""
    monkeypatch.setattr(moderation, "moderator", OneWordModerator)
    with service.database.write() as session:
        session.scalars(select(Post).where(Post.claim_id == two[0])).one().text = "kuota gratis, dasar kampret"
    post = ani.get(f"/klaim/{two[0]}").select_one("li[id^=kiriman-]")
    assert "kata kasar" in post.details.summary.get_text()
    assert post.details.p.get_text() == "kuota gratis, dasar kampret"
    assert not post.details.has_attr("open")
    assert ani.get(f"/klaim/{two[1]}").select_one("li[id^=kiriman-]").details is None


# ---- many rows at once -------------------------------------------------------------------------------------------


def test_posts_are_brought_as_a_file_or_pasted(ani, service):
    """Good rows wait in the inbox, masked; a bad one is named with its line; the batch says how many wait."""
    lines = "\n".join(json.dumps(row) for row in (ROW, ROW | {"external_id": "2", "text": "kata @seseorang begitu"}))
    answer = ani.post("/kiriman", 303, files={"berkas": ("posts.jsonl", lines.encode(), "application/jsonl")})
    batch = answer.headers["location"].rsplit("/", 1)[1]
    assert ani.api("GET", f"/posts/batches/{batch}")["waiting"] == 2
    assert "2 kiriman masih menunggu" in ani.get(f"/kiriman/{batch}").get_text()
    pasted = json.dumps(ROW | {"external_id": "3"}) + "\n" + json.dumps(ROW | {"author": "seseorang"}) + "\nbukan JSON"
    page = BeautifulSoup(ani.post("/kiriman", 200, text=pasted).text, "html.parser")
    assert [row.td.get_text() for row in page.select("tbody tr")] == ["2", "3"]
    with service.database.read() as session:
        kept = [row.row for row in session.scalars(select(InboxRow).order_by(InboxRow.id))]
        assert len(kept) == 3
        assert "@seseorang" not in json.dumps(kept)


def test_a_file_without_a_good_row_is_refused_whole(ani, person):
    """Nothing good, not UTF-8, or somebody who may not: nothing is kept."""
    assert "tidak satu pun" in ani.post("/kiriman", 422, text="{}").text.lower()
    assert "UTF-8" in ani.post("/kiriman", 400, files={"berkas": ("a", b"\xff\xfe", "text/plain")}).text
    person("mira", Role.MANAGER).post("/kiriman", 403, text=json.dumps(ROW))


def test_clarifications_are_imported_with_a_form(ani, person, service):
    """As over /v1: new, sent again the same, a bad row named; never for somebody without the role."""
    page = ani.post("/pustaka/impor", 200, text=json.dumps(ENTRY) + '\n{"id": "L2"}')
    assert "1 baru, 0 berubah, 0 sama, 1 ditolak" in page.text
    again = ani.api("POST", "/clarifications/import", {"rows": [ENTRY]})
    assert (again["new"], again["same"]) == (0, 1)
    assert "Tidak ada baris yang cocok" in ani.post("/pustaka/impor", 422, text='{"id": 1}').text
    mira = person("mira", Role.MANAGER)
    assert Role.MANAGER not in IMPORTERS
    mira.post("/pustaka/impor", 403, text=json.dumps(ENTRY))
    with service.database.read() as session:
        assert session.scalars(select(Clarification.external_id)).all() == ["L1"]


# ---- messages and posts of influencers -----------------------------------------------------------------------------


@pytest.fixture
def carried(service, sign_up):
    """A live campaign whose one offer was taken, and a message about it that failed."""
    story = carrying.begin(service, sign_up)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        offer = session.get(Offer, story.offer_id)
        offer.state, offer.answered_at, offer.posted_at = OfferState.POSTED, ctx.now, ctx.now
        session.add(PostedLink(offer_id=offer.id, platform="x", url="https://x.com/contoh/status/77", at=ctx.now))
        failed = Delivery(
            key="offer:failed",
            channel="email",
            influencer_id=story.influencer_id,
            offer_id=story.offer_id,
            state=DeliveryState.FAILED,
            attempts=8,
            not_before=ctx.now,
            last_error="550 mailbox unavailable",
        )
        session.add(failed)
        session.flush()
        return story, failed.id


def test_a_manager_sees_what_failed_and_sends_it_again(carried, person, service):
    """The page says how many and why, never to whom; the button is POST /v1/deliveries/{id}/retry."""
    mira = person("mira", Role.MANAGER)
    page = mira.get("/pesan")
    assert "550 mailbox unavailable" in page.get_text()
    assert "Contoh Orang" not in page.get_text()
    mira.post(f"/pesan/{carried[1]}/ulang")
    with service.database.read() as session:
        assert session.get(Delivery, carried[1]).state is DeliveryState.PENDING
    mira.post(f"/pesan/{carried[1]}/ulang", 409)
    person("budi", Role.CHECKER).get("/pesan", 403)


def test_a_posted_link_gets_its_second_look_on_a_page(carried, person, service):
    """A sample without names; the button verifies, once, and an influencer has no such page."""
    budi = person("budi", Role.CHECKER)
    page = budi.get("/unggahan")
    assert page.find("a", href="https://x.com/contoh/status/77")
    assert "Contoh Orang" not in page.get_text()
    budi.post(f"/unggahan/{carried[0].offer_id}/periksa")
    with service.database.read() as session:
        assert session.get(Offer, carried[0].offer_id).state is OfferState.VERIFIED
    assert "Tidak ada unggahan yang menunggu" in budi.get("/unggahan").get_text()
    budi.post(f"/unggahan/{carried[0].offer_id}/periksa", 409)
    person("asn3", Role.INFLUENCER).get("/unggahan", 403)


# ---- what a campaign is drafted from, and the log ----------------------------------------------------------------


def test_a_program_sees_what_a_campaign_can_be_made_from(carried, person):
    """The clarifications of the form for a new campaign, and how alike the captions of one are."""
    mira = person("mira", Role.MANAGER)
    story = carried[0]
    assert [found["clarification_id"] for found in mira.api("GET", "/campaigns/sources")] == [story.clarification_id]
    alike = mira.api("GET", f"/campaigns/{story.campaign_id}/near-copies")
    captions = mira.api("GET", f"/campaigns/{story.campaign_id}/captions")["captions"]
    assert {platform: each["n"] for platform, each in alike.items()} == {
        platform: len(texts) for platform, texts in captions.items()
    }
    assert all(0 <= each["mean"] <= each["closest"] <= 1 for each in alike.values())
    person("budi", Role.CHECKER).api("GET", "/campaigns/sources", status=403)


def test_a_program_reads_the_log_of_corrections(carried, person):
    """Every line of the public log, with counts only where they name nobody."""
    eka = person("eka", Role.APPROVER)
    story = carried[0]
    eka.api("POST", f"/clarifications/{story.clarification_id}/retract", {"reason": "Keterangan bank berubah."})
    log = eka.api("GET", "/corrections")
    assert [(line["kind"], line["reason"], line["told"]) for line in log["items"]] == [
        ("retracted", "Keterangan bank berubah.", None)
    ]
    assert log["next_after"] is None
    assert log["items"][0]["title"] in eka.get("/koreksi").get_text()


def test_a_feed_is_read_more_often_with_a_form(ani):
    """The interval is changed on the page as over PATCH /v1/feeds/{id}, and a bad number changes nothing."""
    ani.post("/umpan", url="https://umpan.example/rss", source="media_contoh", minutes="60")
    feed = ani.api("GET", "/feeds")["feeds"][0]
    ani.post(f"/umpan/{feed['id']}/ubah", minutes="15")
    ani.post(f"/umpan/{feed['id']}/ubah", 422, minutes="sering")
    ani.post(f"/umpan/{feed['id']}/ubah", 422, minutes="1")
    changed = ani.api("GET", "/feeds")["feeds"][0]
    assert (feed["every_s"], changed["every_s"], changed["active"]) == (3_600, 900, True)
    assert ani.get("/umpan").select_one("td input[name=minutes]")["value"] == "15"
