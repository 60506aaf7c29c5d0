"""`suluh train moderation` and `suluh eval` of it, from invented tables; what a source did not annotate is never a 0."""

from __future__ import annotations

import json
import shutil
from itertools import product

import pytest
from click.testing import CliRunner

from data.collected import Use, collections_for
from data.schema import DataError
from data.sources.originals import FOLDER
from eval.cli import evaluate
from eval.moderation import FLAGGED, GROUPED, LEFT_OUT, NEVER_MET, POSTED, RECORDED, is_styled, unseen_opinions
from models.artifact import CARD, LICENCE, ArtifactError, load, load_moderator, read_manifest
from models.moderation import LABELS, ModerationLabel
from tests.artefacts import changed_recipe
from tests.collected import write_collections
from tests.moderated import write_election, write_moderated, write_netifier
from training.cli import train
from training.moderation_recipe import read_moderation_recipe
from training.moderation_rows import moderation_rows
from training.recipe import RecipeError

PLACES = ["air", "api", "awan", "batu", "bukit", "danau", "embun", "fajar", "hujan", "kabut", "laut", "senja"]
LABEL_NAMES = [label.value for label in LABELS]
ANNOTATED = {
    "tw_multilabel": ("hate", "abusive"),
    "yt_promo_a": ("gambling",),
    "yt_promo_b": ("gambling",),
    "sms_a": ("scam",),
    "wa_sms_b": ("scam",),
    "chat_weak": ("sexual",),
}
MARKED = "kata terlarang {label} tentang {one} dan {other}"
ORDINARY = "cerita biasa soal {one} bersama {other} di {source}"


def comment(source, number, text, marks):
    """One row of the moderation table."""
    return {
        **dict.fromkeys(LABEL_NAMES),
        **marks,
        "id": f"{source}-{number}",
        "text": text,
        "source": source,
        "year": None,
        "group": f"{source}{number}",
        "conflict": 0,
        "near_conflict": 0,
    }


def comments():
    """Invented comments of each source, every third one marked with what the source looks for."""
    for source, labels in ANNOTATED.items():
        for number, (one, other) in enumerate(pair for pair in product(PLACES, PLACES) if pair[0] != pair[1]):
            is_marked = number % 3 == 0
            shape = MARKED if is_marked else ORDINARY
            text = shape.format(label=" ".join(labels), one=one, other=other, source=source)
            yield comment(source, number, text, dict.fromkeys(labels, int(is_marked)))


