"""Write an artefact: weights, model card, licence and manifest, with their own figures."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from data.catalogue import SOURCES
from data.split import PROTOCOL
from eval.metrics import Figure
from eval.run import Comparison, Report
from models.artifact import CARD, LICENCE, SIZE_LIMIT_BYTES, Manifest, write_files, write_manifest
from training.fit_linear import Fitted
from training.recipe import Recipe
from training.rows import Rows

_LIBRARIES: Final = ("numpy", "numba", "scikit-learn", "scipy", "suluh")


class ReleaseError(ValueError):
    """The artefact may not be released as it is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be released: a fit, what made it, and the figures of these very weights."""

    fitted: Fitted
    recipe: Recipe
    rows: Rows
    report: Report


def write(folder: Path, candidate: Candidate, now: datetime) -> Manifest:
    """Write the artefact into `folder`; ReleaseError where it is larger than may ship."""
    fitted, recipe, rows, report = candidate.fitted, candidate.recipe, candidate.rows, candidate.report
    trained_on = sorted({row.source for row in rows.train})
    used = sorted({row.source for row in (*rows.train, *rows.tune, *rows.held_out)})
    texts = {CARD: card(fitted, recipe, trained_on, report), LICENCE: licence(used)}
    files = write_files(folder, texts, fitted.weights)
    size_bytes = sum((folder / name).stat().st_size for name in files)
    if size_bytes > SIZE_LIMIT_BYTES[recipe.kind]:
        limit = SIZE_LIMIT_BYTES[recipe.kind]
        raise ReleaseError(f"{folder} takes {size_bytes:,} bytes; at most {limit:,} ship.")
    manifest = Manifest(
        kind=recipe.kind,
        created=now.isoformat(timespec="seconds"),
        files=files,
        settings={"ngrams": recipe.as_dict()["ngrams"], "bias": fitted.weights.bias},
        thresholds=fitted.thresholds,
        calibration=fitted.calibration,
        data_fingerprint=rows.fingerprint,
        recipe=recipe.as_dict(),
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        metrics=dict(headline(report)),
    )
    write_manifest(folder, manifest)
    return manifest


def headline(report: Report) -> Mapping[str, float]:
    """The figures that a manifest and a tracker keep: plain numbers by plain names."""
    figures = {f"{name.replace(' ', '_')}.look": figure.value for name, figure in report.flagged.items()}
    for row in _own(report):
        key = f"{row.positives} vs {row.negatives}".replace(" ", "_")
        figures[f"{key}.auc"] = row.auc.value
        figures[f"{key}.recall_at_5"] = row.recall_at_5.value
        figures[f"{key}.recall_at_1"] = row.recall_at_1.value
    return {name: round(value, 4) for name, value in {**figures, "ece": report.ece_after}.items()}


def card(fitted: Fitted, recipe: Recipe, trained_on: list[str], report: Report) -> str:
    """The model card: what it is for, what it was made from, how well it does, and where it fails."""
    return _CARD.format(
        bits=recipe.ngrams.bits,
        char_min=recipe.ngrams.char_min,
        char_max=recipe.ngrams.char_max,
        n_train=fitted.n_train,
        tune_from=PROTOCOL.tune_from,
        test_from=PROTOCOL.test_from,
        sources=", ".join(f"`{name}`" for name in trained_on),
        held_out=", ".join(f"`{name}`" for name in recipe.opinions.held_out),
        look=fitted.thresholds.look,
        clear=fitted.thresholds.clear,
        min_words=fitted.thresholds.min_words,
        max_characters=fitted.thresholds.max_characters,
        figures="\n".join(_row(row) for row in _own(report)),
        bands="\n".join(
            f"| {name} | {figure.n:,} | {_percent(figure)} | {_percent(report.cleared[name])} |"
            for name, figure in report.flagged.items()
        ),
        crossed="\n".join(f"| {name} | {share:.1%} |" for name, share in fitted.false_flags.items()),
        criticism=_percent(report.flagged["unseen criticism"]),
        n_criticism=f"{report.flagged['unseen criticism'].n:,}",
        recall=_percent(report.flagged["posts"]),
        ece_before=report.ece_before or 0.0,
        ece_after=report.ece_after,
    )


def licence(used: list[str]) -> str:
    """The weights' licence, naming each source and its terms."""
    rows = "\n".join(
        f"- {SOURCES[name].title}. {SOURCES[name].address}. Licence of the text: {SOURCES[name].licence}."
        for name in used
    )
    return _LICENCE.format(rows=rows)


