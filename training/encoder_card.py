"""The model card of the encoder."""

from typing import TYPE_CHECKING, Final

from data.split import PROTOCOL
from training.card import (
    DESPITE,
    GUARD,
    THESE,
    TWIN,
    UNSEEN,
    bands_of,
    calibration_of,
    opening,
    rows_of,
)
from training.encoder_recipe import EncoderRecipe, earlier_stages

if TYPE_CHECKING:
    from training.encoder_pipeline import EncoderCandidate


def encoder_card(candidate: "EncoderCandidate", twin: "EncoderCandidate | None") -> str:
    """The card of `candidate` in Markdown; its figures against unseen opinion are those of `twin`, if any."""
    report, recipe, fitted, material = candidate.report, candidate.recipe, candidate.fitted, candidate.material
    return _CARD.format(
        opening=opening(report, twin.report if twin else None, _OPENING_TWIN if twin else _OPENING),
        unseen=_TWIN_MADE.format(name=recipe.measured_by) if twin else _NEVER_MET,
        base=recipe.base,
        tune_from=PROTOCOL.tune_from,
        test_from=PROTOCOL.test_from,
        drawn=_drawn(candidate),
        n_steps=candidate.n_steps,
        epochs=recipe.steps.epochs,
        pairs=len(material.paired),
        look=fitted.thresholds.look,
        clear=fitted.thresholds.clear,
        min_words=fitted.thresholds.min_words,
        max_tokens=recipe.max_tokens,
        rate=recipe.bands.false_flags,
        guard=GUARD if twin else "",
        gate=recipe.bands.opinion_gate,
        share=recipe.bands.linear_share,
        linear=recipe.linear,
        stages=_stages(recipe),
        collections=", ".join(f"`{name}`" for name in recipe.collections) or "none",
        held="".join(f"the opinions of `{name}`, " for name in recipe.held_out),
        despite=DESPITE.format(reason=candidate.despite) if candidate.despite else "",
        crossed="\n".join(f"| {name} | {rate:.1%} |" for name, rate in fitted.false_flags.items()),
        figures="\n".join([*rows_of(report, THESE), *(rows_of(twin.report, TWIN, UNSEEN) if twin else ())]),
        bands="\n".join([*bands_of(report, THESE), *(bands_of(twin.report, TWIN) if twin else ())]),
        calibration="\n".join([calibration_of(report, THESE), *([calibration_of(twin.report, TWIN)] if twin else [])]),
        repeat=_REPEAT_TWIN.format(name=recipe.measured_by) if twin else _REPEAT,
        mean_logit=candidate.parity.mean_logit,
        largest_logit=candidate.parity.largest_logit,
        smallest_cosine=candidate.parity.smallest_cosine,
        n_parity=candidate.parity.n,
    )


def _stages(recipe: EncoderRecipe) -> str:
    """Each stage before, the last first: its name, its epochs, and of how many fits its weights are the mean."""
    told = []
    for name, stage in earlier_stages(recipe):
        fits = f", the mean of {1 + len(stage.further_seeds)} fits" if stage.further_seeds else ""
        told.append(f" after `{name}` ({stage.steps.epochs} epochs{fits})")
    return "".join(told)


def _drawn(candidate: "EncoderCandidate") -> str:
    drawn, material = candidate.recipe.drawn, candidate.material
    return "\n".join(
        f"| {name} | {len(getattr(material, name)):,} | {getattr(drawn, name):,} |" for name in type(drawn).__slots__
    )


