"""A recipe of the linear moderator: n-grams, how each label is fitted, and what sets its threshold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

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
    """

    inverse_regularisation: float
    log_ratio: float
    unmet: tuple[str, ...]
    own_negatives: bool


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
    calibrated to; `false_flags` the share of the texts above that a label may flag.
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
    weak: Weak

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
        weak = content.pop("weak")
        recipe = ModerationRecipe(
            **{**content, "ngrams": NGrams(**content["ngrams"])},
            labels={label: _label_fit(labels[label]) for label in LABELS},
            weak=Weak(tuple(weak["sources"]), tuple(map(ModerationLabel, weak["labels"])), float(weak["share"])),
        )
        _refuse_met(recipe)
        return recipe


def _refuse_met(recipe: ModerationRecipe) -> None:
    for label in recipe.weak.labels:
        met = set(recipe.labels[label].unmet).intersection(recipe.weak.sources)
        if met:
            raise RecipeError(f"{', '.join(sorted(met))} trains {label} and cannot set its threshold as never met.")


def _label_fit(content: Mapping[str, Any]) -> LabelFit:
    return LabelFit(**{**content, "unmet": tuple(content["unmet"])})
