"""`suluh archive` in one process: a part in, a part out, and a second run that goes on where the first was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from data.cli import cluster as cluster_lines
from data.commands import EntryPointGroup
from models.archive import MANIFEST, Answers, ArchiveError, batches
from models.archive_cli import archive
from models.cli import score as score_lines
from models.match_cli import match as match_lines
from models.serve_scorers import MAX_TEXTS, RequestError, texts_of
from tests.artefacts import small_artefact
from tests.unit.archives import LIBRARY, POSTS, as_lines, rows_of, write_archive


def run(*arguments: str | Path) -> Result:
    """One `suluh archive`, without Ray."""
    return CliRunner().invoke(archive, [*map(str, arguments), "--workers", "0"])


def lines(result: Result) -> list[dict[str, Any]]:
    """What a command for lines answered."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def written_at(folder: Path) -> dict[str, int]:
    """When each file of the answers was written."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


@pytest.mark.parametrize("n_parts", [1, 3])
def test_scores_are_those_of_the_command_for_lines(tmp_path: Path, n_parts: int) -> None:
    """The same scores, bands and reasons in the same order, however the archive is cut into parts."""
    source = write_archive(tmp_path / "in", POSTS, n_parts)
    assert run("score", source, "--out", tmp_path / "out", "--model", "linear").exit_code == 0
    expected = lines(CliRunner().invoke(score_lines, ["-", "--model", "linear"], input=as_lines(POSTS)))
    assert rows_of(tmp_path / "out", "id", "p_hoax", "band", "reasons", "model") == expected


@pytest.mark.parametrize("n_parts", [1, 2, 5])
def test_clusters_are_those_of_the_command_for_lines(tmp_path: Path, n_parts: int) -> None:
    """The same numbers for the same posts, however the archive is cut into parts."""
    source = write_archive(tmp_path / "in", POSTS, n_parts)
    assert run("cluster", source, "--out", tmp_path / "out").exit_code == 0
    expected = lines(CliRunner().invoke(cluster_lines, ["-"], input=as_lines(POSTS)))
    assert rows_of(tmp_path / "out", "id", "cluster") == expected
    assert 2 < len({row["cluster"] for row in expected}) < len(POSTS) / 2


def test_matches_are_those_of_the_command_for_lines(tmp_path: Path) -> None:
    """The same clarifications with the same scores, for every row of the archive."""
    source, library = write_archive(tmp_path / "in", POSTS, 2), tmp_path / "library.jsonl"
    library.write_bytes(as_lines(LIBRARY))
    assert run("match", source, "--out", tmp_path / "out", "--library", library).exit_code == 0
    plain = CliRunner().invoke(match_lines, ["--library", str(library), "-"], input=as_lines(POSTS))
    assert rows_of(tmp_path / "out", "id", "matches") == lines(plain)


def test_other_columns_are_carried_through_and_the_text_is_not(tmp_path: Path) -> None:
    """A part out has the columns of its part in, less the text, and then the answer's."""
    source = write_archive(tmp_path / "in", POSTS[:4], 1)
    run("score", source, "--out", tmp_path / "out", "--model", "linear")
    names = parquet.read_schema(tmp_path / "out" / "part-0.parquet").names
    assert names == ["id", "platform", "p_hoax", "band", "reasons", "model"]
    assert [row["platform"] for row in rows_of(tmp_path / "out", "platform")] == ["fb", "x", "fb", "x"]


def test_a_second_run_does_nothing_twice(tmp_path: Path) -> None:
    """Parts that are answered stay as they are; a part that was added is answered."""
    source = write_archive(tmp_path / "in", POSTS, 2)
    run("score", source, "--out", tmp_path / "out", "--model", "linear")
    before = written_at(tmp_path / "out")
    parquet.write_table(pa.Table.from_pylist(POSTS[:5]), source / "part-9.parquet")
    again = run("score", source, "--out", tmp_path / "out", "--model", "linear")
    after = written_at(tmp_path / "out")
    assert again.stdout == "247 rows in 3 part(s) answered, 1 part(s) of them now.\n"
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"part-9.parquet"}


