"""`suluh train` and `suluh eval` from invented tables to an artefact with figures, and one sentence where they cannot."""

import json
import shutil
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from data.catalogue import SOURCES
from data.origin import Terms
from data.schema import Label
from data.split import Part
from eval.cli import evaluate
from models.artifact import CARD, load, read_manifest
from models.score import Scorer
from tests.artefacts import changed_recipe
from tests.collected import write_collections
from training.cli import train
from training.development import development_figures
from training.recipe import read_recipe
from training.rows import rows_for

NAMES = [
    "air",
    "api",
    "angin",
    "awan",
    "batu",
    "bukit",
    "danau",
    "embun",
    "fajar",
    "gunung",
    "hujan",
    "kabut",
    "laut",
    "pasir",
    "senja",
]
DESPITE = ("--despite", "invented tables of five sentence shapes")  # whose rows resemble one another by design
SHAPES = {
    "tbh": ("hoax", "factcheck_claim_title", "Sebarkan segera bantuan tunai gratis untuk warga {} dan {}"),
    "news": ("not_hoax", "news_headline", "Wali kota meresmikan pasar baru di daerah {} dekat {}"),
    "emot": ("opinion_or_other", "social_post", "Menurut saya pemerintah kurang peduli pada {} apalagi {}"),
    "smsa": ("opinion_or_other", "social_post", "Makanan di warung {} enak sekali dan pelayanan {} ramah"),
    "hs": ("opinion_or_other", "social_post", "Kenapa presiden diam saja soal {} padahal {} rusak"),
}


def claims():
    """Hoaxes and news over two years, and opinions without a date."""
    for source, (label, kind, shape) in SHAPES.items():
        for number, (one, other) in enumerate((a, b) for a in NAMES for b in NAMES if a < b):
            day = (date(2024, 1, 1) + timedelta(days=7 * number)).isoformat() if source in {"tbh", "news"} else ""
            yield {
                "id": f"{source}-{number}",
                "text": shape.format(one, other),
                "post_text": f"Info penting, {shape.format(one, other)} hari ini" if source == "tbh" else "",
                "label": label,
                "publisher": "liputan6.com" if day > "2025-06" else "contoh",
                "date": day,
                "kind": kind,
                "dup_cluster": f"{source}{number}",
            }


def comments():
    """Invented comments that promote nothing."""
    for source in ("yt_promo_a", "yt_promo_b"):
        for number, name in enumerate(NAMES):
            yield {
                **dict.fromkeys(("hate", "abusive", "scam", "sexual", "year")),
                "id": f"{source}-{number}",
                "text": f"Videonya bagus kak soal {name} lanjutkan",
                "gambling": 0,
                "source": source,
                "group": f"{source}{number}",
                "conflict": 0,
                "near_conflict": 0,
            }


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder of invented tables as JSON lines, and of invented collections."""
    folder = tmp_path_factory.mktemp("tables")
    write_collections(folder)
    for name, rows in (("claims", claims()), ("moderation", comments())):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def artefact(tables, tmp_path_factory):
    """What `suluh train` makes of them."""
    folder = tmp_path_factory.mktemp("made") / "linear"
    result = CliRunner().invoke(train, ["linear", "--data", str(tables), "--out", str(folder), "--no-track", *DESPITE])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(folder)
    return folder


def test_weights_that_learned_the_unseen_opinions_carry_their_twins_figures(artefact):
    """The manifest holds no figure of these weights against opinions that they learned, and the twin's in its name."""
    metrics = read_manifest(artefact).metrics
    assert "hs" in read_manifest(artefact).recipe["opinions"]["train"]
    assert {"twin.unseen_opinion.look", "twin.threshold.look", "posts.look"} <= metrics.keys()
    assert not [name for name in metrics if "unseen" in name and not name.startswith("twin.")]
    card = (artefact / CARD).read_text(encoding="utf-8")
    assert "| twin | posts" in card
    assert "| these weights | posts" in card
    assert not [line for line in card.splitlines() if line.startswith("| these weights") and "unseen" in line]


