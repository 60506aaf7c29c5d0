"""The claims that our own desk decided, as rows to learn from.

One JSON object a line, as the service exports decided claims:

    {"id": "17", "statement": "…", "posts": ["…", "…"], "verdict": "salah", "n_people": 2,
     "decided_at": "2026-03-02T03:00:00Z"}

`statement` is the claim in one neutral sentence, `posts` are messages of its cluster as stored, `verdict` is one of
the desk's eight words, `n_people` how many people decided. A label needs two, so a row that says "false" or "true"
with one person behind it is refused; opinion and satire may be dismissals by one. Handles, links to accounts,
addresses and numbers are masked again here, whatever the exporter did, and only the day of the decision is kept.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from data.normalise import mask_identities
from data.schema import DataError, Example, Kind, Label
from data.sources.tables import date_of, rows

COLUMNS: Final = ("id", "statement", "posts", "verdict", "n_people", "decided_at")
LABELS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "salah": Label.HOAX,
        "menyesatkan": Label.HOAX,
        "benar": Label.NOT_HOAX,
        "satire": Label.OPINION,
        "opini": Label.OPINION,
        # True in parts, not provable, or not ours to judge: no side may learn from them.
        "kurang_konteks": Label.UNKNOWN,
        "belum_terbukti": Label.UNKNOWN,
        "di_luar_cakupan": Label.UNKNOWN,
    }
)
"""What the model learns from each of the desk's verdicts."""

_NEED_TWO: Final = frozenset({Label.HOAX, Label.NOT_HOAX})
_PEOPLE_FOR_A_LABEL: Final = 2
_PUBLISHER: Final = "desk"


def decided_claims(folder: Path) -> Iterator[Example]:
    """Yield the statement and the posts of each decided claim in the JSON lines of `folder`; a claim is one group."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise DataError(f"{folder} holds no JSON lines of decided claims.")
    for path in files:
        for number, row in enumerate(rows(path, COLUMNS), start=1):
            yield from _examples_of(row, f"{path}, row {number}")


def _examples_of(row: Mapping[str, Any], where: str) -> Iterator[Example]:
    label = _label_of(row, where)
    decided = date_of(row["decided_at"], where)
    if decided is None:
        raise DataError(f"{where}: decided_at is empty.")
    statement, posts = row["statement"], row["posts"]
    if not isinstance(statement, str) or not isinstance(posts, list) or not all(isinstance(one, str) for one in posts):
        raise DataError(f"{where}: statement is a text, and posts is a list of texts.")
    claim_id = f"desk-{row['id']}"
    stated = Example(claim_id, statement, label, Kind.FACTCHECK_TITLE, "desk", _PUBLISHER, claim_id, decided)
    yield from _masked(stated)
    kind = Kind.CIRCULATED_POST if label is Label.HOAX else Kind.SOCIAL_POST
    for number, post in enumerate(posts, start=1):
        yield from _masked(replace(stated, id=f"{claim_id}#post{number}", text=post, kind=kind))


def _label_of(row: Mapping[str, Any], where: str) -> Label:
    label = LABELS.get(str(row["verdict"]))
    if label is None:
        raise DataError(f"{where}: verdict {row['verdict']!r} is none of {', '.join(LABELS)}.")
    n_people = row["n_people"]
    if not isinstance(n_people, int) or isinstance(n_people, bool) or n_people < 1:
        raise DataError(f"{where}: n_people is a whole number from 1.")
    if label in _NEED_TWO and n_people < _PEOPLE_FOR_A_LABEL:
        raise DataError(f"{where}: {row['verdict']} was decided by one person; a label needs two.")
    return label


def _masked(row: Example) -> Iterator[Example]:
    """The row with its text masked; nothing where no text is left."""
    masked = mask_identities(row.text).strip()
    if masked:
        yield replace(row, text=masked)


def row_of(claim: Mapping[str, Any]) -> str:
    """One line of an export, from a mapping with the fields of `COLUMNS`; DataError where it could not be read back."""
    line = {column: claim[column] for column in COLUMNS}
    for _ in _examples_of(line, f"claim {line['id']}"):
        pass
    return json.dumps(line, ensure_ascii=False)
