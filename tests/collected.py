"""Public collections made up for a test: each file in the form that `data/collections.toml` declares."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from data.collected import COLLECTED, Collection
from data.schema import Label
from data.sources.originals import folder_of

_SUBJECTS = ("jembatan", "sekolah", "pasar", "sungai", "kereta", "pelabuhan", "museum", "taman")
_SHAPES = {
    Label.OPINION: "Kecewa sekali dengan urusan {subject} di kota {name}, tolong dibenahi nomor {number}",
    Label.NOT_HOAX: "Wali kota {name} meninjau {subject} yang dibangun tahap {number}",
    Label.HOAX: "Sebarkan, {subject} di {name} membagikan hadiah gelombang {number}",
}


def write_collections(data: Path, names: Iterable[str] = tuple(COLLECTED)) -> None:
    """Write eight made-up rows of each named collection to where it is read."""
    for name in names:
        collection = COLLECTED[name]
        shape = _SHAPES[collection.label]
        write_rows(
            data,
            collection,
            [shape.format(subject=subject, name=name, number=at) for at, subject in enumerate(_SUBJECTS)],
        )


def write_rows(data: Path, collection: Collection, texts: Sequence[str], days: Sequence[str] = ()) -> None:
    """Write `texts` as the collection's first file, on its last day unless `days` says otherwise; the others empty."""
    folder = folder_of(data, collection.name)
    folder.mkdir(parents=True, exist_ok=True)
    columns = [collection.column, *([collection.dated] if collection.dated else [])]
    days = days or [collection.until.isoformat()] * len(texts)
    for at, file in enumerate(collection.source.files):
        rows = [[text, day][: len(columns)] for text, day in zip(texts, days, strict=True)] if at == 0 else []
        with (folder / file.name).open("w", encoding=collection.encoding, newline="") as stream:
            csv.writer(stream, delimiter=collection.separator).writerows([columns, *rows])
