"""The protocol: by group and by time, never at random.

Train before 2025-01-01, tune in January to May 2025, test from June 2025. A near-duplicate group goes where
its earliest date is; its later rows leave the later parts, and are used nowhere. Groups without a date are
dealt 70/10/20 by a stable hash. One opinion source is kept wholly unseen, and four outlets give test news
only, so that a figure tells other words, other months and other authors apart from remembered ones.

What a desk decided itself is dealt by its own clock, the newest fifth to tuning and the rest to training: the test
stays as it is, so that a model retrained on decisions is held against the one before on the same rows. Those rows are
older than what it learned, so they say whether it forgot, and not how well it knows what is new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from data.schema import DataError, Example, Label


class LeakError(DataError):
    """A group or a text stands in two parts."""


class Part(StrEnum):
    """Where an example may be used."""

    TRAIN = "train"
    TUNE = "tune"
    TEST = "test"
    UNSEEN_OPINION = "unseen_opinion"
    COLLECTED_TRAIN = "collected_train"  # public collections, each dealt whole (`data.collected`)
    COLLECTED_TUNE = "collected_tune"
    NEVER_MET = "never_met"  # collections that only measure: subjects and outlets that no model learned
    LEFT_OUT = "left_out"


LATER: Final = (Part.TUNE, Part.TEST, Part.UNSEEN_OPINION, Part.COLLECTED_TUNE, Part.NEVER_MET)
"""The parts that training must not have met."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """The dates, sources and outlets of a split, as one value that documents and code both read."""

    tune_from: date = date(2025, 1, 1)
    test_from: date = date(2025, 6, 1)
    train_share: float = 0.7  # of groups without a date
    tune_share: float = 0.1
    unseen_sources: frozenset[str] = frozenset({"hs"})
    own_sources: frozenset[str] = frozenset({"desk"})
    own_tune_share: float = 0.2  # of what the desk decided, the newest
    test_outlets: frozenset[str] = frozenset({"liputan6.com", "tribunnews.com", "okezone.com", "sindonews.com"})


PROTOCOL: Final = Protocol()
_LEARNED_FROM: Final = (Part.TRAIN, Part.TUNE)
_HASH_RANGE: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Split:
    """Examples by part; made by `split`, which refuses a leak."""

    parts: Mapping[Part, tuple[Example, ...]]

    def __getitem__(self, part: Part) -> tuple[Example, ...]:
        return self.parts.get(part, ())


def split(examples: Iterable[Example], protocol: Protocol = PROTOCOL) -> Split:
    """Deal `examples` into parts; LeakError where a group would stand in two of them."""
    rows = list(examples)
    group_parts = _parts_of_groups(rows, protocol)
    dealt: dict[Part, list[Example]] = {part: [] for part in Part}
    for row in rows:
        dealt[_part_of(row, group_parts[row.group], protocol)].append(row)
    result = Split({part: tuple(members) for part, members in dealt.items()})
    refuse_shared_groups(result)
    return result


def refuse_shared_groups(divided: Split) -> None:
    """Raise LeakError where one group stands in two parts that are used."""
    seen: dict[str, Part] = {}
    for part, members in divided.parts.items():
        if part is Part.LEFT_OUT:
            continue
        for row in members:
            other = seen.setdefault(row.group, part)
            if other is not part:
                raise LeakError(f"Group {row.group} stands in {other} and in {part} (row {row.id}).")


def without_texts_of(rows: Sequence[Example], others: Iterable[Example], key: Mapping[str, str]) -> tuple[Example, ...]:
    """`rows` less those whose text, as cleaned in `key` (id → cleaned text), also stands in `others`."""
    taken = {key[other.id] for other in others}
    return tuple(row for row in rows if key[row.id] not in taken)


def _parts_of_groups(rows: Iterable[Example], protocol: Protocol) -> dict[str, Part]:
    earliest: dict[str, date | None] = {}
    own: dict[str, date] = {}
    unseen: set[str] = set()
    for row in rows:
        if row.source in protocol.own_sources:
            own[row.group] = min(own.get(row.group, date.max), row.date or date.max)
            continue
        known = earliest.get(row.group)
        earliest[row.group] = min(known, row.date) if known and row.date else known or row.date
        if row.source in protocol.unseen_sources:
            unseen.add(row.group)
    parts = {
        group: Part.UNSEEN_OPINION if group in unseen else _part_of_group(group, first, protocol)
        for group, first in earliest.items()
    }
    return parts | _parts_of_own({group: day for group, day in own.items() if group not in parts}, protocol)


def _parts_of_own(decided: Mapping[str, date], protocol: Protocol) -> dict[str, Part]:
    """Groups that only the desk has, by the day of their first decision: the newest tune, the others train."""
    oldest_first = sorted(decided, key=lambda group: (decided[group], group))
    n_train = len(oldest_first) - round(protocol.own_tune_share * len(oldest_first))
    return {group: Part.TRAIN if at < n_train else Part.TUNE for at, group in enumerate(oldest_first)}


def _part_of_group(group: str, earliest: date | None, protocol: Protocol) -> Part:
    if earliest is not None:
        return _part_of_date(earliest, protocol)
    share = int.from_bytes(blake2b(group.encode(), digest_size=8).digest()) / _HASH_RANGE
    if share < protocol.train_share:
        return Part.TRAIN
    return Part.TUNE if share < protocol.train_share + protocol.tune_share else Part.TEST


def _part_of_date(day: date, protocol: Protocol) -> Part:
    if day < protocol.tune_from:
        return Part.TRAIN
    return Part.TUNE if day < protocol.test_from else Part.TEST


def _part_of(row: Example, group_part: Part, protocol: Protocol) -> Part:
    if row.label is Label.UNKNOWN:
        return Part.LEFT_OUT
    if group_part is Part.UNSEEN_OPINION:
        return group_part if row.source in protocol.unseen_sources else Part.LEFT_OUT
    if row.source in protocol.own_sources:
        return group_part if group_part in _LEARNED_FROM else Part.LEFT_OUT
    if row.date is not None and _part_of_date(row.date, protocol) is not group_part:
        return Part.LEFT_OUT
    if group_part in _LEARNED_FROM and _is_test_news(row, protocol):
        return Part.LEFT_OUT
    return group_part


def _is_test_news(row: Example, protocol: Protocol) -> bool:
    return row.publisher in protocol.test_outlets and (row.date is None or row.date >= protocol.tune_from)
