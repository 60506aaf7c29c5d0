"""The encoder as a scorer: blended with the linear model, calibrated, banded, with a gate for opinion and reasons.

The network tells three kinds of text apart: debunked hoaxes, news and opinion. The score is the calibrated
weight of the first against the other two, with a share of what the linear model says: each errs on other
texts. *Opinion is an answer of its own*: where the network thinks opinion likely, the score stays below `look`,
because criticism is never a hoax.

Reasons are found by leaving words out, one at a time, and asking again; that costs a few passes a text, so
`probabilities` does without, and a text that is `clear` gets none.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from data.reading import NUMBER, STAND_INS, neutral_words
from models.artifact import Manifest, linear_weights, misstated
from models.calibration import Floats, Platt
from models.encoder import HOAX, NEWS, OPINION, Encoder, Floats32, open_encoder
from models.explain import strongest
from models.gate import is_kept_below, kept_below
from models.linear import LinearScorer, Weights
from models.score import (
    DECLARED_HOAX_SHARE,
    Band,
    Probabilities,
    Reason,
    ReasonCode,
    Score,
    Thresholds,
)

_TRIED: Final = 6  # words left out in turn; with more, what is found moves a logit no further
_TOO_SHORT: Final = (Reason(ReasonCode.TOO_SHORT),)
_TRUNCATED: Final = (Reason(ReasonCode.TRUNCATED),)
_NO_REASON: Final = frozenset({"?", *STAND_INS.values()})


class Blend:
    """The two models of the cascade asked together: log odds of the encoder, and a share of the linear model's."""

    def __init__(self, encoder: Encoder, linear: Weights, linear_share: float) -> None:
        """Add `linear_share` of the linear model's logit, which reads the text without names as well."""
        self.encoder = encoder
        self.linear_share = linear_share
        self._linear = LinearScorer(linear, Platt(1.0, 0.0), Thresholds(look=1.0, clear=0.0), "linear part")

    def logits(self, read: Sequence[str]) -> tuple[Floats, Floats]:
        """Blended log odds of hoax, and the encoder's share of opinion, for cleaned texts: float64 (n,) both."""
        judged = self.encoder.run(read).judged
        linear, _ = self._linear.raw_logits([self._linear.cleaned(text) for text in read])
        return hoax_logits(judged) + self.linear_share * linear, opinion_shares(judged)

    def by_word(self, read: str) -> dict[str, float]:
        """About what each distinct word of a cleaned text adds to the blended logit, from one pass of the encoder.

        The log odds are taken as straight between hoax and the other classes as they stand for the whole text.
        """
        shares = self.encoder.by_word(read).astype(np.float64)
        others = np.exp(shares.sum(axis=0)[[NEWS, OPINION]])
        odds = shares[:, HOAX] - shares[:, [NEWS, OPINION]] @ (others / others.sum())
        linear = self._linear.word_weights(read)
        by_word: dict[str, float] = {}
        for word, share in zip(read.split(" "), odds.tolist(), strict=True):
            by_word[word] = by_word.get(word, self.linear_share * linear.get(word, 0.0)) + share
        return by_word


