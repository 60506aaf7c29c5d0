"""The registry at both doors and in the commands: the same two people, the same refusals."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from models import artifact
from models.artifact import MANIFEST, WEIGHTS
from serving import worker
from serving.app import create_app
from serving.cli.accounts import key
from serving.cli.models import models, promote, rollback
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.learning.models_store import described
from serving.errors import ForbiddenError, SuluhError
from serving.vocabulary import Role
from tests import factories
from tests.artefacts import small_artefact
from tests.conftest import PASSWORD, SECRET
from tests.web.browsing import send, sign_in, soup, token

WHY = {"reason": "angka lebih baik pada bulan terakhir"}


@pytest.fixture
def ani(key_for):
    """An engineer's key."""
    return key_for("ani", Role.ENGINEER)


@pytest.fixture
def beni(key_for):
    """Another engineer's key."""
    return key_for("beni", Role.ENGINEER)


@pytest.fixture
def folder(tmp_path):
    """An artefact that passes the gate."""
    return small_artefact(tmp_path / "made" / "satu")


def upload(folder):
    """The files of an artefact as a form sends them."""
    return [("files", (path.name, path.read_bytes())) for path in sorted(folder.iterdir())]


@pytest.fixture
def stored(client, ani, folder):
    """The artefact, uploaded; its name in the store."""
    answer = client.post("/v1/models", files=upload(folder), headers=ani)
    assert answer.status_code == 201, answer.text
    return answer.json()["artefact"]


def test_upload_propose_agree_and_roll_back(client, ani, beni, stored):
    """The whole way over /v1: what scores say changes with what two people agreed on, and back again."""

    def answers():
        return client.post("/v1/score", json={"text": "uji"}, headers=ani).json()["scores"][0]["model"]

    before = answers()
    made = client.post("/v1/models/proposals", json={"artefact": stored} | WHY, headers=ani).json()
    alone = client.post(f"/v1/models/proposals/{made['id']}/agree", headers=ani)
    assert (alone.status_code, alone.json()["title"]) == (403, "same-person")
    assert answers() == before
    assert client.post(f"/v1/models/proposals/{made['id']}/agree", headers=beni).status_code == 200
    assert answers() == made["version"] != before
    back = client.post("/v1/models/rollback", json=WHY, headers=beni).json()
    assert client.post(f"/v1/models/proposals/{back['id']}/agree", headers=ani).status_code == 200
    assert answers() == before
    history = client.get("/v1/models/history", headers=ani).json()["history"]
    assert [(row["action"], row["proposed_by"], row["decided_by"]) for row in history] == [
        ("rollback", "beni", "ani"),
        ("promote", "ani", "beni"),
    ]


def test_what_stands_is_told(client, ani, stored):
    """Serving with figures, the challenger, the open proposal, what is stored, no alert."""
    client.post("/v1/models/challenger", json={"artefact": stored} | WHY, headers=ani)
    client.post("/v1/models/proposals", json={"artefact": stored} | WHY, headers=ani)
    told = client.get("/v1/models", headers=ani).json()
    assert told["serving"]["since"] is None
    assert told["serving"]["figures"]["posts.look"]["value"] > 0
    assert told["trial"]["step"]["artefact"] == told["proposal"]["artefact"] == told["stored"][0]["artefact"] == stored
    assert told["proposal"]["figures"] == told["serving"]["figures"]
    assert told["alerts"] == []
    assert client.get("/v1/models/disagreements", headers=ani).json() == {"disagreements": [], "before": None}
    assert client.post("/v1/models/challenger/withdraw", json=WHY, headers=ani).status_code == 200
    assert client.get("/v1/models", headers=ani).json()["trial"] is None


def test_a_tampered_upload_is_refused(client, ani, folder):
    """A byte that differs from the manifest is a 422 that names the file, and nothing is stored."""
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1] + b"x")
    answer = client.post("/v1/models", files=upload(folder), headers=ani)
    assert (answer.status_code, answer.json()["title"]) == (422, "bad-artefact")
    assert WEIGHTS in answer.json()["detail"]
    assert client.get("/v1/models", headers=ani).json()["stored"] == []


