"""``suluh ingest`` and ``suluh feed``: good rows in, bad ones named, and again without harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from serving.cli.feed import feed
from serving.cli.ingest import ingest
from serving.db.tables import Claim, Post
from tests.conftest import SECRET

FLOOD = "Bendungan contoh jebol sore ini dan air bah menuju kota"


@pytest.fixture
def run(settings, monkeypatch):
    """Run a command on the test's database."""
    monkeypatch.setenv("SULUH_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("SULUH_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SULUH_SECRET_KEY", SECRET)
    return lambda command, *arguments, **more: CliRunner().invoke(
        command, [str(argument) for argument in arguments], **more
    )


@pytest.fixture
def counts(service):
    """Count posts and claims."""

    def do():
        with service.database.read() as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Post, Claim))

    return do


def _row(number, **over):
    return {"source": "x", "external_id": number, "text": f"{FLOOD} {number}", "time": "2025-03-01T08:00:00"} | over


def test_good_lines_go_in_and_bad_ones_are_named(run, counts, tmp_path: Path):
    """Every kind of bad line is told with file, line and reason; the run ends with 1; the good rows are in."""
    file = tmp_path / "posts.jsonl"
    lines = [
        b"\xef\xbb\xbf" + json.dumps(_row(1)).encode(),
        b"{broken",
        json.dumps(_row(2, text=None)).encode(),
        json.dumps({"id": 3, "text": FLOOD, "date": "2025-03-01", "username": "x", "label": "hoax"}).encode(),
        json.dumps(_row(4, text="caf\xe9"), ensure_ascii=False).encode("latin-1"),
        b"[]",
        b"",
        b"[" * 100_000,
        json.dumps(_row(5, time="2099-01-01T00:00:00")).encode(),
        json.dumps(_row(6, time=None)).encode(),
        b'{"text": "' + b"x" * 5_000_000 + b'"}',
        json.dumps(_row(7, likes=10**40)).encode(),
        json.dumps(_row(8, text="nol\x00")).encode(),
        json.dumps(_row(9, likes=3, views=900, media=[{"kind": "image", "phash": "ab" * 8, "owner": "x"}])).encode(),
    ]
    file.write_bytes(b"\n".join(lines))
    result = run(ingest, file)
    assert result.exit_code == 1
    named = {line.split(":")[1] for line in result.stderr.splitlines() if line.startswith(str(file))}
    assert named == {"2", "3", "5", "6", "8", "9", "10", "11", "12", "13"}
    assert "username (1)" in result.stdout
    assert "media.owner (1)" in result.stdout
    assert counts()[0] == 3
    again = run(ingest, file)
    assert "0 new, 3 known" in again.stdout
    assert counts()[0] == 3


def test_csv_with_texts_over_several_lines(run, counts, tmp_path: Path):
    """Quoted texts may break lines; a row with too many cells is named by its first line."""
    file = tmp_path / "posts.csv"
    file.write_text(
        "id,source,text,time,likes\n"
        f'1,x,"{FLOOD}\nbaris kedua",2025-03-01T08:00:00+07:00,5\n'
        "2,x,satu,2025-03-01T08:00:00+07:00,5,lebih\n"
        "3,x,Jadwal pasar kecamatan berpindah minggu depan,2025-03-01T08:00:00+07:00,\n"
    )
    result = run(ingest, file)
    assert result.exit_code == 1
    assert f"{file}:4:" in result.stderr
    assert counts() == (2, 2)


def test_standard_input_and_posts_without_a_time(run, counts):
    """``-`` reads standard input; ``--undated now`` takes the moment of reading and says so."""
    line = json.dumps({"id": "a", "text": FLOOD}) + "\n"
    assert "--undated now" in run(ingest, "-", input=line).stderr
    result = run(ingest, "-", "--undated", "now", input=line)
    assert (result.exit_code, counts()) == (0, (1, 1))
    assert "1 rows had no time" in result.stdout


def test_feeds_on_the_command_line(run, settings):
    """Add, list and poll; a feed that cannot be read ends with 1."""
    assert run(feed, "add", "http://10.0.0.1/rss").exit_code != 0
    assert run(feed, "add", "https://contoh.invalid/rss").exit_code == 0
    assert "not read yet" in run(feed, "list").stdout
    assert run(feed, "poll").exit_code == 1


def test_rows_that_are_bad_for_one_reason_are_told_in_a_few_lines(run, tmp_path: Path):
    """A file without times: five rows by their lines, the rest as one figure that keeps the fix."""
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(json.dumps(_row(number, time=None)) + "\n" for number in range(40)))
    done = run(ingest, file)
    assert (done.exit_code, done.stderr.count("only counted")) == (1, 1)
    told = [line for line in done.stderr.splitlines() if "posts.jsonl:" in line and "no time" in line]
    assert len(told) == 5
    assert "40 rows bad: no time; --undated now" in done.stdout


def test_a_command_says_what_is_wrong_in_its_own_language(run, tmp_path: Path):
    """The rules' sentences are Indonesian in the code; a terminal reads them in English, pydantic's too."""
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps(_row(1, text=None)) + "\n" + json.dumps(_row(2, text="\U0001f525")) + "\n")
    said = run(ingest, file).stderr
    assert "text: is needed" in said
    assert "text: holds no readable word" in said or "text: no readable word" in said
