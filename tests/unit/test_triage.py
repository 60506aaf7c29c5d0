"""What orders the queue."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.desk.incoming.triage import WEIGHTS, Facts, factors, priority, reasons, urgency, urgency_now
from serving.i18n import Language
from serving.vocabulary import Category, ClaimState

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
PLAIN = Facts("abstain", 0.3, 0.0, 1, Category.OTHER, None, NOW)

facts = st.builds(
    Facts,
    band=st.sampled_from(["look", "abstain", "clear", "?"]),
    p_hoax=st.floats(),
    posts_per_hour=st.floats(),
    reach=st.integers(min_value=-(10**30), max_value=10**30),
    category=st.sampled_from(Category),
    match=st.sampled_from([None, "suggested", "confirmed", "?"]),
    waiting_since=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is beside it
        datetime(2100, 1, 1),  # noqa: DTZ001 - as above
        timezones=st.just(UTC),
    ),
    rising=st.booleans(),
    state=st.sampled_from(ClaimState),
    n_posts=st.integers(0, 10**9),
)


@given(facts)
def test_priority_is_finite_for_any_input(given_facts):
    """No figure, however wild, gives a priority that is not a number."""
    assert abs(priority(given_facts)) < 1e9


@given(facts, st.floats(0, 1e6), st.floats(0, 1e6))
def test_faster_is_never_less_urgent(given_facts, one, other):
    """Of two claims that differ in speed only, the faster does not stand lower."""
    slow, fast = sorted((one, other))
    assert urgency(replace(given_facts, posts_per_hour=slow)) <= urgency(replace(given_facts, posts_per_hour=fast))


@given(facts, st.integers(0, 10**12), st.integers(0, 10**12))
def test_wider_is_never_less_urgent(given_facts, one, other):
    """The same for reach."""
    narrow, wide = sorted((one, other))
    assert urgency(replace(given_facts, reach=narrow)) <= urgency(replace(given_facts, reach=wide))


@given(facts, facts, st.floats(0, 1e4))
def test_waiting_keeps_the_order_of_two_claims(one, other, hours):
    """The stored number orders two claims as their urgency does at any later moment."""
    later = max(one.waiting_since, other.waiting_since) + timedelta(hours=hours)
    apart = urgency_now(one, later) - urgency_now(other, later)
    if abs(apart) > 1e-6:
        assert (priority(one) > priority(other)) == (apart > 0)


@given(facts, facts)
def test_nothing_waits_for_ever(one, other):
    """The least urgent claim overtakes any that comes a fortnight later."""
    late = replace(other, waiting_since=one.waiting_since + timedelta(days=14))
    assert priority(one) > priority(late)


def test_a_clear_claim_ranks_low_and_stays():
    """What resembles nothing stands below what is in doubt, and has a place all the same."""
    clear, doubt, look = (replace(PLAIN, band=band) for band in ("clear", "abstain", "look"))
    assert priority(clear) < priority(doubt) < priority(look)


def test_reasons_are_said_in_words_the_strongest_first():
    """A fast disaster claim says likeness, speed, reach and category, with numbers as Indonesians write them."""
    found = reasons(
        replace(PLAIN, band="look", posts_per_hour=64.0, reach=120_000, category=Category.DISASTER, rising=True), NOW
    )
    said = [because.in_words(Language.ID) for because in found]
    assert said[0] == "menyebar makin cepat, 64 kiriman per jam"
    assert "jangkauan perkiraan 120.000 orang" in said
    assert "Sangat mirip hoaks yang pernah dibantah" in said
    assert "kategori bencana didahulukan" in said


def test_a_decided_claim_that_spreads_on_is_said_first():
    """A published claim with new copies suggests opening it again."""
    found = reasons(replace(PLAIN, state=ClaimState.PUBLISHED, posts_per_hour=5.0), NOW)
    assert "membukanya kembali" in found[0].sentence


def test_waiting_is_a_reason_while_a_claim_is_open():
    """After hours the wait itself is named."""
    found = reasons(replace(PLAIN, waiting_since=NOW - timedelta(hours=5)), NOW)
    assert "sudah menunggu 5 jam" in [because.in_words(Language.ID) for because in found]


@given(facts)
def test_an_urgency_is_its_factors(given_facts):
    """Likeness, speed, reach, harm and answer add up to it; nothing else goes in."""
    made_of = factors(given_facts)
    total = made_of.likeness + made_of.speed + made_of.reach + made_of.harm + made_of.answered
    assert urgency(given_facts) == pytest.approx(total)
    assert made_of.speed >= 0
    assert made_of.reach >= 0


def test_equal_claims_have_equal_numbers():
    """The same facts give the same number to the last digit, so that the claim's own number decides, always alike."""
    twin = replace(PLAIN, reach=PLAIN.reach)
    assert priority(PLAIN).hex() == priority(twin).hex()


def test_the_document_states_the_weights_that_order():
    """Every figure of the table in docs/trends.md is the one that the desk computes with."""
    text = (Path(__file__).parents[2] / "docs/trends.md").read_text(encoding="utf-8")
    told = {name: float(value) for name, value in re.findall(r"^\| `([\w.]+)` \| ([\d.]+) \|", text, re.MULTILINE)}
    plain = {field.name: getattr(WEIGHTS, field.name) for field in fields(WEIGHTS) if field.name != "harm"}
    assert told == plain | {f"harm.{category}": WEIGHTS.harm[category] for category in Category}
