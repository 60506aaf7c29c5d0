"""`suluh train` for an encoder: from a tiny base of random weights to an artefact that answers without torch.

The base, its vocabulary, the recipes and the tables are made here; what runs on them is the released encoder's pipeline.
"""

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from click.testing import CliRunner
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from data.collected import COLLECTED, Use, collections_for
from data.reading import neutral_words
from data.schema import DataError, Label
from data.split import Part
from models.artifact import CARD, LICENCE, MANIFEST, NETWORK, TOKENIZER, WEIGHTS, read_manifest
from tests.collected import write_collections
from tests.integration.test_train_and_eval_commands import DESPITE, claims, comments
from training.cli import train
from training.encoder_batches import Task, batches, drawn_evenly
from training.encoder_model import base_model, fingerprint_of
from training.encoder_recipe import read_encoder_recipe, twin_of
from training.encoder_rows import SPOKEN, material_for
from training.fit_encoder import begin, fit, padded
from training.order import Order
from training.pipeline import run
from training.recipe import RecipeError, read_recipe
from training.rows import rows_for

HIDDEN = 32
PIECES = 300
N_BATCHES = 29  # of a stage
FIRST_BREAK = 7
SECOND_BREAK = 33
SECOND = """
kind = "encoder"
begins_with = "{folder}/first.toml"
linear = "{folder}/linear.toml"
base = "made-up/base"
seed = 2
vocabulary = 60
max_tokens = 24
held_out = ["emot"]
comments = ["yt_promo_a"]
moderation = ["yt_promo_a"]
n_spoken = 40
n_clean = 20

[drawn]
hoaxes = 60
news = 30
articles = 10
opinions = 30
comments = 10
spoken = 10
moderated = 20
paired = 16

[steps]
epochs = 1.5
learning_rate = 1e-3
warmup = 0.1
weight_decay = 0.01
tokens_a_batch = 256
pairs_a_batch = 8
temperature = 0.05
checkpoint_minutes = 0.0

[bands]
false_flags = 0.01
missed = 0.05
min_words = 3
max_characters = 4000
opinion_gate = 0.5
linear_share = 0.5
"""
LINEAR = """
kind = "linear"
ngrams = {bits = 12, char_min = 5, char_max = 6}
fit = {inverse_regularisation = 3.0, max_iterations = 100, tolerance = 1e-3}
shares = {hoax_title = 1.0, hoax_post = 1.0, news = 1.0, opinion = 2.0, criticism = 5.0}
opinions = {train = ["yt_promo_a"], held_out = ["yt_promo_b"], crossed = ["emot"]}
bands = {false_flags = 0.015, missed = 0.05, min_words = 3, max_characters = 4000}
"""


class BrokenOffError(Exception):
    """The run stops here, as by a power cut."""


def answered():
    """The invented claims, each hoax with a clarification and each headline with the article below it.

    One text in eight speaks like another source, so that no fit can tell the labels apart for sure; and `emot` has
    three times as many opinions, because thresholds want two hundred.
    """
    known = {row["id"]: row for row in claims()}
    for row in known.values():
        source, _, number = row["id"].partition("-")
        other = known[f"{'emot' if source == 'tbh' else 'tbh'}-{number}"]
        text = f"Katanya {other['text']}" if int(number) % 8 == 3 else row["text"]
        yield {
            **row,
            "text": text,
            "body": f"{text} kata warga setempat hari ini" if source == "news" else "",
            "clarification": f"Kabar {text.lower()} tidak berdasar" if source == "tbh" else "",
        }
        if source == "emot":
            for letter, opening in (("b", "Jujur"), ("c", "Wah")):
                again = {
                    "id": f"{row['id']}{letter}",
                    "text": f"{opening}, {text}",
                    "dup_cluster": f"{row['id']}{letter}",
                }
                yield {**row, **again, "body": "", "clarification": ""}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder of invented tables as JSON lines."""
    folder = tmp_path_factory.mktemp("tables")
    rows = list(answered())
    pairs = [
        {
            "query_id": row["id"],
            "query_text": row["post_text"],
            "query_is_post": 1,
            "target_id": row["id"],
            "pair_type": "mined_lexical",
            "lexical_overlap": 0.5,
        }
        for row in rows
        if row["post_text"]
    ]
    for name, content in (("claims", rows), ("moderation", comments()), ("match_pairs", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with a BERT of random weights and a Unigram vocabulary in XLM-R's order."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=PIECES, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator((neutral_words(row["text"]) for row in answered()), trainer)
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", None, [("<s>", 0), ("</s>", 2)])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    wrapped.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """A recipe of two stages and its linear part."""
    folder = tmp_path_factory.mktemp("recipes")
    second = SECOND.format(folder=folder)
    first = second.replace(f'begins_with = "{folder}/first.toml"\n', "").replace("seed = 2", "seed = 1")
    learning = f'measured_by = "{folder}/second.toml"\nlearns_unseen = ["hs"]\n\n[drawn]'
    third = second.replace("[drawn]", learning).replace("seed = 2", "seed = 3")
    for name, content in (("first", first), ("second", second), ("third", third), ("linear", LINEAR)):
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return folder / "second.toml"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Arrays this small are slower on several threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class WholeRun(NamedTuple):
    """A run that nothing broke off, up to the artefact: its folder and its last checkpoint."""

    folder: Path
    last: dict


def until_written(sentence):
    """Take a run's sentences, and break it off where all is trained and nothing is written."""
    if sentence.startswith("writing ONNX"):
        raise BrokenOffError


