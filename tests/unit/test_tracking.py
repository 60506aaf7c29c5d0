"""MLflow holds what a run was made of, and repeats who serves."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest

from eval.metrics import Figure
from eval.run import Comparison, Curves, Report
from models.artifact import CARD, MANIFEST, RELEASED, read_manifest
from training.order import Made
from training.pipeline import recorded
from training.release import headline
from training.tracking import MODEL, PICTURES, REGISTERED, Run, mirror, record

mlflow = pytest.importorskip("mlflow")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*noload.*"),  # raised inside MLflow
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow"),
]
RELEASE = RELEASED / "linear"
VERSION = read_manifest(RELEASE).version


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with the released model's run in it."""
    folder = tmp_path_factory.mktemp("tracking")
    picture = folder / "reliability.png"
    picture.write_bytes(b"\x89PNG")
    figures = {"posts.look": 0.35, "posts.look.low": 0.32}
    record(Run(VERSION, read_manifest(RELEASE).recipe, figures, RELEASE, (picture,)), folder)
    return folder


@pytest.fixture
def client(store):
    """MLflow's own client of that store."""
    mlflow.set_tracking_uri(f"sqlite:///{store / 'mlflow.db'}")
    return mlflow.MlflowClient()


@pytest.fixture
def run(client):
    """The one run."""
    [version] = client.search_model_versions(f"name = '{REGISTERED}'")
    return client.get_run(version.run_id)


def test_a_run_holds_recipe_fingerprint_figures_and_card(run):
    """What made it, from which data, how well it does with its interval, and the card as its description."""
    manifest = read_manifest(RELEASE)
    assert run.data.params["fit.tolerance"] == str(manifest.recipe["fit"]["tolerance"])
    assert run.data.tags["suluh.data_fingerprint"] == manifest.data_fingerprint
    assert (run.data.metrics["posts.look"], run.data.metrics["posts.look.low"]) == (0.35, 0.32)
    assert run.data.tags["mlflow.note.content"] == (RELEASE / CARD).read_text(encoding="utf-8")


def test_a_run_holds_pictures_and_the_whole_artefact_with_its_signature(client, run):
    """Text in, probability and band out; and no code."""
    assert [file.path for file in client.list_artifacts(run.info.run_id, PICTURES)] == [f"{PICTURES}/reliability.png"]
    names = {file.path.removeprefix(f"{MODEL}/") for file in client.list_artifacts(run.info.run_id, MODEL)}
    assert names == {MANIFEST, "MLmodel", *read_manifest(RELEASE).files}
    described = mlflow.models.Model.load(f"{urlsplit(run.info.artifact_uri).path}/{MODEL}/MLmodel")
    assert described.signature.inputs.input_names() == ["text"]
    assert described.signature.outputs.input_names() == ["p_hoax", "band"]
    assert set(described.flavors) == {"suluh"}


def test_aliases_repeat_the_history(client, store):
    """The champion's alias leads to its version; without a challenger there is no such alias."""
    said = mirror({"champion": VERSION, "challenger": None}, store)
    assert said == f"MLflow: champion is {VERSION}; challenger is nobody."
    assert client.get_model_version_by_alias(REGISTERED, "champion").tags["suluh.version"] == VERSION
    assert set(client.get_registered_model(REGISTERED).aliases) == {"champion"}


def test_a_version_that_no_run_made_is_named(store):
    """A model from elsewhere is no error, and no alias lies about it."""
    assert "linear-00000000, which no run here made" in mirror({"champion": "linear-00000000"}, store)


def test_without_a_store_one_sentence_says_so(tmp_path, monkeypatch):
    """The history stands without MLflow, and no empty store is left behind."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert "no alias was set" in mirror({"champion": VERSION}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_figures_are_named_with_their_intervals():
    """Value, bounds and n stand under the names that the promotion gate reads."""
    figure = Figure(0.91239, 0.9, 0.93, 40)
    rows = (
        Comparison("linear-1", "official titles", "news", 90, figure, figure, figure),
        Comparison("style only", "posts", "news", 90, figure, figure, figure),
    )
    topic = SimpleNamespace(topic="health", found=figure, flagged=None, auc=None)
    report = SimpleNamespace(
        model="linear-1", comparisons=rows, flagged={"unseen criticism": figure}, topics=(topic,), ece_after=0.02
    )
    assert headline(report) == {
        "unseen_criticism.look": 0.9124,
        "unseen_criticism.look.low": 0.9,
        "unseen_criticism.look.high": 0.93,
        "unseen_criticism.look.n": 40.0,
        **{
            f"official_titles_vs_news.{name}{end}": value
            for name in ("auc", "recall_at_5", "recall_at_1")
            for end, value in (("", 0.9124), (".low", 0.9), (".high", 0.93), (".n", 40.0))
        },
        **{
            f"topic_health.found{end}": value
            for end, value in (("", 0.9124), (".low", 0.9), (".high", 0.93), (".n", 40.0))
        },
        "ece": 0.02,
    }


def test_a_run_is_recorded_with_topics_and_pictures_of_weights_and_twin(store):
    """What `suluh train` records: each figure with its bounds and n, and two pictures a report."""
    figure = Figure(0.5, 0.4, 0.6, 40)
    curves = Curves(np.array([0.1, 0.9]), np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    report = Report(
        model=VERSION,
        look=0.5,
        clear=0.1,
        comparisons=(),
        flagged={"posts": figure},
        cleared={"posts": figure},
        flagged_by_publisher={},
        topics=(),
        learned_unseen=(),
        mix_opinion="unseen opinion",
        ece_before=None,
        ece_after=0.02,
        curves=curves,
    )
    run_id = recorded(Made(RELEASE, read_manifest(RELEASE), {"": report, "twin.": report}), store)
    client = mlflow.MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
    metrics = client.get_run(run_id).data.metrics
    assert (metrics["posts.look"], metrics["posts.look.low"], metrics["twin.posts.look.n"]) == (0.5, 0.4, 40)
    names = {file.path.removeprefix(f"{PICTURES}/") for file in client.list_artifacts(run_id, PICTURES)}
    drawn = ("reliability.png", "precision_recall.png")
    assert names == {*drawn, *(f"twin.{name}" for name in drawn)}