def test_evaluation_refuses_figures_on_opinions_that_were_learned(artefact, tables, tmp_path):
    """One sentence says why, and the other figures are there."""
    result = CliRunner().invoke(evaluate, [str(artefact), "--data", str(tables), "--out", str(tmp_path)])
    assert "Not reported: figures against unseen opinion, because these weights were trained on hs" in result.stdout
    assert "| unseen" not in result.stdout
    assert "| news" in result.stdout


def test_the_twin_is_measured_on_unseen_opinions(artefact, tables, tmp_path):
    """Trained by itself, the twin repeats the figures that the released card gives for it."""
    made = tmp_path / "twin"
    CliRunner().invoke(train, ["linear-protocol", "--data", str(tables), "--out", str(made), "--no-track", *DESPITE])
    own = read_manifest(made).metrics
    carried = read_manifest(artefact).metrics
    assert {f"twin.{name}": value for name, value in own.items()}.items() <= carried.items()
    result = CliRunner().invoke(evaluate, [str(made), "--data", str(tables), "--out", str(tmp_path / "figures")])
    assert "| unseen criticism" in result.stdout


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('measured_by = "linear-protocol"', "", "needs measured_by"),
        ("bits = 20", "bits = 18", "differs in more than the unseen opinions"),
        ('held_out = ["yt_promo_b", ', 'held_out = ["hs", ', "differs in more"),
    ],
)
def test_a_recipe_that_learns_unseen_opinions_needs_an_equal_twin(before, after, message, tables, tmp_path):
    """Figures of another model, or of weights that learned the answer, are refused before any fit."""
    recipe = changed_recipe(tmp_path / "own.toml", "linear", before, after)
    result = CliRunner().invoke(train, [str(recipe), "--data", str(tables)])
    assert result.exit_code == 1
    assert message in result.output


def test_open_only_trains_on_what_may_be_passed_on(tables):
    """Rows of sources without an open licence leave training and tuning, and stay in the test; the sample joins."""
    rows = rows_for(read_recipe("open-only"), tables, DESPITE[1])
    learned_from = {row.source for row in (*rows.train, *rows.tune, *rows.held_out)}
    assert {SOURCES[name].terms for name in learned_from} == {Terms.OPEN}
    assert "sample" in {row.source for row in rows.train if row.label is Label.HOAX}
    assert {"tbh", "news"} <= {row.source for row in rows.divided[Part.TEST]}


