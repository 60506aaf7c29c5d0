"""The rows of a public collection, read as `collections.toml` declares it.

What a page or a collector left in a text (character references, tags, whose reply it is) marks the source and not what
somebody said; it is taken out here. Texts too short to be read and repeated ones are left out.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.collected import Collection
from data.schema import Example
from data.sources.delimited import Form, Row, delimited_rows
from data.sources.tweets import without_artefacts

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_FEWEST_WORDS: Final = 3
_REPLY: Final = re.compile(r"\A(?:\s*(?:RT\s+)?@\w{1,30}:?)+")  # whom a post answers: names, and no words of its own


def collected(collection: Collection, folder: Path) -> Iterator[Example]:
    """Yield the rows of `collection`, whose files lie in `folder`, each text once; DataError where a file is not so."""
    seen: set[str] = set()
    for file in collection.source.files:
        for row in _rows(folder / file.name, collection):
            text = text_as_written(row[collection.column])
            key = text.casefold()
            if key in seen or len(key.split()) < _FEWEST_WORDS or _is_later(row, collection):
                continue
            seen.add(key)
            row_id = f"{collection.name}-{Path(file.name).stem}-{row.number}"
            yield Example(
                id=row_id,
                text=text,
                label=collection.label,
                kind=collection.kind,
                source=collection.name,
                publisher=collection.publisher,
                group=row_id,
            )


def text_as_written(raw: str) -> str:
    """`raw` on one line, without tags, character references, what collectors left, and the names it begins with."""
    unescaped = html.unescape(html.unescape(raw))
    return " ".join(without_artefacts(_REPLY.sub(" ", _TAG.sub(" ", unescaped))).split())


def _is_later(row: Row, collection: Collection) -> bool:
    """True for a row after the last day that is read, or without a day where days are stated."""
    return bool(collection.dated) and not "2" <= row[collection.dated][:10] <= collection.until.isoformat()


def _rows(path: Path, collection: Collection) -> Iterator[Row]:
    columns = tuple(filter(None, (collection.column, collection.dated)))
    return delimited_rows(path, columns, Form(collection.separator, collection.encoding))
