"""Reading the tables: one schema from Parquet and from JSON lines, and a clear error for anything else."""

import json
from datetime import date

import pyarrow as pa
import pytest
from pyarrow import parquet

from data.schema import MEANING, DataError, Kind, Label
from data.sources.claims import examples
from data.sources.matching import match_pairs, unanswered
from data.sources.moderation import comments
from data.sources.tables import data_folder

CLAIM = {
    "id": "tbh-1",
    "text": "Air laut Kota Contoh menjadi manis",
    "post_text": "Sebarkan! Air laut di Kota Contoh manis",
    "label": "hoax",
    "publisher": "contoh",
    "date": "2024-05-06",
    "kind": "factcheck_claim_title",
    "dup_cluster": 7,
}


def write_lines(path, *rows):
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_parquet_and_json_lines_give_the_same_examples(tmp_path):
    """A table reads alike from both formats."""
    lines, table = tmp_path / "lines", tmp_path / "table"
    lines.mkdir()
    table.mkdir()
    write_lines(lines / "claims.jsonl", CLAIM)
    parquet.write_table(pa.Table.from_pylist([CLAIM]), table / "claims.parquet")
    assert list(examples(lines)) == list(examples(table))


def test_a_claim_gives_its_title_and_its_post_in_one_group(tmp_path):
    """The post as it circulated is an example of its own that no split may part from the title."""
    write_lines(tmp_path / "claims.jsonl", CLAIM)
    title, post = examples(tmp_path)
    assert (title.kind, post.kind) == (Kind.FACTCHECK_TITLE, Kind.CIRCULATED_POST)
    assert (post.id, post.group, post.source, post.date) == ("tbh-1#post", title.group, "tbh", date(2024, 5, 6))


def test_a_missing_column_is_named(tmp_path):
    """The error says which column of which file is missing."""
    write_lines(tmp_path / "claims.jsonl", {name: value for name, value in CLAIM.items() if name != "kind"})
    with pytest.raises(DataError, match=r"claims\.jsonl, line 1 lacks the column\(s\) kind"):
        list(examples(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "bohong"}, "bohong"),
        ({"kind": "puisi"}, "puisi"),
        ({"date": "kemarin"}, "not a date"),
    ],
)
def test_a_value_outside_the_schema_is_named_with_its_row(tmp_path, change, message):
    """A label, kind or date that the schema does not know stops with the row's number."""
    write_lines(tmp_path / "claims.jsonl", CLAIM, CLAIM | change)
    with pytest.raises(DataError, match=message) as stopped:
        list(examples(tmp_path))
    assert "row 2" in str(stopped.value)


def test_a_broken_line_is_named(tmp_path):
    """Text that is no JSON stops with its line number."""
    (tmp_path / "claims.jsonl").write_text(json.dumps(CLAIM) + "\n{broken\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: not JSON"):
        list(examples(tmp_path))


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    """A damaged table is a clear error."""
    (tmp_path / "claims.parquet").write_bytes(b"not a table")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        list(examples(tmp_path))


def test_an_absent_moderation_label_is_not_zero(tmp_path):
    """Not annotated stays None, whether the table writes null or NaN."""
    row = {
        "hate": None,
        "abusive": None,
        "id": "m-1",
        "text": "Slot gacor",
        "gambling": 1,
        "scam": float("nan"),
        "sexual": 0,
        "source": "contoh",
        "year": 2025,
        "group": "g1",
        "conflict": 0,
        "near_conflict": 1,
    }
    write_lines(tmp_path / "moderation.jsonl", row)
    (comment,) = comments(tmp_path)
    assert (comment.hate, comment.scam, comment.gambling, comment.sexual) == (None, None, True, False)
    assert comment.conflict
    assert comment.is_promotion


def test_matching_tables_are_read(tmp_path):
    """Wordings carry their answer; hoaxes without one carry their post."""
    pair = {"query_id": "q1", "query_text": "air manis", "query_is_post": True, "target_id": "tbh-1"}
    write_lines(tmp_path / "match_pairs.jsonl", {**pair, "pair_type": "contoh", "lexical_overlap": "0.5"})
    write_lines(tmp_path / "no_match_queries.jsonl", {"id": "n1", "text": "a", "post_text": None, "date": ""})
    (read,) = match_pairs(tmp_path)
    assert (read.target_id, read.query_is_post, read.lexical_overlap) == ("tbh-1", True, 0.5)
    (lonely,) = unanswered(tmp_path)
    assert (lonely.post_text, lonely.date) == ("", None)


def test_a_missing_setting_is_one_sentence_with_the_fix(monkeypatch):
    """Without SULUH_DATA_DIR the error says what to set."""
    monkeypatch.delenv("SULUH_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="give --data DIR or set SULUH_DATA_DIR"):
        data_folder()


def test_every_label_has_its_meaning_in_both_languages():
    """No label reaches a reader without words."""
    assert {label for label, words in MEANING.items() if all(words)} == set(Label)