def test_clusters_go_on_where_a_later_part_is_added(tmp_path: Path) -> None:
    """A post that comes weeks later joins the cluster of the wording that it copies, as in one run."""
    source = write_archive(tmp_path / "in", POSTS, 1)
    run("cluster", source, "--out", tmp_path / "out")
    parquet.write_table(pa.Table.from_pylist(POSTS[::-1]), source / "part-9.parquet")
    run("cluster", source, "--out", tmp_path / "out")
    run("cluster", source, "--out", tmp_path / "at-once")
    assert rows_of(tmp_path / "out", "id", "cluster") == rows_of(tmp_path / "at-once", "id", "cluster")


def test_a_killed_run_goes_on_with_the_same_clusters(tmp_path: Path) -> None:
    """SIGKILL in the middle: finished parts stay, nothing half-written is left, and the end is as if never killed."""
    source = write_archive(tmp_path / "in", POSTS * 40, 12)
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from models.archive_cli import archive; archive()", "cluster", str(source)]
    process = subprocess.Popen([*command, "--out", str(out), "--workers", "0"], stderr=subprocess.DEVNULL)
    manifest = out / MANIFEST
    until = time.monotonic() + 120
    while (not manifest.exists() or manifest.read_bytes().count(b"\n") < 3) and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    n_finished = manifest.read_bytes().count(b"\n") - 1
    before = written_at(out)
    assert 2 <= n_finished < 12
    with manifest.open("ab") as torn:
        torn.write(b'{"part": "part-')
    assert run("cluster", source, "--out", out).exit_code == 0
    after = written_at(out)
    run("cluster", source, "--out", tmp_path / "at-once")
    assert rows_of(out, "id", "cluster") == rows_of(tmp_path / "at-once", "id", "cluster")
    assert sum(after[name] == moment for name, moment in before.items() if name in after) >= n_finished
    assert [path.name for path in out.rglob("*unfinished")] == []
    assert not (out / "_signed").exists()


def test_a_changed_part_is_scored_again(tmp_path: Path) -> None:
    """A part whose bytes are others than the manifest says is answered anew, and no other."""
    source = write_archive(tmp_path / "in", POSTS[:20], 2)
    run("score", source, "--out", tmp_path / "out", "--model", "linear")
    parquet.write_table(pa.Table.from_pylist(POSTS[30:33]), source / "part-1.parquet")
    again = run("score", source, "--out", tmp_path / "out", "--model", "linear")
    assert "13 rows in 2 part(s) answered, 1 part(s) of them now." in again.stdout
    assert [row["id"] for row in rows_of(tmp_path / "out", "id")][10:] == [30, 31, 32]


def test_a_part_before_clustered_ones_is_refused(tmp_path: Path) -> None:
    """All later clusters would be others, so the command says so and changes nothing."""
    source = write_archive(tmp_path / "in", POSTS[:20], 2)
    run("cluster", source, "--out", tmp_path / "out")
    before = written_at(tmp_path / "out")
    parquet.write_table(pa.Table.from_pylist(POSTS[30:33]), source / "part-00.parquet")
    refused = run("cluster", source, "--out", tmp_path / "out")
    assert refused.exit_code == 1
    assert "part-00.parquet is new, changed or lost its answers" in refused.stderr
    assert written_at(tmp_path / "out") == before


def test_two_models_never_share_a_folder(tmp_path: Path) -> None:
    """Answers of another model or of another job are not continued; the sentence names the way out."""
    source = write_archive(tmp_path / "in", POSTS[:4], 1)
    run("score", source, "--out", tmp_path / "out", "--model", "linear")
    other = run("score", source, "--out", tmp_path / "out", "--model", small_artefact(tmp_path / "other"))
    clusters = run("cluster", source, "--out", tmp_path / "out")
    assert [other.exit_code, clusters.exit_code] == [1, 1]
    assert "name another --out" in other.stderr
    assert "name another --out" in clusters.stderr


