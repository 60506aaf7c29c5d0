"""From tables to a released moderator: fit, fit the twin, measure both, write the artefact with its card."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from data.schema import Label
from eval.metrics import share
from eval.moderation import (
    FLAGGED,
    GROUPED,
    LEFT_OUT,
    NEVER_MET,
    POSTED,
    RECORDED,
    FlagFigures,
    HeldOutFigures,
    LeftOut,
    by_lettering,
    flag_figures,
    flag_rows,
    held_out_figures,
    held_out_rows,
    known_labels,
)
from models.calibration import Floats
from models.linear_moderator import ModerationWeights
from models.moderation import LABELS, ModerationLabel
from training.fit_moderation import FittedLabel, FittedModerator, fit_moderator, fit_twin, guarded
from training.moderation_recipe import ModerationRecipe
from training.moderation_rows import Marks, ModerationRows, moderation_rows
from training.order import Made, Order
from training.release import Contents, write_contents

_LETTERED: Final = ModerationLabel.GAMBLING  # promotions are often written in styled letters
_OWN: Final = "these weights"
_POSTS: Final = "citizens' posts never met, unannotated"
_TWIN: Final = "twin"


def run(recipe: ModerationRecipe, order: Order) -> Made:
    """Train by `recipe` and write the artefact; raises DataError or ReleaseError."""
    progress = order.progress
    if order.lacks((*recipe.further, *recipe.measured, *recipe.collections)):
        recipe = recipe.on_tables_alone()
    progress(f"reading {order.source}")
    rows = moderation_rows(recipe, order.source)
    progress(f"fitting on {len(rows.hashed.texts):,} texts")
    own = fit_moderator(rows, recipe, progress)
    twin = fit_twin(own, rows, recipe, progress)
    fitted = guarded(own, twin)
    progress("measuring")
    held_out = (*held_out_of(fitted, rows), *never_met_of(fitted, rows))
    flagged = tuple(flagged_by(fitted, twin, rows))
    posted = tuple(posted_by(fitted, rows))
    contents = Contents(
        kind=recipe.kind,
        card=card(fitted, rows, held_out, (*flagged, *posted)),
        used=tuple(sorted({row.source for row in rows.hashed.texts})),
        arrays=arrays_of(fitted.weights()),
        settings=settings_of(fitted.weights()),
        thresholds={label.value: fitted.bands[label].flag for label in LABELS},
        calibration={label.value: asdict(fitted.bands[label].calibration) for label in LABELS},
        data_fingerprint=rows.hashed.fingerprint,
        recipe=recipe.as_dict(),
        metrics={**metrics_of(held_out, flagged), POSTED: [_rounded(row) for row in posted]},
    )
    manifest = write_contents(order.folder, contents, order.now)
    progress(f"wrote {manifest.version} to {order.folder}")
    return Made(order.folder, manifest)


def arrays_of(weights: ModerationWeights) -> dict[str, Any]:
    """The arrays of an artefact, by name."""
    names = ("weights", "idf", "signal_weights", "bias")
    return {name: getattr(weights, name) for name in names}


def settings_of(weights: ModerationWeights) -> dict[str, Any]:
    """What a manifest says beside the arrays."""
    return {
        "ngrams": asdict(weights.reading.ngrams),
        "max_characters": weights.reading.max_characters,
        "signals": list(weights.signals),
    }


def held_out_of(fitted: FittedModerator, rows: ModerationRows) -> Iterator[HeldOutFigures]:
    """The figures of each label on rows that the fit at hand did not meet."""
    for label in LABELS:
        yield from _of_label(label, fitted.labels[label], rows)


def _of_label(label: ModerationLabel, fitted: FittedLabel, rows: ModerationRows) -> Iterator[HeldOutFigures]:
    folds = [[fold] for fold in fitted.held_out] if fitted.by_source else [list(fitted.held_out)]
    for parts in folds:
        places = np.concatenate([part.places for part in parts])
        scores = fitted.band.calibration.probabilities(np.concatenate([part.logits for part in parts]))
        marks = rows.hashed.marks(label, places)
        what = LeftOut(label, LEFT_OUT if fitted.by_source else GROUPED, parts[0].name, fitted.band.flag)
        figures = held_out_figures(what, scores, marks)
        if figures is not None:
            yield figures
        if label is _LETTERED:
            yield from by_lettering(what, scores, marks, [rows.hashed.texts[at].text for at in places.tolist()])


def never_met_of(fitted: FittedModerator, rows: ModerationRows) -> Iterator[HeldOutFigures]:
    """The figures of each label on sources outside the tables: by fits without them, or by weights that read none."""
    for label in LABELS:
        one = fitted.labels[label]
        for part in one.never_met:
            scores = one.band.calibration.probabilities(part.logits)
            yield from _figure(label, part.name, one.band.flag, scores, rows.hashed.marks(label, part.places))
    moderator = fitted.moderator()
    for source in fitted.recipe.measured:
        comments = [row for row in rows.measured if row.source == source]
        probabilities = moderator.probabilities([row.text for row in comments])
        for at, label in enumerate(LABELS):
            marks = [known_labels(row).get(label) for row in comments]
            chosen = np.array([mark is not None for mark in marks], dtype=bool)
            if chosen.any() and source not in fitted.recipe.labels[label].further:
                found = np.array([bool(mark) for mark in marks])[chosen]
                yield from _figure(label, source, fitted.bands[label].flag, probabilities[chosen, at], found)


def _figure(label: ModerationLabel, source: str, flag: float, scores: Floats, marks: Marks) -> Iterator[HeldOutFigures]:
    figures = held_out_figures(LeftOut(label, NEVER_MET, source, flag), scores, marks)
    if figures is not None:
        yield figures


def posted_by(fitted: FittedModerator, rows: ModerationRows) -> Iterator[FlagFigures]:
    """The share of citizens' posts that each label flags, over the collections that measure and nothing else."""
    texts = [row.text for row in rows.never_met if row.label is Label.OPINION]
    if texts:
        answers = fitted.moderator().moderate_many(texts)
        for label in LABELS:
            hits = np.array([label in answer.flags for answer in answers], dtype=bool)
            yield FlagFigures(label, _OWN, _POSTS, share(hits))


