"""`suluh moderate`: a line in, a line out, in order; what is wrong is said and the rest goes on."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from models.moderate_cli import moderate
from models.moderation import LABELS

GOOD = [{"id": number, "text": f"kabar baik nomor {number} untuk warga kampung contoh"} for number in range(3000)]


def run(content, *arguments):
    """Run the command on standard input."""
    return CliRunner().invoke(moderate, ["-", *arguments], input=content)


def as_lines(rows):
    """Rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_each_row_gets_one_line_in_the_same_order():
    """Order and ids are kept over several batches, and the fields are the contract's."""
    result = run(as_lines(GOOD))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == [row["id"] for row in GOOD]
    assert all(list(answer) == ["id", "labels", "flags", "model"] for answer in answers)
    assert all(list(answer["labels"]) == [label.value for label in LABELS] for answer in answers)
    assert all(0 <= p <= 1 for answer in answers for p in answer["labels"].values())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken", "not JSON"),
        (b"[1, 2]", "not an object"),
        (b'{"id": "a"}', "lacks text"),
        (b'{"id": "a", "text": 5}', "text is not a text"),
        (b'{"id": "a", "text": "\xff"}', "not UTF-8"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_go_on(line, reason):
    """The number and the reason go to standard error, the good rows out, and the exit code is 1."""
    result = run(as_lines(GOOD[:1]) + line + b"\n" + as_lines(GOOD[1:2]))
    assert result.exit_code == 1
    assert [json.loads(answer)["id"] for answer in result.stdout.splitlines()] == [0, 1]
    assert f"line 2: {reason}" in result.stderr


def test_an_empty_file_is_no_error():
    """Nothing in, nothing out."""
    assert run(b"").exit_code == 0


def test_what_is_plainly_a_promotion_is_flagged_and_what_is_not_is_not():
    """A made-up gambling promotion, a made-up prize message, abuse, and criticism without abuse."""
    rows = [
        {"id": "judi", "text": "Gacor banget main di CONTOHTOTO88, baru depo receh langsung maxwin, wd cair terus!"},
        {"id": "scam", "text": "SELAMAT! No anda pemenang undian, hadiah Rp 17 juta. Info klik contoh.blogspot.com"},
        {"id": "kasar", "text": "dasar goblok kalian semua, bangsat, anjing"},
        {
            "id": "kritik",
            "text": "Kebijakan pajak yang baru ini memberatkan warga kecil, mohon pemerintah meninjau ulang.",
        },
    ]
    flags = {answer["id"]: answer["flags"] for answer in map(json.loads, run(as_lines(rows)).stdout.splitlines())}
    assert "gambling" in flags["judi"]
    assert "scam" in flags["scam"]
    assert "abusive" in flags["kasar"]
    assert flags["kritik"] == []


def test_a_model_that_does_not_moderate_is_one_sentence():
    """The model of hoaxes answers another question."""
    result = run(b"", "--model", "linear")
    assert result.exit_code == 1
    assert "no loader for the kind 'linear' here; known: moderation" in result.stderr
