"""What the desk decided leaves as the learning half reads it, and what is open is weighed for the next label."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from data.schema import Label
from data.sources.desk import COLUMNS, LABELS, decided_claims
from models.artifact import read_manifest
from models.retraining import SCHEDULE, Reason
from serving import worker
from serving.cli.label import label
from serving.db import decided as rows
from serving.db.decided import Span
from serving.db.tables import AuditRow, Clarification, DriftCheck, Post, ShadowScore
from serving.demo import prepare
from serving.deps import context_for, writing_as
from serving.desk.checking import decided
from serving.desk.context import SERVICE
from serving.desk.incoming.machine import holder_for
from serving.desk.learning import drift, registry
from serving.desk.people import accounts
from serving.vocabulary import ClaimState, ClarificationState, DismissReason, Role, VerdictLabel
from tests import factories
from tests.artefacts import small_artefact
from tests.conftest import PASSWORD, SECRET
from tests.web.browsing import sign_in, soup


@pytest.fixture
def ani(key_for):
    """An engineer's key."""
    return key_for("ani", Role.ENGINEER)


@pytest.fixture
def pair(sign_up):
    """The numbers of two people of the desk."""
    return [sign_up(name, Role.CHECKER, Role.APPROVER).user_id for name in ("penulis-contoh", "penyetuju-contoh")]


@pytest.fixture
def decide(service, pair, clock):
    """Make a decided claim: ``decide(VerdictLabel.FALSE, wording=…)``."""

    def make(verdict, **over):
        with service.database.write() as session:
            values = {
                "state": ClaimState.PUBLISHED,
                "verdict": verdict,
                "author_id": pair[0],
                "approver_id": pair[1],
                "decided_at": clock.now(),
            }
            ctx = context_for(service, session, SERVICE)
            made = factories.claim(ctx, **values | over)
            if verdict is not None:
                factories.clarification(ctx, *pair, claim_id=made.id, verdict=verdict)
            clock.forward(minutes=1)
            return made.id

    return make


