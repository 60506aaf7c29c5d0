"""Searching: what is found, by whom, and that the index follows the database through anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text

from models.search_index import MANIFEST, Writer, locked
from serving.cli.search import search as command
from serving.db import search as rows
from serving.db.search import Kind, Mark
from serving.db.tables import Claim, Clarification, ClarificationVersion, Post, SearchChange
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import search, search_index
from serving.desk.incoming.search_index import Indexer, Standing, folder_of, ref_of, thing_of
from serving.vocabulary import Category, ClaimState, Role
from tests import factories
from tests.conftest import SECRET
from tests.web.browsing import sign_in, soup

FLOOD = "Bendungan Wanasari jebol malam ini, warga disuruh mengungsi ke bukit."
RICE = "Beras bantuan di Sukaraya dicampur plastik."
FIVE = ("raya", "sari", "tira", "jaya", "baru")
NAMES = [f"{first}{last}" for first in ("Suka", "Wana", "Lam", "Tri", "Pura", "Giri") for last in FIVE]


@pytest.fixture
def headers(key_for):
    """A checker's key."""
    return key_for("tari", Role.CHECKER)


@pytest.fixture
def make(service):
    """Make claims, each with a post of its words: ``make(wording, …)`` gives their numbers."""

    def add(*wordings: str, **over) -> list[int]:
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            return [factories.claim(ctx, wording=wording, **over).id for wording in wordings]

    return add


@pytest.fixture
def follow(service, settings):
    """Let the index follow the database, as the worker does; without an encoder."""

    def run() -> int:
        return search_index.indexer_for(settings).follow(service.database.read, lambda: None)

    return run


@pytest.fixture
def find(client, headers):
    """Ask ``/v1/search`` and give kind and number of what is found."""

    def ask(q: str, **params) -> list[tuple[str, int]]:
        answer = client.get("/v1/search", params={"q": q, **params}, headers=headers)
        assert answer.status_code == 200, answer.text
        return [(hit["kind"], hit["id"]) for hit in answer.json()["hits"]]

    return ask


# ---- what is found -----------------------------------------------------------------------------------------------


def test_what_was_just_written_is_found_without_a_worker(make, find):
    """A service by itself finds a claim and its post in the next request, slips and chat spelling included."""
    [flood, _] = make(FLOOD, RICE)
    assert ("claim", flood) in find("bndungan wanasri jebol mlm ini")
    assert {kind for kind, _ in find("mengungsi")} == {"claim", "post"}
    assert find("kapal selam") == []
    assert find("") == []


def test_the_same_is_found_whether_kept_in_memory_or_in_the_index(make, find, follow):
    """Where a thing lies makes no difference to whether and where it is found."""
    make(FLOOD, RICE, "Air PDAM di Sukaraya tercemar limbah.", "Pasar pindah ke Wanasari.")
    before = find("air sukaraya wanasari")
    assert follow() == 8
    assert find("air sukaraya wanasari") == before
    assert follow() == 0


def test_each_kind_can_be_asked_for_alone(service, make, find):
    """``kind`` bounds the search; all three are there."""
    make(RICE)
    with service.database.write() as session:
        factories.clarification(context_for(service, session, SERVICE))
    assert {kind for kind, _ in find("beras plastik bank kuota")} == {"claim", "post", "clarification"}
    for kind in ("claim", "post", "clarification"):
        assert {found for found, _ in find("beras plastik bank kuota", kind=kind)} == {kind}


def test_an_answer_says_what_is_needed_to_judge_it(client, headers, make):
    """Kind, marked words, band, state and time; a post leads to its claim; nobody's name."""
    [claim_id] = make(RICE)
    answer = client.get("/v1/search", params={"q": "brras plastik", "kind": "post"}, headers=headers).json()
    [hit] = answer["hits"]
    assert [part["text"] for part in hit["text"] if part["hit"]] == ["Beras", "plastik"]
    assert "".join(part["text"] for part in hit["text"]) == RICE
    assert (hit["claim_id"], hit["claim_state"], hit["band"], hit["source"]) == (claim_id, "queued", "look", "sample")
    assert not {"author", "handle", "external_id", "url"} & hit.keys()


