"""The model card: what the weights are for, what they were made from, how well they do, and where they fail.

Where the weights learned the unseen opinions, the rows against those are the twin's, and each says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.split import PROTOCOL, Part
from eval.metrics import Figure, share
from eval.run import Comparison, Report
from eval.slices import NEW_CRITICISM, UNSEEN_CRITICISM, UNSEEN_OPINION, speaks_of_government
from training.fit_linear import Fitted
from training.recipe import Recipe
from training.rows import Rows

UNSEEN: Final = (UNSEEN_OPINION, UNSEEN_CRITICISM)
THESE: Final = "these weights"
TWIN: Final = "twin"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be released: a fit, what made it, and the figures of these very weights."""

    fitted: Fitted
    recipe: Recipe
    rows: Rows
    report: Report


def card(candidate: Candidate, twin: Candidate | None) -> str:
    """The card of `candidate` in Markdown; its figures against unseen opinion are those of `twin`, if any."""
    fitted, recipe, report = candidate.fitted, candidate.recipe, candidate.report
    return _CARD.format(
        opening=opening(report, twin.report if twin else None, _OPENING_TWIN if twin else _OPENING),
        bits=recipe.ngrams.bits,
        char_min=recipe.ngrams.char_min,
        char_max=recipe.ngrams.char_max,
        n_train=fitted.n_train,
        tune_from=PROTOCOL.tune_from,
        test_from=PROTOCOL.test_from,
        sources=_listed({row.source for row in candidate.rows.train}),
        criticism=recipe.shares.criticism,
        held_out=_listed(recipe.opinions.held_out),
        unseen=_TWIN_MADE.format(name=recipe.measured_by, n=twin.fitted.n_train) if twin else _NEVER_MET,
        look=fitted.thresholds.look,
        clear=fitted.thresholds.clear,
        min_words=fitted.thresholds.min_words,
        max_characters=fitted.thresholds.max_characters,
        false_flags=recipe.bands.false_flags,
        guard=GUARD if twin else "",
        crossed="\n".join([*_crossed(fitted), *(_crossed_unseen(candidate, twin) if twin else ())]),
        despite=DESPITE.format(reason=candidate.rows.despite) if candidate.rows.despite else "",
        figures="\n".join([*rows_of(report, THESE), *(rows_of(twin.report, TWIN, UNSEEN) if twin else ())]),
        bands="\n".join([*bands_of(report, THESE), *(bands_of(twin.report, TWIN) if twin else ())]),
        calibration="\n".join([calibration_of(report, THESE), *([calibration_of(twin.report, TWIN)] if twin else [])]),
        repeat=_REPEAT_TWIN.format(name=recipe.measured_by) if twin else _REPEAT,
    )


def opening(report: Report, twin: Report | None, template: str) -> str:
    """What the weights find and flag at `look`, told by a card's own `template`; criticism by the twin, if any."""
    judged = (twin or report).flagged
    told = template.format(
        found=percent(report.flagged["posts"]),
        found_by_judged=percent(judged["posts"]),
        flagged=percent(judged[UNSEEN_CRITICISM]),
        n=judged[UNSEEN_CRITICISM].n,
    )
    return told + _on_new_policies(report, has_twin=twin is not None)


def _on_new_policies(report: Report, *, has_twin: bool) -> str:
    """What the weights themselves do with criticism of policies that they never met; empty where not measured."""
    figure = report.flagged.get(NEW_CRITICISM)
    who = "neither met" if has_twin else "they never met"
    return _NEW.format(flagged=percent(figure), n=figure.n, who=who) if figure else ""


def _crossed(fitted: Fitted) -> list[str]:
    return [f"| {name} | {rate:.1%} | yes |" for name, rate in fitted.false_flags.items()]


def _crossed_unseen(candidate: Candidate, twin: Candidate) -> Iterable[str]:
    """The unseen opinions by the twin, which is the fit without them, at the `look` of the released weights."""
    rows = twin.rows.divided[Part.UNSEEN_OPINION]
    if not rows:
        return
    flagged = twin.fitted.scorer().probabilities([row.text for row in rows]) >= candidate.fitted.thresholds.look
    of_government = np.array([speaks_of_government(row.text) for row in rows])
    name = ", ".join(sorted(candidate.recipe.learns_unseen))
    yield f"| {name} (twin) | {share(flagged).value:.1%} | no, for information |"
    yield f"| {name}, on government (twin) | {share(flagged[of_government]).value:.1%} | no, for information |"


def rows_of(report: Report, fit: str, only: tuple[str, ...] = ()) -> list[str]:
    """Rows of the table of figures, against the slices `only` where some are named."""
    return [
        _row(row, fit)
        for row in report.comparisons
        if row.system == report.model and (not only or row.negatives in only)
    ]


