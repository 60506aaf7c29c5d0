"""`suluh score`: a line in, a line out, in order; what is wrong is said and the rest goes on."""

import json

import pytest
from click.testing import CliRunner

from data.lines import batches
from models.cli import BATCH_LINES, score

GOOD = [{"id": number, "text": f"sebarkan pesan penting nomor {number} kepada semua"} for number in range(3000)]


def run(content, *arguments):
    """Run the command on standard input."""
    return CliRunner().invoke(score, ["-", *arguments], input=content)


def as_lines(rows):
    """Rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_each_row_gets_one_line_in_the_same_order():
    """Order and ids are kept over several batches, and the fields are the contract's."""
    result = run(as_lines(GOOD), "--model", "linear")  # the encoder would take minutes for so many
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == [row["id"] for row in GOOD]
    assert all(list(answer) == ["id", "p_hoax", "band", "reasons", "model"] for answer in answers)
    assert all(0 <= answer["p_hoax"] <= 1 and answer["band"] in {"look", "abstain", "clear"} for answer in answers)


def test_the_released_model_keeps_the_order_too():
    """The encoder sorts texts by length inside; their answers come back in the order asked."""
    texts = [row["text"] + " dan seluruh warga kampung" * (row["id"] % 5) for row in GOOD[:20]]
    result = run(as_lines([{"id": number, "text": text} for number, text in enumerate(texts)]))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    alone = [json.loads(run(as_lines([{"id": 0, "text": text}])).stdout)["p_hoax"] for text in texts[:5]]
    assert [answer["id"] for answer in answers] == list(range(20))
    assert [answer["p_hoax"] for answer in answers[:5]] == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken", "not JSON"),
        (b"[1, 2]", "not an object"),
        (b'{"id": "a"}', "lacks text"),
        (b'{"text": "a"}', "lacks id"),
        (b'{"id": "a", "text": 5}', "text is not a text"),
        (b'{"id": null, "text": "a"}', "id is neither"),
        (b'{"id": "a", "text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_go_on(line, reason):
    """The number and the reason go to standard error, the good rows out, and the exit code is 1."""
    result = run(as_lines(GOOD[:1]) + line + b"\n" + as_lines(GOOD[1:2]))
    assert result.exit_code == 1
    assert [json.loads(answer)["id"] for answer in result.stdout.splitlines()] == [0, 1]
    assert f"line 2: {reason}" in result.stderr


def test_empty_lines_and_an_empty_file_are_no_errors():
    """Nothing in, nothing out."""
    assert run(b"").exit_code == 0
    assert run(b"\n\n" + as_lines(GOOD[:1]) + b"\n").stdout.count("\n") == 1


def test_a_very_long_text_is_scored():
    """Ten megabytes are one row like another."""
    result = run(as_lines([{"id": "long", "text": "sebarkan pesan ini " * 550_000}]))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["reasons"][-1]["code"] == "truncated"


def test_an_unknown_model_is_one_sentence():
    """A name that does not ship stops with the names that do."""
    result = run(b"", "--model", "ajaib")
    assert result.exit_code == 1
    assert "No released model 'ajaib'; there is: " in result.stderr


def test_batches_are_read_as_they_are_needed():
    """A file without end is read batch by batch, so memory does not grow with it."""

    def endless():
        while True:
            yield b'{"id": 1, "text": "a"}\n'

    first = next(batches(endless(), n_lines=BATCH_LINES))
    assert len(first.rows) == 1024