_OPENING: Final = """At `look` it finds {found} of later hoax posts and flags
{flagged} of {n:,} tweets that speak of government (a published list of words, `eval/slices.py`), of a source that
it never met."""
_OPENING_TWIN: Final = """At `look` it finds {found} of later hoax posts. What it does
with criticism of a source that it never met is known of its twin only, which went on from the same earlier stages
without the tweets of `hs`: at its own `look` the twin finds {found_by_judged} of those posts and flags
{flagged} of {n:,} tweets that speak of government (a published list of words,
`eval/slices.py`)."""
_NEVER_MET: Final = """The tweets of `hs`
neither trained nor set anything. A head for moderation learned beside the others and is not served: what remained of
the tweets after the unseen opinions were taken out taught it nothing of hate and abuse."""
_TWIN_MADE: Final = """The tweets of `hs`
trained these weights and set nothing. Every figure against unseen opinion or criticism is therefore made by a twin,
`training/recipes/{name}.toml`, with a calibration and bands of its own. A head for moderation learned beside the
others and is not served."""
_REPEAT: Final = "`suluh eval encoder` repeats these figures."
_REPEAT_TWIN: Final = """`suluh eval encoder` repeats the rows of these weights. `suluh train {name}` and then
`suluh eval var/models/{name}` repeat the twin's."""


_CARD: Final = """# Encoder: hoax resemblance and claim vectors

**Kemiripan dengan hoaks.** The score says how much an Indonesian text reads like what fact-checkers take up
and debunk. It is not the probability that something is false, and it decides nothing: it orders a queue for
people. {opening} The strongest evidence stays a confirmed match to a clarification.
{despite}
## What it is
`{base}` with the vocabulary trimmed to the pieces that the training texts use, and heads on the
mean of its last layer: a class (hoax, news, opinion) and a vector for comparing claims; ONNX, int8 weights in
blocks. {share:g} of the logit of a linear model (`{linear}`, on the same names-free text) is added to the class's log
odds. What is judged is read with names of parties, religions, peoples, persons and places taken out
(`data/entities.tsv`), without case, punctuation, emoji and the value of numbers (`data/reading.py`); a name that the
list lacks is read.

## Made from
Rows dated before {tune_from} or without a date. {epochs:g} epochs{stages}, {n_steps:,} batches in all; an epoch
draws from each part as many texts as the last column says.

| part | texts | drawn |
| --- | --- | --- |
{drawn}

`collected` are posts on policies from public collections, each subject as often as the root of its size:
{collections}. `spoken` are sentences that a grammar
of this project makes (`training/spoken.py`); no figure is measured on them.
Fact-checkers' narratives, tags and addresses were not read by the class; clarifications were read as the
answers of {pairs:,} pairs. Never trained and set the bands: {held}the comments of `yt_promo_b`. {unseen}

## Bands
`look` from {look}, `clear` below {clear}, `abstain` between; fewer than {min_words} words after cleaning
abstain; the first {max_tokens} tokens are read. `look` keeps {rate:.1%} false flags or fewer on each held-out
part below{guard}. A text whose share of the class opinion is {gate:g} or more stays below `look`.

| held-out opinions | at `look` |
| --- | --- |
{crossed}

## Figures
Test rows are from {test_from} on, in groups that appear nowhere earlier; 95 % intervals; n in brackets.

| fit | hoaxes (n) | against (n) | AUC | recall at 5 % FPR | recall at 1 % FPR |
| --- | --- | --- | --- | --- | --- |
{figures}

| fit | slice | n | `look` | `clear` |
| --- | --- | --- | --- | --- |
{bands}

Calibration error (ECE) over the declared mix:

| fit | opinions of the mix | before | after Platt scaling |
| --- | --- | --- | --- |
{calibration}

Int8 against float on {n_parity} texts of the tuning months: a logit moves by
{mean_logit:.3f} on average and {largest_logit:.3f} at most; smallest cosine of a vector {smallest_cosine:.4f}.

{repeat}

## Where it fails
- **Source equals label.** No source gives both true and false current claims; part of every figure is the source.
- One seed of the last stage ships; how far another moves its figures stands in docs/experiments.md, where measured.
- Hoaxes in the form of plain news, on new events, are missed; satire is known to it from this project's sentences only.
- Who is named counts for nothing, so a claim that is a hoax only because of whom it names is not recognised as one.
- Texts in other languages, and pictures and video, are outside of what it was measured on.
"""