def test_pages_go_on_where_the_last_one_ended(client, headers, make):
    """Every result once, in one order."""
    make(*(f"Kabar banjir nomor {word}" for word in ["satu", "dua", "tiga", "empat", "lima"]))
    after, seen = 0, []
    while after is not None:
        page = client.get("/v1/search", params={"q": "banjir", "limit": 3, "after": after}, headers=headers).json()
        seen += [(hit["kind"], hit["id"]) for hit in page["hits"]]
        after = page["next_after"]
    assert len(seen) == len(set(seen)) == 10


def test_claims_are_found_by_their_posts_too_and_the_best_comes_first(service, client, headers, make):
    """``GET /v1/claims?q=`` keeps its filters, ranks by the words, and pages."""
    [weak, strong, closed] = make("Pasar dipindah ke luar kota", RICE, "Beras plastik lama", priority=1.0)
    with service.database.write() as session:
        session.get(Claim, closed).state = ClaimState.CLOSED
        session.scalars(select(Post).where(Post.claim_id == weak)).one().text = "katanya beras juga"
        session.get(Claim, weak).priority = 9.0

    def ask(**params):
        return client.get("/v1/claims", params={"q": "beras plstik", **params}, headers=headers)

    assert [claim["id"] for claim in ask().json()["claims"]] == [strong, weak]
    assert [claim["id"] for claim in ask(state="closed").json()["claims"]] == [closed]
    first = ask(limit=1).json()
    assert [claim["id"] for claim in ask(limit=1, after=first["next_after"]).json()["claims"]] == [weak]
    assert ask(after="0x1p+1_5").status_code == 422
    assert ask(after="q9999999999999").status_code == 422


def test_only_staff_search_claims_and_posts(client, key_for, make):
    """Influencers, an administrator alone and strangers are refused; every other role searches."""
    make(RICE)
    asked = {role: client.get("/v1/search?q=beras", headers=key_for(role.value, role)).status_code for role in Role}
    assert asked == {
        Role.CHECKER: 200,
        Role.APPROVER: 200,
        Role.MANAGER: 200,
        Role.ENGINEER: 200,
        Role.INFLUENCER: 403,
        Role.ADMIN: 403,
    }
    assert client.get("/v1/search?q=beras").status_code == 401


def test_bad_questions_are_refused(client, headers):
    """Each in its own way, with a status that says so."""
    asked = [{"q": "a\x01b"}, {"q": "x" * 501}, {"kind": "user"}, {"limit": 0}, {"limit": 101}, {"after": -1}]
    answers = [client.get("/v1/search", params=params, headers=headers).status_code for params in asked]
    assert answers == [422] * len(asked)


# ---- behind what went viral --------------------------------------------------------------------------------------


@pytest.fixture
def copies(service):
    """Add posts of the same words to a claim: ``copies(claim_id, text, n)``."""

    def add(claim_id: int, words: str, n: int) -> None:
        with service.database.write() as session:
            ctx = context_for(service, session, SERVICE)
            session.add_all(
                Post(
                    claim_id=claim_id,
                    source="sample",
                    external_hash=ctx.vault.pseudonym("copy", f"{claim_id}-{number}"),
                    text=words,
                    posted_at=ctx.now,
                    collected_at=ctx.now,
                    reach=100,
                    media=[],
                    p_hoax=0.9,
                )
                for number in range(n)
            )

    return add


@pytest.fixture
def listed(client, headers):
    """Ask ``/v1/claims``, page after page, and give the numbers of what is found."""

    def ask(**params) -> list[int]:
        found, after = [], None
        while True:
            asked = params | ({"after": after} if after else {})
            page = client.get("/v1/claims", params=asked, headers=headers).json()
            found += [claim["id"] for claim in page["claims"]]
            after = page["next_after"]
            if after is None:
                return found

    return ask


def test_one_viral_claim_hides_no_other(client, sign_up, make, copies, find, follow, listed):
    """1,500 copies and 30 claims of the same words: all 31 in list and queue, by wording and by post; a post a claim."""
    viral, *others = make(RICE, *(f"Beras plastik dijual di pasar {name}, kata tetangga." for name in NAMES))
    [behind] = make("Kabar dari pasar Wanasari belum jelas.")
    copies(viral, RICE, 1_500)
    copies(behind, "Katanya beras campur plastik itu dijual juga di pasar Wanasari pada pagi hari ini.", 1)
    for _ in range(2):
        assert set(listed(q="beras plastik", limit=100)) == {viral, behind, *others}
        assert len(listed(q="beras plastik", limit=7)) == 32
        hits = [hit for after in (0, 100) for hit in find("beras plastik", limit=100, after=after)]
        assert {number for kind, number in hits if kind == "claim"} == {viral, *others}
        assert len([number for kind, number in hits if kind == "post"]) == 32
        assert len(find("beras plastik", kind="post", limit=100)) == 32
        follow()
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    page = soup(client.get("/antrean?q=beras+plastik"))
    assert "32 klaim" in page.main.get_text()


