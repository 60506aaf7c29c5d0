"""The rows of ``data/sample`` as typed values."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

FIRST_DAY_S: Final = 86_400
LAST_S: Final = 172_800


def _rows(name: str) -> list[dict[str, Any]]:
    text = (files("data") / "sample" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@dataclass(frozen=True, slots=True)
class SamplePost:
    """One message of the sample.

    Attributes:
        offset_s: whole seconds from the start of the two days.
        claim: ground truth: what it is about; never sent.
    """

    source: str
    external_id: str
    text: str
    offset_s: int
    engagement: Mapping[str, int]
    media: Sequence[Mapping[str, Any]]
    url: str
    claim: str

    def as_row(self, posted_at: datetime) -> dict[str, Any]:
        """Give it as ``POST /v1/posts`` takes it."""
        return {
            "source": self.source,
            "external_id": self.external_id,
            "text": self.text,
            "posted_at": posted_at.isoformat(),
            "engagement": dict(self.engagement),
            "media": [dict(item) for item in self.media],
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class SampleCount:
    """How many followers a person of the sample had, and how many days ago; oldest first where there are several."""

    count: int
    method: str
    age_days: float


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """One made-up civil servant."""

    key: str
    name: str
    ministry: str
    unit: str
    region: str
    topics: Sequence[str]
    email: str
    consents: bool
    active: bool
    paused: bool
    evidence: Mapping[str, Sequence[SampleCount]]
    expected: str


@cache
def posts() -> tuple[SamplePost, ...]:
    """Give every message, in order of time."""
    names = ("source", "external_id", "text", "offset_s", "engagement", "media", "url", "claim")
    return tuple(SamplePost(**{name: row[name] for name in names}) for row in _rows("posts.jsonl"))


def first_day(starts_at: datetime) -> list[dict[str, Any]]:
    """Give the messages of the first day with the times that end at ``starts_at``."""
    day = timedelta(seconds=FIRST_DAY_S)
    return [
        post.as_row(starts_at - day + timedelta(seconds=post.offset_s))
        for post in posts()
        if post.offset_s < FIRST_DAY_S
    ]


def second_day() -> list[SamplePost]:
    """Give the messages that are left for the replay."""
    return [post for post in posts() if post.offset_s >= FIRST_DAY_S]


@cache
def people() -> tuple[SamplePerson, ...]:
    """Give everybody."""
    return tuple(
        SamplePerson(
            key=row["key"],
            name=row["name"],
            ministry=row["ministry"],
            unit=row["unit"],
            region=row["region"],
            topics=tuple(row["topics"]),
            email=row["email"],
            consents=row["consent"],
            active=row["active"],
            paused=row["paused"],
            evidence={platform: _counts(found) for platform, found in row["evidence"].items()},
            expected=row["expected"],
        )
        for row in _rows("influencers.jsonl")
    )


def _counts(found: Mapping[str, Any]) -> tuple[SampleCount, ...]:
    """Read one platform's evidence; a history holds every count, its last being the present one."""
    method, age = str(found["method"]), float(found["age_days"])
    history = found.get("history") or [{"count": found["count"], "age_days": age}]
    return tuple(SampleCount(int(each["count"]), method, float(each["age_days"])) for each in history)


@cache
def ministries() -> Mapping[str, str]:
    """Give the employers, name by code."""
    text = (files("data") / "sample" / "ministries.tsv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}


@cache
def clarifications() -> tuple[Mapping[str, Any], ...]:
    """Give the library's rows."""
    return tuple(_rows("clarifications.jsonl"))


@cache
def programme_news() -> tuple[Mapping[str, Any], ...]:
    """Give the news of programmes."""
    return tuple(_rows("programme_news.jsonl"))
