"""Public collections: how each is declared, read and dealt, and what a recipe may not do with them."""

import json
from dataclasses import replace

import pytest

from data.catalogue import READABLE, SOURCES
from data.collected import COLLECTED, Use, collections_for, declared, named_with_measures
from data.corpus import dealt, require
from data.schema import DataError
from data.sources.collected import collected, text_as_written
from data.sources.originals import folder_of, originals
from data.split import PROTOCOL, Part
from tests.artefacts import changed_recipe
from tests.collected import write_collections, write_rows
from training.encoder_recipe import read_encoder_recipe
from training.recipe import RecipeError, read_recipe

DATED = next(collection for collection in COLLECTED.values() if collection.dated)
PLAIN = next(collection for collection in COLLECTED.values() if not collection.dated)


def table(data, *rows):
    """A claims table of opinions with these ids and texts."""
    empty = {"post_text": "", "publisher": "contoh", "date": "", "kind": "social_post", "label": "opinion_or_other"}
    content = [{**empty, "id": row_id, "text": text, "dup_cluster": row_id} for row_id, text in rows]
    (data / "claims.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")


@pytest.mark.parametrize("name", COLLECTED)
def test_each_collection_is_read_in_the_form_that_it_declares(name, tmp_path):
    """Every text of a file in that form, with the label and the publisher that stand in the declaration."""
    write_collections(tmp_path, [name])
    rows = list(originals(tmp_path, [name]))
    assert len(rows) == 8
    assert {(row.label, row.kind, row.source) for row in rows} == {(COLLECTED[name].label, COLLECTED[name].kind, name)}
    assert len({row.id for row in rows}) == 8


@pytest.mark.parametrize("name", COLLECTED)
def test_each_collection_can_be_fetched_and_says_what_its_licence_allows(name):
    """Its files have an address that cannot change, a size and a checksum, and it stands in `suluh data list`."""
    source = SOURCES[name]
    assert name in READABLE
    for file in source.files:
        assert f"/{COLLECTED[name].source.address.removeprefix('https://github.com/')}/" in file.address
        assert len(file.sha256) == 64
        assert file.size_bytes > 0
    assert source.licence in source.sentence


def test_what_trains_ends_before_the_tuning_months():
    """Later subjects are for thresholds and for the measure."""
    assert {COLLECTED[name].until < PROTOCOL.tune_from for name in collections_for(Use.TRAIN)} == {True}
    assert collections_for(Use.TUNE)
    assert collections_for(Use.TEST)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("until = 2020-04-30", "until = 2025-01-31", "reaches into the tuning months"),
        ('use = "train"', 'use = "teach"', "misstates 'teach'"),
        ('column = "tweets"', "", "lacks or misstates 'column'"),
    ],
)
def test_a_declaration_that_would_leak_or_lacks_something_is_refused(before, after, message, tmp_path):
    """The message names the collection."""
    path = tmp_path / "collections.toml"
    path.write_text(
        '[contoh2020]\ntitle = "tweets"\nrepository = "contoh/contoh"\ncommit = "0"\nuse = "train"\n'
        'until = 2020-04-30\npublisher = "X"\ncolumn = "tweets"\nfiles = []\n'.replace(before, after),
        encoding="utf-8",
    )
    with pytest.raises(DataError, match=rf"\[contoh2020\].*{message}"):
        list(declared(path))


def test_later_rows_of_a_dated_collection_stay_out(tmp_path):
    """So do rows that state no day, short ones, and a text that came before in other capitals."""
    last = DATED.until.isoformat()
    texts = ["Jalan di kota rusak lagi", "JALAN DI KOTA RUSAK LAGI", "wkwk iya", "Pasar penuh sampah", "Air mati terus"]
    write_rows(tmp_path, DATED, texts, [f"{last}T10:00:00Z", last, last, "", "2999-01-01"])
    assert [row.text for row in collected(DATED, folder_of(tmp_path, DATED.name))] == ["Jalan di kota rusak lagi"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("@contoh_satu @contoh_dua Jalan rusak &amp;amp; gelap", "Jalan rusak & gelap"),
        ("RT @contoh_satu: jalan rusak", "jalan rusak"),
        ("jalan<br>rusak <a href='https://contoh.example'>1:02</a> parah", "jalan rusak 1:02 parah"),
        ("Tolong @contoh_satu jalan\nrusak", "Tolong @contoh_satu jalan rusak"),
        ("harga < 5 ribu > 3 ribu", "harga < 5 ribu > 3 ribu"),
    ],
)
def test_what_a_page_left_in_a_text_is_taken_out(raw, text):
    """Tags, character references and whom a reply names first; a name inside a sentence stays."""
    assert text_as_written(raw) == text