def test_a_row_of_the_development_table_reads_no_test_row(tables, tmp_path):
    """Its figures stay the same when every test row and every unseen opinion is taken away."""
    write_collections(tmp_path)
    for name in ("claims", "moderation"):
        kept = [
            line
            for line in (tables / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
            if json.loads(line).get("date", "") < "2025-06" and not line.startswith('{"id": "hs')
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(kept), encoding="utf-8")
    whole = development_figures("linear-protocol", tables, ["emot"], DESPITE[1])
    assert {line.against for line in whole} >= {"opinions left out", "opinions left out, on government"}
    assert whole == development_figures("linear-protocol", tmp_path, ["emot"], DESPITE[1])


def test_training_leaves_an_artefact_that_answers(artefact):
    """The folder loads, and the invented hoax scores above the invented news."""
    scorer = load(artefact)
    assert isinstance(scorer, Scorer)
    hoax, news = scorer.probabilities(
        ["Sebarkan segera bantuan tunai gratis untuk warga", "Wali kota meresmikan pasar baru di daerah"]
    )
    assert hoax > news


def test_training_again_makes_the_same_weights(artefact, tables, tmp_path):
    """The same tables and recipe give the same version."""
    CliRunner().invoke(
        train, ["linear", "--data", str(tables), "--out", str(tmp_path / "again"), "--no-track", *DESPITE]
    )
    assert load(tmp_path / "again").version == load(artefact).version


def test_without_any_collection_it_is_trained_on_the_tables_alone(tables, tmp_path):
    """That is said, the manifest holds the recipe that was followed, and nothing is measured on policies never met."""
    folder = shutil.copytree(tables, tmp_path / "tables", ignore=shutil.ignore_patterns("originals"))
    out = tmp_path / "alone"
    result = CliRunner().invoke(train, ["linear", "--data", str(folder), "--out", str(out), "--no-track", *DESPITE])
    assert result.exit_code == 0, result.output
    assert "trained on the tables alone; `suluh data pull` fetches them" in result.output
    manifest = read_manifest(out)
    assert manifest.recipe["opinions"]["held_out"] == ["yt_promo_b"]
    assert set(manifest.recipe["opinions"]["train"]) == {"yt_promo_a", "sms_a", "wa_sms_b", "hs"}
    assert not [name for name in manifest.metrics if "never_met" in name]


def test_with_some_collections_the_others_are_asked_for(tables, tmp_path):
    """A recipe is followed whole or not at all."""
    folder = shutil.copytree(tables, tmp_path / "tables", ignore=shutil.ignore_patterns("mbg2025"))
    result = CliRunner().invoke(train, ["linear", "--data", str(folder), "--out", str(tmp_path / "x"), *DESPITE])
    assert result.exit_code == 1
    assert "`suluh data pull mbg2025` fetches it" in result.output


def test_evaluation_writes_figures_and_pictures(artefact, tables, tmp_path):
    """JSON, Markdown with both baselines, two pictures, and the page that a fact-checker reads."""
    result = CliRunner().invoke(evaluate, [str(artefact), "--data", str(tables), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "precision_recall.png",
        "reliability.png",
        "report.html",
        "report.json",
        "report.md",
    ]
    assert {"style only", "year only"} <= {
        row["system"] for row in json.loads((tmp_path / "report.json").read_text())["comparisons"]
    }


@pytest.mark.filterwarnings("ignore:.*noload.*")  # raised inside MLflow
def test_a_run_is_recorded(artefact, tmp_path):
    """MLflow holds the run with its parameters and figures."""
    mlflow = pytest.importorskip("mlflow")
    from training.tracking import Run, record

    run_id = record(Run("contoh", {"fit": {"c": 1}}, {"auc": 0.9}, artefact), tmp_path)
    run = mlflow.MlflowClient().get_run(run_id)
    assert (run.data.params["fit.c"], run.data.metrics["auc"]) == ("1", 0.9)


@pytest.mark.parametrize("command", [train, evaluate])
def test_without_tables_a_command_stops_with_one_sentence(command, monkeypatch):
    """A missing setting is a sentence that names what helps, and exit code 1."""
    monkeypatch.delenv("SULUH_DATA_DIR", raising=False)
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 1
    assert result.output == (
        "Error: No data: give --data DIR or set SULUH_DATA_DIR; `suluh data pull --data DIR` fetches the public "
        "originals there.\n"
    )


@pytest.mark.parametrize("command", [train, evaluate])
def test_a_folder_that_is_none_is_named_by_where_it_came_from(command, monkeypatch, tmp_path):
    """The option's folder as the option's, the setting's as the setting's."""
    nowhere = tmp_path / "nosuch"
    monkeypatch.setenv("SULUH_DATA_DIR", str(tmp_path))
    assert CliRunner().invoke(command, ["--data", str(nowhere)]).output == f"Error: --data {nowhere} is not a folder.\n"
    monkeypatch.setenv("SULUH_DATA_DIR", str(nowhere))
    assert f"SULUH_DATA_DIR names {nowhere}" in CliRunner().invoke(command, []).output


@pytest.mark.parametrize(
    ("content", "message"),
    [("kind = ", "is not TOML"), ('kind = "linear"\n', "lacks or misstates 'ngrams'")],
)
def test_a_broken_recipe_is_named(content, message, tables, tmp_path):
    """What a recipe lacks or misstates is said."""
    recipe = tmp_path / "own.toml"
    recipe.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(train, [str(recipe), "--data", str(tables)])
    assert result.exit_code == 1
    assert message in result.output


def test_an_unknown_recipe_names_those_that_are():
    """A name that is no recipe lists the recipes."""
    result = CliRunner().invoke(train, ["ajaib"])
    assert "No recipe 'ajaib'; there is: " in result.output
