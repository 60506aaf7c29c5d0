"""What became of a claim beside like claims: honest where nothing happened, and clear where much did."""

from __future__ import annotations

import random

import pytest

from serving.desk.outreach.effect import OTHERS_MIN, Span, alike, effect_of
from serving.desk.outreach.links import ALPHABET, CODE, is_somebody, new_code


def test_without_enough_like_claims_nothing_is_said():
    """Eighteen others bound nothing at this level."""
    others = [Span(100, 50 + n) for n in range(OTHERS_MIN - 1)]
    assert effect_of(Span(100, 10), others) is None
    assert effect_of(Span(100, 10), [*others, Span(100, 80)]) is not None


def test_a_claim_that_went_on_like_the_others_shows_no_difference():
    """The share is about one, and the interval holds it."""
    found = effect_of(Span(100, 60), [Span(100, 50 + n) for n in range(21)])
    assert found.share == pytest.approx(1.0, abs=0.01)
    assert not found.is_clear
    assert found.expected == pytest.approx(60, abs=0.5)


def test_a_claim_that_stopped_stands_out():
    """Far fewer posts than any like claim: the whole interval lies below one."""
    found = effect_of(Span(100, 5), [Span(100, 50 + n) for n in range(21)])
    assert found.high < 1
    assert found.low < found.share < found.high


def test_only_claims_of_about_that_size_are_alike():
    """Half as many to twice as many posts in the day before; the nearest come first."""
    others = [Span(n, 1) for n in (10, 49, 51, 100, 150, 199, 250)]
    assert [each.before for each in alike(Span(100, 1), others)] == [100, 150, 51, 199]


def test_the_interval_holds_as_often_as_it_says():
    """Of 2,000 draws in which a campaign did nothing, at most about one in ten is called clear."""
    draw = random.Random(20260302)

    def span():
        before = draw.randint(50, 150)
        return Span(before, round(before * draw.lognormvariate(-0.5, 0.6)))

    n_clear = sum(effect_of(span(), [span() for _ in range(39)]).is_clear for _ in range(2_000))
    assert 0.075 <= n_clear / 2_000 <= 0.125


@pytest.mark.parametrize(
    ("agent", "purpose", "counted"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15", "", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "prefetch", False),
        ("facebookexternalhit/1.1", "", False),
        ("WhatsApp/2.23.20.0", "", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "", False),
        ("curl/8.0", "", False),
        ("", "", False),
    ],
)
def test_previews_and_programs_are_no_clicks(agent, purpose, counted):
    """Whatever fetches a link without a person looking is left out, as far as it says so."""
    assert is_somebody(agent, purpose) is counted


def test_codes_spell_nothing_and_do_not_repeat():
    """No vowel, nothing to misread, and no two alike in a thousand."""
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(CODE.fullmatch(code) for code in codes)
    assert not set(ALPHABET) & set("aeiou01l")