def _own(report: Report) -> list[Comparison]:
    return [row for row in report.comparisons if row.system == report.model]


def _row(row: Comparison) -> str:
    return (
        f"| {row.positives} ({row.auc.n:,}) | {row.negatives} ({row.n_negatives:,}) "
        f"| {row.auc} | {row.recall_at_5} | {row.recall_at_1} |"
    )


def _percent(figure: Figure) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


_CARD: Final = """# Linear hoax-resemblance model

**Kemiripan dengan hoaks.** The score says how much an Indonesian text reads like what fact-checkers take up
and debunk. It is not the probability that something is false, and it decides nothing: it orders a queue for
people. At `look` it finds {recall} of later hoax posts and flags {criticism} of {n_criticism} tweets that
speak of government (a published list of words, `eval/slices.py`), of a source that it never met.
The strongest evidence stays a confirmed match to a clarification.

## What it is
Logistic regression on L2-normalised tf-idf of hashed words, word pairs and characters {char_min} to
{char_max}, in 2^{bits} buckets, Platt-scaled to a feed of 10 % hoaxes, 45 % news and 45 % opinions. Text is
cleaned first, so that case, quotes, punctuation, line breaks, emoji, styled letters, leetspeak and chat
spelling say nothing.

## Made from
{n_train:,} rows dated before {tune_from} or without a date, of
{sources}.
Calibrated and banded on rows from {tune_from} to before {test_from}, on a tenth of the undated groups, and on
comments of {held_out} (2025 and later), which never trained. Fact-checkers' narratives, tags, addresses and
clarifications were not read. The tweets of `hs`, the unseen opinion below, neither train nor tune.

## Bands
`look` from {look}, `clear` below {clear}, `abstain` between; fewer than {min_words} words after cleaning
abstain; the first {max_characters:,} characters are read. `look` was set on opinions of a source that the
fit at hand did not meet:

| opinions of | flagged at `look` by a fit without them |
| --- | --- |
{crossed}

## Figures
Test rows are from {test_from} on, in groups that appear nowhere earlier; 95 % intervals; n in brackets.

| hoaxes (n) | against (n) | AUC | recall at 5 % FPR | recall at 1 % FPR |
| --- | --- | --- | --- | --- |
{figures}

| slice | n | `look` | `clear` |
| --- | --- | --- | --- |
{bands}

Calibration error (ECE, declared mix, {test_from} on, unseen opinions): {ece_before:.3f} before,
{ece_after:.3f} after Platt scaling. `suluh eval linear` repeats these figures and adds the style-only and
year-only baselines.

## Where it fails
- **Cleaning has a price.** Style separates these sources better than words do, and breaks with the next keyboard; a
  model that may read case, quotes and punctuation has better figures here (docs/experiments.md) and is not released.
- **Source equals label.** No source gives both true and false current claims; part of every figure is the source.
- Words of politics raise the score: criticism of government is flagged more often than other opinion (above).
- Hoaxes in the form of plain news, on new people and events, are missed.
- True programme news in the words of a typical scam ("bantuan", "daftar", "gratis") may be flagged.
- Texts in other languages, and pictures and video, are outside of what it was measured on.
"""

_LICENCE: Final = """Licence of these weights

Research and non-commercial use only, with attribution to Suluh and to the sources below; changed weights
are to be shared under the same terms (CC BY-NC-SA 4.0, https://creativecommons.org/licenses/by-nc-sa/4.0/).
Some sources state no licence, and their text is used for research; ask them before any other use. No text
of a source is contained. The code that reads these weights is under Apache-2.0.

Trained, calibrated or banded on:
{rows}
"""
