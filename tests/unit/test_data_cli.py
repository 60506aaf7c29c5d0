"""`suluh data`: list, pull, stats, build and audit, as a person types them."""

import json
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import EntryPoint, EntryPoints

import pytest
from click.testing import CliRunner

from data import cli, commands, sources_cli
from data.catalogue import READABLE, SOURCES
from data.cli import data
from data.sources.originals import folder_of
from eval.audit_cli import audit
from tests.unit.test_audit_report import population


def suluh_data(*arguments):
    """Run one command."""
    return CliRunner().invoke(data, list(arguments))


@pytest.fixture
def tables(tmp_path):
    """A folder with a claims table of invented rows."""
    lines = [
        {
            "id": row.id,
            "text": row.text,
            "post_text": "",
            "label": row.label,
            "publisher": row.publisher,
            "date": f"{row.date:%Y-%m-%d}" if row.date else "",
            "kind": row.kind if row.kind != "circulated_post" else "factcheck_claim_title",
            "dup_cluster": row.group,
        }
        for row in population()
    ]
    (tmp_path / "claims.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_list_says_of_each_source_what_may_be_done_with_it(tmp_path):
    """One line a source: here or how to get it, and its licence in a sentence."""
    result = suluh_data("list", "--data", str(tmp_path))
    assert result.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert set(lines) == set(SOURCES)
    assert "CC BY-NC-SA 4.0" in lines["hs"]
    assert "never used commercially" in lines["hs"]
    assert lines["tbh2024"].startswith("pull, 2.0 MB")
    assert lines["brin"].startswith("put there by hand")


def test_pull_of_an_unknown_source_names_those_that_exist(tmp_path):
    """A typing error costs nothing."""
    result = suluh_data("pull", "klikid", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "No such source: klikid" in result.stderr
    assert all(name in result.stderr for name in READABLE)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def unreachable(monkeypatch):
    """The catalogue with CLICK-ID at an address where nothing listens."""
    file = replace(SOURCES["clickid"].files[0], address="http://127.0.0.1:9/clickid-main.csv")
    monkeypatch.setattr(sources_cli, "SOURCES", {**SOURCES, "clickid": replace(SOURCES["clickid"], files=(file,))})
    return file


def test_pull_that_fails_names_every_address_with_its_reason(tmp_path, unreachable):
    """The copy here, the origin and the mirror are each said; the exit code is not zero, and the copy stays."""
    path = folder_of(tmp_path, "clickid") / unreachable.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"title\nPasar Contoh Dibuka\n")
    result = suluh_data("pull", "clickid", "--data", str(tmp_path), "--mirror", str(tmp_path / "mirror"))
    assert result.exit_code == 1
    assert f"another checksum, {sha256(path.read_bytes()).hexdigest()}" in result.stderr
    assert unreachable.address in result.stderr
    assert "no such file in the mirror" in result.stderr
    assert "Not there: clickid." in result.stderr
    assert "may be redistributed with attribution" in result.stderr


def test_a_mirror_of_another_scheme_is_refused_at_once(tmp_path, unreachable):
    """An ftp address is no folder: one sentence that says what can be given, and nothing is asked for."""
    result = suluh_data("pull", "clickid", "--data", str(tmp_path), "--mirror", "ftp://x")
    assert result.exit_code == 2
    assert "ftp://x is no mirror: give a folder, or an http:// or https:// address." in result.stderr
    assert not (tmp_path / "originals").exists()


def test_pull_takes_a_mirror_and_then_what_is_there(tmp_path, unreachable, monkeypatch):
    """The folder's bytes are verified and kept, and the second run says that the file is present."""
    content = b"title\nPasar Contoh Dibuka\n"
    known = replace(unreachable, sha256=sha256(content).hexdigest(), size_bytes=len(content))
    monkeypatch.setattr(sources_cli, "SOURCES", {**SOURCES, "clickid": replace(SOURCES["clickid"], files=(known,))})
    mirrored = tmp_path / "mirror" / "clickid" / known.name
    mirrored.parent.mkdir(parents=True)
    mirrored.write_bytes(content)
    arguments = ("pull", "clickid", "--data", str(tmp_path / "data"), "--mirror", str(tmp_path / "mirror"))
    first, second = suluh_data(*arguments), suluh_data(*arguments)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "from the mirror" in first.stderr
    assert "present" in second.stderr


def test_pull_says_whom_to_ask_for_what_nobody_may_fetch(tmp_path):
    """A source on request is a failure only while its folder is empty."""
    result = suluh_data("pull", "brin", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "ask at https://huggingface.co/datasets/nlp-brin-id" in result.stderr
    folder = folder_of(tmp_path, "brin")
    folder.mkdir(parents=True)
    (folder / "merge.csv").write_text("Label,Title\nHOAX,Air laut manis\n", encoding="utf-8")
    assert suluh_data("pull", "brin", "--data", str(tmp_path)).exit_code == 0


def test_stats_counts_the_tables_or_the_originals(tables):
    """Labels, publishers and months of the table; sources, labels, kinds and months of the originals."""
    counted = suluh_data("stats", "--data", str(tables))
    assert counted.exit_code == 0
    assert "rows in claims.jsonl" in counted.stdout
    folder = folder_of(tables, "brin")
    folder.mkdir(parents=True)
    (folder / "merge.csv").write_text("Label,Title\nHOAX,Air laut manis\n", encoding="utf-8")
    counted = suluh_data("stats", "--originals", "--data", str(tables))
    assert "        1  brin" in counted.stdout
    assert "        1  no date" in counted.stdout


def test_stats_without_originals_says_what_fetches_them(tables):
    """An empty folder is one sentence and a non-zero exit code."""
    counted = suluh_data("stats", "--originals", "--data", str(tables))
    assert counted.exit_code == 1
    assert "suluh data pull" in counted.stderr


def test_build_writes_a_dataset_with_its_fingerprint(tables):
    """The same tables give the same fingerprint; a folder that is in use is left alone."""
    first = suluh_data("build", str(tables / "a"), "--data", str(tables))
    second = suluh_data("build", str(tables / "b"), "--data", str(tables))
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    assert "fingerprint" in first.stdout
    again = suluh_data("build", str(tables / "a"), "--data", str(tables))
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_audit_writes_one_page_and_says_the_checks(tables):
    """The page is where it was asked for, and the terminal has the checks with limit and n."""
    out = tables / "deep" / "audit.html"
    result = CliRunner().invoke(audit, ["--data", str(tables), "--out", str(out)])
    assert result.exit_code == 1, "the invented true claims all begin with a verdict"
    assert "FAIL verdict before the text" in result.stdout
    assert "limit 2.00%" in result.stdout
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_audit_without_data_names_the_setting(monkeypatch):
    """One sentence, no stack."""
    monkeypatch.delenv("SULUH_DATA_DIR", raising=False)
    result = CliRunner().invoke(audit, [])
    assert result.exit_code == 1
    assert "SULUH_DATA_DIR" in result.stderr


def test_a_layer_above_adds_its_command(monkeypatch):
    """An entry point of the group is listed and run like the group's own commands."""
    point = EntryPoint("audit", "eval.audit_cli:audit", cli.PLUG_INS)
    monkeypatch.setattr(commands, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    assert {"list", "pull", "stats", "build", "audit"} <= set(data.list_commands(None))
    assert "what gives a label away" in suluh_data("audit", "--help").stdout


def test_the_list_of_commands_imports_none_of_them(monkeypatch):
    """Its sentences are read from the sources; a module that breaks when it is imported is listed all the same."""
    point = EntryPoint("audit", "eval.audit_cli:audit", cli.PLUG_INS)
    monkeypatch.setattr(commands, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    monkeypatch.setattr(EntryPoint, "load", lambda _: pytest.fail("imported"))
    told = suluh_data("--help").stdout
    assert "audit  Measure what gives a label away: tags" in told
    assert "pull   Fetch the public originals of SOURCE" in told


def test_a_command_whose_extra_is_missing_says_how_to_get_it(monkeypatch):
    """One sentence and exit code 1, whatever arguments follow."""
    point = EntryPoint("audit", "not_installed_anywhere:audit", cli.PLUG_INS)
    monkeypatch.setattr(commands, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    told = suluh_data("audit", "--out", "x.html")
    assert told.exit_code == 1
    assert told.stderr == (
        "Error: `data audit` needs not_installed_anywhere; install it with: pip install 'suluh[train]'\n"
    )
    assert "audit  (not installed)" in suluh_data("--help").stdout