def test_a_filter_looks_behind_what_it_leaves_out(service, make, copies, listed, monkeypatch):
    """However many claims answer better, those that the filter asks for are found, by wording and by post."""
    monkeypatch.setattr(search, "DEPTH", 10)
    make(*["Beras plastik"] * 40, state=ClaimState.CLOSED, category=Category.HEALTH)
    wanted = make(*(f"Beras di pasar {name} diduga plastik, kata seorang tetangga kami" for name in NAMES[:3]))
    [by_post] = make("Kabar dari Wanasari")
    copies(by_post, "Beras di pasar itu diduga plastik, kata seorang warga lama di Wanasari", 1)
    assert set(listed(q="beras plastik")) == {*wanted, by_post}
    assert set(listed(q="beras plastik", state="queued", category="penipuan")) == {*wanted, by_post}
    assert len(listed(q="beras plastik", state="closed")) == 10


class Alike:
    """An encoder to which everything is near the question, and texts of fewer letters nearer."""

    def vectors(self, texts):
        """Give unit vectors [n, 64]."""
        slopes = np.array([[len(words) / 1_000] for words in texts], np.float32)
        made = np.hstack([np.ones_like(slopes), slopes, np.zeros((len(texts), 62), np.float32)])
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_a_filter_looks_behind_what_it_leaves_out_by_meaning_too(service, settings, make, listed, monkeypatch):
    """However many claims are nearer in meaning, those that the filter asks for are found."""
    monkeypatch.setattr(search, "encoder_of", lambda _settings: (Alike(), "alike"))
    make(*["Pasar tutup"] * (search.NEAR + 10), state=ClaimState.CLOSED)
    [wanted] = make("Jembatan di Wanasari ditutup sampai malam")
    search_index.indexer_for(settings).follow(service.database.read, lambda: (Alike(), "alike"))
    assert listed(q="zzqq") == [wanted]
    assert len(listed(q="zzqq", state="closed")) == search.NEAR


def test_a_lagging_index_is_told_wherever_words_are_asked(client, headers, sign_up, settings, make, follow):
    """With a torn file list, queue and trends say that something may be missing, as the search does; without words no."""
    make(FLOOD)
    follow()
    for segment in folder_of(settings).glob("*.segment"):
        segment.write_bytes(segment.read_bytes()[:-100])
    search_index._finder.cache_clear()
    search_index._indexer.cache_clear()
    for path in ("/v1/search", "/v1/claims", "/v1/trends"):
        assert client.get(path, params={"q": "beras"}, headers=headers).json()["is_behind"] is True
    for path in ("/v1/claims", "/v1/trends"):
        assert client.get(path, headers=headers).json()["is_behind"] is False
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    for path in ("/antrean", "/tren"):
        assert "Indeks pencarian sedang menyusul" in soup(client.get(path, params={"q": "beras"})).main.get_text()
        assert "Indeks pencarian" not in soup(client.get(path)).main.get_text()


# ---- the page ----------------------------------------------------------------------------------------------------


def test_the_page_marks_words_and_says_where_each_thing_stands(client, sign_up, make):
    """One box in the header; each row leads to its claim, with kind, band, state and time."""
    sign_up("tari", Role.CHECKER)
    sign_in(client, "tari")
    [claim_id] = make(RICE)
    page = soup(client.get("/cari", params={"q": "brras plastik"}))
    assert page.select_one("header form.find input[name=q]")["value"] == "brras plastik"
    rows_shown = page.select("li.desk-row")
    assert {row.a["href"].split("#")[0] for row in rows_shown} == {f"/klaim/{claim_id}"}
    assert {mark.get_text() for mark in rows_shown[0].select("mark")} == {"Beras", "plastik"}
    assert all(row.select_one(".band") and row.select_one(".state") and row.select_one("time") for row in rows_shown)
    only = soup(client.get("/cari", params={"q": "beras", "jenis": "post"}))
    assert [tag.get_text() for tag in only.select("nav.kinds [aria-current]")] == ["Kiriman"]
    assert len(only.select("li.desk-row")) == 1