def claims():
    """Opinions of the protocol's sources and news; the first unseen opinions repeat rows of the moderation table."""
    pairs = [pair for pair in product(PLACES, PLACES) if pair[0] < pair[1]]
    again = [row["text"] for row in comments() if row["source"] == "tw_multilabel"][: len(pairs)]
    kinds = {"emot": "social_post", "smsa": "social_post", "clickid": "news_headline", "hs": "social_post"}
    for source, kind in kinds.items():
        for number, (one, other) in enumerate(pairs):
            yield {
                "id": f"{source}-{number}",
                "text": again[number] if source == "hs" else f"catatan {source} mengenai {one} serta {other}",
                "post_text": "",
                "label": "not_hoax" if source == "clickid" else "opinion_or_other",
                "publisher": "contoh",
                "date": "",
                "kind": kind,
                "dup_cluster": f"{source}{number}",
            }


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder of invented tables as JSON lines."""
    folder = tmp_path_factory.mktemp("tables")
    for name, rows in (("claims", claims()), ("moderation", comments())):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_collections(folder)
    write_moderated(folder)
    return folder


@pytest.fixture(scope="module")
def artefact(tables, tmp_path_factory):
    """What `suluh train moderation` makes of them."""
    folder = tmp_path_factory.mktemp("made") / "moderation"
    result = CliRunner().invoke(train, ["moderation", "--data", str(tables), "--out", str(folder), "--no-track"])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(folder)
    return folder


def test_training_leaves_a_moderator_that_answers(artefact):
    """What was marked is flagged under its own label, and an ordinary text is not."""
    moderator = load_moderator(artefact)
    marked, ordinary = moderator.moderate_many(
        [MARKED.format(label="gambling", one="batu", other="laut"), "cerita biasa soal batu bersama laut"]
    )
    assert max(marked.labels, key=marked.labels.__getitem__) is ModerationLabel.GAMBLING
    assert ordinary.flags == ()


def test_a_label_that_a_source_did_not_annotate_is_no_zero(tables):
    """A row trains only the labels of its own source; the rest of its cells teach nothing."""
    rows = moderation_rows(read_moderation_recipe("moderation"), tables)
    for label in LABELS:
        sources = {rows.hashed.texts[at].source for at in rows.hashed.annotated(label).tolist()}
        assert sources == {source for source, labels in ANNOTATED.items() if label.value in labels}


def test_a_source_of_two_is_left_out_whole_and_a_lone_one_in_parts(artefact):
    """The figures say which of the two they are, and that of a lone source covers all its rows."""
    figures = read_manifest(artefact).metrics[RECORDED]
    how = {(row["label"], row["left_out"]): row["how"] for row in figures}
    assert how["gambling", "yt_promo_a"] == how["gambling", "yt_promo_b"] == how["scam", "sms_a"] == LEFT_OUT
    assert how["hate", "tw_multilabel"] == how["abusive", "tw_multilabel"] == how["sexual", "chat_weak"] == GROUPED
    n_rows = len(PLACES) * (len(PLACES) - 1)
    assert {row["n"] for row in figures if row["left_out"] == "tw_multilabel"} == {n_rows}


def test_a_source_outside_the_tables_is_answered_for_by_a_fit_without_it(artefact):
    """Each further source has its figure, whether it trains another fit of the label or measures alone."""
    figures = read_manifest(artefact).metrics[RECORDED]
    found = {(row["label"], row["left_out"]) for row in figures if row["how"] == NEVER_MET}
    assert found == {
        *(("hate", name) for name in ("netifier", "idhsd2017")),
        *(("abusive", name) for name in ("netifier", "igcyber400")),
        *(("sexual", name) for name in ("netifier", "porn500")),
        ("gambling", "judolyt2025nov"),
        ("scam", "smsreport"),
    }


def test_what_measures_is_never_learned(tables):
    """No text of a source that only measures, nor of a collection that does, is among the rows of a fit."""
    recipe = read_moderation_recipe("moderation")
    rows = moderation_rows(recipe, tables)
    sources = {row.source for row in rows.hashed.texts}
    assert sources.isdisjoint(recipe.measured)
    assert sources.isdisjoint(collections_for(Use.TEST))
    assert {row.source for row in rows.measured} == set(recipe.measured)


def test_a_row_that_copies_the_tables_is_not_learned_twice(tables, tmp_path):
    """A post of another source whose text stands in the tables would make that source one that was met."""
    shutil.copytree(tables, tmp_path, dirs_exist_ok=True)
    copied = next(row["text"] for row in comments() if row["source"] == "tw_multilabel")
    write_netifier(tmp_path, [(copied, "kaskus", "0", "1", "0", "0"), ("kalimat lain soal hal berbeda", "x", *"0000")])
    rows = moderation_rows(read_moderation_recipe("moderation"), tmp_path)
    assert [row.text for row in rows.hashed.texts if row.source == "netifier"] == ["kalimat lain soal hal berbeda"]


def test_what_copies_a_learned_post_measures_nothing(tables, tmp_path):
    """Two collections of one year hold the same posts; one that trained cannot say what the other is worth."""
    shutil.copytree(tables, tmp_path, dirs_exist_ok=True)
    write_netifier(tmp_path, [("cuitan contoh yang disalin dua kumpulan", "twitter", "0", "1", "0", "0")])
    write_election(
        tmp_path, [("HS", "cuitan contoh yang disalin dua kumpulan"), ("HS", "tulisan lain soal pemilihan gubernur")]
    )
    rows = moderation_rows(read_moderation_recipe("moderation"), tmp_path)
    election = [row.text for row in rows.measured if row.source == "idhsd2017"]
    assert election == ["tulisan lain soal pemilihan gubernur"]


def test_without_any_of_them_it_is_trained_on_the_tables_alone(tables, tmp_path):
    """That is said, and no figure speaks of a source that was not there."""
    folder = shutil.copytree(tables, tmp_path / "tables", ignore=shutil.ignore_patterns(FOLDER))
    out = tmp_path / "alone"
    result = CliRunner().invoke(train, ["moderation", "--data", str(folder), "--out", str(out), "--no-track"])
    assert result.exit_code == 0, result.output
    assert "trained on the tables alone" in result.output
    metrics = read_manifest(out).metrics
    assert not [row for row in metrics[RECORDED] if row["how"] == NEVER_MET]
    assert "netifier" not in (out / LICENCE).read_text(encoding="utf-8")


def test_citizens_posts_that_measure_are_counted(artefact):
    """The share that each label flags of them is in the manifest and in the card."""
    assert {row["label"] for row in read_manifest(artefact).metrics[POSTED]} == set(LABEL_NAMES)
    assert "citizens' posts never met" in (artefact / CARD).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "command"), [("netifier", "netifier"), ("kabur2025", "kabur2025")])
def test_a_missing_source_stops_the_training_with_its_command(name, command, tables, tmp_path):
    """What the recipe names and the folder lacks is said with the command that fetches it."""
    shutil.copytree(tables, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / FOLDER / name)
    with pytest.raises(DataError, match=f"suluh data pull {command}"):
        moderation_rows(read_moderation_recipe("moderation"), tmp_path)


def test_hate_and_abuse_are_measured_on_unseen_opinion_by_a_twin_that_never_met_it(artefact):
    """These weights learned those tweets, so only the other labels are measured by the weights themselves."""
    fits = {(row["label"], row["fit"]) for row in read_manifest(artefact).metrics[FLAGGED]}
    assert fits == {
        ("hate", "twin"),
        ("abusive", "twin"),
        ("gambling", "these weights"),
        ("scam", "these weights"),
        ("sexual", "these weights"),
    }


def test_no_threshold_is_below_its_twins(tables):
    """What the released weights do with strangers is known at the twin's threshold only."""
    from training.fit_moderation import fit_moderator, fit_twin, guarded

    recipe = read_moderation_recipe("moderation")
    rows = moderation_rows(recipe, tables)
    own = fit_moderator(rows, recipe, lambda _sentence: None)
    twin = fit_twin(own, rows, recipe, lambda _sentence: None)
    released = guarded(own, twin)
    assert all(released.bands[label].flag >= twin.bands[label].flag for label in LABELS)
    assert twin.labels[ModerationLabel.HATE] is not own.labels[ModerationLabel.HATE]
    assert twin.labels[ModerationLabel.SCAM] is own.labels[ModerationLabel.SCAM]