@pytest.mark.parametrize(
    "files",
    [
        [("files", ("manifest.json", b"[]"))],
        [("files", ("manifest.json", b"\xff"))],
        [("files", ("manifest.json", b'{"format": 1, "files": []}'))],
        [("files", ("../manifest.json", b"{}"))],
        [("files", ("weights.npz", b"PK"))],
    ],
)
def test_an_upload_that_is_no_artefact_is_refused(client, ani, files):
    """Whatever is wrong with it, it is an answer and never a fault."""
    answer = client.post("/v1/models", files=files, headers=ani)
    assert (answer.status_code, answer.json()["title"]) == (422, "bad-artefact")


def test_a_manifest_of_another_kind_is_refused(client, ani, folder):
    """A kind that would lead out of the store, or that nothing here can load."""
    for kind in ("../../etc", "pickle"):
        text = (folder / MANIFEST).read_text().replace('"kind": "linear"', f'"kind": "{kind}"')
        assert kind in text
        files = [each for each in upload(folder) if each[1][0] != MANIFEST]
        answer = client.post("/v1/models", files=[*files, ("files", (MANIFEST, text.encode()))], headers=ani)
        assert answer.status_code == 422, answer.text


def test_writers_do_not_wait_for_a_model(client, service, ani, beni, folder, monkeypatch):
    """While an upload and what a first agreement replaces are opened, somebody else writes."""
    load, opened = artifact.load, []

    def beside(place):
        with service.database.write() as session:
            session.execute(text("SELECT 1"))
        opened.append(place)
        return load(place)

    monkeypatch.setattr(artifact, "load", beside)
    name = client.post("/v1/models", files=upload(folder), headers=ani).json()["artefact"]
    made = client.post("/v1/models/proposals", json={"artefact": name} | WHY, headers=ani).json()
    assert client.post(f"/v1/models/proposals/{made['id']}/agree", headers=beni).status_code == 200
    assert len(opened) == 2


@pytest.mark.parametrize("name", ["x" * 300, "lain.txt"])
def test_a_file_that_the_manifest_does_not_name_is_passed_over(client, ani, folder, name):
    """It reaches no disk, so its name cannot be wrong."""
    answer = client.post("/v1/models", files=[*upload(folder), ("files", (name, b"x"))], headers=ani)
    assert answer.status_code == 201, answer.text


def test_a_file_name_that_no_disk_takes_is_refused(client, ani, folder):
    """Named in the manifest, uploaded, and still an answer."""
    name = "x" * 300
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][name] = "0"
    files = [each for each in upload(folder) if each[1][0] != MANIFEST]
    files += [("files", (name, b"x")), ("files", (MANIFEST, json.dumps(manifest).encode()))]
    answer = client.post("/v1/models", files=files, headers=ani)
    assert (answer.status_code, answer.json()["title"]) == (422, "bad-artefact")


