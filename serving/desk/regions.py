"""The provinces: code, name, time zone, and a place on the tile map; read from ``data/regions.tsv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from serving.i18n import ZONES


@dataclass(frozen=True, slots=True)
class Region:
    """One province. ``code`` is ISO 3166-2:ID, ``timezone`` an IANA name, tiles count from the north-west."""

    code: str
    name: str
    timezone: str
    tile_x: int
    tile_y: int


@cache
def regions() -> Mapping[str, Region]:
    """Give every province by its code, west to east within an island group."""
    text = (files("data") / "regions.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return MappingProxyType(
        {
            row["code"]: Region(row["code"], row["name"], ZONES[row["zone"]], int(row["tile_x"]), int(row["tile_y"]))
            for row in rows
        }
    )