def test_a_folder_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run on the same answers is refused while the first one writes."""
    source = write_archive(tmp_path / "in", POSTS[:4], 1)
    with Answers.opened(tmp_path / "out", "cluster", "anything"):
        refused = run("cluster", source, "--out", tmp_path / "out")
    assert (refused.exit_code, "Another run is writing" in refused.stderr) == (1, True)


def test_a_bad_row_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Rows without text, without an id, or not in UTF-8 are told and left out; the exit code is 1, also later."""
    table = pa.table(
        {
            "id": pa.array(["a", "b", None, "d"]),
            "text": pa.Array.from_buffers(
                pa.string(), 4, pa.array(["kabar gempa besar", None, "tanpa nama", "x"]).buffers()
            ),
        }
    )
    raw = pa.array([b"kabar gempa besar", None, b"tanpa nama", b"\xff"], pa.binary())
    table = table.set_column(1, "text", pa.Array.from_buffers(pa.string(), 4, raw.buffers()))
    (tmp_path / "in").mkdir()
    parquet.write_table(table, tmp_path / "in" / "a.parquet")
    first = run("cluster", tmp_path / "in", "--out", tmp_path / "out")
    second = run("cluster", tmp_path / "in", "--out", tmp_path / "out")
    assert [first.exit_code, second.exit_code] == [1, 1]
    assert [said.split(", ")[1] for said in first.stderr.splitlines() if said.startswith("a.parquet")] == [
        "row 2: lacks text",
        "row 3: lacks id",
        "row 4: text is not UTF-8",
    ]
    assert rows_of(tmp_path / "out", "id", "cluster") == [{"id": "a", "cluster": 1}]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"id": [1]}, "no column `text`"),
        ({"text": ["a"]}, "no column `id`"),
        ({"id": [1.5], "text": ["a"]}, "no column `id` of texts or whole numbers"),
        ({"id": [1], "text": [5]}, "no column `text` of texts"),
        ({"id": [1], "text": ["a"], "cluster": [3]}, "the column(s) cluster already"),
        ({"id": [1], "text": ["a"], "text ": ["b"]}, "no column `text` of texts, or has two"),
        ({"id": [1], "text": ["a"], "unit": ["b"], "unit ": ["c"]}, "two columns named unit"),
    ],
)
def test_an_archive_of_another_shape_is_refused(tmp_path: Path, columns: dict[str, Any], reason: str) -> None:
    """What is wrong with a file is said in one sentence before anything is written."""
    # A dictionary has each name once, and a file need not.
    table = pa.table(list(columns.values()), names=[name.strip() for name in columns])
    parquet.write_table(table, tmp_path / "a.parquet")
    refused = run("cluster", tmp_path, "--out", tmp_path.with_name("answers"))
    assert (refused.exit_code, reason in refused.stderr) == (1, True)
    assert not tmp_path.with_name("answers").exists()


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """So is a folder without any, and answers inside the archive."""
    assert "holds no .parquet file" in run("cluster", tmp_path, "--out", tmp_path.with_name("x")).stderr
    assert "lies in the archive" in run("cluster", tmp_path, "--out", tmp_path / "x").stderr
    (tmp_path / "a.parquet").write_bytes(b"nonsense")
    assert "not a readable Parquet file" in run("cluster", tmp_path, "--out", tmp_path.with_name("x")).stderr


