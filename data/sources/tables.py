"""Rows of a table in a folder, from Parquet or JSON lines, with the columns checked before the first row.

Parquet is read in batches, so a table larger than memory streams. JSON lines need no library; Parquet needs
the extra `train`, and says so.
"""

import json
import math
import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from data.schema import DataError

SETTING: Final = "SULUH_DATA_DIR"
_BATCH_ROWS: Final = 8192


def data_folder(folder: Path | None = None) -> Path:
    """The folder of the data: `folder`, which an option gave, else the one that SULUH_DATA_DIR names.

    Raises DataError, in one sentence that names the fix, where there is none.
    """
    if folder is not None:
        if not folder.is_dir():
            raise DataError(f"--data {folder} is not a folder.")
        return folder
    if not os.environ.get(SETTING):
        raise DataError(
            f"No data: give --data DIR or set {SETTING}; "
            "`suluh data pull --data DIR` fetches the public originals there."
        )
    named = Path(os.environ[SETTING])
    if not named.is_dir():
        raise DataError(f"{SETTING} names {named}, which is not a folder.")
    return named


def table_path(folder: Path, name: str) -> Path:
    """`name`.parquet or `name`.jsonl in `folder`, Parquet first; DataError where neither exists."""
    for ending in (".parquet", ".jsonl"):
        path = folder / f"{name}{ending}"
        if path.is_file():
            return path
    raise DataError(f"{folder} holds neither {name}.parquet nor {name}.jsonl.")


def rows(path: Path, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield each row of `path` as a dictionary of `columns`; DataError where a column is missing."""
    wanted = tuple(columns)
    if path.suffix == ".parquet":
        yield from _parquet_rows(path, wanted)
    else:
        yield from _json_rows(path, wanted)


def _parquet_rows(path: Path, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        raise DataError("Reading Parquet needs the extra: pip install 'suluh[train]'.") from error
    try:
        table = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    with table:
        _require(path, wanted, table.schema_arrow.names)
        for batch in table.iter_batches(batch_size=_BATCH_ROWS, columns=list(wanted)):
            yield from batch.to_pylist()


def _json_rows(path: Path, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}, line {number}: not JSON ({error}).") from error
            if not isinstance(row, dict):
                raise DataError(f"{path}, line {number}: expected an object, found {type(row).__name__}.")
            _require(f"{path}, line {number}", wanted, row)
            yield {column: row[column] for column in wanted}


def _require(where: Path | str, wanted: tuple[str, ...], found: Iterable[str]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise DataError(f"{where} lacks the column(s) {', '.join(missing)}.")


def text_of(value: object) -> str:
    """A text cell; an absent one reads as the empty string."""
    return value if isinstance(value, str) else ""


def date_of(value: object, where: str) -> date | None:
    """A `YYYY-MM-DD` cell; empty or absent reads as None, anything else is a DataError."""
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise DataError(f"{where}: {value!r} is not a date (YYYY-MM-DD).") from error


def flag_of(value: object) -> bool | None:
    """A 1/0 cell; an absent one (null or NaN) reads as None: not annotated, which is not 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not math.isnan(value):
        return bool(value)
    return None


def number_of(value: Any) -> float | None:
    """A numeric cell, also where the table stores it as text; None where it is absent."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