def test_training_again_makes_the_same_weights(artefact, tables, tmp_path):
    """The same tables and recipe give the same version."""
    CliRunner().invoke(train, ["moderation", "--data", str(tables), "--out", str(tmp_path / "again"), "--no-track"])
    assert load_moderator(tmp_path / "again").version == load_moderator(artefact).version


def test_the_card_and_the_licence_name_every_source(artefact):
    """Who uses the weights reads whose text made them, and what a flag is not."""
    card = (artefact / CARD).read_text(encoding="utf-8")
    assert all(f"`{source}`" in card for source in ANNOTATED)
    assert "removes nothing" in card
    assert "non-commercial" in (artefact / LICENCE).read_text(encoding="utf-8")


def test_evaluation_prints_held_out_figures_and_flags(artefact, tables, tmp_path):
    """Both tables, in Markdown and in JSON, and a sentence on what the weights learned."""
    result = CliRunner().invoke(evaluate, [str(artefact), "--data", str(tables), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moderation.json", "moderation.md"]
    assert "| gambling | yt_promo_a (source left out)" in result.stdout
    assert "| scam | these weights | unseen opinion, unmarked" in result.stdout
    assert "Flags of hate, abusive on unseen opinion are those of the twin" in result.stdout


def test_a_moderator_is_no_scorer(artefact):
    """The loader of scores says what kind it found."""
    with pytest.raises(ArtifactError, match="no loader for the kind 'moderation' here; known: linear"):
        load(artefact)


def test_an_unmarked_opinion_is_one_that_its_collection_read(tables):
    """An opinion whose text the collection's table lacks has no marks, and so is in no slice of unmarked ones."""
    from data.sources.claims import examples
    from data.sources.moderation import comments as rows_of

    hs = [row for row in examples(tables) if row.source == "hs"]
    rows = list(rows_of(tables))
    found = unseen_opinions(hs, rows[1:])
    assert found[0].marks is None
    assert found[1].marks == {ModerationLabel.HATE: False, ModerationLabel.ABUSIVE: False}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('kind = "moderation"', 'kind = "linear"', "lacks or misstates 'ngrams'|misstates"),
        ("[labels.scam]", "[labels.fraud]", "lacks or misstates"),
        ('unmet = ["emot", "chat_weak", "kabur2025"', 'unmet = ["smsa", "kabur2025"', "smsa trains gambling"),
        ("netifier = 0.25", "idhsd2017 = 0.25", "idhsd2017 measures, and nothing else"),
        ("netifier = 0.25", "contoh = 0.25", "No reader for contoh"),
        ('"kabur2025"', '"mbg2025"', "mbg2025 is for something else"),
    ],
)
def test_a_recipe_that_misstates_is_refused(before, after, message, tables, tmp_path):
    """What a recipe lacks, or what would set a threshold on texts that the fit met, is said."""
    recipe = changed_recipe(tmp_path / "own.toml", "moderation", before, after)
    result = CliRunner().invoke(train, [str(recipe), "--data", str(tables)])
    assert result.exit_code == 1
    assert any(part in result.output for part in message.split("|"))


def test_a_linear_recipe_is_no_recipe_of_a_moderator():
    """The kind is checked before anything is read."""
    with pytest.raises(RecipeError, match="kind 'linear', not 'moderation'"):
        read_moderation_recipe("linear")


def test_tables_without_a_label_stop_the_training(tables, tmp_path):
    """A label that no row carries cannot be learned, and the sentence names it."""
    shutil.copytree(tables / FOLDER, tmp_path / FOLDER)
    for path in tables.glob("*.jsonl"):
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if '"chat_weak"' not in line]
        (tmp_path / path.name).write_text("\n".join(kept) + "\n", encoding="utf-8")
    result = CliRunner().invoke(train, ["moderation", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "no rows to learn sexual from" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "styled"),
    [("slot 𝗖𝗢𝗡𝗧𝗢𝗛", True), ("ｓｌｏｔ", True), ("🅲🅾🅽", True), ("slot contoh 😂", False), ("“café”", False)],
)
def test_styled_letters_are_known(text, styled):
    """Mathematical, full-width and boxed letters are styled; accents, quotes and emoji are not."""
    assert is_styled(text) is styled


def test_a_missing_table_is_one_sentence(tmp_path):
    """Without the tables there is nothing to train on."""
    with pytest.raises(DataError, match="holds neither claims"):
        moderation_rows(read_moderation_recipe("moderation"), tmp_path)