def breaking_off_after(n_passes):
    """Break a run off in its batch `n_passes` + 1; return what puts an end to that."""
    left = iter(range(n_passes))

    def count(module, _given):
        if isinstance(module, BertModel) and next(left, None) is None:
            raise BrokenOffError

    return register_module_forward_pre_hook(count)


@pytest.fixture(scope="module")
def order(base, tables, tmp_path_factory):
    """What the runs below are told."""
    folder = tmp_path_factory.mktemp("made") / "tiny"
    return Order(tables, folder, until_written, datetime(2026, 3, 2, tzinfo=UTC), str(base), DESPITE[1])


def checkpoint(folder):
    """The weights after the last batch."""
    return torch.load(folder / "work" / "checkpoint.pt")


@pytest.fixture(scope="module")
def in_one_go(recipe, order, tmp_path_factory):
    """A run that nothing broke off."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.raises(BrokenOffError):
        run(str(recipe), replace(order, folder=folder))
    return WholeRun(folder, checkpoint(folder))


@pytest.fixture(scope="module")
def with_twin(recipe, order, in_one_go, tmp_path_factory):
    """The artefact of a recipe that learns the unseen opinions; its first stage and its twin are trained already."""
    folder = tmp_path_factory.mktemp("twin")
    trained = in_one_go.folder / "work"
    shutil.copytree(trained / "first", folder / "work" / "first")
    shutil.copytree(trained, folder / "work" / "twin", ignore=shutil.ignore_patterns("first"))
    told = []
    run(str(recipe.with_name("third.toml")), replace(order, folder=folder, progress=told.append))
    return folder, told


@pytest.fixture(scope="module")
def broken_off(recipe, order):
    """The checkpoint of a run broken off in its first stage and again in its second; where each broke off."""
    steps = []
    for n_passes, stage in ((FIRST_BREAK, "work/first"), (SECOND_BREAK, "work")):
        hook = breaking_off_after(n_passes)
        with pytest.raises(BrokenOffError):
            run(str(recipe), order)
        hook.remove()
        steps.append(torch.load(order.folder / stage / "checkpoint.pt")["step"])
    with pytest.raises(BrokenOffError):
        run(str(recipe), order)
    return checkpoint(order.folder), steps


@pytest.fixture(scope="module")
def artefact(recipe, order, broken_off):
    """What the command makes of the run that was broken off."""
    options = ["--base", order.base, "--data", str(order.tables), "--out", str(order.folder), "--no-track", *DESPITE]
    result = CliRunner().invoke(train, [str(recipe), *options])
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stdout.strip() == str(order.folder)
    return order.folder


def test_a_run_broken_off_twice_ends_with_the_weights_of_one_in_one_go(broken_off, in_one_go):
    """The checkpoint brings back weights, moments, rate and the random numbers that dropout draws."""
    last, steps = broken_off
    assert steps == [FIRST_BREAK, SECOND_BREAK - (N_BATCHES - FIRST_BREAK)]
    assert last["step"] == in_one_go.last["step"] == N_BATCHES
    assert last["model"].keys() == in_one_go.last["model"].keys()
    for name, weights in in_one_go.last["model"].items():
        assert torch.equal(last["model"][name], weights), name


def test_the_artefact_is_whole_and_the_checkpoint_gone(artefact):
    """Six files, those of the manifest with their checksums, and a vocabulary of as many pieces as the recipe says."""
    assert {path.name for path in artefact.iterdir()} == {MANIFEST, *read_manifest(artefact).files}
    assert read_manifest(artefact).files.keys() == {CARD, LICENCE, NETWORK, TOKENIZER, WEIGHTS}
    assert Tokenizer.from_file(str(artefact / TOKENIZER)).get_vocab_size() == 60


def test_it_answers_without_torch(artefact):
    """In a process that has neither torch nor transformers it scores, and finds the invented hoaxes."""
    asked = [row["text"] for source in ("tbh", "news") for row in answered() if row["id"] == f"{source}-0"]
    code = (
        "import json, sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from pathlib import Path; from models.artifact import load\n"
        "scorer = load(Path(sys.argv[1]))\n"
        "answers = scorer.score_many(sys.argv[2:])\n"
        "print(json.dumps([type(scorer).__name__, [[one.model, one.p_hoax] for one in answers]]))"
    )
    told = subprocess.run([sys.executable, "-c", code, str(artefact), *asked], capture_output=True, check=True)
    name, ((version, p_hoax), (_, p_news)) = json.loads(told.stdout)
    assert (name, version) == ("EncoderScorer", read_manifest(artefact).version)
    assert p_hoax > p_news + 0.3


def test_the_manifest_says_what_made_it(artefact, recipe, base):
    """The recipe with the reason, the bands' rates, the digest of the base's weights and the headline figures."""
    manifest = read_manifest(artefact)
    assert manifest.kind == "encoder"
    asked = read_encoder_recipe(str(recipe)).as_dict() | {"despite": DESPITE[1]}
    assert manifest.recipe == json.loads(json.dumps(asked))
    assert manifest.versions["made-up/base"] == f"sha256 {fingerprint_of(base_model(str(base))[0])}"
    assert {"posts.look", "unseen_criticism.look", "posts_vs_news.auc", "ece", "int8.mean_logit"} <= set(
        manifest.metrics
    )
    assert 0 < manifest.thresholds["clear"] <= manifest.thresholds["look"] < 1
    assert manifest.metrics["posts_vs_news.auc"] > 0.8
    assert manifest.metrics["int8.largest_logit"] < 0.1


def test_the_card_says_what_made_it(artefact, recipe):
    """Base, stages, batches of both, sources held out, the reason, and no calibration error that nobody measured."""
    said = (artefact / CARD).read_text(encoding="utf-8")
    assert "`made-up/base` with the vocabulary trimmed" in said
    assert f"1.5 epochs after `{recipe.parent / 'first.toml'}` (1.5 epochs), {2 * N_BATCHES} batches in all" in said
    assert "Never trained and set the bands: the opinions of `emot`, the comments of `yt_promo_b`." in said
    assert DESPITE[1] in said
    assert " before," not in said
    assert "Derived from made-up/base" in (artefact / LICENCE).read_text(encoding="utf-8")


def test_a_recipe_that_learns_unseen_opinions_is_measured_by_its_twin(with_twin):
    """Figures against opinions that the weights learned are the twin's, and the card says so; both began alike."""
    folder, told = with_twin
    metrics = read_manifest(folder).metrics
    assert not [name for name in metrics if "unseen" in name and not name.startswith("twin.")]
    assert {"twin.unseen_criticism.look", "twin.posts_vs_unseen_opinion.auc", "twin.threshold.look"} <= metrics.keys()
    assert read_manifest(folder).thresholds["look"] >= metrics["twin.threshold.look"]
    assert "trained these weights and set nothing" in (folder / CARD).read_text(encoding="utf-8")
    assert "CC BY-NC-SA" in (folder / LICENCE).read_text(encoding="utf-8")
    assert told.count(f"goes on at batch {N_BATCHES}") == 3  # the first stage twice, and the twin
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *read_manifest(folder).files}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('measured_by = "{folder}/second.toml"\n', "", "needs measured_by"),
        ("{folder}/second.toml", "{folder}/third.toml", "meets the unseen opinions"),
    ],
)
def test_a_twin_must_not_meet_them(before, after, reason, recipe, tmp_path):
    """A recipe that learns the unseen opinions and names no twin without them is refused."""
    folder = recipe.parent
    changed = tmp_path / "changed.toml"
    content = recipe.with_name("third.toml").read_text(encoding="utf-8")
    changed.write_text(content.replace(before.format(folder=folder), after.format(folder=folder)), encoding="utf-8")
    with pytest.raises(RecipeError, match=reason):
        twin_of(read_encoder_recipe(str(changed)))


