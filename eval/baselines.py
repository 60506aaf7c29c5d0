"""Models that read no claim: how a text is typed, its year, a fact-checker's wording, what a collector left in it.

A model of claims must leave all of them behind. `StyleOnly` and `YearOnly` stand beside the figures of every model;
`eval.audit` shows the others.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # a part of scikit-learn's install

from data.checks import (
    ARTEFACTS,
    DEBUNK_WORDING,
    TAGS,
    VERDICT_LEADS,
    hoax_share_by_year,
    style_features,
)
from data.normalise import normalise
from data.schema import Example, Label
from models.calibration import Floats

Reading = Callable[[str], Floats]
"""What one baseline reads of a text: float64 (k,)."""

# How a title names the form of a message; the fact-checker's own titles begin so more often than news does.
_FORM: Final = re.compile(r"\b(?:video|foto|gambar|tangkapan layar|pesan berantai|tautan|unggahan)\b")
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot);")
_N_TREES: Final = 60
_SEED: Final = 20191127
_LONGEST: Final = 4000  # characters that a model reads


class StyleOnly:
    """Logistic regression on length, capitals, digits, punctuation, quotes, line breaks and other scripts."""

    def __init__(self, training: Sequence[Example]) -> None:
        self._model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        self._model.fit(read(training, style_features), _is_hoax(training))

    def scores(self, rows: Sequence[Example]) -> Floats:
        """Logits, float64 (n,)."""
        result: Floats = self._model.decision_function(read(rows, style_features))
        return result


class BestOf:
    """Boosted trees on what a reading sees: near the most that anybody could get from it, in any combination."""

    def __init__(self, features: Floats, is_hoax: Sequence[bool]) -> None:
        self._model = HistGradientBoostingClassifier(class_weight="balanced", max_iter=_N_TREES, random_state=_SEED)
        # Threads that wait for one another on a busy machine take minutes for what one does in a second.
        with threadpool_limits(1):
            self._model.fit(features, is_hoax)

    def scores(self, features: Floats) -> Floats:
        """Logits, float64 (n,)."""
        with threadpool_limits(1):
            result: Floats = self._model.decision_function(features)
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


def read(rows: Sequence[Example], reading: Reading) -> Floats:
    """What `reading` sees of each row: float64 (n, k)."""
    return np.stack([reading(row.text) for row in rows])


def cleaned_style(text: str) -> Floats:
    """What cleaning leaves of style: length, digits, placeholders, other scripts."""
    return style_features(normalise(text[:_LONGEST]))


def length_only(text: str) -> Floats:
    """The length of the cleaned text, and nothing else: float64 (1,), logarithmic."""
    return cleaned_style(text)[:1]


def cleaned_style_without_length(text: str) -> Floats:
    """What cleaning leaves of style beside the length."""
    return cleaned_style(text)[1:]


def wording(text: str) -> Floats:
    """A tag, a verdict before the text, a fact-checker's wording, the form of a message: 0 or 1 each, float64 (4,)."""
    cleaned = normalise(text[:_LONGEST])
    return _flags(
        TAGS.search(text), VERDICT_LEADS.match(cleaned), DEBUNK_WORDING.search(cleaned), _FORM.search(cleaned)
    )


def artefacts(text: str) -> Floats:
    """What a collector of tweets left in the text: 0 or 1 each, float64 (3,)."""
    return _flags(ARTEFACTS.search(text), _ENTITY.search(text), "\\n" in text or None)


def _is_hoax(rows: Sequence[Example]) -> list[bool]:
    return [row.label is Label.HOAX for row in rows]


def _flags(*found: object) -> Floats:
    return np.array([one is not None for one in found], dtype=np.float64)