class EncoderScorer:
    """A `Scorer` of claims."""

    def __init__(
        self, blend: Blend, calibration: Platt, thresholds: Thresholds, opinion_gate: float, version: str
    ) -> None:
        """Serve `blend`; a text whose share of opinion is `opinion_gate` or more never reaches `look`."""
        self.blend = blend
        self._calibration = calibration
        self._thresholds = thresholds
        self._opinion_gate = opinion_gate
        self._version = version

    @property
    def version(self) -> str:
        """Name and short checksum of the artefact."""
        return self._version

    @property
    def thresholds(self) -> Thresholds:
        """The bands of this scorer."""
        return self._thresholds

    @property
    def calibration(self) -> Platt:
        """What makes probabilities of logits."""
        return self._calibration

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The probabilities alone, float64 (n,); too few words get the declared share of hoaxes."""
        return self._answers(texts)[1]

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in the same order, with its strongest words as reasons."""
        read, p_hoax, opinion = self._answers(texts)
        return [
            self._score(text, words, float(p), float(share))
            for text, words, p, share in zip(texts, read, p_hoax, opinion, strict=True)
        ]

    def raw_logits(self, texts: Sequence[str]) -> Floats:
        """Blended log odds of texts as published, before calibration and gate: float64 (n,)."""
        return self.blend.logits(self._read(texts))[0]

    def word_weights(self, text: str) -> dict[str, float]:
        """What the words that matter most add to the calibrated logit: the logit with one less that without it.

        Which words to try is read from one pass (`Blend.by_word`); so few more do for a text of any length.
        """
        words = neutral_words(text[: self._thresholds.max_characters]).split()
        tried = self._candidates(words)
        without = [" ".join(word for word in words if word != gone) for gone in tried]
        logits = self._calibration.logits(self.blend.logits([" ".join(words), *without])[0])
        return dict(zip(tried, (logits[0] - logits[1:]).tolist(), strict=True))

    def _candidates(self, words: list[str]) -> list[str]:
        """The distinct words that seem to add or take most, largest first."""
        if not words:
            return []
        by_word = self.blend.by_word(" ".join(words))
        tellable = [word for word in by_word if word not in _NO_REASON and NUMBER not in word]
        return sorted(tellable, key=lambda word: -abs(by_word[word]))[:_TRIED]

    def _answers(self, texts: Sequence[str]) -> tuple[list[str], Probabilities, Floats]:
        """The texts as they are read, their probabilities with the gate, and their shares of opinion."""
        read = self._read(texts)
        logits, opinion = self.blend.logits(read)
        p_hoax = self._calibration.probabilities(logits)
        below_look = np.nextafter(self._thresholds.look, 0.0)
        gated = np.where(opinion >= self._opinion_gate, np.minimum(p_hoax, below_look), p_hoax)
        too_short = np.array([self._is_short(words) for words in read], dtype=np.bool_)
        judged = np.where(too_short, DECLARED_HOAX_SHARE, gated)
        return read, kept_below(texts, judged, self._thresholds), opinion

    def _read(self, texts: Sequence[str]) -> list[str]:
        return [neutral_words(text[: self._thresholds.max_characters]) for text in texts]

    def _is_short(self, words: str) -> bool:
        return len(words.split()) < self._thresholds.min_words

    def _score(self, text: str, words: str, p_hoax: float, opinion: float) -> Score:
        if self._is_short(words):
            return Score(p_hoax, Band.ABSTAIN, _TOO_SHORT, self._version)
        band = self._thresholds.band(p_hoax)
        reasons = () if band is Band.CLEAR else strongest(self.word_weights(text))
        is_kept = is_kept_below(text[: self._thresholds.max_characters])
        if is_kept or opinion >= self._opinion_gate:
            reasons = (Reason(ReasonCode.OPINION, weight=1.0 if is_kept else round(opinion, 4)), *reasons)
        if len(text) > self._thresholds.max_characters:
            reasons += _TRUNCATED
        return Score(p_hoax, band, reasons, self._version)


def hoax_logits(judged: Floats32) -> Floats:
    """Log odds of the class hoax against the other two: float64 (n,) of class logits (n, 3)."""
    wide = judged.astype(np.float64)
    odds: Floats = wide[:, 0] - np.logaddexp(wide[:, 1], wide[:, 2])
    return odds


def opinion_shares(judged: Floats32) -> Floats:
    """Softmax share of the class opinion: float64 (n,) of class logits (n, 3)."""
    wide = judged.astype(np.float64)
    shares = np.exp(wide - wide.max(axis=1, keepdims=True))
    opinion: Floats = shares[:, OPINION] / shares.sum(axis=1)
    return opinion


def opened(folder: Path, manifest: Manifest) -> EncoderScorer:
    """The scorer in a folder whose manifest and checksums hold; ArtifactError where the two disagree."""
    weights = linear_weights(folder, manifest)
    with misstated(folder):
        thresholds, calibration = Thresholds(**manifest.thresholds), Platt(**manifest.calibration)
        gate, share = float(manifest.settings["opinion_gate"]), float(manifest.settings["linear_share"])
    blend = Blend(open_encoder(folder), weights, share)
    return EncoderScorer(blend, calibration, thresholds, gate, manifest.version)
