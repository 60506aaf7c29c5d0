"""The split as a Hugging Face dataset, and the fingerprint that a model keeps."""

from dataclasses import replace
from datetime import date

import pytest
from datasets import DatasetDict

from data import dataset
from data.fingerprint import fingerprint
from data.schema import DataError, Example, Kind, Label
from data.split import Part, Split, split

ROWS = [
    Example("tbh-1", "air laut manis", Label.HOAX, Kind.FACTCHECK_TITLE, "tbh", "contoh", "a", date(2024, 5, 6)),
    Example("tbh-2", "air laut asin", Label.HOAX, Kind.CIRCULATED_POST, "tbh", "contoh", "b", date(2025, 2, 1)),
    Example("news-1", "taman “dibuka”", Label.NOT_HOAX, Kind.NEWS_HEADLINE, "news", "c", "c", date(2025, 7, 1)),
    Example("hs-1", "jalan rusak", Label.OPINION, Kind.SOCIAL_POST, "hs", "Twitter", "d"),
    Example("tbh-3", "entah", Label.UNKNOWN, Kind.FACTCHECK_TITLE, "tbh", "contoh", "e", date(2024, 1, 1)),
]


def test_each_part_is_a_dataset_with_typed_columns():
    """Labels and kinds are classes with names, a day is a day, and what is left out is in no part."""
    made = dataset.dataset_dict(split(ROWS))
    assert isinstance(made, DatasetDict)
    assert {name: len(part) for name, part in made.items()} == {"train": 1, "tune": 1, "test": 1, "unseen_opinion": 1}
    row = made["train"][0]
    assert made["train"].features["label"].int2str(row["label"]) == "hoax"
    assert row["date"] == date(2024, 5, 6)
    assert made["unseen_opinion"][0]["date"] is None


def test_the_dataset_gives_the_examples_back(tmp_path):
    """Written and read, each row is the same, to the day and the curly quote."""
    divided = split(ROWS)
    dataset.write(divided, tmp_path / "set")
    again = dataset.read(tmp_path / "set")
    assert [again[part] for part in dataset.PARTS] == [divided[part] for part in dataset.PARTS]


def test_collections_are_parts_where_they_were_fetched(tmp_path):
    """What measures only has a part of its own, and comes back with it."""
    own = replace(ROWS[3], id="contoh-1", source="contoh", group="f")
    divided = Split({**split(ROWS).parts, Part.NEVER_MET: (own,)})
    record = dataset.write(divided, tmp_path / "set")
    assert record["parts"]["never_met"]["n"] == 1
    assert "collected_train" not in record["parts"]
    assert dataset.read(tmp_path / "set")[Part.NEVER_MET] == (own,)


def test_the_fingerprint_is_ours_and_stays(tmp_path):
    """The same rows in any order give the same words today and on every machine."""
    made = dataset.dataset_dict(split(ROWS))
    assert made["train"]._fingerprint == fingerprint(ROWS[:1])
    assert fingerprint(ROWS) == fingerprint(reversed(ROWS))
    assert fingerprint(ROWS) == "3764c6878f74f7be0513ad90d312c1627393643fd6acc32665dc4bd58c1ff1be"
    assert dataset.write(split(ROWS), tmp_path / "set")["fingerprint"] == fingerprint(ROWS[:4])


@pytest.mark.parametrize("change", [{"text": "air laut asam"}, {"label": Label.NOT_HOAX}, {"id": "tbh-9"}])
def test_another_text_label_or_id_is_another_fingerprint(change):
    """What a model learns from decides the fingerprint."""
    assert fingerprint([replace(ROWS[0], **change)]) != fingerprint(ROWS[:1])


def test_the_record_names_parts_and_protocol(tmp_path):
    """Beside the data stands how it was divided."""
    record = dataset.write(split(ROWS), tmp_path / "set")
    assert record["parts"]["train"] == {"n": 1, "fingerprint": fingerprint(ROWS[:1])}
    assert record["protocol"]["test_from"] == "2025-06-01"
    assert record["protocol"]["unseen_sources"] == ["hs"]


def test_a_dataset_whose_rows_are_others_is_refused(tmp_path):
    """A record that was edited, or rows that were, stop with both fingerprints."""
    dataset.write(split(ROWS), tmp_path / "set")
    record = tmp_path / "set" / dataset.RECORD
    record.write_text(record.read_text().replace(fingerprint(ROWS[:4]), "0" * 64))
    with pytest.raises(DataError, match="as recorded"):
        dataset.read(tmp_path / "set")


def test_a_folder_with_other_files_is_not_written_into(tmp_path):
    """Nothing is overwritten."""
    (tmp_path / "own.txt").write_text("mine")
    with pytest.raises(DataError, match="not empty"):
        dataset.write(split(ROWS), tmp_path)


def test_a_missing_part_is_named():
    """A dictionary of somebody else's is refused."""
    made = dataset.dataset_dict(split(ROWS))
    del made[str(Part.TUNE)]
    with pytest.raises(DataError, match="tune"):
        dataset.split_of(made)
