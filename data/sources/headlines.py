"""Headlines of Indonesian outlets: CLICK-ID, and detik.com from 2015 to 2020.

Both say how a headline is written and not whether it is true; they are read as news. Neither states a day.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.schema import Example, Kind, Label
from data.sources.delimited import delimited_rows

_CLICKID_OUTLETS: Final = "12 outlets (CLICK-ID)"
_DETIK: Final = "detik.com"


def clickid(folder: Path) -> Iterator[Example]:
    """Yield the headlines of CLICK-ID (`clickid-main.csv`: title, label, label_score)."""
    return _headlines(folder / "clickid-main.csv", "title", "clickid", _CLICKID_OUTLETS)


def detik(folder: Path) -> Iterator[Example]:
    """Yield headlines of detik.com (`scrapedDetikNEWS2015-2020.csv`: one column, `name`)."""
    return _headlines(folder / "scrapedDetikNEWS2015-2020.csv", "name", "detik1520", _DETIK)


def _headlines(path: Path, column: str, source: str, publisher: str) -> Iterator[Example]:
    for row in delimited_rows(path, (column,)):
        text = " ".join(row[column].split())
        if text:
            row_id = f"{source}-{row.number}"
            yield Example(row_id, text, Label.NOT_HOAX, Kind.NEWS_HEADLINE, source, publisher, row_id)
