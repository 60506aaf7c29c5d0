"""`suluh match`: the contract of its lines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.match_cli import match

RECORDS = [
    {"id": 7, "title": "Tidak ada ramalan gempa di Pantai Lamtira", "text": "Pesan berantai itu tidak berdasar."},
    {"id": "7", "title": "Air sumur Wanasari aman", "text": "Hasil uji menunjukkan tidak ada limbah pabrik kertas."},
    {"id": "b", "title": "Pendaftaran bansos lewat kantor desa", "text": "Tautan yang beredar adalah penipuan."},
]
GOOD = json.dumps({"id": "q", "text": "gempa besar di pantai lamtira malam ini"}) + "\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library file of three records."""
    path = tmp_path / "library.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in RECORDS), "utf-8")
    return path


def _run(library: Path, content: str) -> Result:
    return CliRunner().invoke(match, ["--library", str(library), "-"], input=content)


def test_matches_come_best_first_with_the_ids_as_written(library: Path) -> None:
    """One line out for each line in; ids keep their type, so 7 and "7" are two records."""
    result = _run(library, GOOD + json.dumps({"id": 2, "text": "air sumur tercemar limbah"}))
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["id"], first["matches"][0]["id"]) == ("q", 7)
    assert (second["id"], second["matches"][0]["id"]) == (2, "7")
    assert set(first["matches"][0]) == {"id", "score", "status"}


def test_ten_matches_at_most(tmp_path: Path) -> None:
    """However many records share a word, ten come back."""
    path = tmp_path / "library.jsonl"
    rows = ({"id": n, "title": f"gempa nomor {n}", "text": "gempa"} for n in range(30))
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    result = _run(path, GOOD)
    assert len(json.loads(result.stdout)["matches"]) == 10


def test_a_query_without_words_matches_nothing(library: Path) -> None:
    """An empty text is answered with an empty list."""
    assert json.loads(_run(library, '{"id": 1, "text": ""}').stdout) == {"id": 1, "matches": []}


def test_a_bad_query_is_named_and_the_rest_goes_on(library: Path) -> None:
    """A broken line is reported with its number and reason; the good one is answered; the exit code is 1."""
    result = _run(library, "nonsense\n" + GOOD)
    assert result.exit_code == 1
    assert result.stderr.startswith("line 1: not JSON")
    assert json.loads(result.stdout)["id"] == "q"


def test_a_bad_record_is_named_and_the_rest_is_the_library(library: Path) -> None:
    """A record without a title is reported and left out."""
    with library.open("a", encoding="utf-8") as file:
        file.write('\n{"id": "c", "text": "tanpa judul"}\n')
    result = _run(library, GOOD)
    assert result.exit_code == 1
    assert "library, line 4: lacks title" in result.stderr
    assert json.loads(result.stdout)["matches"][0]["id"] == 7


def test_a_missing_library_is_a_usage_error(tmp_path: Path) -> None:
    """A path that is not there stops the command before any answer."""
    result = _run(tmp_path / "nothing.jsonl", GOOD)
    assert result.exit_code == 2
    assert result.stdout == ""