def flagged_by(fitted: FittedModerator, twin: FittedModerator, rows: ModerationRows) -> Iterator[FlagFigures]:
    """Flags on unseen opinion: by the weights for what they never learned of it, else by the twin on what it never met.

    The twin answers only for texts that stand in no row it was fitted on, in whatever letters.
    """
    never = [label for label in LABELS if label not in rows.learned]
    yield from flag_figures(fitted.moderator(), rows.unseen, never, _OWN)
    met = {key for key, again in zip(rows.keys, rows.again.tolist(), strict=True) if not again}
    strange = [opinion for opinion in rows.unseen if opinion.key not in met]
    yield from flag_figures(twin.moderator(), strange, sorted(rows.learned), _TWIN)


def metrics_of(held_out: Iterable[HeldOutFigures], flagged: Iterable[FlagFigures]) -> dict[str, Any]:
    """What a manifest and a tracker keep: plain numbers by plain names, and all figures with n and interval."""
    held_out, flagged = tuple(held_out), tuple(flagged)
    plain = {
        name: round(figure.value, 4)
        for row in held_out
        for name, figure in (
            (f"{row.label}.{row.left_out}.ap", row.ap),
            (f"{row.label}.{row.left_out}.recall_at_1", row.recall_at_1),
        )
    }
    plain |= {f"{row.fit}.{row.label}.{row.slice}": round(row.flagged.value, 4) for row in flagged}
    named = {name.replace(", ", "_").replace(" ", "_"): value for name, value in plain.items()}
    return {**named, RECORDED: [_rounded(row) for row in held_out], FLAGGED: [_rounded(row) for row in flagged]}


def _rounded(row: HeldOutFigures | FlagFigures) -> dict[str, Any]:
    return {
        name: {key: round(number, 5) for key, number in value.items()} if isinstance(value, Mapping) else value
        for name, value in asdict(row).items()
    }


def card(
    fitted: FittedModerator,
    rows: ModerationRows,
    held_out: Iterable[HeldOutFigures],
    flagged: Iterable[FlagFigures],
) -> str:
    """The card in Markdown."""
    recipe = fitted.recipe
    return _CARD.format(
        bits=recipe.ngrams.bits,
        char_min=recipe.ngrams.char_min,
        char_max=recipe.ngrams.char_max,
        max_characters=recipe.max_characters,
        positives=recipe.positives,
        false_flags=recipe.false_flags,
        rows="\n".join(_learned(label, rows, recipe) for label in LABELS),
        further=", ".join(f"`{name}`" for name in recipe.further),
        weak="\n".join(
            f"- {', '.join(weak.labels)}, at {weak.share:.0%} of the weight: "
            + ", ".join(f"`{name}`" for name in weak.sources)
            for weak in recipe.weak
        ),
        bands="\n".join(_band(label, one) for label, one in fitted.labels.items()),
        held_out="\n".join(held_out_rows(held_out)),
        flagged="\n".join(flag_rows(flagged)),
    )


