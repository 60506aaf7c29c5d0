"""A recipe of the linear moderator: n-grams, how each label is fitted, and what sets its threshold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from data.collected import COLLECTED, Use
from data.sources.moderated import NAMES, ONLY_MEASURE
from models.hashing import NGrams
from models.moderation import LABELS, ModerationLabel
from training.recipe import RecipeError, content_of, misstated

KIND: Final = "moderation"


@dataclass(frozen=True, slots=True)
class LabelFit:
    """How one label is fitted, and which texts keep its threshold honest.

    `log_ratio` scales each n-gram by `0.3 + log_ratio × |log-count ratio|` before the fit (Wang and Manning, 2012), 0
    leaves it out. `unmet` names opinion sources that the fit at hand never trains this label on; with
    `own_negatives`, rows that the label's own sources left unmarked count too, each scored by a fit without it.
    `further` names sources outside the tables (`data.sources.moderated`) with the share of the weight that each takes;
    what those in `heeded` left unmarked counts as well.
    """

    inverse_regularisation: float
    log_ratio: float
    unmet: tuple[str, ...]
    own_negatives: bool
    further: Mapping[str, float]
    heeded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weak:
    """Texts of `sources` that nobody annotated and that `labels` take as negatives, at `share` of the total weight."""

    sources: tuple[str, ...]
    labels: tuple[ModerationLabel, ...]
    share: float


@dataclass(frozen=True, slots=True)
class ModerationRecipe:
    """Everything about a fit but the rows.

    `signal_scale` is the size of a signal beside an n-gram; `positives` the share of a feed that each label is
    calibrated to; `false_flags` the share of the texts above that a label may flag. `measured` names sources outside
    the tables that measure whatever they do not train.
    """

    kind: str
    ngrams: NGrams
    max_characters: int
    max_iterations: int
    tolerance: float
    signal_scale: float
    positives: float
    false_flags: float
    n_folds: int
    labels: Mapping[ModerationLabel, LabelFit]
    weak: tuple[Weak, ...]
    measured: tuple[str, ...]

    @property
    def further(self) -> tuple[str, ...]:
        """The sources outside the tables that train a label."""
        return tuple(sorted({source for fit in self.labels.values() for source in fit.further}))

    @property
    def collections(self) -> tuple[str, ...]:
        """The public collections whose posts set thresholds or are weak negatives."""
        unmet = {source for fit in self.labels.values() for source in fit.unmet}
        return tuple(name for name in COLLECTED if name in unmet or name in self.weak_sources)

    @property
    def weak_sources(self) -> frozenset[str]:
        """The sources of weak negatives of any label."""
        return frozenset(source for weak in self.weak for source in weak.sources)

    def on_tables_alone(self) -> "ModerationRecipe":
        """The same recipe without sources outside the tables and without public collections."""
        labels = {
            label: replace(fit, further={}, heeded=(), unmet=tuple(name for name in fit.unmet if name not in COLLECTED))
            for label, fit in self.labels.items()
        }
        weak = tuple(one for one in self.weak if not set(one.sources) & COLLECTED.keys())
        return replace(self, labels=labels, weak=weak, measured=())

    def weak_of(self, label: ModerationLabel) -> Weak | None:
        """The weak negatives of a label, if it has any."""
        return next((weak for weak in self.weak if label in weak.labels), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest and for tracking."""
        return {**asdict(self), "labels": {label.value: asdict(fit) for label, fit in self.labels.items()}}


def read_moderation_recipe(name: str) -> ModerationRecipe:
    """The recipe of that name in `training/recipes`, or at that path; RecipeError says why not."""
    content = dict(content_of(name))
    with misstated(name):
        if content["kind"] != KIND:
            raise RecipeError(f"{name} is a recipe of the kind {content['kind']!r}, not {KIND!r}.")
        labels = content.pop("labels")
        weak = tuple(_weak(one) for one in content.pop("weak"))
        measured = tuple(content.pop("measured"))
        recipe = ModerationRecipe(
            **{**content, "ngrams": NGrams(**content["ngrams"])},
            labels={label: _label_fit(labels[label]) for label in LABELS},
            measured=measured,
            weak=weak,
        )
        _refuse_met(recipe)
        _refuse_misused(recipe)
        return recipe


def _refuse_met(recipe: ModerationRecipe) -> None:
    for weak in recipe.weak:
        for label in weak.labels:
            met = set(recipe.labels[label].unmet).intersection(weak.sources)
            if met:
                raise RecipeError(f"{', '.join(sorted(met))} trains {label} and cannot set its threshold as never met.")


def _refuse_misused(recipe: ModerationRecipe) -> None:
    unread = sorted({*recipe.further, *recipe.measured} - set(NAMES))
    if unread:
        raise RecipeError(f"No reader for {', '.join(unread)}; there is: {', '.join(NAMES)}.")
    tested = sorted({*recipe.further} & ONLY_MEASURE)
    if tested:
        raise RecipeError(f"{', '.join(tested)} measures, and nothing else.")
    for name in recipe.collections:
        if COLLECTED[name].use is not (Use.TRAIN if name in recipe.weak_sources else Use.TUNE):
            raise RecipeError(f"{name} is for something else, says `data/collections.toml`.")


def _weak(content: Mapping[str, Any]) -> Weak:
    return Weak(tuple(content["sources"]), tuple(map(ModerationLabel, content["labels"])), float(content["share"]))


def _label_fit(content: Mapping[str, Any]) -> LabelFit:
    further = dict(content.get("further", {}))
    heeded = tuple(content.get("heeded", ()))
    return LabelFit(**{**content, "unmet": tuple(content["unmet"]), "further": further, "heeded": heeded})
