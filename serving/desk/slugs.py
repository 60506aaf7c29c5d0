"""Readable addresses: a title's words in plain Latin letters, and the first address of that stem that is free."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import count


def hyphened(title: str) -> str:
    """Write a title in ``a-z``, ``0-9`` and single hyphens; one may stand at either end, and nothing may be left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)


def first_free(stem: str, taken: Callable[[str], bool]) -> str:
    """Give the stem where nothing has it, else the first of ``stem-2``, ``stem-3``, … that nothing has."""
    if not taken(stem):
        return stem
    return next(slug for n in count(2) if not taken(slug := f"{stem}-{n}"))
