"""Which unseen opinions a model has met: it may not be measured on those, and here they leave its measure."""

from collections.abc import Mapping
from typing import Any

from data.split import PROTOCOL, Part, Split


def learned_unseen(recipe: Mapping[str, Any]) -> frozenset[str]:
    """The unseen sources of the protocol that a manifest's recipe trains on; none where it names no sources."""
    named = (*recipe.get("opinions", {}).get("train", ()), *recipe.get("learns_unseen", ()))
    return PROTOCOL.unseen_sources.intersection(named)


def as_met(divided: Split, learned: frozenset[str]) -> Split:
    """`divided` with the unseen opinions of the `learned` sources moved to the training part."""
    unseen = divided[Part.UNSEEN_OPINION]
    moved = tuple(row for row in unseen if row.source in learned)
    left = tuple(row for row in unseen if row.source not in learned)
    return Split({**divided.parts, Part.TRAIN: divided[Part.TRAIN] + moved, Part.UNSEEN_OPINION: left})