def several(recipe, tmp_path, *changes):
    """The recipe with a second seed, nothing left out, and so many texts of each source to moderate."""
    content = recipe.read_text(encoding="utf-8")
    settled = "checkpoint_minutes = 0.0\ndropout = 0.0"
    for before, after in (
        ("seed = 2", "seed = 2\nfurther_seeds = [5]"),
        ("checkpoint_minutes = 0.0", settled),
        ("[steps]", "[moderated]\nyt_promo_a = 15\nspoken = 5\n\n[steps]"),
        *changes,
    ):
        assert before in content
        content = content.replace(before, after)
    changed = tmp_path / "several.toml"
    changed.write_text(content, encoding="utf-8")
    return read_encoder_recipe(str(changed))


def test_further_seeds_are_fitted_beside_the_first_and_their_mean_is_kept(recipe, order, tmp_path):
    """Each seed has draws and checkpoints of its own, both begin alike, and who goes on ends where it ended."""
    asked = several(recipe, tmp_path)
    material = material_for(asked, order.source)
    told = []

    def fitted():
        before = begin(material, asked, order.base, tmp_path / "first", told.append)
        return fit(before, material, asked, tmp_path / "work", told.append)

    kept = fitted().model.state_dict()
    one, other = (torch.load(tmp_path / "work" / seed / "checkpoint.pt")["model"] for seed in ("2", "5"))
    assert not torch.equal(one["judge.weight"], other["judge.weight"])
    for name, weights in kept.items():
        assert torch.allclose(weights, (one[name] + other[name]) / 2), name
    again = fitted().model.state_dict()
    assert all(torch.equal(weights, again[name]) for name, weights in kept.items())
    assert {sentence.split(": ")[0] for sentence in told} >= {"seed 2", "seed 5"}


