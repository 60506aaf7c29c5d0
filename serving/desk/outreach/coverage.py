"""Where reach is missing: by province, topic and platform, in groups that are large enough to be spoken of.

A topic's provinces add up to the topic, so what is hidden in a column is hidden in company (``routing.suppress``).
Along a row nothing adds up: whoever chose two topics counts in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from serving.db import waves as rows
from serving.db.routing import Line
from serving.desk.context import Context
from serving.desk.outreach import routing
from serving.desk.regions import Region, regions
from serving.desk.suppression import is_enough
from serving.vocabulary import Platform, Role, Topic


@dataclass(frozen=True, slots=True)
class Province:
    """One province: how many are eligible there, in all and by topic, and their followers on platforms they agreed to.

    ``None`` stands for a group that is too small to be shown; 0 is shown: there is nobody.
    """

    region: Region
    n_people: int | None
    by_topic: Mapping[Topic, int | None]
    reach: Mapping[Platform, int | None]

    def n_for(self, topic: Topic | None) -> int | None:
        """Give how many are eligible for one topic, or in all."""
        return self.n_people if topic is None else self.by_topic[topic]


@dataclass(frozen=True, slots=True)
class TopicReach:
    """One topic: how many chose it, and in how many provinces there is nobody, or a group too small to be shown."""

    topic: Topic
    n_people: int | None
    n_without: int
    n_small: int


@dataclass(frozen=True, slots=True)
class PlatformReach:
    """One platform: followers of the eligible, and how many take part but lack a count that is high enough there."""

    platform: Platform
    reach: int | None
    n_short: int | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Where reach is and where it is missing; provinces from west to east."""

    provinces: tuple[Province, ...]
    topics: tuple[TopicReach, ...]
    platforms: tuple[PlatformReach, ...]


def missing(ctx: Context) -> Missing:
    """Count the eligible by province, topic and platform; figures about small groups are hidden."""
    ctx.require(Role.MANAGER)
    line, smallest = routing.line_of(ctx), ctx.settings.min_group
    places = {place.region: place for place in rows.places(ctx.session, line)}
    shown = routing.suppress(Counter({code: place.n_people for code, place in places.items()}), smallest)
    counted = _by_topic(ctx, line)
    columns = {topic: routing.suppress(counted[topic], smallest) for topic in Topic}
    agreed = {
        platform: routing.suppress(Counter({code: place.n_on[platform] for code, place in places.items()}), smallest)
        for platform in Platform
    }
    provinces = tuple(
        Province(
            region,
            shown.get(code, 0),
            {topic: columns[topic].get(code, 0) for topic in Topic},
            {platform: _reach(places.get(code), platform, shown, agreed[platform]) for platform in Platform},
        )
        for code, region in regions().items()
    )
    return Missing(
        provinces,
        tuple(_topic(topic, columns[topic], _enough(counted[topic].total(), smallest)) for topic in Topic),
        _platforms(ctx, line, places),
    )


def _enough(n: int, smallest: int, of: int | None = None) -> int | None:
    return n if is_enough(n, smallest, of) else None


def _by_topic(ctx: Context, line: Line) -> dict[Topic, Counter[str]]:
    counted: dict[Topic, Counter[str]] = {topic: Counter() for topic in Topic}
    for topic, region, n in rows.topics(ctx.session, line):
        counted[Topic(topic)][region] += n
    return counted


def _reach(place: rows.Place | None, platform: Platform, *columns: Mapping[str, int | None]) -> int | None:
    """Give the followers of one province on one platform, where each column of people behind them may be shown."""
    if place is None:
        return 0
    return None if any(column[place.region] is None for column in columns) else place.reach[platform]


def _topic(topic: Topic, column: Mapping[str, int | None], n: int | None) -> TopicReach:
    provinces = [column.get(code, 0) for code in regions()]
    return TopicReach(topic, n, sum(each == 0 for each in provinces), sum(each is None for each in provinces))


def _platforms(ctx: Context, line: Line, places: Mapping[str, rows.Place]) -> tuple[PlatformReach, ...]:
    smallest = ctx.settings.min_group
    willing, short = rows.short_on(ctx.session, line.ministries, line.min_followers)
    n_eligible = sum(place.n_people for place in places.values())
    n_on = {platform: sum(place.n_on[platform] for place in places.values()) for platform in Platform}
    return tuple(
        PlatformReach(
            platform,
            sum(place.reach[platform] for place in places.values())
            if is_enough(n_eligible, smallest) and is_enough(n_on[platform], smallest)
            else None,
            # How many take part is shown elsewhere: what this leaves of them is as good as shown.
            _enough(short[platform], smallest, willing),
        )
        for platform in Platform
    )
