"""The rule of eligibility says exactly what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.desk.people.eligibility import (
    CONSENT_VERSION,
    Bar,
    Evidence,
    ReasonKind,
    Standing,
    growing_old,
    hold_for,
    is_eligible,
    is_suspicious,
    reasons,
)
from serving.vocabulary import ConsentScope, EvidenceHold, Platform

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
BAR = Bar(500, timedelta(days=90))
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "influencers.jsonl"


def _standing(counts=(500, 500, 500), days=1, **over):
    latest = {
        platform: Evidence(count, NOW - timedelta(days=days))
        for platform, count in zip(Platform, counts, strict=True)
        if count is not None
    }
    values = {
        "active": True,
        "consent_version": CONSENT_VERSION,
        "paused": False,
        "left": False,
        "wave_live": True,
        "latest": latest,
    }
    values["scopes"] = frozenset(ConsentScope)
    return Standing(**values | over)


def _kinds(standing):
    return [reason.kind for reason in reasons(standing, BAR, NOW)]


def test_exactly_five_hundred_on_each_is_enough():
    """On the line counts as reached."""
    assert is_eligible(_standing(), BAR, NOW)


def test_each_platform_counts_by_itself():
    """A million on two platforms does not make up for 499 on the third, and the sentence says so."""
    found = reasons(_standing((10**6, 499, 10**6)), BAR, NOW)
    assert [str(reason) for reason in found] == ["X: 499 pengikut, perlu 500."]


@pytest.mark.parametrize(("days", "kinds"), [(89, []), (90, [ReasonKind.EVIDENCE_EXPIRED] * 3)])
def test_evidence_must_be_younger_than_ninety_days(days, kinds):
    """Evidence of 89 days counts, of 90 no longer."""
    assert _kinds(_standing(days=days)) == kinds


def test_the_sentence_says_how_old_evidence_is():
    """Expired evidence is named with platform, age and limit."""
    latest = dict(_standing().latest) | {Platform.INSTAGRAM: Evidence(900, NOW - timedelta(days=91))}
    (reason,) = reasons(_standing(latest=latest), BAR, NOW)
    assert str(reason).startswith("Bukti Instagram berumur 91 hari")


@pytest.mark.parametrize(
    ("over", "kind"),
    [
        ({"active": False}, ReasonKind.INACTIVE),
        ({"left": True}, ReasonKind.LEFT),
        ({"paused": True}, ReasonKind.PAUSED),
        ({"consent_version": None}, ReasonKind.NO_CONSENT),
        ({"consent_version": "0"}, ReasonKind.CONSENT_OUTDATED),
        ({"wave_live": False}, ReasonKind.MINISTRY_NOT_LIVE),
        ({"counts": (500, None, 500)}, ReasonKind.MISSING_PLATFORM),
    ],
)
def test_each_thing_missing_is_named_alone(over, kind):
    """One thing missing gives one reason, of its own kind."""
    assert _kinds(_standing(**over)) == [kind]


def test_held_evidence_does_not_count():
    """A held count keeps its person out until somebody looked, however high it is."""
    latest = dict(_standing().latest) | {Platform.X: Evidence(9_000, NOW, held=True)}
    assert _kinds(_standing(latest=latest)) == [ReasonKind.HELD_FOR_REVIEW]


@pytest.mark.parametrize(
    ("before", "days", "after", "held"),
    [
        (540, 19, 9_860, True),  # far beyond fivefold
        (610, 31, 25_400, True),  # one day more does not hide it
        (600, 10, 3_000, False),  # exactly fivefold
        (600, 10, 3_001, True),
        (800, 20, 1_800, True),  # a package of a thousand that more than doubles
        (5_000, 20, 6_000, False),  # a thousand more on five thousand is growth
        (800, 40, 1_800, False),  # the same over a longer time
        (1_180, 30, 1_215, False),  # slow growth
        (900, 5, 100, False),  # fewer is never bought
        (3, 10, 120, False),  # a few friends
    ],
)
def test_jumps_are_held(before, days, after, held):
    """Growth beyond fivefold in thirty days, or a doubling by whole thousands, waits for a look."""
    assert is_suspicious(Evidence(before, NOW - timedelta(days=days)), after, NOW) is held


def test_a_first_count_is_no_jump():
    """There is nothing to compare the first count with."""
    assert not is_suspicious(None, 10**9, NOW)


@pytest.mark.parametrize(
    ("count", "hold"), [(3_000, EvidenceHold.ROUND), (2_999, None), (0, None), (900, None), (50_001, EvidenceHold.JUMP)]
)
def test_round_numbers_and_jumps_are_held(count, hold):
    """Whole thousands wait for a look as jumps do; nobody is asked to explain a plain count."""
    assert hold_for(Evidence(2_000, NOW - timedelta(days=20)), count, NOW) is hold


@pytest.mark.parametrize(
    ("evidence", "part"),
    [
        (Evidence(3_000, NOW, held=True, hold=EvidenceHold.ROUND), "angka bulat"),
        (Evidence(3_000, NOW, held=True, hold=EvidenceHold.JUMP), "melonjak"),
        (Evidence(3_000, NOW, held=True, refused="Gambar terpotong."), "tidak diterima: Gambar terpotong."),
    ],
)
def test_the_sentence_says_why_evidence_is_held(evidence, part):
    """Round, jumped or refused: each has its own words."""
    (reason,) = reasons(_standing(latest=dict(_standing().latest) | {Platform.X: evidence}), BAR, NOW)
    assert part in str(reason)


@pytest.mark.parametrize(("days", "left"), [(74, None), (75, 15), (89, 1), (90, None)])
def test_a_reminder_comes_on_the_seventy_fifth_day(days, left):
    """From 75 days on each platform is reminded of with the days that are left; what has expired is a reason instead."""
    found = growing_old(_standing(days=days), BAR, NOW)
    assert [reason.params["days"] for reason in found] == ([left] * 3 if left else [])


def _sample_standing(row):
    latest = {}
    for name, found in row["evidence"].items():
        known = None
        for each in found.get("history", [{"count": found["count"], "age_days": found["age_days"]}]):
            at = NOW - timedelta(days=each["age_days"])
            held = is_suspicious(known, each["count"], at)
            latest[Platform(name)] = Evidence(each["count"], at, held)
            known = known if held else latest[Platform(name)]
    return Standing(
        active=row["active"],
        consent_version=CONSENT_VERSION if row["consent"] else None,
        scopes=frozenset(ConsentScope if row["consent"] else ()),
        paused=row["paused"],
        left=False,
        wave_live=True,
        latest=latest,
    )


@pytest.mark.parametrize("row", list(map(json.loads, SAMPLE.read_text().splitlines())), ids=lambda row: row["key"])
def test_the_sample_says_what_it_expects(row):
    """Each sample person lacks exactly what the data card says, or nothing."""
    expected = set() if row["expected"] == "eligible" else {row["expected"]}
    assert set(_kinds(_sample_standing(row))) == expected
