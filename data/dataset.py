"""The split as a Hugging Face `DatasetDict`: typed columns, one dataset a part, and a fingerprint that stays the same.

Only `suluh data build` imports this module, so that nothing else here needs the extra `train`. The fingerprint of
`datasets` depends on its version and on how a table was made; ours (`data.fingerprint`) takes its place.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from datasets import ClassLabel, Dataset, DatasetDict, DatasetInfo, Features, NamedSplit, Value, load_from_disk
from datasets.table import InMemoryTable
from datasets.utils.logging import disable_progress_bar, enable_progress_bar

from data.fingerprint import fingerprint
from data.schema import DataError, Example, Kind, Label
from data.split import PROTOCOL, Part, Protocol, Split

PARTS: Final = (Part.TRAIN, Part.TUNE, Part.TEST, Part.UNSEEN_OPINION)
"""The parts that every dataset holds; what the split leaves out is in none."""

COLLECTED: Final = (Part.COLLECTED_TRAIN, Part.COLLECTED_TUNE, Part.NEVER_MET)
"""The parts of public collections, which a dataset holds where they were fetched."""

RECORD: Final = "suluh.json"
_COLUMNS: Final = ("id", "text", "label", "kind", "source", "publisher", "group", "date")


def features() -> Features:
    """The columns and their types; a label's number is its place in `Label`, a day without a date is None."""
    words = dict.fromkeys(("id", "text", "source", "publisher", "group"), Value("string"))
    classes = {"label": ClassLabel(names=list(map(str, Label))), "kind": ClassLabel(names=list(map(str, Kind)))}
    named = {**words, **classes, "date": Value("date32")}
    return Features({column: named[column] for column in _COLUMNS})


def dataset_dict(divided: Split) -> DatasetDict:
    """One dataset a part, rows in the order of the split, each with its fingerprint."""
    return DatasetDict({str(part): _dataset(divided[part], part) for part in _held(divided)})


def _held(divided: Split) -> tuple[Part, ...]:
    return (*PARTS, *(part for part in COLLECTED if divided[part]))


def split_of(dictionary: DatasetDict) -> Split:
    """The split that a dictionary was made from, less what was left out; DataError where a part is missing."""
    missing = [part for part in PARTS if part not in dictionary]
    if missing:
        raise DataError(f"The dataset lacks the part(s) {', '.join(missing)}.")
    held = [part for part in (*PARTS, *COLLECTED) if part in dictionary]
    parts = {part: tuple(_example(row) for row in dictionary[str(part)]) for part in held}
    return Split({**parts, Part.LEFT_OUT: ()})


def record_of(divided: Split, protocol: Protocol = PROTOCOL) -> dict[str, Any]:
    """What is kept beside a dataset: its fingerprint, each part's with n, and the protocol that divided it."""
    held = _held(divided)
    used = [row for part in held for row in divided[part]]
    plain = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(protocol).items()}
    return {
        "fingerprint": fingerprint(used),
        "parts": {str(part): {"n": len(divided[part]), "fingerprint": fingerprint(divided[part])} for part in held},
        "protocol": json.loads(json.dumps(plain, default=str)),
    }


def write(divided: Split, folder: Path) -> dict[str, Any]:
    """Write the dataset and its record into `folder`, and return the record; DataError where it is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder} is not empty; name another folder.")
    disable_progress_bar()
    try:
        dataset_dict(divided).save_to_disk(str(folder))
    finally:
        enable_progress_bar()
    record = record_of(divided)
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def read(folder: Path) -> Split:
    """The split that `write` wrote; DataError where the rows are not those that the record names."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        divided = split_of(load_from_disk(str(folder)))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} holds no dataset of ours: {error}") from error
    found = fingerprint(row for part in _held(divided) for row in divided[part])
    if found != record["fingerprint"]:
        raise DataError(f"{folder} holds rows with fingerprint {found}, not {record['fingerprint']} as recorded.")
    return divided


def _dataset(rows: Sequence[Example], part: Part) -> Dataset:
    typed = features()
    columns = {column: [getattr(row, column) for row in rows] for column in _COLUMNS}
    for column in ("label", "kind"):
        columns[column] = [typed[column].str2int(str(value)) for value in columns[column]]
    table = pa.table(columns, schema=typed.arrow_schema)
    mark = fingerprint(rows)
    info = DatasetInfo(description=f"Suluh, part {part}, {len(rows)} rows, fingerprint {mark}", features=typed)
    return Dataset(InMemoryTable(table), info=info, split=NamedSplit(str(part)), fingerprint=mark)


def _example(row: dict[str, Any]) -> Example:
    return Example(
        **{column: row[column] for column in ("id", "text", "source", "publisher", "group", "date")},
        label=list(Label)[row["label"]],
        kind=list(Kind)[row["kind"]],
    )
