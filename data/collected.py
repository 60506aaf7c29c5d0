"""Public collections of what people wrote and of what outlets published, declared in `collections.toml`.

Each is what somebody gathered about one subject (a policy, an app, an outlet) and put into a public repository.
`collections.toml` says where it lies, how it is read, and, before any fit, what it is for: a collection trains, sets
thresholds, or measures, whole. So "criticism of a policy never met" stays what it says.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from data.origin import Repository, Source, Terms
from data.schema import DataError, Kind, Label
from data.split import PROTOCOL

_FILE: Final = Path(__file__).with_name("collections.toml")


class Use(StrEnum):
    """What a collection is for; the whole of it, so that no subject stands on two sides."""

    TRAIN = "train"
    TUNE = "tune"  # sets thresholds, and choices are made on it
    TEST = "test"  # measures, and is never chosen on


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection.

    `column` holds the text; `until` is the last day that is read: the last that it holds, or, where `dated` names a
    column of days (YYYY-MM-DD…), the last that is taken.
    """

    source: Source
    use: Use
    label: Label
    kind: Kind
    publisher: str
    column: str
    until: date
    separator: str = ","
    encoding: str = "utf-8-sig"
    dated: str = ""

    @property
    def name(self) -> str:
        """Its short name, with which the ids of its rows begin."""
        return self.source.name


def collections_for(use: Use) -> tuple[str, ...]:
    """The short names of the collections of that use, as they stand in the file."""
    return tuple(name for name, collection in COLLECTED.items() if collection.use is use)


def named_with_measures(names: Iterable[str]) -> tuple[str, ...]:
    """The collections among `names` and, where there is one, all that measure: weights carry figures on those."""
    named = tuple(name for name in names if name in COLLECTED)
    return (*named, *collections_for(Use.TEST)) if named else ()


def declared(path: Path) -> Iterator[Collection]:
    """The collections that a file declares; DataError names one that would leak, or lacks or misstates something."""
    for name, stated in tomllib.loads(path.read_text(encoding="utf-8")).items():
        try:
            collection = _collection(name, stated)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path.name}, [{name}] lacks or misstates {error}.") from error
        if collection.use is Use.TRAIN and collection.until >= PROTOCOL.tune_from:
            raise DataError(f"{path.name}, [{name}] reaches into the tuning months, so it may not train.")
        yield collection


def _collection(name: str, stated: Mapping[str, Any]) -> Collection:
    repository = Repository(stated["repository"], stated["commit"])
    return Collection(
        source=Source(
            name=name,
            title=stated["title"],
            address=f"https://github.com/{repository.name}",
            licence=stated.get("licence", "none stated"),
            terms=Terms(stated.get("terms", Terms.NONE_STATED)),
            files=tuple(repository.file(*file) for file in stated["files"]),
        ),
        use=Use(stated["use"]),
        label=Label(stated.get("label", Label.OPINION)),
        kind=Kind(stated.get("kind", Kind.SOCIAL_POST)),
        publisher=stated["publisher"],
        column=stated["column"],
        until=stated["until"],
        separator=stated.get("separator", ","),
        encoding=stated.get("encoding", "utf-8-sig"),
        dated=stated.get("dated", ""),
    )


COLLECTED: Final[Mapping[str, Collection]] = MappingProxyType({one.name: one for one in declared(_FILE)})
"""Every collection by its short name, in the order of the file."""
