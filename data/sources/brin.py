"""BRIN's fact-aware sets, from a folder of the CSV files that their owner gives on request.

Only titles are read. The sets' `Content` holds articles, and in places the fact-checker's own words; `Fact` and
`References` are the answer. None of them states a day that is the same in every file, so the rows have none.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.schema import DataError, Example, Kind, Label
from data.sources.delimited import delimited_rows
from data.sources.turnbackhoax import claim_of

_LABELS: Final = {"HOAX": Label.HOAX, "NON-HOAX": Label.NOT_HOAX}
_PUBLISHER: Final = "fact-checkers (BRIN)"


def fact_aware(folder: Path) -> Iterator[Example]:
    """Yield the titles of every CSV file in `folder` (columns Label and Title; others are passed over)."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise DataError(f"{folder} holds no CSV file; the sets are given on request (`suluh data list`).")
    for path in files:
        for row in delimited_rows(path, ("Label", "Title")):
            label = _LABELS.get(row["Label"].strip().upper())
            if label is None:
                raise DataError(f"{row.where}: label {row['Label']!r} is neither HOAX nor NON-HOAX.")
            row_id, text = f"brin-{path.stem}{row.number}", claim_of(row["Title"])[1]
            if text:
                yield Example(row_id, text, label, Kind.FACTCHECK_TITLE, "brin", _PUBLISHER, row_id)
