"""The rows of a fit: the split's training and tuning parts, and comments as further opinions.

Opinions decide whether criticism is flagged, and the claims table holds two opinion sources beside the
unseen one. Comments of the moderation table that promote nothing join them. `tw_multilabel` never does: it
holds the tweets of the unseen source again. The unseen source itself joins where the recipe names it, and is
then no longer among the unseen opinions of `Rows.divided`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.catalogue import SOURCES
from data.checks import Audit, audit, cleaned_texts
from data.collected import named_with_measures
from data.corpus import dealt, require
from data.fingerprint import fingerprint
from data.schema import Comment, Example, Kind, Label
from data.sources.moderation import comments
from data.sources.sample import sample_examples
from data.split import LATER, PROTOCOL, Part, Split, without_texts_of
from eval.unseen import as_met
from training.recipe import Opinions, Recipe, RecipeError

_SAME_AS_UNSEEN = frozenset({"tw_multilabel"})


@dataclass(frozen=True, slots=True)
class Rows:
    """What a fit reads. `cleaned` maps each id to the text as the model reads it.

    `divided` is the split as this fit meets it: unseen opinions that it learns stand in its training part.
    """

    divided: Split
    train: tuple[Example, ...]
    tune: tuple[Example, ...]
    held_out: tuple[Example, ...]
    cleaned: Mapping[str, str]
    audit: Audit
    despite: str = ""  # why rows that fail the audit are trained on all the same

    @property
    def fingerprint(self) -> str:
        """The fingerprint of every row that a fit reads."""
        return fingerprint((*self.train, *self.tune, *self.held_out))


def rows_for(recipe: Recipe, folder: Path, despite: str = "") -> Rows:
    """Read, split, clean and audit; DataError or LeakError where the tables do not allow an honest fit.

    `despite` says why rows that fail the audit are trained on all the same; it is kept where they do.
    """
    _refuse_unseen_in_disguise(recipe.opinions)
    require(folder, named_with_measures(recipe.opinions.collections))
    divided = _allowed(as_met(dealt(folder, sample_examples() if recipe.sample else ()), recipe.learns_unseen), recipe)
    said = [_as_example(comment) for comment in comments(folder) if _is_opinion(comment)]
    said += (*divided[Part.COLLECTED_TRAIN], *divided[Part.COLLECTED_TUNE])
    said = [row for row in said if _may_train(row.source, recipe)]
    added = [row for row in said if row.source in recipe.opinions.train]
    held_out = [row for row in said if row.source in recipe.opinions.held_out]
    used = [row for part in Part if part is not Part.LEFT_OUT for row in divided[part]]
    cleaned = cleaned_texts((*used, *added, *held_out), recipe.bands.max_characters)
    later = [row for part in LATER for row in divided[part]]
    train = _distinct(without_texts_of((*divided[Part.TRAIN], *added), (*later, *held_out), cleaned), cleaned)
    final = (*divided[Part.TEST], *divided[Part.UNSEEN_OPINION])
    found = audit(divided, train, cleaned)
    found.refuse(despite)
    return Rows(
        divided=divided,
        train=_judged(train, cleaned, recipe),
        tune=_judged(without_texts_of(divided[Part.TUNE], final, cleaned), cleaned, recipe),
        held_out=_judged(without_texts_of(held_out, final, cleaned), cleaned, recipe),
        cleaned=cleaned,
        audit=found,
        despite=despite.strip() if found.failures else "",
    )


def _allowed(divided: Split, recipe: Recipe) -> Split:
    """`divided` without the training and tuning rows whose licence the recipe does not take; the test stays whole."""
    learned_from = (Part.TRAIN, Part.TUNE)
    kept = {part: tuple(row for row in divided[part] if _may_train(row.source, recipe)) for part in learned_from}
    return Split({**divided.parts, **kept})


def _may_train(source: str, recipe: Recipe) -> bool:
    return not recipe.terms or SOURCES[source].terms in recipe.terms


def _refuse_unseen_in_disguise(opinions: Opinions) -> None:
    overlap = _SAME_AS_UNSEEN.intersection(opinions.train + opinions.held_out)
    if overlap:
        raise RecipeError(f"{', '.join(sorted(overlap))} holds the unseen opinions again and may not be used.")
    misplaced = PROTOCOL.unseen_sources.intersection(opinions.held_out + opinions.crossed)
    if misplaced:
        raise RecipeError(f"{', '.join(sorted(misplaced))} may train, but sets no threshold.")


def _is_opinion(comment: Comment) -> bool:
    return not comment.is_promotion and not comment.conflict


def _as_example(comment: Comment) -> Example:
    return Example(
        id=comment.id,
        text=comment.text,
        label=Label.OPINION,
        kind=Kind.COMMENT,
        source=comment.source,
        publisher=comment.source,
        group=comment.group,
    )


def _distinct(rows: Iterable[Example], cleaned: Mapping[str, str]) -> tuple[Example, ...]:
    """The first row of each label and cleaned text."""
    first: dict[tuple[Label, str], Example] = {}
    for row in rows:
        first.setdefault((row.label, cleaned[row.id]), row)
    return tuple(first.values())


def _judged(rows: Sequence[Example], cleaned: Mapping[str, str], recipe: Recipe) -> tuple[Example, ...]:
    """Rows long enough to be judged when served; the others would teach what is never asked."""
    return tuple(row for row in rows if len(cleaned[row.id].split()) >= recipe.bands.min_words)
