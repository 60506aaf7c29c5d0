"""A recipe of the encoder: base, parts, lengths and steps; stored with what it made."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from training.recipe import content_of, misstated

KIND: Final = "encoder"


@dataclass(frozen=True, slots=True)
class Steps:
    """How the weights are moved."""

    epochs: float
    learning_rate: float
    warmup: float  # share of all steps
    weight_decay: float
    tokens_a_batch: int
    pairs_a_batch: int
    temperature: float
    checkpoint_minutes: float


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
    table.
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
