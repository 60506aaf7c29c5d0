"""Two models that read no claim: how a text is typed, and its year. A model must leave both behind."""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data.checks import hoax_share_by_year, style_features
from data.schema import Example, Label
from eval.metrics import Floats


class StyleOnly:
    """Logistic regression on length, capitals, digits, punctuation, quotes, line breaks and other scripts."""

    def __init__(self, training: Sequence[Example]) -> None:
        self._model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        self._model.fit(_styles(training), [row.label is Label.HOAX for row in training])

    def scores(self, rows: Sequence[Example]) -> Floats:
        """Logits, float64 (n,)."""
        result: Floats = self._model.decision_function(_styles(rows))
        return result


class YearOnly:
    """The share of hoaxes among training rows of the same year, or of the nearest earlier one."""

    def __init__(self, training: Sequence[Example]) -> None:
        self._shares = hoax_share_by_year(training)

    def scores(self, rows: Sequence[Example]) -> Floats:
        """Shares, float64 (n,)."""
        return np.array([self._share(str(row.date.year) if row.date else "") for row in rows])

    def _share(self, year: str) -> float:
        known = [earlier for earlier in self._shares if earlier <= year and (earlier or not year)]
        return self._shares[max(known)] if known else 0.0


def _styles(rows: Sequence[Example]) -> Floats:
    return np.stack([style_features(row.text) for row in rows])