def fitted(recipe, order, folder, told):
    """The fit of one stage by `recipe`, from the base, with its checkpoints in `folder`."""
    material = material_for(recipe, order.tables)
    return fit(begin(material, recipe, order.base, folder, told.append), material, recipe, folder, told.append)


def test_a_fit_that_gains_nothing_more_stops_and_keeps_its_best_weights(recipe, order, tmp_path):
    """A rate that spoils the weights is noticed on the tuning months; going on changes nothing of what was kept."""
    asked = several(
        recipe,
        tmp_path,
        ("\nfurther_seeds = [5]", ""),
        ("learning_rate = 1e-3", "learning_rate = 2.0\ncheck_batches = 2\npatience = 2"),
    )
    told = []
    first = fitted(asked, order, tmp_path / "work", told)
    assert first.n_steps < N_BATCHES
    losses = [float(said.split("months ")[1].split(",")[0]) for said in told if "loss on the tuning months" in said]
    assert len(losses) >= 3
    assert min(losses) < losses[-1]
    assert f"the weights of the least loss, {min(losses):.4f}, are kept" in told[-1]
    again = fitted(asked, order, tmp_path / "work", told)
    assert again.n_steps == first.n_steps
    kept = torch.load(tmp_path / "work" / "best.pt")
    for one in (first, again):
        assert all(torch.equal(weights, kept[name]) for name, weights in one.model.state_dict().items())


def test_collections_train_and_set_thresholds_as_the_recipe_says(recipe, order, tmp_path):
    """Each subject is drawn by the root of its size, headlines join the news, and a collection not fetched is named."""
    train = [name for name in collections_for(Use.TRAIN) if COLLECTED[name].label is Label.OPINION][:2]
    headlines = next(name for name in collections_for(Use.TRAIN) if COLLECTED[name].label is Label.NOT_HOAX)
    tune = collections_for(Use.TUNE)[0]
    asked = several(
        recipe,
        tmp_path,
        ('held_out = ["emot"]', f'held_out = ["emot", "{tune}"]\ncollections = {json.dumps([*train, headlines])}'),
        ("paired = 16", "paired = 16\ncollected = 8"),
    )
    with pytest.raises(DataError, match="suluh data pull"):
        material_for(asked, order.tables)
    folder = tmp_path / "data"
    shutil.copytree(order.tables, folder)
    write_collections(folder, [*train, headlines, tune, *collections_for(Use.TEST)])
    material = material_for(asked, folder)
    assert {row.source for row in material.collected} == set(train)
    assert headlines in {row.source for row in material.news}
    assert tune in {row.source for row in material.divided[Part.COLLECTED_TUNE]}
    chosen = drawn_evenly(material.collected, 8, random.Random(1))
    assert Counter(row.source for row in chosen) == dict.fromkeys(train, 4)