def _learned(label: ModerationLabel, rows: ModerationRows, recipe: ModerationRecipe) -> str:
    more = [rows.hashed.further(label, source) for source in recipe.labels[label].further]
    places = np.concatenate((rows.hashed.annotated(label), *more))
    marks = rows.hashed.marks(label, places)
    sources = sorted({rows.hashed.texts[at].source for at in places.tolist()})
    return f"| {label} | {', '.join(f'`{name}`' for name in sources)} | {int(marks.sum()):,} | {places.size:,} |"


def _band(label: ModerationLabel, fitted: FittedLabel) -> str:
    slices = "; ".join(f"{name} {rate:.2%}" for name, rate in fitted.flagged.items())
    return f"| {label} | {fitted.band.flag:.4f} | {slices} |"


_CARD: Final = """# Linear moderator

Marks texts that look like hate, abuse, gambling promotion, scam or sexual content. A flag blurs a text on the desk and
keeps it out of a kit. It removes nothing, it is no label of a person or an account, and it says nothing of whether a
claim is true.

## What it is
For each label a logistic regression on L2-normalised tf-idf of hashed words, word pairs and characters {char_min} to
{char_max}, in 2^{bits} buckets, beside counted signals: kinds of words (`models/moderation_terms.tsv`, written for this
project) and shapes such as the name of a gambling site or an amount of money (`models/signals.py`). Text is read in
plain letters, as spelled and in standard words; styled letters, look-alikes and case say nothing. The first
{max_characters:,} characters are read; a text without a word gets 0.

## Made from
A label learns only from rows whose source annotated it; an empty cell is never a 0.

| label | sources | with the label | annotated |
| --- | --- | --- | --- |
{rows}

As weak negatives, news, reviews and citizens' posts that nobody annotated:

{weak}

Posts that a fact-checker took up are none; some of the citizens' posts do hold hate or abuse, so they weigh little.
`chat_weak` was labelled by rule: of 40 of its positives that were read, about 22 were sexual.
From outside the tables: {further}, without what copies a row of the tables, each at a share of the weight that the
recipe states. `netifier` calls hate what is said against a faith or a people, and abuse what insults or defames, so
each source means something else by the words.

## Thresholds
Probabilities are calibrated (Platt) to a feed in which {positives:.0%} carry the label. A threshold flags at most
{false_flags:.0%} of each slice named beside it, scored by fits that did not meet the texts; it is not below the twin's.
The shares are those at the label's own threshold, before the twin's.

| label | flagged from | unmarked or never met, flagged |
| --- | --- | --- |
{bands}

## Figures
On rows that the fit at hand did not meet, 95 % intervals. A source left out says more than parts of the groups inside
one source are: expect less than those on texts of other sources. A source outside the tables was answered for by a fit
without it, or by weights that read nothing of it; what `netifier` and `porn500` left unmarked helps to set thresholds,
so their last column says less than their ranking. Recall is read where 1 % or 5 % of the rows
without the label would be flagged; the last column is the share that is flagged at the threshold.

{held_out}

Unseen opinion is the tweets of `hs`, the protocol's unseen source; unmarked means that their own collection annotated
the text and left the label away, or for a label that it does not know, marked nothing. `hs` and `tw_multilabel` are one
collection: 99 % of its rows stand among those tweets, in nearly the same letters. So hate and abuse are measured by a
twin, fitted without the rows whose cleaned text is the same, on the tweets that stand in none of its rows; they are
strange texts to it, but not a strange source.

The citizens' posts are of collections that measure and nothing else; nobody annotated them, and hate and abuse stand
among them.

{flagged}

`suluh train moderation` makes these weights and all figures again; `suluh eval moderation` repeats the last table.

## Where it fails
- **Hate and abuse of 2018 and before**: groups, names and insults of later years are unknown to it.
- **Hate of another source is found badly**: see the sources never met above; what people call hate differs.
- **Adverts look like fraud**: of reported adverts and services (`smsreport`) about a quarter is flagged as scam.
- **`judolyt2025nov` says little**: of 22 of its highest "false" promotions that were read about 20 are promotions, and
  of 22 missed ones at least 13 praise a coin.
- It reads words and not who says them to whom: quoting, reporting or answering abuse looks like abuse.
- Hate without a rude word is missed; a rude word among friends is marked.
- Gambling brands that look like ordinary names, in plain sentences of praise, are missed.
- Scam was learned from text messages of about 2015: prizes, credit, "mama minta pulsa"; newer tricks are met rarely.
- Religion and groups named in a neutral sentence raise the score of hate.
- Indonesian only.
"""
