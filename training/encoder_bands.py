"""From logits to probabilities and bands, on months and sources that did not train; the test is not read.

Everything is fitted on the answers of the exported int8 file, because those are the answers that are served.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from data.reading import neutral_words
from data.schema import Comment, DataError, Label
from data.sources.moderation import comments
from data.split import Part, Split, without_texts_of
from eval.run import DECLARED_MIX, PARTS
from eval.slices import speaks_of_government
from models.calibration import Floats, Platt, fit_platt, mix_weights
from models.encoder_scorer import Blend
from models.score import Thresholds
from training.encoder_recipe import EncoderRecipe

HELD_OUT_COMMENTS: Final = "yt_promo_b"
_ON_GOVERNMENT: Final = " on government"
_FEWEST: Final = 200  # texts; of fewer, one in a hundred is a single text, and sets no threshold


@dataclass(frozen=True, slots=True)
class Fitted:
    """Calibration, bands, and the share of each held-out opinion source that reaches `look` by them."""

    calibration: Platt
    thresholds: Thresholds
    false_flags: Mapping[str, float]


def fit_bands(blend: Blend, divided: Split, recipe: EncoderRecipe, folder: Path, least_look: float = 0.0) -> Fitted:
    """Calibrate and set the bands of `blend`, `look` at `least_look` or above.

    DataError where the tables hold no opinions for it.
    """
    said = [row for row in comments(folder) if not row.conflict]
    opinions = _held_out(divided, said, recipe)
    if not opinions:
        raise DataError("The bands need opinions of a source held out; the tables hold none.")
    tune = _tuning(divided, recipe)
    logits = {label: _logits(blend, [text for text, own in tune if own is label]) for label in PARTS}
    held_out = {name: _logits(blend, texts) for name, texts in opinions.items()}
    calibration = _calibrated(logits, [values for name, values in held_out.items() if _ON_GOVERNMENT not in name])
    p_opinions = {name: calibration.probabilities(values) for name, values in held_out.items()}
    thresholds = _thresholds(recipe, p_opinions, calibration.probabilities(logits[Label.HOAX]), least_look)
    return Fitted(
        calibration=calibration,
        thresholds=thresholds,
        false_flags={name: float((p >= thresholds.look).mean()) for name, p in p_opinions.items()},
    )


def _tuning(divided: Split, recipe: EncoderRecipe) -> list[tuple[str, Label]]:
    """Tuning rows, less the held-out opinions and whatever stands again in the test."""
    rows = [row for row in divided[Part.TUNE] if row.label in PARTS and row.source not in recipe.held_out]
    later = (*divided[Part.TEST], *divided[Part.UNSEEN_OPINION])
    read = {row.id: neutral_words(row.text) for row in (*rows, *later)}
    kept = without_texts_of(rows, later, read)
    return [(read[row.id], row.label) for row in kept if _is_judged(read[row.id], recipe)]


def _held_out(divided: Split, said: Sequence[Comment], recipe: EncoderRecipe) -> dict[str, list[str]]:
    """Opinions of sources that never trained, by source, and their parts about government; cleaned and judged."""
    raw: dict[str, list[str]] = {name: [] for name in recipe.held_out}
    for part in (Part.TRAIN, Part.TUNE, Part.COLLECTED_TUNE):
        for row in divided[part]:
            if row.source in recipe.held_out and row.label is Label.OPINION:
                raw[row.source].append(row.text)
    raw[HELD_OUT_COMMENTS] = [row.text for row in said if row.source == HELD_OUT_COMMENTS and not row.is_promotion]
    found: dict[str, list[str]] = {}
    for name, texts in raw.items():
        read = {neutral_words(text): text for text in texts}
        judged = {words: text for words, text in read.items() if _is_judged(words, recipe)}
        found[name] = list(judged)
        found[name + _ON_GOVERNMENT] = [words for words, text in judged.items() if speaks_of_government(text)]
    return {name: texts for name, texts in found.items() if len(texts) >= _FEWEST}


def _is_judged(words: str, recipe: EncoderRecipe) -> bool:
    return len(words.split()) >= recipe.bands.min_words


def _logits(blend: Blend, read: Sequence[str]) -> Floats:
    return blend.logits(read)[0]


def _calibrated(tune: Mapping[Label, Floats], held_out: Sequence[Floats]) -> Platt:
    """Platt scaling to the declared mix; the held-out sources weigh alike, whatever their size."""
    parts = [(values, PARTS[label]) for label, values in tune.items()]
    smallest = min(values.size for values in held_out)
    parts += [(values[:smallest], PARTS[Label.OPINION]) for values in held_out]
    raw = np.concatenate([values for values, _ in parts])
    names = np.concatenate([np.full(values.size, name) for values, name in parts])
    return fit_platt(raw, names == PARTS[Label.HOAX], mix_weights(names, DECLARED_MIX))


def _rounded_up(threshold: float) -> float:
    """To four places, never down: what stood just below `look` must not reach it by rounding."""
    return min(1.0, math.ceil(threshold * 10_000) / 10_000)


def _thresholds(recipe: EncoderRecipe, opinions: Mapping[str, Floats], hoaxes: Floats, least_look: float) -> Thresholds:
    """`look` where the worst held-out part keeps its false flags; `clear` where few hoaxes would be missed."""
    bands = recipe.bands
    highest = max(float(np.quantile(p, 1 - bands.false_flags, method="higher")) for p in opinions.values())
    look = max(_rounded_up(highest), least_look)
    clear = min(float(np.quantile(hoaxes, bands.missed)), look)
    return Thresholds(
        look=look,
        clear=min(round(clear, 4), look),
        min_words=bands.min_words,
        max_characters=bands.max_characters,
    )
