"""`suluh cluster` and `suluh data`: the contract of their lines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data.cli import cluster, data

QUAKE = "Beredar kabar gempa besar akan terjadi di Pantai Lamtira malam ini, warga diminta mengungsi ke bukit"
WATER = "Dinas kesehatan Wanasari menutup sumur umum karena air tercemar limbah pabrik kertas selama seminggu"


def _run(content: str | bytes) -> Result:
    return CliRunner().invoke(cluster, ["-"], input=content)


def _lines(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows) + "\n"


def _answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_copies_share_a_number() -> None:
    """One line out for each line in, in order; copies share the number of their cluster, counted from 1."""
    result = _run(
        _lines(
            {"id": "a", "text": QUAKE},
            {"id": 2, "text": WATER},
            {"id": "c", "text": "FWD: sebarkan!! " + QUAKE.upper()},
        )
    )
    assert result.exit_code == 0
    assert _answers(result) == [{"id": "a", "cluster": 1}, {"id": 2, "cluster": 2}, {"id": "c", "cluster": 1}]


def test_a_repeated_id_is_no_obstacle() -> None:
    """Ids are given back as they came, also when a file repeats them."""
    result = _run(_lines({"id": "a", "text": QUAKE}, {"id": "a", "text": WATER}))
    assert [answer["cluster"] for answer in _answers(result)] == [1, 2]


def test_posts_without_words_stay_alone() -> None:
    """Posts without a word are no copies of one another."""
    result = _run(_lines({"id": 1, "text": ""}, {"id": 2, "text": ""}, {"id": 3, "text": "🔥"}))
    assert [answer["cluster"] for answer in _answers(result)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken", "not JSON"),
        (b'{"id": 1}', "lacks text"),
        (b"[1]", "not an object"),
        (b'{"id": 1, "text": 5}', "text is not a text"),
        (b'{"id": true, "text": "a"}', "id is neither"),
        (b'{"id": 1, "text": "\xff"}', "not UTF-8"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(line: bytes, reason: str) -> None:
    """A line that is no row is reported with its number and reason; good rows are answered; the exit code is 1."""
    good = _lines({"id": "a", "text": QUAKE}).encode()
    result = _run(good + line + b"\n\n" + good)
    assert result.exit_code == 1
    assert [answer["cluster"] for answer in _answers(result)] == [1, 1]
    assert result.stderr.startswith("line 2: " + reason)


def test_batches_are_one_stream() -> None:
    """A file longer than one batch keeps its clusters and its line numbers."""
    content = _lines(*({"id": n, "text": QUAKE if n % 2 else WATER} for n in range(5000))) + "oops\n"
    result = _run(content)
    assert [answer["cluster"] for answer in _answers(result)] == [1, 2] * 2500
    assert result.stderr.startswith("line 5001: ")


def test_statistics_count_rows(tmp_path: Path) -> None:
    """`data stats` counts the claims table by label, publisher and month."""
    rows = [
        {"label": "hoax", "publisher": "Contoh Periksa", "date": "2031-02-01"},
        {"label": "hoax", "publisher": "Contoh Periksa", "date": ""},
        {"label": "not_hoax", "publisher": "Contoh Kabar", "date": "2031-02-09"},
    ]
    (tmp_path / "claims.jsonl").write_text(_lines(*rows), "utf-8")
    result = CliRunner().invoke(data, ["stats", "--data", str(tmp_path)])
    assert result.exit_code == 0
    words = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    assert ["2", "hoax"] in words
    assert ["2", "2031-02"] in words
    assert ["1", "no date"] in words


def test_statistics_without_tables_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder the command stops with one sentence that names the setting."""
    monkeypatch.delenv("SULUH_DATA_DIR", raising=False)
    result = CliRunner().invoke(data, ["stats"])
    assert result.exit_code == 1
    assert "SULUH_DATA_DIR" in result.stderr
