"""Which counts of small groups may be shown together, so that nobody's answer can be read off.

Cell suppression as statistical offices do it: a cell is hidden where it, or what it leaves over, speaks of fewer than
``smallest`` people (primary); then further cells of its column are hidden until neither can be had by subtracting what
is shown from the total (complementary). The cost is figures: with two ministries both are often hidden and only the
total stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cells = tuple[int | None, ...]


def is_enough(n: int, smallest: int, of: int | None = None) -> bool:
    """Tell whether a count stands for nobody or for ``smallest`` people, and so does what it leaves of ``of``."""
    return all(each == 0 or each >= smallest for each in (n, n if of is None else of - n))


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of a table: ``None`` stands for a hidden count, whatever the reason."""

    total: Cells
    groups: Mapping[str, Cells]


@dataclass(frozen=True, slots=True)
class Funnel:
    """A table whose columns narrow from left to right, one row a group; each count is at most the one to its left.

    Attributes:
        rows: counts by group, all of one length.
        n_ours: how many columns, from the left, count what the service did; the others count what people answered.
        smallest: how many people a group must have to be spoken of.
    """

    rows: Mapping[str, Sequence[int]]
    n_ours: int
    smallest: int

    def shown(self) -> Shown:
        """Hide what must be hidden, column by column; a cell is shown only where the one to its left is."""
        whole = self._sum(self.rows)
        hidden: set[str] = set()
        total_hidden = False
        columns: list[set[str]] = []
        totals: list[int | None] = []
        for column in range(len(whole)):
            total_hidden = total_hidden or self._tells(whole, column)
            hidden = hidden | {name for name, row in self.rows.items() if self._tells(row, column)}
            if not total_hidden:
                hidden = self._with_company(hidden, column)
            columns.append(hidden)
            totals.append(None if total_hidden else whole[column])
        groups = {
            name: tuple(None if name in columns[column] else n for column, n in enumerate(row))
            for name, row in self.rows.items()
        }
        return Shown(tuple(totals), groups)

    def _sum(self, names: Mapping[str, Sequence[int]] | set[str]) -> tuple[int, ...]:
        return tuple(sum(column) for column in zip(*(self.rows[name] for name in names), strict=True))

    def _tells(self, row: Sequence[int], column: int) -> bool:
        """Tell whether one count speaks of too few people, in itself or in what it leaves of the one to its left.

        Nobody, among people who were not asked, is not an answer; nobody among those who were is one, as is everybody.
        """
        n = row[column]
        if column < self.n_ours:
            return 0 < n < self.smallest
        if row[self.n_ours - 1] == 0:
            return False
        return n < self.smallest or row[column - 1] - n < self.smallest

    def _with_company(self, hidden: set[str], column: int) -> set[str]:
        """Hide more groups, the smallest first, until the total less what is shown tells nothing either."""
        company = set(hidden)
        others = sorted(
            (name for name, row in self.rows.items() if name not in company and row[min(column, self.n_ours - 1)] > 0),
            key=lambda name: (self.rows[name][min(column, self.n_ours - 1)], name),
        )
        for name in others:
            if not company or (len(company) > 1 and not self._tells(self._sum(company), column)):
                break
            company.add(name)
        return company
