"""Small archives of Parquet, their rows, and the same rows as lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

_PLACES = ("Lamtira", "Wanasari", "Karangjati", "Teluk Ambu", "Sukamulih", "Pulau Renda", "Batuampar", "Cikendi")
_EVENTS = (
    "gempa besar akan terjadi malam ini dan warga diminta segera mengungsi ke bukit",
    "air sumur umum tercemar limbah pabrik kertas sehingga sekolah diliburkan seminggu",
    "bantuan sembako dibagikan gratis lewat tautan pendaftaran yang dikirim berantai",
    "jembatan lama ditutup sampai akhir bulan karena tiang penyangga bergeser dua meter",
    "vaksin ternak palsu beredar di pasar hewan menurut pesan suara seorang petugas",
)
_OPENINGS = ("", "sebarkan ", "FWD: ", "info penting!! ", "mohon dibagikan, ", "kata tetangga ")


def _post(number: int) -> dict[str, Any]:
    place, event = _PLACES[number % 7 % len(_PLACES)], _EVENTS[(number * 3) % len(_EVENTS)]
    return {
        "id": number,
        "text": f"{_OPENINGS[number % len(_OPENINGS)]}Beredar kabar di {place} bahwa {event} {'!' * (number % 4)}",
        "platform": "x" if number % 2 else "fb",
    }


POSTS = [*map(_post, range(240)), {"id": 240, "text": "🔥", "platform": "x"}, {"id": 241, "text": "", "platform": "x"}]
"""Copies of 35 claims under several openings, and two posts without a word."""

LIBRARY = [
    {"id": "b-1", "title": "Tidak ada ramalan gempa di Lamtira", "text": "Pesan berantai itu tidak berdasar."},
    {"id": "b-2", "title": "Air sumur Wanasari aman", "text": "Hasil uji menunjukkan tidak ada limbah pabrik kertas."},
]
"""Two clarifications that answer some of these claims."""


def write_archive(folder: Path, rows: Sequence[dict[str, Any]], n_parts: int) -> Path:
    """Write rows as so many Parquet files of about the same size, in two folders where there are several."""
    size = -(-len(rows) // n_parts)
    for number in range(n_parts):
        path = folder / (f"day={2 * number // n_parts}" if n_parts > 2 else ".") / f"part-{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.Table.from_pylist(list(rows[number * size : (number + 1) * size])), path)
    return folder


def rows_of(folder: Path, *columns: str) -> list[dict[str, Any]]:
    """Rows of an archive's or its answers' files, in the order of their names."""
    paths = sorted(path for path in folder.rglob("*.parquet") if not path.relative_to(folder).parts[0].startswith("_"))
    return [row for path in paths for row in parquet.ParquetFile(path).read(list(columns)).to_pylist()]


def as_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as the commands for lines read them."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