def test_a_batch_is_bounded_by_bytes_too(tmp_path: Path) -> None:
    """Long texts are read a few at a time."""
    texts = [os.urandom(500_000).hex() for _ in range(20)]
    parquet.write_table(pa.table({"id": list(range(20)), "text": texts}), tmp_path / "a.parquet", compression="none")
    assert max(batch.num_rows for batch in batches(tmp_path / "a.parquet")) <= 16


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where pyarrow or Ray is missing, the command names the extra."""
    write_archive(tmp_path / "in", POSTS[:4], 1)
    monkeypatch.setitem(sys.modules, "ray", None)
    refused = CliRunner().invoke(archive, ["cluster", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert (refused.exit_code, "pip install 'suluh[cluster]'" in refused.stderr) == (1, True)


def test_the_list_of_commands_knows_the_extra() -> None:
    """`suluh` names the extra of the command, for where even its module cannot be imported."""
    from serving.cli import suluh

    assert isinstance(suluh, EntryPointGroup)
    assert suluh.extras["archive"] == "cluster"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{broken", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "either text or texts"),
        (b'{"text": "a", "texts": []}', "either text or texts"),
        (b'{"texts": "a"}', "not a text"),
        (b'{"texts": [1]}', "not a text"),
        (json.dumps({"texts": ["a"] * (MAX_TEXTS + 1)}).encode(), "at most 256 texts"),
    ],
)
def test_what_is_no_question_is_refused_by_served_scorers(body: bytes, reason: str) -> None:
    """The sentence says what is wrong with the request."""
    with pytest.raises(RequestError, match=reason):
        texts_of(body)


def test_a_library_with_two_kinds_of_ids_is_refused(tmp_path: Path) -> None:
    """A column holds one kind; 7 and "7" are two ids."""
    source, library = write_archive(tmp_path / "in", POSTS[:2], 1), tmp_path / "library.jsonl"
    library.write_bytes(as_lines([LIBRARY[0], LIBRARY[1] | {"id": 7}]))
    refused = run("match", source, "--out", tmp_path / "out", "--library", library)
    assert (refused.exit_code, "one kind" in refused.stderr) == (1, True)


def test_a_damaged_manifest_is_said(tmp_path: Path) -> None:
    """A manifest that somebody edited is not guessed at."""
    with Answers.opened(tmp_path, "score", "a"):
        pass
    (tmp_path / MANIFEST).write_text("nonsense\n", "utf-8")
    with pytest.raises(ArchiveError, match="damaged"), Answers.opened(tmp_path, "score", "a"):
        pass


@pytest.mark.parametrize("words", ["notes of somebody else, without an end", "{}\nnotes"])
def test_a_file_that_is_no_manifest_is_left_as_it_was(tmp_path: Path, words: str) -> None:
    """Nothing is cut off before the first line is known to be ours."""
    (tmp_path / MANIFEST).write_text(words, "utf-8")
    with pytest.raises(ArchiveError), Answers.opened(tmp_path, "score", "a"):
        pass
    assert (tmp_path / MANIFEST).read_text("utf-8") == words


def test_a_first_line_that_a_kill_cut_short_is_written_anew(tmp_path: Path) -> None:
    """What is there is the beginning of what would be written."""
    with Answers.opened(tmp_path, "score", "a"):
        whole = (tmp_path / MANIFEST).read_bytes()
    for n_bytes in (0, 1, len(whole) - 1):
        (tmp_path / MANIFEST).write_bytes(whole[:n_bytes])
        with Answers.opened(tmp_path, "score", "a"):
            assert (tmp_path / MANIFEST).read_bytes() == whole


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nonsense"])
def test_a_cluster_that_is_not_there_is_said_at_once(tmp_path: Path, address: str) -> None:
    """Ray would go on asking for minutes; the command knocks first."""
    source = write_archive(tmp_path / "in", POSTS[:2], 1)
    arguments = ["cluster", str(source), "--out", str(tmp_path / "out"), "--address", address]
    refused = CliRunner().invoke(archive, arguments)
    assert (refused.exit_code, f"Ray cannot be reached at {address}" in refused.stderr) == (1, True)
