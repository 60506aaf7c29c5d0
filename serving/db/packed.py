"""Numbers and times in the bytes that PostgreSQL sends and receives, made a column at a time.

The driver turns values into bytes one by one; a batch of intake has tens of thousands, nearly all of them numbers. The
forms are those of the binary protocol: an integer or float big-endian, a time as microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_SIZE: Final = 8  # bytes of every value here
_OPENS_COPY: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # flags and the length of an extension: none
_ENDS_COPY: Final = b"\xff\xff"
_EPOCH: Final = np.datetime64("2000-01-01", "us")


class Packed(bytes):
    """An array in its binary form."""


class _Numbers(Packed):
    """Of ``int8``."""


class _Floats(Packed):
    """Of ``float8``."""


class _Times(Packed):
    """Of ``timestamptz``."""


class _AsItIs(Dumper):
    """Hands the bytes on."""

    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        return obj


class _DumpsNumbers(_AsItIs):
    oid = 1016


class _DumpsFloats(_AsItIs):
    oid = 1022


class _DumpsTimes(_AsItIs):
    oid = 1185


# What an array of each type holds: its class, the number of the type, and how numpy writes a value.
_KINDS: Final[Mapping[str, tuple[type[Packed], int, str]]] = MappingProxyType(
    {"int8": (_Numbers, 20, ">i8"), "float8": (_Floats, 701, ">f8"), "timestamptz": (_Times, 1184, ">i8")}
)


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Teach a connection to send packed arrays."""
    for kind, dumper in ((_Numbers, _DumpsNumbers), (_Floats, _DumpsFloats), (_Times, _DumpsTimes)):
        connection.adapters.register_dumper(kind, dumper)


def array(kind: str, values: Sequence[Any]) -> Packed | list[Any]:
    """Give a column as an array of the type ``kind``; as it is where that is none of those here, or a value is none."""
    if kind not in _KINDS or None in values:
        return list(values)
    return _array(kind, _microseconds(values) if kind == "timestamptz" else values)


def numbers(values: npt.NDArray[np.int64]) -> Packed:
    """Give int64 (n,) as an array of ``int8``."""
    return _array("int8", values)


def _array(kind: str, values: Sequence[Any] | npt.NDArray[np.int64]) -> Packed:
    made_of, oid, form = _KINDS[kind]
    found = np.empty(len(values), [("size", ">i4"), ("value", form)])
    found["size"] = _SIZE
    found["value"] = values
    return made_of(struct.pack(">iiiii", 1, 0, oid, len(values), 1) + found.tobytes())


def _microseconds(moments: Sequence[datetime]) -> npt.NDArray[np.int64]:
    naive = [moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]
    since: npt.NDArray[np.int64] = (np.array(naive, "M8[us]") - _EPOCH).astype(np.int64)
    return since


def copied(numbers: npt.NDArray[np.int64]) -> bytes:
    """Give int64 (n, k) as all that a binary COPY of n rows of k columns of ``int8`` sends."""
    n, k = numbers.shape
    found = np.empty(n, [("columns", ">i2"), ("values", [("size", ">i4"), ("value", ">i8")], (k,))])
    found["columns"] = k
    found["values"]["size"] = _SIZE
    found["values"]["value"] = numbers
    return b"".join((_OPENS_COPY, found.tobytes(), _ENDS_COPY))