def lines(client, headers, **params):
    """The export, line by line."""
    answer = client.get("/v1/decided-claims", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


# ---- the export ----------------------------------------------------------------------------------------------------


def test_decided_claims_leave_as_learning_reads_them(client, ani, decide, tmp_path):
    """Every line has the columns of the contract and no other, and the source reads the file back with its labels."""
    decide(VerdictLabel.FALSE)
    decide(VerdictLabel.TRUE, wording="Jadwal imunisasi di puskesmas contoh berpindah ke hari Rabu")
    decide(VerdictLabel.UNPROVEN, state=ClaimState.CLOSED, wording="Ada harta karun di bawah balai desa contoh")
    found = lines(client, ani)
    assert [tuple(line) for line in found] == [COLUMNS] * 3
    assert [line["n_people"] for line in found] == [2, 2, 2]
    (tmp_path / "maret.jsonl").write_text("\n".join(map(json.dumps, found)), encoding="utf-8")
    read = {example.id: example.label for example in decided_claims(tmp_path)}
    assert list(read.values())[::2] == [Label.HOAX, Label.NOT_HOAX, Label.UNKNOWN]


def test_what_two_people_approved_is_learned_from(service, clock, tmp_path):
    """The sample's own story, from posts to approval through the desk: statement and copies of one claim, as hoax."""
    prepare.prepare(service, PASSWORD, lambda _told: None)
    clock.forward(minutes=1)
    with service.database.write() as session:
        engineer = accounts.actor_for(accounts.people.user_by_name(session, "insinyur"))
    with service.database.read() as session:
        ctx = context_for(service, session, engineer)
        found = list(decided.export(ctx, writing_as(service, engineer), service.database.read, None))
    (tmp_path / "contoh.jsonl").write_text("".join(found), encoding="utf-8")
    examples = list(decided_claims(tmp_path))
    assert len(examples) > len(found) > 0
    assert {(example.label, example.source) for example in examples} == {(Label.HOAX, "desk")}


def test_every_verdict_of_the_desk_is_one_that_learning_knows():
    """The two halves name the same eight words."""
    assert {verdict.value for verdict in VerdictLabel} == set(LABELS)


def test_a_dismissal_as_opinion_leaves_with_one_person(client, ani, decide):
    """Opinion, satire and what is out of scope are said by one; a duplicate or a press matter says nothing."""
    for reason in DismissReason:
        decide(None, state=ClaimState.DISMISSED, dismiss_reason=reason, author_id=None, approver_id=None)
    assert {(line["verdict"], line["n_people"]) for line in lines(client, ani)} == {
        ("opini", 1),
        ("satire", 1),
        ("di_luar_cakupan", 1),
    }


@pytest.mark.parametrize("state", [ClaimState.RETRACTED, ClaimState.QUEUED, ClaimState.AWAITING_APPROVAL])
def test_what_does_not_stand_is_not_exported(client, ani, decide, state):
    """A withdrawn label, a claim that was opened again, a draft."""
    decide(VerdictLabel.FALSE, state=state)
    assert lines(client, ani) == []


@pytest.mark.parametrize("state", [ClarificationState.RETRACTED, ClarificationState.SUPERSEDED])
@pytest.mark.parametrize("claim_state", [ClaimState.PUBLISHED, ClaimState.CLOSED])
def test_a_label_stands_while_its_clarification_does(client, service, ani, decide, state, claim_state):
    """A claim may stay closed when its clarification is withdrawn; nothing is learned from it any more."""
    claim_id = decide(VerdictLabel.FALSE, state=claim_state)
    assert len(lines(client, ani)) == 1
    with service.database.write() as session:
        session.query(Clarification).filter_by(claim_id=claim_id).one().state = state
    assert lines(client, ani) == []
    assert client.get("/v1/decided-claims/counts", headers=ani).json() == {"counts": {}}


def test_no_name_no_author_no_number_leaves(client, service, ani, decide):
    """Handles, addresses and numbers are masked in statement and posts; colleagues appear as a count."""
    claim_id = decide(VerdictLabel.FALSE, wording="Kiriman @akuncontoh: hubungi 081234567890 atau budi@contoh.example")
    with service.database.write() as session:
        session.get(
            Post, session.query(Post.id).filter_by(claim_id=claim_id).scalar()
        ).text = "Transfer lewat https://facebook.com/akun.contoh ke 081234567890, kata @akuncontoh"
    [line] = lines(client, ani)
    text = json.dumps(line)
    for personal in ("akuncontoh", "081234567890", "budi@", "akun.contoh", "penulis-contoh", "penyetuju-contoh"):
        assert personal not in text
    assert "@akun" in line["statement"]
    assert "[nomor]" in line["posts"][0]


def test_since_gives_what_was_decided_from_then_on(client, ani, decide, clock):
    """So that each export begins where the one before it ended; a time without an offset is refused."""
    decide(VerdictLabel.FALSE)
    later = clock.now()
    second = decide(VerdictLabel.TRUE)
    assert [line["id"] for line in lines(client, ani, since=later.isoformat())] == [str(second)]
    refused = client.get("/v1/decided-claims", headers=ani, params={"since": "2026-03-02T03:00:00"})
    assert refused.status_code == 422


def test_pages_join_without_a_gap(client, ani, decide, clock, monkeypatch):
    """Also where several were decided in the same moment."""
    monkeypatch.setattr(decided, "PAGE", 2)
    moment = clock.now()
    made = [decide(VerdictLabel.FALSE, decided_at=moment if number < 4 else clock.now()) for number in range(7)]
    assert [line["id"] for line in lines(client, ani)] == [str(claim_id) for claim_id in made]


def test_posts_are_the_widest_each_wording_once(client, service, ani, decide, clock):
    """At most ten of a cluster, widest first, copies once."""
    claim_id = decide(VerdictLabel.FALSE, wording="pesan pertama")
    with service.database.write() as session:
        for number in range(14):
            session.add(
                Post(
                    claim_id=claim_id,
                    source="contoh",
                    external_hash=f"{number:064}",
                    text=f"pesan ke-{number // 2}",
                    posted_at=clock.now(),
                    collected_at=clock.now(),
                    reach=1000 + number,
                    media=[],
                    p_hoax=0.5,
                )
            )
    [line] = lines(client, ani)
    assert line["posts"] == [f"pesan ke-{number}" for number in (6, 5, 4, 3, 2)]


def test_an_export_is_one_row_of_the_record(client, service, ani, decide):
    """Who, when, since when and how many; no word of what left."""
    decide(VerdictLabel.FALSE)
    lines(client, ani, since="2026-01-01T00:00:00Z")
    with service.database.read() as session:
        [row] = session.query(AuditRow).filter_by(action="claim.export").all()
    assert row.actor_id is not None
    assert json.loads(row.detail) == {"n": 1, "since": "2026-01-01T00:00:00+00:00"}


@pytest.mark.parametrize("role", [Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.INFLUENCER, Role.ADMIN])
def test_learning_is_for_engineers(client, service, key_for, role):
    """Nobody else exports or reads the lists, at either door, and a refusal is no export in the record."""
    headers = key_for("lain", role)
    for path in (
        "/v1/decided-claims",
        "/v1/decided-claims/counts",
        "/v1/decided-claims/next",
        "/v1/drift",
        "/v1/retraining",
    ):
        assert client.get(path, headers=headers).status_code == 403, path
    sign_in(client, "lain")
    assert client.get("/model/pelajaran").status_code == 403
    assert client.get("/model/pelajaran/klaim.jsonl").status_code == 403
    with service.database.read() as session:
        assert session.query(AuditRow).filter_by(action="claim.export").count() == 0


# ---- what to label next --------------------------------------------------------------------------------------------


def test_the_next_label_is_the_uncertain_one(client, service, ani, decide):
    """Near the threshold before far from it; a copy of what is listed is left out; nothing that is decided."""
    look = 0.5
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        sure = factories.claim(ctx, p_hoax=0.9999, wording="Air rebusan daun contoh menyembuhkan semua penyakit")
        near = factories.claim(ctx, p_hoax=look, wording="Gempa besar akan terjadi di kota contoh besok malam")
        copy = factories.claim(ctx, p_hoax=look, wording="GEMPA BESAR akan terjadi di Kota Contoh besok malam!")
    decide(VerdictLabel.FALSE, p_hoax=look)
    with service.database.read() as session:
        found = decided.proposals(session, look, 10)
    assert [one.claim.id for one in found] == [near.id, sure.id]
    assert copy.id not in {one.claim.id for one in found}


def test_what_models_see_differently_is_asked_first(client, service, ani, tmp_path, clock):
    """A claim of which the challenger in shadow says the opposite comes before one that all are sure of."""
    made = client.post(
        "/v1/models",
        headers=ani,
        files=[
            ("files", (path.name, path.read_bytes()))
            for path in sorted(small_artefact(tmp_path / "made" / "satu").iterdir())
        ],
    ).json()
    client.post("/v1/models/challenger", headers=ani, json={"artefact": made["artefact"], "reason": "contoh"})
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        factories.claim(ctx, p_hoax=0.99, wording="Undian kulkas dari toko contoh lewat pesan berantai")
        torn = factories.claim(ctx, p_hoax=0.99, wording="Vaksin contoh membuat sendok menempel di lengan")
        challenger = registry.rows.standing(session).challenger
        session.add(
            ShadowScore(
                challenge_id=challenger.history_id,
                claim_id=torn.id,
                version="x",
                p_hoax=0.01,
                band="clear",
                champion="y",
                champion_p_hoax=0.99,
                champion_band="look",
                at=clock.now(),
            )
        )
    [first, second] = client.get("/v1/decided-claims/next", headers=ani, params={"limit": 2}).json()["claims"]
    assert first["claim_id"] == torn.id
    assert first["disagreement"] > 0.5 > second["disagreement"]


def test_the_command_prints_the_same_list(service, settings, monkeypatch):
    """``suluh label next``: number, gain, score and wording, best first."""
    with service.database.write() as session:
        made = factories.claim(context_for(service, session, SERVICE), wording="Satu kalimat\tcontoh")
    monkeypatch.setenv("SULUH_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SULUH_SECRET_KEY", SECRET)
    monkeypatch.setenv("SULUH_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("SULUH_MODEL_DIR", str(settings.model_dir))
    answer = CliRunner().invoke(label, ["next", "--limit", "5"], catch_exceptions=False)
    [number, gain, score, wording] = answer.output.strip().split("\t")
    assert (int(number), score, wording) == (made.id, "0.900", "Satu kalimat contoh")
    assert 0 <= float(gain) <= 1


# ---- drift ---------------------------------------------------------------------------------------------------------


def _feed(service, clock, n_reference, n_recent):
    """Claims about one thing for four weeks and about another in the last."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        for number in range(n_reference):
            at = clock.now() - timedelta(days=8 + number % 26)
            factories.claim(ctx, created_at=at, wording=f"Jadwal perpustakaan keliling kecamatan contoh nomor {number}")
        for number in range(n_recent):
            at = clock.now() - timedelta(days=1 + number % 6)
            factories.claim(ctx, created_at=at, wording=f"Klik tautan hadiah kuota gratis bank contoh undian {number}")


def _check(service):
    return next(part for part in worker.EVERY_PART if part.name == "drift").run(service)


def test_a_week_of_something_else_is_kept_warned_of_and_shown(client, service, sign_up, ani, clock):
    """The row of the day, one warning in the log with the figures, and plain words on the page."""
    _feed(service, clock, 60, 60)
    with capture_logs() as logs:
        assert _check(service) == 1
    assert [(log["log_level"], log["day"]) for log in logs if "drift" in log["event"]] == [("warning", "2026-03-02")]
    [check] = client.get("/v1/drift", headers=ani).json()["checks"]
    assert (check["n_recent"], check["n_reference"], check["n_decided"]) == (60, 60, 0)
    assert check["beyond"] == ["stability", "apart"]
    assert check["apart"]["low"] > 0.9
    assert check["precision"] is None
    sign_up("beni", Role.ENGINEER)
    sign_in(client, "beni")
    page = soup(client.get("/model/pelajaran"))
    assert "Melewati batas pada pemeriksaan terakhir" in page.select_one(".notice.warn").get_text()
    assert "terlalu sedikit" in page.select_one('[aria-labelledby="pergeseran"] tbody').get_text()


def test_a_day_is_checked_once(service, clock):
    """The worker asks every hour; the second time there is nothing to do, and the next day there is."""
    assert [_check(service), _check(service)] == [1, 0]
    clock.forward(days=1)
    assert _check(service) == 1
    with service.database.read() as session:
        assert [row.day for row in rows.checks(session, 5)] == ["2026-03-03", "2026-03-02"]
        assert session.query(AuditRow).filter_by(action="model.drift").count() == 2


def test_two_workers_keep_one_row_of_a_day(service, settings, clock):
    """The second one finds the first one's row when it comes to write its own, and leaves it."""
    _feed(service, clock, 60, 60)

    @contextmanager
    def begin():
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    class Overtaken:
        """A model that is so slow that another worker does the whole check meanwhile."""

        version = "lambat"

        def probabilities(self, texts):
            assert _check(service) == 1
            return holder_for(settings).probabilities(texts)

    assert drift.check_today(begin, Overtaken()) == 0
    with service.database.read() as session:
        assert [row.model for row in rows.checks(session, 5)] == [holder_for(settings).version]


def test_too_few_claims_say_nothing_and_warn_of_nothing(service, clock):
    """A small desk gets a row without figures."""
    _feed(service, clock, 3, 3)
    with capture_logs() as logs:
        _check(service)
    assert [log for log in logs if log["log_level"] == "warning"] == []
    with service.database.read() as session:
        row = session.get(DriftCheck, "2026-03-02")
        assert (row.n_recent, row.n_reference) == (3, 3)
        assert [drift.effect_of(row, name) for name in ("stability", "apart", "precision")] == [None] * 3


def test_precision_counts_what_stood_at_look_and_was_judged(service, decide, clock):
    """False and misleading bear the band out, true and opinion do not, unproven counts as neither, nor other bands."""
    for verdict in (VerdictLabel.FALSE, VerdictLabel.MISLEADING, VerdictLabel.TRUE, VerdictLabel.UNPROVEN):
        decide(verdict, band="look")
    decide(VerdictLabel.FALSE, band="clear")
    decide(
        None,
        band="look",
        state=ClaimState.DISMISSED,
        dismiss_reason=DismissReason.OPINION,
        author_id=None,
        approver_id=None,
    )
    with service.database.read() as session:
        at_look = rows.counts(session, Span(None, clock.now()), band="look")
    assert sorted(drift.borne_out(at_look)) == [False, False, True, True]


@pytest.mark.parametrize(("n", "at_most"), [(0, 5), (3, 5), (5, 5), (11, 5), (1000, 7)])
def test_thinning_is_even_and_keeps_the_order(n, at_most):
    """Both ends of a window count alike."""
    kept = drift.thinned(range(n), at_most)
    assert len(kept) == min(n, at_most)
    assert kept == sorted(set(kept))
    gaps = {after - before for before, after in pairwise(kept)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


# ---- the page ------------------------------------------------------------------------------------------------------


def test_the_page_before_anything_was_decided(client, sign_up):
    """Three sentences that say what will appear and how."""
    sign_up("ani", Role.ENGINEER)
    sign_in(client, "ani")
    page = soup(client.get("/model/pelajaran"))
    assert [one.get_text() for one in page.select(".empty h2")] == [
        "Belum ada klaim yang diputus",
        "Tidak ada klaim terbuka",
        "Belum ada pemeriksaan",
    ]


def test_the_page_counts_offers_the_file_and_lists_what_is_next(client, service, sign_up, decide):
    """Each verdict with its number, a file of the same lines as /v1, and the open claims in their neutral wording."""
    decide(VerdictLabel.FALSE)
    decide(VerdictLabel.FALSE, wording="Kalimat contoh yang lain")
    with service.database.write() as session:
        waiting = factories.claim(context_for(service, session, SERVICE), wording="Kalimat contoh yang menunggu")
    sign_up("ani", Role.ENGINEER)
    sign_in(client, "ani")
    page = soup(client.get("/model/pelajaran"))
    assert page.select_one('[aria-labelledby="diputus"] tbody td.n').get_text() == "2"
    answer = client.get(page.select_one("a[download]")["href"])
    assert "klaim-diputus.jsonl" in answer.headers["content-disposition"]
    assert [json.loads(line)["verdict"] for line in answer.text.splitlines()] == ["salah", "salah"]
    assert page.select_one(f'[aria-labelledby="berikutnya"] a[href="/klaim/{waiting.id}"]')


# ---- training anew ---------------------------------------------------------------------------------------------------


@pytest.fixture
def trained(service):
    """When the model of the service was trained."""
    return datetime.fromisoformat(read_manifest(service.settings.model_dir).created)


@pytest.mark.parametrize(
    ("days", "reasons", "sentence"),
    [(1, [], "Belum perlu melatih ulang"), (SCHEDULE.days, [Reason.AGE], "Saatnya melatih ulang")],
)
def test_the_schedule_counts_from_the_day_of_training(client, key_for, decide, clock, trained, days, reasons, sentence):
    """The model that serves is due when its age is reached; page and answer agree."""
    clock.moment = trained + timedelta(days=days)
    engineer = key_for("ani", Role.ENGINEER)
    decide(VerdictLabel.FALSE)
    answer = client.get("/v1/retraining", headers=engineer).json()
    assert (answer["reasons"], answer["n_decisions"], answer["n_drift_days"]) == (reasons, 1, 0)
    assert datetime.fromisoformat(answer["due_at"]) == trained + timedelta(days=SCHEDULE.days)
    sign_in(client, "ani")
    assert sentence in client.get("/model/pelajaran").text


def test_the_worker_says_once_a_day_that_the_model_is_due(service, clock, trained):
    """After the day's check a warning stands in the log where the model is due."""
    clock.moment = trained + timedelta(days=SCHEDULE.days)
    with capture_logs() as logs:
        _check(service)
        _check(service)
    assert [log["why"] for log in logs if "trained anew" in log["event"]] == [[Reason.AGE]]
