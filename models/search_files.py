"""Files of the search index: arrays that are mapped into memory and shared by every process that reads them.

A file is complete or not there: it is written under another name, flushed to the disk and renamed. Its size and CRC-32
stand in the manifest that names it, so that one which a failing disk has torn is noticed before it is believed.
"""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_MAGIC: Final = b"SULUHIX1"
_ALIGNED: Final = 64
_CHUNK: Final = 1 << 22
UNFINISHED: Final = ".part"


class TornFileError(Exception):
    """A file of the index is missing, cut short, or not what was written."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a whole file is known by."""

    name: str
    size: int
    crc: int

    def as_row(self) -> dict[str, Any]:
        """Give it as the manifest stores it."""
        return asdict(self)


def write_whole(path: Path, content: bytes) -> Stamp:
    """Write a file so that at any moment either all of it is there or none."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Stamp(path.name, len(content), zlib.crc32(content))


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> Stamp:
    """Write arrays under their names."""
    table: dict[str, tuple[str, list[int], int]] = {}
    parts: list[bytes] = []
    size = 0
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).tobytes()
        table[name] = (array.dtype.str, list(array.shape), size)
        padding = -len(content) % _ALIGNED
        parts.append(content + b"\0" * padding)
        size += len(content) + padding
    header = json.dumps(table).encode()
    header += b" " * (-(len(_MAGIC) + 8 + len(header)) % _ALIGNED)
    return write_whole(path, b"".join([_MAGIC, len(header).to_bytes(8, "little"), header, *parts]))


def check(folder: Path, stamp: Stamp) -> None:
    """Read a file once and raise `TornFileError` unless it is whole."""
    crc, size = 0, 0
    try:
        with (folder / stamp.name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TornFileError(f"{stamp.name} cannot be read: {error}") from None
    if (size, crc) != (stamp.size, stamp.crc):
        raise TornFileError(f"{stamp.name} is torn: {size} bytes, checksum {crc:08x}")


def map_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Map the arrays of a file; the pages are shared and read when they are touched."""
    content = np.memmap(path, np.uint8, mode="r")
    n_header = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 8].tobytes(), "little")
    begin = len(_MAGIC) + 8 + n_header
    if content[: len(_MAGIC)].tobytes() != _MAGIC or begin > len(content):
        raise TornFileError(f"{path.name} is no file of the index")
    table = json.loads(content[len(_MAGIC) + 8 : begin].tobytes())
    # Plain arrays over the mapping: a kernel would otherwise be compiled for memmap and array separately.
    whole = np.frombuffer(content, np.uint8)
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, (kind, shape, at) in table.items():
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        arrays[name] = whole[begin + at : begin + at + size].view(kind).reshape(shape)
    return arrays
