"""Files of one JSON object a line, read in batches, so that memory does not grow with the file.

A line that is no row becomes a complaint with its number and reason; the good lines go on.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

BATCH_LINES: Final = 4096
# A batch ends here too, so that long texts do not add up; one line may be longer.
BATCH_BYTES: Final = 16_000_000


class LineError(ValueError):
    """A line is not a row; the message says why, and reads on from "line 7: "."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: `id` is given back as it came, `texts` are the fields asked for, in their order."""

    id: str | int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of some lines, and one sentence for each line that is none."""

    rows: list[Line]
    complaints: list[str]


def batches(
    lines: Iterable[bytes], fields: tuple[str, ...] = ("text",), *, n_lines: int = BATCH_LINES
) -> Iterator[Batch]:
    """Yield rows of `id` and `fields`, of up to `n_lines` lines at a time.

    Empty lines are passed over, numbers count all lines from 1.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while chunk := list(islice(_until_full(numbered), n_lines)):
        batch = Batch([], [])
        for number, line in chunk:
            try:
                batch.rows.append(parsed(line, fields))
            except LineError as error:
                batch.complaints.append(f"line {number}: {error}")
        yield batch


def parsed(line: bytes, fields: tuple[str, ...] = ("text",)) -> Line:
    """Return one line as a row; raise LineError where it is none."""
    content = _object(line)
    missing = [name for name in ("id", *fields) if name not in content]
    if missing:
        raise LineError(f"lacks {' and '.join(missing)}")
    if not isinstance(content["id"], str | int) or isinstance(content["id"], bool):
        raise LineError("id is neither a text nor a whole number")
    for name in fields:
        if not isinstance(content[name], str):
            raise LineError(f"{name} is not a text")
    return Line(content["id"], tuple(content[name] for name in fields))


def _object(line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LineError("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise LineError(f"not JSON ({error})") from error
    if not isinstance(content, dict):
        raise LineError("not an object")
    return content


def _until_full(numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    size_bytes = 0
    for number, line in numbered:
        yield number, line
        size_bytes += len(line)
        if size_bytes >= BATCH_BYTES:
            return