def test_collections_are_dealt_whole_and_copy_nothing_before_them(tmp_path):
    """Each use has a part of its own; what stands in the tables or in an earlier collection is met once."""
    train, tune, test = (COLLECTED[collections_for(use)[0]] for use in Use)
    known = "Menurut saya jembatan lama di desa itu sudah tidak layak dipakai warga"
    shared = "Kenapa antrean kapal di pelabuhan itu tidak pernah diurus sampai malam"
    table(tmp_path, ("emot-1", known))
    for at, collection in enumerate((train, tune, test)):
        own = f"Kecewa dengan layanan loket nomor {at} yang tutup sebelum jam makan siang {collection.name}"
        write_rows(tmp_path, collection, [known, shared, own])
    divided = dealt(tmp_path)
    texts = [
        [row.text for row in divided[part]] for part in (Part.COLLECTED_TRAIN, Part.COLLECTED_TUNE, Part.NEVER_MET)
    ]
    assert [len(part) for part in texts] == [2, 1, 1]
    assert shared in texts[0]
    assert [row.text for part in (Part.TRAIN, Part.TUNE, Part.TEST) for row in divided[part]] == [known]


def test_without_collections_nothing_else_changes(tmp_path):
    """A folder with tables only is dealt as before."""
    table(tmp_path, ("emot-1", "Menurut saya jembatan lama itu sudah tidak layak"))
    divided = dealt(tmp_path)
    assert not [*divided[Part.COLLECTED_TRAIN], *divided[Part.COLLECTED_TUNE], *divided[Part.NEVER_MET]]


def test_a_collection_that_was_not_fetched_is_named_with_its_command(tmp_path):
    """One sentence, and the command to run."""
    with pytest.raises(DataError, match=rf"`suluh data pull {PLAIN.name}` fetches it"):
        require(tmp_path, [PLAIN.name])
    write_collections(tmp_path, [PLAIN.name])
    require(tmp_path, [PLAIN.name])


def test_whoever_learns_from_collections_is_measured_on_those_that_measure():
    """The gate holds weights to figures on them, so a recipe that names one asks for all of them."""
    assert named_with_measures(["yt_promo_a", PLAIN.name]) == (PLAIN.name, *collections_for(Use.TEST))
    assert named_with_measures(["yt_promo_a"]) == ()


def test_an_encoder_can_be_trained_on_the_tables_alone():
    """Nothing of collections is left in the recipe, and everything else is."""
    whole = read_encoder_recipe("encoder")
    alone = whole.on_tables_alone()
    assert (alone.held_out, alone.collections, alone.drawn.collected) == (("emot",), (), 0)
    again = replace(
        alone, held_out=whole.held_out, collections=whole.collections, drawn=replace(alone.drawn, collected=26_000)
    )
    assert again == whole


def test_a_collection_that_nobody_declared_is_refused(tmp_path):
    """A slip in an encoder's recipe is no silent lack."""
    before = "collections = [\n"
    recipe = changed_recipe(tmp_path / "encoder.toml", "encoder-protocol", before, f'{before}    "contoh2020",\n')
    with pytest.raises(RecipeError, match="No such collection: contoh2020"):
        read_encoder_recipe(str(recipe))


@pytest.mark.parametrize("use", [Use.TUNE, Use.TEST])
def test_no_recipe_trains_on_what_measures(use, tmp_path):
    """Neither kind of recipe takes a collection for something else than it is declared for."""
    name = collections_for(use)[0]
    linear = changed_recipe(tmp_path / "linear.toml", "linear-protocol", '"yt_promo_a", ', f'"yt_promo_a", "{name}", ')
    with pytest.raises(RecipeError, match=rf"{name} may not be used to train"):
        read_recipe(str(linear))
    before = "collections = [\n"
    encoder = changed_recipe(tmp_path / "encoder.toml", "encoder-protocol", before, f'{before}    "{name}",\n')
    with pytest.raises(RecipeError, match=rf"{name} may not be used to train"):
        read_encoder_recipe(str(encoder))