def test_a_refusal_can_be_sent_whatever_it_quotes(client, ani, folder):
    """A lone surrogate in the name of a file that is missing."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["\ud800"] = "0"
    files = [each for each in upload(folder) if each[1][0] != MANIFEST]
    files += [("files", (MANIFEST, json.dumps(manifest).encode()))]
    answer = client.post("/v1/models", files=files, headers=ani)
    assert (answer.status_code, answer.json()["title"]) == (422, "bad-artefact")


@pytest.fixture
def bare(settings, clock, tmp_path):
    """The service, set up with a model that is not there."""
    app = create_app(settings.model_copy(update={"model_dir": tmp_path / "tidak-ada"}), clock)
    with TestClient(app, raise_server_exceptions=False, headers={"accept-language": "id"}) as made:
        yield made


def test_the_registry_opens_where_the_base_model_does_not(bare, ani):
    """Both doors say what cannot be read; neither is a fault."""
    told = bare.get("/v1/models", headers=ani)
    assert told.status_code == 200, told.text
    assert "tidak-ada" in told.json()["serving"]["fault"]
    sign_in(bare, "ani")
    page = bare.get("/model")
    assert page.status_code == 200
    assert "tidak dapat dibuka" in soup(page).select_one('[aria-labelledby="melayani"] .notice.stop').get_text()


def test_a_worker_without_a_judge_says_so_once(bare):
    """A fault at every tick, and one line in the log without a trace; the line comes again once it had worked."""
    judge = next(part for part in worker.OWN_PARTS if part.name == "judge")
    service = bare.app.state.service
    with capture_logs() as logs:
        assert [worker.run_part(judge, service) for _ in range(3)] == [False] * 3
    [line] = [each for each in logs if each.get("part") == "judge"]
    assert "tidak-ada" in line["why"]
    assert "exc_info" not in line


def test_the_gate_says_which_slice(client, ani, tmp_path):
    """A worse candidate meets a 409 with slice and figures."""
    worse = small_artefact(tmp_path / "made" / "buruk", **{"news.look": 0.5})
    name = client.post("/v1/models", files=upload(worse), headers=ani).json()["artefact"]
    answer = client.post("/v1/models/proposals", json={"artefact": name} | WHY, headers=ani)
    assert (answer.status_code, answer.json()["title"]) == (409, "gate-refused")
    assert "news.look: 0.500" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.CHECKER, Role.APPROVER, Role.MANAGER, Role.INFLUENCER])
def test_models_are_for_engineers(client, key_for, role):
    """Nobody else reads or changes them, at either door."""
    headers = key_for("lain", role)
    assert client.get("/v1/models", headers=headers).status_code == 403
    assert client.post("/v1/models/rollback", json=WHY, headers=headers).status_code == 403
    sign_in(client, "lain")
    assert client.get("/model").status_code == 403


def test_an_admin_may_agree_and_not_propose(client, key_for, ani, stored):
    """Where there is one engineer, an administrator is the second person."""
    admin = key_for("kepala", Role.ADMIN)
    body = {"artefact": stored} | WHY
    assert client.post("/v1/models/proposals", json=body, headers=admin).status_code == 403
    made = client.post("/v1/models/proposals", json=body, headers=ani).json()
    assert client.post(f"/v1/models/proposals/{made['id']}/agree", headers=admin).status_code == 200


# ---- the page ------------------------------------------------------------------------------------------------------


def test_the_page_before_anything_happened(client, sign_up):
    """What serves and its figures, and sentences where there is nothing yet."""
    sign_up("ani", Role.ENGINEER)
    sign_in(client, "ani")
    page = soup(client.get("/model"))
    assert page.select_one("#melayani").find_next("strong").get_text().startswith("linear-")
    assert [one.get_text() for one in page.select(".empty h2")] == ["Penyimpanan masih kosong", "Belum ada riwayat"]
    assert "posts.look" in page.select_one('[aria-labelledby="angka"]').get_text()
    assert soup(client.get("/model/beda")).select_one(".empty h2").get_text() == "Tidak ada penantang"


def test_two_people_promote_on_the_page(client, sign_up, folder):
    """Upload, propose; the proposer sees no button to agree and is refused without it; the second person agrees."""
    for name in ("ani", "beni"):
        sign_up(name, Role.ENGINEER)
    sign_in(client, "ani")
    answer = client.post(
        "/model/unggah", data={"csrf": token(client, "/model")}, files=upload(folder), follow_redirects=False
    )
    assert answer.status_code == 303
    name = soup(client.get("/model")).select_one("#artefak option")["value"]
    assert send(client, "/model/usul", "/model", artefak=name, alasan="lebih baik").status_code == 303
    page = soup(client.get("/model"))
    assert "orang lain yang menyetujui" in page.select_one('[aria-labelledby="usulan"]').get_text()
    assert page.select_one('form[action$="/setuju"]') is None
    refused = send(client, "/model/usulan/1/setuju", "/model")
    assert refused.status_code == 403
    assert "perlu orang kedua" in soup(refused).select_one(".notice.stop").get_text()
    client.cookies.clear()
    sign_in(client, "beni")
    heads = [one.get_text() for one in soup(client.get("/model")).select('[aria-labelledby="angka"] th')]
    assert heads == ["Ukuran", "Nilai", "Selang", "Calon", "Selang calon", "Yang baik"]
    assert send(client, "/model/usulan/1/setuju", "/model").status_code == 303
    page = soup(client.get("/model"))
    assert name.startswith(page.select_one("#melayani").find_next("strong").get_text())
    assert "ani, disetujui beni" in page.select_one('[aria-labelledby="riwayat"]').get_text(" ", strip=True)
    assert page.select_one('form[action="/model/kembali"]')


def test_the_page_tells_of_a_model_that_cannot_be_opened(client, sign_up, settings, ani, beni, stored):
    """The weights rot after the agreement: scores go on under the old name, and an alert names file and model."""
    made = client.post("/v1/models/proposals", json={"artefact": stored} | WHY, headers=ani).json()
    client.post(f"/v1/models/proposals/{made['id']}/agree", headers=beni)
    (settings.models / stored / WEIGHTS).write_bytes(b"rusak")
    answer = client.post("/v1/score", json={"text": "uji"}, headers=ani)
    assert answer.status_code == 200
    assert answer.json()["scores"][0]["model"] != made["version"]
    sign_up("dedi", Role.ENGINEER)
    sign_in(client, "dedi")
    alert = soup(client.get("/model")).select_one('.notice.stop[role="alert"]').get_text()
    assert WEIGHTS in alert
    assert stored in alert


def test_the_page_lists_what_the_models_see_differently(client, service, sign_up, ani, tmp_path):
    """Each claim in its neutral wording, with both bands; the desk goes on showing the champion's alone."""
    bold = small_artefact(tmp_path / "made" / "berani", bias=20.0)
    name = client.post("/v1/models", files=upload(bold), headers=ani).json()["artefact"]
    client.post("/v1/models/challenger", json={"artefact": name} | WHY, headers=ani)
    calm = "Jadwal perpustakaan keliling minggu depan berpindah ke lapangan kecamatan"
    with service.database.write() as session:
        claim = factories.claim(context_for(service, session, SERVICE), wording=calm, p_hoax=0.02, band="clear")
    next(part for part in worker.EVERY_PART if part.name == "shadow").run(service)
    sign_up("dedi", Role.ENGINEER)
    sign_in(client, "dedi")
    [row] = soup(client.get("/model/beda")).select("tbody tr")
    assert calm in row.get_text()
    assert [one["class"][1] for one in row.select(".band")] == ["band-clear", "band-look"]
    shown = client.get(f"/v1/claims/{claim.id}", headers=ani).json()
    assert name not in str(shown)
    assert (shown["p_hoax"], shown["band"]) == (0.02, "clear")