def test_the_page_without_a_result_says_what_to_try(client, sign_up):
    """Nothing asked and nothing found are two sentences."""
    sign_up("tari", Role.CHECKER)
    sign_in(client, "tari")
    assert "Cari dengan kata biasa" in soup(client.get("/cari")).main.get_text()
    assert "Tidak ada yang ditemukan" in soup(client.get("/cari?q=zzqq")).main.get_text()


def test_influencers_have_no_box_and_no_page(client, sign_up):
    """What citizens wrote is for those who read the queue."""
    sign_up("asn", Role.INFLUENCER)
    sign_in(client, "asn")
    assert client.get("/cari?q=beras").status_code == 403
    assert soup(client.get("/profil")).select_one("form.find") is None


# ---- following the database --------------------------------------------------------------------------------------


def test_the_index_follows_rewording_and_removal(service, make, find, follow):
    """What was reworded is found by its new words only, what is gone not at all; before and after the worker ran."""
    [flood, rice] = make(FLOOD, RICE)
    follow()
    with service.database.write() as session:
        session.get(Claim, flood).wording = "Jembatan Lamtira ambruk."
        session.execute(delete(Post).where(Post.claim_id == rice))
    for _ in range(2):
        assert ("claim", flood) in find("jembatan ambruk")
        assert ("claim", flood) not in find("bendungan jebol")
        assert find("beras plastik") == [("claim", rice)]
        follow()


def test_new_words_of_a_clarification_take_the_place_of_the_old(service, find, follow):
    """A version that is put into force is what is searched."""
    with service.database.write() as session:
        number = factories.clarification(context_for(service, session, SERVICE)).id
    assert find("kuota") == [("clarification", number)]
    follow()
    with service.database.write() as session:
        head = session.get(Clarification, number)
        session.add(
            ClarificationVersion(
                clarification_id=number,
                number=2,
                title="Jalan ditutup",
                body="Sampai sore.",
                sources=[],
                at=head.created_at,
            )
        )
        session.flush()
        head.current_version = 2
    assert find("kuota") == []
    assert find("jalan ditutup") == [("clarification", number)]
    follow()
    assert find("jalan ditutup") == [("clarification", number)]


def test_figures_that_nobody_searches_are_not_read_again(service, make, follow):
    """Counting and ranking a claim leaves no mark in the log."""
    [flood] = make(FLOOD)
    follow()
    with service.database.write() as session:
        session.get(Claim, flood).priority = 5.0
        session.get(Claim, flood).n_posts = 7
        session.get(Claim, flood).wording = FLOOD
    assert follow() == 0


def test_speech_in_a_video_is_searched(service, make, find):
    """What came along as a transcript finds the post."""
    [flood] = make(FLOOD)
    with service.database.write() as session:
        post = session.scalars(select(Post).where(Post.claim_id == flood)).one()
        post.media = [{"kind": "video", "phash": "00", "transcript": "gempa megathrust"}]
        number = post.id
    assert find("megathrust") == [("post", number)]


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_transaction_that_ends_late_is_not_passed_over(service, make, find, follow):
    """Rows are numbered before they are committed; one that is committed after its successors is read all the same."""
    follow()
    with service.database.write() as late:
        ctx = context_for(service, late, SERVICE)
        slow = factories.claim(ctx, wording="Kereta Wanasari mogok.").id
        [quick] = make(FLOOD)
        follow()
        assert ("claim", quick) in find("bendungan")
    follow()
    with service.database.read() as session:
        assert rows.changes(session, Standing.of(json_state(service)).mark, 10, only_settled=True) == []
    assert ("claim", slow) in find("kereta mogok")


def json_state(service):
    """What the index keeps about itself."""
    body = (folder_of(service.settings) / MANIFEST).read_text().split("\n", 1)[1]
    return json.loads(body)["state"]


def test_a_torn_segment_is_read_again(service, settings, make, find, follow):
    """Half a file is noticed, left out, and made anew from the database."""
    [flood, rice] = make(FLOOD, RICE)
    follow()
    for segment in folder_of(settings).glob("*.segment"):
        segment.write_bytes(segment.read_bytes()[:-100])
    search_index._finder.cache_clear()
    search_index._indexer.cache_clear()
    assert find("beras plastik") == []
    follow()
    assert ("claim", rice) in find("beras plastik")
    assert ("claim", flood) in find("bendungan jebol")


