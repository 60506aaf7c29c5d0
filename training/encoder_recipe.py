"""A recipe of the encoder: base, parts, lengths and steps; stored with what it made."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from data.collected import COLLECTED
from training.recipe import RecipeError, content_of, misstated, refuse_misused

KIND: Final = "encoder"


@dataclass(frozen=True, slots=True)
class Steps:
    """How the weights are moved.

    Every `check_batches` batches the loss on texts of the tuning months is asked for; after `patience` such checks
    without a better one the fit stops, and in any case the weights of the best check are kept. 0 = no checks.
    """

    epochs: float
    learning_rate: float
    warmup: float  # share of all steps
    weight_decay: float
    tokens_a_batch: int
    pairs_a_batch: int
    temperature: float
    checkpoint_minutes: float
    dropout: float = 0.1
    check_batches: int = 0
    patience: int = 3


@dataclass(frozen=True, slots=True)
class Drawn:
    """How many texts of each part an epoch draws."""

    hoaxes: int
    news: int
    articles: int
    opinions: int
    comments: int
    spoken: int
    moderated: int
    paired: int
    collected: int = 0


@dataclass(frozen=True, slots=True)
class EncoderBands:
    """The rates that set the thresholds, what is not judged, and when a text counts as opinion.

    `linear_share` is how much of the linear model's logit is added to the encoder's.
    """

    false_flags: float
    missed: float
    min_words: int
    max_characters: int
    opinion_gate: float
    linear_share: float


@dataclass(frozen=True, slots=True)
class EncoderRecipe:
    """Everything about a fit but the rows.

    `base` is a Hub name or a folder of any BERT-family model. `begins_with` names a recipe that is trained before,
    whose weights and vocabulary this one goes on from. `linear` names the recipe of the linear part. `held_out` names
    opinion sources that set thresholds and never train; `comments` and `moderation` name sources of the moderation
    table; `collections` names public collections that train (`data.collected`), and `held_out` may name others.
    `learns_unseen` names unseen sources of the protocol that train all the same; `measured_by` then names the
    twin, a recipe that goes on from the same stage and never meets them: its figures speak of unseen opinion.
    `further_seeds` repeat the fit with other draws; the mean of all their weights is what is kept. `moderated` says how
    many texts an epoch draws of each source with moderation labels, where that is not left to their sizes.
    """

    kind: str
    base: str
    seed: int
    vocabulary: int
    max_tokens: int
    held_out: tuple[str, ...]
    comments: tuple[str, ...]
    moderation: tuple[str, ...]
    n_spoken: int
    n_clean: int
    drawn: Drawn
    steps: Steps
    bands: EncoderBands
    begins_with: str = ""
    linear: str = "linear-protocol"
    learns_unseen: tuple[str, ...] = ()
    measured_by: str = ""
    further_seeds: tuple[int, ...] = ()
    moderated: Mapping[str, int] = field(default_factory=dict)
    collections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.further_seeds and self.steps.dropout:
            raise ValueError("runs side by side share torch's random numbers: further_seeds needs a dropout of 0")
        if self.moderated and sum(self.moderated.values()) != self.drawn.moderated:
            raise ValueError("[moderated] must add up to what [drawn] says of moderated texts")
        refuse_misused(self.collections, self.held_out)
        unknown = [name for name in self.collections if name not in COLLECTED]
        if unknown:
            raise RecipeError(f"No such collection: {', '.join(unknown)}. data/collections.toml lists what there is.")

    def on_tables_alone(self) -> "EncoderRecipe":
        """The same recipe without public collections."""
        held_out = tuple(name for name in self.held_out if name not in COLLECTED)
        return replace(self, held_out=held_out, collections=(), drawn=replace(self.drawn, collected=0))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest and for tracking."""
        return asdict(self)


def read_encoder_recipe(name: str) -> EncoderRecipe:
    """The recipe of that name in `training/recipes`, or at that path; RecipeError says why not."""
    content = content_of(name)
    with misstated(name):
        lists = {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
        parts = {
            "drawn": Drawn(**content["drawn"]),
            "steps": Steps(**content["steps"]),
            "bands": EncoderBands(**content["bands"]),
        }
        return EncoderRecipe(**{**content, **lists, **parts})


def earlier_stages(recipe: EncoderRecipe) -> Iterator[tuple[str, EncoderRecipe]]:
    """Names and recipes of the stages before `recipe`, the last of them first."""
    while recipe.begins_with:
        name, recipe = recipe.begins_with, read_encoder_recipe(recipe.begins_with)
        yield name, recipe


def twin_of(recipe: EncoderRecipe) -> EncoderRecipe | None:
    """The recipe that measures what `recipe` may not be measured on; RecipeError where it would not."""
    if not recipe.learns_unseen and not recipe.measured_by:
        return None
    if not recipe.measured_by:
        learned = ", ".join(recipe.learns_unseen)
        raise RecipeError(f"A recipe that trains on {learned} needs measured_by, a recipe that does not.")
    twin = read_encoder_recipe(recipe.measured_by)
    if twin.learns_unseen or twin.begins_with != recipe.begins_with:
        raise RecipeError(f"{recipe.measured_by} meets the unseen opinions or begins with another stage.")
    return twin
