"""Probabilities that mean what they say."""

import numpy as np
import pytest

from models.calibration import Platt, expected_calibration_error, fit_platt, mix_weights, sigmoid


def drawn(n=20_000):
    """Logits, and hoaxes drawn by them."""
    rng = np.random.default_rng(7)
    true_logits = rng.normal(-1.0, 1.5, n)
    return true_logits, rng.random(n) < sigmoid(true_logits)


def test_platt_recovers_slope_and_offset():
    """Logits that were stretched and shifted come back."""
    logits, is_hoax = drawn()
    found = fit_platt((logits - 0.5) / 2.0, is_hoax, np.ones(logits.size))
    assert found.slope == pytest.approx(2.0, abs=0.1)
    assert found.offset == pytest.approx(0.5, abs=0.1)


def test_calibration_lowers_the_error():
    """Overconfident logits are honest after scaling."""
    logits, is_hoax = drawn()
    overconfident, even = logits * 3, np.ones(logits.size)
    before = expected_calibration_error(sigmoid(overconfident), is_hoax, even)
    after = expected_calibration_error(
        fit_platt(overconfident, is_hoax, even).probabilities(overconfident), is_hoax, even
    )
    assert after < 0.02 < 0.1 < before


def test_weights_carry_the_declared_mix():
    """Each part weighs its share, whatever its number of rows."""
    parts = np.array(["hoax"] * 3 + ["news"] * 50)
    weights = mix_weights(parts, {"hoax": 0.1, "news": 0.9})
    assert weights[:3].sum() == pytest.approx(0.1)
    assert weights.sum() == pytest.approx(1.0)


def test_calibrated_mean_is_the_declared_share():
    """On the rows it was fitted on, the weighted mean probability is the share of hoaxes."""
    logits, is_hoax = drawn()
    weights = mix_weights(np.where(is_hoax, "hoax", "rest"), {"hoax": 0.1, "rest": 0.9})
    p = fit_platt(logits, is_hoax, weights).probabilities(logits)
    assert float((weights * p).sum()) == pytest.approx(0.1, abs=1e-4)


def test_one_class_alone_is_refused():
    """Nothing can be calibrated on hoaxes alone."""
    with pytest.raises(ValueError, match="hoaxes and others"):
        fit_platt(np.zeros(3), np.ones(3, dtype=bool), np.ones(3))


def test_extreme_logits_do_not_overflow():
    """Probabilities stay in [0, 1]."""
    p = Platt(1.0, 0.0).probabilities(np.array([-1e9, 0.0, 1e9]))
    assert list(p) == pytest.approx([0.0, 0.5, 1.0])