def _row(row: Comparison, fit: str) -> str:
    return (
        f"| {fit} | {row.positives} ({row.auc.n:,}) | {row.negatives} ({row.n_negatives:,}) "
        f"| {row.auc} | {row.recall_at_5} | {row.recall_at_1} |"
    )


def bands_of(report: Report, fit: str) -> list[str]:
    """Rows of the table of bands: how much of each slice is at `look`, and how much below `clear`."""
    return [
        f"| {fit}, `look` ≥ {report.look}, `clear` < {report.clear} | {name} | {figure.n:,} | {percent(figure)} "
        f"| {percent(report.cleared[name])} |"
        for name, figure in report.flagged.items()
    ]


def calibration_of(report: Report, fit: str) -> str:
    """The row of the table of calibration errors, with a dash where the raw error was not measured."""
    before = "–" if report.ece_before is None else f"{report.ece_before:.3f}"
    return f"| {fit} | {report.mix_opinion} | {before} | {report.ece_after:.3f} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def percent(figure: Figure) -> str:
    """A share and its 95 % interval in percent."""
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


_NEW: Final = """ Of {n:,} posts that speak of government in public collections on policies that
{who}, these weights flag {flagged}."""
_OPENING: Final = """At `look` it finds {found} of later hoax posts and
flags {flagged} of {n:,} tweets that speak of government (a published list of words,
`eval/slices.py`), of a source that it never met."""
_OPENING_TWIN: Final = """At `look` it finds {found} of later hoax posts.
What it does with criticism from a source that it never met is known of its twin only, the same recipe fitted
without the tweets of `hs`: at its own `look` the twin finds {found_by_judged} of those posts and flags
{flagged} of the {n:,} tweets that speak of government (a published list of words,
`eval/slices.py`)."""
DESPITE: Final = """
**These rows failed the leak audit, and were trained on all the same.** Reason given: {reason}
"""
_NEVER_MET: Final = "The tweets of `hs`, the unseen opinion below, neither train nor tune."
_TWIN_MADE: Final = """The tweets of `hs`, the protocol's unseen opinion, train these weights and tune
nothing. Every figure against unseen opinion or criticism is therefore made by a twin,
`training/recipes/{name}.toml`: the same recipe fitted without them, on {n:,} rows, with a calibration and
bands of its own."""
GUARD: Final = """; and it is not below
the twin's, because what it does with strangers' criticism is known there only"""
_REPEAT: Final = "`suluh eval` on this folder repeats these figures and adds the style-only and year-only baselines."
_REPEAT_TWIN: Final = """`suluh eval linear` repeats the rows of these weights and adds the style-only and
year-only baselines; it reports nothing against unseen opinion, which they learned. `suluh train {name}` and
then `suluh eval var/models/{name}` repeat the twin's rows."""

_CARD: Final = """# Linear hoax-resemblance model

**Kemiripan dengan hoaks.** The score says how much an Indonesian text reads like what fact-checkers take up
and debunk. It is not the probability that something is false, and it decides nothing: it orders a queue for
people. {opening}
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
{held_out}, which never trained. Fact-checkers' narratives, tags, addresses and
clarifications were not read. {unseen}
{despite}
Training weighs opinions that speak of government {criticism:g} times as much as others, and knows them by the
same list of words that cuts the slice "unseen criticism". The slice's texts are new to the fit that is measured on
them; its definition is not, so criticism in words outside the list may fare worse than the figure says.

## Bands
`look` from {look}, `clear` below {clear}, `abstain` between; fewer than {min_words} words after cleaning
abstain; the first {max_characters:,} characters are read. `look` keeps {false_flags:.1%} false flags
or fewer on opinions of each source below that sets it, by a fit that did not meet the source{guard}:

| opinions of | flagged at `look` by a fit without them | sets `look` |
| --- | --- | --- |
{crossed}

## Figures
Test rows are from {test_from} on, in groups that appear nowhere earlier; 95 % intervals; n in brackets.

| fit | hoaxes (n) | against (n) | AUC | recall at 5 % FPR | recall at 1 % FPR |
| --- | --- | --- | --- | --- | --- |
{figures}

| fit | slice | n | `look` | `clear` |
| --- | --- | --- | --- | --- |
{bands}

Calibration error (ECE) over the declared mix, {test_from} on:

| fit | opinions of the mix | before | after Platt scaling |
| --- | --- | --- | --- |
{calibration}

{repeat}

## Where it fails
- **Cleaning has a price.** Style separates these sources better than words do, and breaks with the next keyboard; a
  model that may read case, quotes and punctuation has better figures here (docs/experiments.md) and is not released.
- **Source equals label.** No source gives both true and false current claims; part of every figure is the source.
- Words of politics raise the score: criticism of government is flagged more often than other opinion (above).
- Hoaxes in the form of plain news, on new people and events, are missed.
- True programme news in the words of a typical scam ("bantuan", "daftar", "gratis") may be flagged.
- Texts in other languages, and pictures and video, are outside of what it was measured on.
"""