def test_an_index_of_another_database_begins_anew(service, settings, make, find, follow):
    """A folder that was left over finds nothing that is not in this database."""
    with locked(folder_of(settings)):
        writer = Writer(folder_of(settings))
        writer.add([search_index.Document(ref_of(Kind.CLAIM, 999), ["hantu"])])
        writer.commit(Standing(12345, Mark(0, 1), None).as_state())
    [flood] = make(FLOOD)
    assert find("hantu") == []
    assert ("claim", flood) in find("bendungan")
    follow()
    assert find("hantu") == []
    assert ("claim", flood) in find("bendungan")


def test_the_log_is_kept_a_week_and_never_less_than_its_newest_row(service, make, follow):
    """An index that had read everything goes on after old rows went; the origin stays."""
    make(FLOOD)
    follow()
    with service.database.write() as session:
        session.execute(text("UPDATE search_changes SET noted_s = 1000"))
    with service.database.write() as session:
        assert search_index.trim_log(session, 1_000_000_000) == 1
        assert len(session.scalars(select(SearchChange)).all()) == 2
    make(RICE)
    assert follow() == 2


def test_an_index_that_was_away_for_too_long_begins_anew(service, make, find, follow):
    """Where its place is gone from the log, everything is read again and nothing is missed."""
    [flood] = make(FLOOD)
    follow()
    with service.database.write() as session:
        session.execute(delete(SearchChange).where(SearchChange.seq > 1))
    [rice] = make(RICE)
    follow()
    assert ("claim", rice) in find("beras plastik")
    assert ("claim", flood) in find("bendungan")


def test_things_have_numbers_of_their_own():
    """A number of the index stands for one thing."""
    for kind in Kind:
        assert thing_of(ref_of(kind, 2**53)) == (kind, 2**53)


# ---- the command and the worker ----------------------------------------------------------------------------------


@pytest.fixture
def environment(settings):
    """What a command of this service finds in its environment."""
    return {
        "SULUH_VAR_DIR": str(settings.var_dir),
        "SULUH_DATABASE_URL": settings.database_url,
        "SULUH_SECRET_KEY": SECRET,
        "SULUH_MODEL_DIR": str(settings.model_dir),
    }


def test_the_command_rebuilds_and_tells(make, find, follow, environment):
    """Before the first reading something is missing; after a rebuild everything is there and answers."""
    [flood, rice] = make(FLOOD, RICE)
    assert CliRunner(env=environment).invoke(command, ["status"]).exit_code == 1
    rebuilt = CliRunner(env=environment).invoke(command, ["rebuild"])
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "4 texts in the index" in rebuilt.output
    told = CliRunner(env=environment).invoke(command, ["status"])
    assert told.exit_code == 0, told.output
    assert "claim\t2 of 2" in told.output
    assert "waiting\t0 changes" in told.output
    assert ("claim", rice) in find("beras plastik")
    assert follow() == 0
    assert ("claim", flood) in find("bendungan")


_FOLLOWING = """
import sys, time
from serving.deps import create_service
from serving.desk.incoming import search_index
from serving.settings import Settings
search_index.PAGE, search_index.STEP = 5, 10
service = create_service(Settings())
print("ready", flush=True)
while True:
    search_index.indexer_for(service.settings).follow(service.database.read, lambda: None)
"""


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_killed_at_any_moment_the_index_goes_on(service, settings, make, follow, environment):
    """SIGKILL in the middle of writing, several times: what it holds at the end is what the database holds."""
    settings.var_dir.mkdir(exist_ok=True)
    for round_ in range(4):
        make(*(f"Kabar {round_} {word} {number}" for number in range(20) for word in ("banjir", "gempa")))
        process = subprocess.Popen(
            [sys.executable, "-c", _FOLLOWING], env={**os.environ, **environment}, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.05 + 0.12 * round_)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
    while follow():
        pass
    with service.database.read() as session:
        status = search_index.status(session, folder_of(settings))
    assert status.n_documents == status.n_things == {Kind.CLAIM: 160, Kind.POST: 160, Kind.CLARIFICATION: 0}
    assert (status.n_changes, status.is_whole) == (0, True)
    assert not list(folder_of(settings).glob("*.part"))


def test_two_writers_take_turns(service, settings, make):
    """While another process holds the lock, following leaves it to that one."""
    make(FLOOD)
    with locked(folder_of(settings)):
        assert Indexer(folder_of(settings)).follow(service.database.read, lambda: None) == 0
    assert Indexer(folder_of(settings)).follow(service.database.read, lambda: None) == 2