def test_a_refused_form_says_why_on_the_page(client, sign_up):
    """Without a reason, and without anything to go back to: the page again, with the sentence."""
    sign_up("ani", Role.ENGINEER)
    sign_in(client, "ani")
    csrf = token(client, "/model")
    for path, status in (("/model/usul", 422), ("/model/kembali", 422), ("/model/penantang/lepas", 422)):
        answer = client.post(path, data={"csrf": csrf})
        assert answer.status_code == status
        assert soup(answer).select_one(".notice.stop")
    answer = client.post("/model/kembali", data={"csrf": csrf, "alasan": "keliru"})
    assert answer.status_code == 409
    assert "Belum ada model sebelumnya" in soup(answer).select_one(".notice.stop").get_text()


# ---- the commands --------------------------------------------------------------------------------------------------


@pytest.fixture
def run(settings, sign_up, monkeypatch):
    """Run a command as a person with their password: ``run("ani", promote, folder, ...)``."""
    monkeypatch.setenv("SULUH_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SULUH_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("SULUH_SECRET_KEY", SECRET)
    if settings.model_dir is not None:
        monkeypatch.setenv("SULUH_MODEL_DIR", str(settings.model_dir))
    monkeypatch.delenv("SULUH_KEY", raising=False)
    for name in ("ani", "beni"):
        sign_up(name, Role.ENGINEER)

    def do(who, command, *arguments, password=PASSWORD):
        given = ["--as", who] if who else []
        return CliRunner().invoke(command, [*map(str, arguments), *given], input=f"{password}\n")

    return do


def test_the_commands_need_two_people(run, folder):
    """Propose, be refused alone, agree as another, roll back; the history lists it."""
    assert "proposal 1" in run("ani", promote, folder, "--reason", "lebih baik").output
    alone = run("ani", promote, "--agree")
    assert isinstance(alone.exception, SuluhError)
    assert "orang kedua" in str(alone.exception)
    assert "serves from now on" in run("beni", promote, "--agree").output
    assert "back to linear-" in run("beni", rollback, "--reason", "banyak keliru").output
    assert "serves from now on (rollback" in run("ani", promote, "--agree").output
    lines = run("", models).output.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["rollback", "promote"]
    assert lines[1].split("\t")[4] == "ani, beni"


def test_a_name_alone_is_nobody(run, folder):
    """Without that person's password nothing is proposed."""
    answer = run("ani", promote, folder, "--reason", "lebih baik", password="salah-salah-salah")
    assert isinstance(answer.exception, SuluhError)
    assert [line.split("\t")[1] for line in run("", models).output.splitlines()] == ["set up"]


def test_a_key_stands_for_its_holder_only(run, folder, monkeypatch):
    """With somebody's personal key one acts as them, and as nobody else."""
    made = run("", key, "create", "--user", "beni")
    monkeypatch.setenv("SULUH_KEY", made.stdout.strip())
    refused = run("ani", promote, folder, "--reason", "x").exception
    assert isinstance(refused, ForbiddenError)
    assert "proposal 1" in run("beni", promote, folder, "--reason", "lebih baik").output


def test_a_challenger_by_command_and_a_declined_proposal(run, folder):
    """Shadow takes one person; declining needs a reason."""
    assert "in shadow" in run("ani", promote, folder, "--challenge", "--reason", "coba dulu").output
    run("ani", promote, folder, "--reason", "lebih baik")
    assert run("beni", promote, "--decline").exit_code == 2
    assert "declined" in run("beni", promote, "--decline", "--reason", "nanti saja").output
    assert [line.split("\t")[1] for line in run("", models).output.splitlines()] == ["decline", "challenge", "set up"]


@pytest.mark.filterwarnings("ignore:.*noload.*")  # raised inside MLflow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
def test_an_agreement_by_command_is_repeated_in_mlflow(run, folder, settings):
    """Where a store with that run is, its alias leads to what serves; the alias follows a rollback as well."""
    mlflow = pytest.importorskip("mlflow")
    from training.tracking import REGISTERED, Run, record

    version = described(folder).version
    record(Run(version, {}, {}, folder), settings.var_dir)
    run("ani", promote, folder, "--reason", "lebih baik")
    assert f"champion is {version}" in run("beni", promote, "--agree").stderr
    mlflow.set_tracking_uri(f"sqlite:///{settings.var_dir / 'mlflow.db'}")
    found = mlflow.MlflowClient().get_model_version_by_alias(REGISTERED, "champion")
    assert found.tags["suluh.version"] == version
    run("beni", rollback, "--reason", "keliru")
    assert "which no run here made" in run("ani", promote, "--agree").stderr


@pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
def test_a_mirror_that_fails_stops_no_agreement(run, folder, settings, caplog):
    """A broken store: one sentence for whoever agreed, where it broke for the log, and the history stands."""
    pytest.importorskip("mlflow")
    settings.var_dir.mkdir(exist_ok=True)
    (settings.var_dir / "mlflow.db").write_bytes(b"this is no database" * 100)
    run("ani", promote, folder, "--reason", "lebih baik")
    agreed = run("beni", promote, "--agree")
    assert "mlflow was not told" in agreed.stderr
    assert agreed.stderr.rstrip().endswith("the history stands")
    assert (agreed.exit_code, "serves from now on" in agreed.stdout) == (0, True)
    assert [record.exc_info is not None for record in caplog.records if record.name == "serving.cli.models"] == [True]


def test_before_any_promotion_the_model_that_was_set_up_is_named(run, settings):
    """An empty history is no empty answer: what serves is the model of the installation."""
    with_it = described(settings.model_dir or artifact.released_folder(artifact.JUDGE))
    cells = ["-", "set up", with_it.version, with_it.name, "-", "serves; nobody has promoted another"]
    assert run("", models).stdout.rstrip("\n").split("\t") == cells


@pytest.mark.parametrize("arguments", [[], ["--agree", "--decline"], ["FOLDER", "--agree"]])
def test_wrong_use_says_what_to_give(run, folder, arguments):
    """One of the four ways, and nothing half-way."""
    filled = [str(folder) if each == "FOLDER" else each for each in arguments]
    answer = run("ani", promote, *filled)
    assert answer.exit_code == 2
    assert "give one of" in answer.output
