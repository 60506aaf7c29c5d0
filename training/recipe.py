"""A recipe is a TOML file that says everything about a fit but the rows; it is stored with what it made."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from data.collected import COLLECTED, Use
from data.origin import Terms
from data.split import PROTOCOL
from models.hashing import NGrams

RECIPES: Final = Path(__file__).parent / "recipes"


class RecipeError(ValueError):
    """The recipe does not exist or does not say what it must."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How the logistic regression is fitted."""

    inverse_regularisation: float
    max_iterations: int
    tolerance: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of the total weight that each part has in the fit, before criticism weighs more.

    `criticism` multiplies the weight of an opinion that speaks of government
    (`eval.slices.GOVERNMENT_WORDS`).
    """

    hoax_title: float
    hoax_post: float
    news: float
    opinion: float
    criticism: float


@dataclass(frozen=True, slots=True)
class Opinions:
    """Which opinion sources train, which never do, and which are left out once each to set the threshold.

    `train` names sources of the moderation table and public collections (`data.collected`), whatever their label, and
    may name an unseen source of the protocol; `held_out` names sources of the moderation table and collections.
    """

    train: tuple[str, ...]
    held_out: tuple[str, ...]
    crossed: tuple[str, ...]

    def __post_init__(self) -> None:
        refuse_misused(self.train, self.held_out)

    @property
    def collections(self) -> tuple[str, ...]:
        """The public collections among them."""
        return tuple(name for name in (*self.train, *self.held_out) if name in COLLECTED)


@dataclass(frozen=True, slots=True)
class Bands:
    """The rates that set the thresholds, and what is not judged."""

    false_flags: float
    missed: float
    min_words: int
    max_characters: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything about a fit but the rows.

    `measured_by` names the twin: the same recipe without the unseen opinions. A recipe that learns them has
    one, because its own weights cannot say how they treat opinions that they never met. `terms` names what the licence
    of a source must allow for its rows to train or to tune (`data.origin.Terms`); all do where it is empty.
    `sample` adds the posts of `data/sample`.
    """

    kind: str
    ngrams: NGrams
    fit: Fit
    shares: Shares
    opinions: Opinions
    bands: Bands
    measured_by: str = ""
    terms: tuple[str, ...] = ()
    sample: bool = False

    @property
    def learns_unseen(self) -> frozenset[str]:
        """The unseen sources of the protocol that this recipe trains on."""
        return PROTOCOL.unseen_sources.intersection(self.opinions.train)

    def on_tables_alone(self) -> "Recipe":
        """The same recipe without public collections."""
        train, held_out = (
            tuple(name for name in names if name not in COLLECTED)
            for names in (self.opinions.train, self.opinions.held_out)
        )
        return replace(self, opinions=replace(self.opinions, train=train, held_out=held_out))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest and for tracking; what a recipe does not ask for is left out."""
        unasked = {"terms": (), "sample": False}
        return {name: value for name, value in asdict(self).items() if (name, value) not in unasked.items()}


def twin_of(recipe: Recipe) -> Recipe | None:
    """The recipe that measures `recipe` on unseen opinions; None where it may be measured on them itself.

    RecipeError where it learns them and names no twin, or one that differs in more than those opinions.
    """
    if not recipe.learns_unseen and not recipe.measured_by:
        return None
    if not recipe.measured_by:
        learned = ", ".join(sorted(recipe.learns_unseen))
        raise RecipeError(f"A recipe that trains on {learned} needs measured_by, a recipe that does not.")
    twin = read_recipe(recipe.measured_by)
    met = tuple(source for source in recipe.opinions.train if source not in PROTOCOL.unseen_sources)
    if replace(recipe, measured_by="", opinions=replace(recipe.opinions, train=met)) != twin:
        raise RecipeError(
            f"{recipe.measured_by} differs in more than the unseen opinions, so it measures another model."
        )
    return twin


def read_recipe(name: str) -> Recipe:
    """The recipe of that name in `training/recipes`, or at that path; RecipeError says why not."""
    content = content_of(name)
    with misstated(name):
        return _recipe_of(content)


def content_of(name: str) -> Mapping[str, Any]:
    """What the recipe's TOML holds, of whatever kind; RecipeError where it does not exist or is not TOML."""
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise RecipeError(f"No recipe {name!r}; there is: {known}.") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not TOML: {error}.") from error


def refuse_misused(train: Iterable[str], held_out: Iterable[str]) -> None:
    """RecipeError where a collection would train or set thresholds that is there for something else."""
    for use, names in ((Use.TRAIN, train), (Use.TUNE, held_out)):
        misused = [name for name in names if name in COLLECTED and COLLECTED[name].use is not use]
        if misused:
            raise RecipeError(f"{', '.join(misused)} may not be used to {use}; data/collections.toml says for what.")


@contextmanager
def misstated(name: str) -> Iterator[None]:
    """Turn what a recipe's content lacks or misstates into a RecipeError that names the recipe."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, RecipeError):
            raise
        raise RecipeError(f"{name} lacks or misstates {error}.") from error


def _recipe_of(content: Mapping[str, Any]) -> Recipe:
    return Recipe(
        kind=content["kind"],
        ngrams=NGrams(**content["ngrams"]),
        fit=Fit(**content["fit"]),
        shares=Shares(**content["shares"]),
        opinions=Opinions(**{name: tuple(sources) for name, sources in content["opinions"].items()}),
        bands=Bands(**content["bands"]),
        measured_by=content.get("measured_by", ""),
        terms=tuple(Terms(name) for name in content.get("terms", ())),
        sample=bool(content.get("sample", False)),
    )