def test_without_any_collection_the_weights_are_those_of_the_tables_alone(recipe, order, in_one_go, tmp_path):
    """A recipe whose collections were not fetched says so and trains what it would without naming them."""
    train, tune = (collections_for(use)[0] for use in (Use.TRAIN, Use.TUNE))
    content = recipe.read_text(encoding="utf-8")
    for before, after in (
        ('held_out = ["emot"]', f'held_out = ["emot", "{tune}"]\ncollections = ["{train}"]'),
        ("paired = 16", "paired = 16\ncollected = 8"),
    ):
        assert before in content
        content = content.replace(before, after)
    naming = tmp_path / "naming.toml"
    naming.write_text(content, encoding="utf-8")
    told = []

    def telling(sentence):
        told.append(sentence)
        until_written(sentence)

    with pytest.raises(BrokenOffError):
        run(str(naming), replace(order, folder=tmp_path / "alone", progress=telling))
    assert any("trained on the tables alone; `suluh data pull` fetches them" in sentence for sentence in told)
    alone = checkpoint(tmp_path / "alone")
    assert alone["step"] == in_one_go.last["step"]
    for name, weights in in_one_go.last["model"].items():
        assert torch.equal(alone["model"][name], weights), name


def test_what_the_desk_decided_is_learned(recipe, order, tmp_path):
    """A decided claim of a later month trains both models: its sentence and its posts."""
    folder = tmp_path / "with-desk"
    shutil.copytree(order.source, folder)
    (folder / "originals" / "desk").mkdir(parents=True)
    decided = {
        "id": "7",
        "statement": "Bendungan Contoh Hilir dibuka malam ini tanpa peringatan",
        "posts": ["Awas, bendungan contoh hilir dibuka malam ini, segera mengungsi"],
        "verdict": "salah",
        "n_people": 2,
        "decided_at": "2026-02-01T03:00:00Z",
    }
    (folder / "originals" / "desk" / "decided.jsonl").write_text(json.dumps(decided) + "\n", encoding="utf-8")
    own = {"desk-7", "desk-7#post1"}
    assert own <= {row.id for row in rows_for(read_recipe(str(recipe.with_name("linear.toml"))), folder, "-").train}
    learned = material_for(read_encoder_recipe(str(recipe)), folder)
    assert {row.text for row in learned.hoaxes if row.source == "desk"} == {decided["statement"], *decided["posts"]}


def test_so_many_texts_of_each_source_are_moderated(recipe, order, tmp_path):
    """An epoch draws what the recipe says of each source, and of those that it does not name nothing."""
    asked = several(recipe, tmp_path)
    material = material_for(asked, order.source)
    epoch = batches(material, asked, lambda texts: [[0, len(text), 2] for text in texts], seed=1)
    assert sum(len(batch.tokens) for batch in epoch if batch.task is Task.MODERATE) == asked.drawn.moderated == 20
    assert {row.source for row in material.moderated} == {"yt_promo_a", SPOKEN}


def test_a_source_that_has_no_texts_is_named(recipe, order, tmp_path):
    """A slip in a recipe is no silent lack of what it asks for."""
    asked = several(recipe, tmp_path, ("spoken = 5", "spokn = 5"))
    with pytest.raises(DataError, match="texts of spokn"):
        batches(material_for(asked, order.source), asked, lambda texts: [[0, 2] for _ in texts], seed=1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("dropout = 0.0", "dropout = 0.1"), "further_seeds needs a dropout of 0"),
        (("spoken = 5", "spoken = 6"), "must add up"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(recipe, tmp_path, change, reason):
    """Before anything is read or trained."""
    with pytest.raises(RecipeError, match=reason):
        several(recipe, tmp_path, change)


def test_only_an_encoder_takes_another_seed(recipe, order, tmp_path):
    """What is fitted without chance says so instead of ignoring the wish."""
    options = ["--seed", "5", "--data", str(order.tables), "--out", str(tmp_path / "out"), "--no-track"]
    result = CliRunner().invoke(train, [str(recipe.with_name("linear.toml")), *options])
    assert result.exit_code == 1
    assert "only an encoder takes another seed" in result.stderr


def test_a_moderator_has_nothing_to_train_despite(order, tmp_path):
    """An option that would change nothing is refused instead of ignored."""
    options = ["--despite", "none", "--data", str(order.tables), "--out", str(tmp_path / "out"), "--no-track"]
    result = CliRunner().invoke(train, ["moderation", *options])
    assert result.exit_code == 1
    assert "nothing to train despite" in result.stderr


def test_only_padding_is_masked():
    """A vocabulary may have a word where XLM-R has its padding, and that word is read."""
    _, mask = padded(((0, 1, 5), (7,)), torch.device("cpu"))
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
