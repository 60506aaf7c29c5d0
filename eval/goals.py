"""Every figure that the released models are held to, beside what was hoped for, in one table.

    python -m eval.goals

Measured anew are the judge on later months, matching, flags on opinion never learned, and swapped names. What only a
fit without some rows, or with public collections at hand, can say was recorded when the weights were trained, and
stands in their manifest: figures of the twin against opinion never met, figures on policies never met, and average
precision on sources left out.
"""

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click

from data.corpus import dealt
from data.sources.tables import data_folder
from eval import moderation
from eval.behaviour import swaps
from eval.matching import evaluate_matching
from eval.metrics import Figure
from eval.run import Report, measure
from eval.slices import NEW_CRITICISM, NEW_POLICIES, Typing
from models.artifact import JUDGE, read_manifest, released, released_folder
from models.moderation import ModerationLabel

_AT_LEAST: Final = "at_least"
_AT_MOST: Final = "at_most"
_TWIN: Final = "twin."  # as training.release names the twin's figures in a manifest
_RANKING: Final = ("auc", "recall_at_5", "recall_at_1")
_MODERATOR: Final = "moderation"
_POSTS_NEW: Final = f"posts_vs_{NEW_POLICIES}".replace(" ", "_")
_TITLES_NEW: Final = f"titles_vs_{NEW_POLICIES}".replace(" ", "_")

Figures = Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure of one question beside what was hoped for; `found` is a bare number where it has no interval."""

    row: str
    question: str
    where: str
    figure: str
    found: Figure | float
    hoped: float
    is_most: bool

    @property
    def value(self) -> float:
        """The measured value."""
        return self.found.value if isinstance(self.found, Figure) else self.found

    @property
    def holds(self) -> bool:
        """Whether the value reaches what was hoped for; its interval may still cross it."""
        return self.value <= self.hoped if self.is_most else self.value >= self.hoped


def compared(measured: Mapping[str, Mapping[str, Figure | float]]) -> Iterator[Goal]:
    """Each figure of `eval/goals.toml` beside what was measured; KeyError where a figure was not."""
    for row, stated in hoped_for().items():
        for side in (_AT_LEAST, _AT_MOST):
            for name, hoped in stated.get(side, {}).items():
                yield Goal(
                    row=row,
                    question=stated["question"],
                    where=stated["where"],
                    figure=name,
                    found=measured[row][name],
                    hoped=hoped,
                    is_most=side == _AT_MOST,
                )


def hoped_for() -> Mapping[str, Any]:
    """The rows of `eval/goals.toml`."""
    return tomllib.loads(files("eval").joinpath("goals.toml").read_text(encoding="utf-8"))


def measured_on(tables: Path) -> dict[str, dict[str, Figure | float]]:
    """Every figure of the released models; minutes, the judge's pass over the later months takes most of it."""
    recorded = read_manifest(released_folder(JUDGE)).metrics
    moderated = moderation.measure(released_folder(_MODERATOR), tables)
    matched = evaluate_matching(tables)
    moved = swaps(released(JUDGE))
    return {
        **_judged(measure(released_folder(JUDGE), dealt(tables), baselines=False), recorded),
        "matching_links": _recalls(matched["factchecker_link"]),
        "matching_posts": _recalls(matched["later_posts"]),
        "moderation_left_out": _worst(moderated, moderation.LEFT_OUT),
        "moderation_grouped": _worst(moderated, moderation.GROUPED),
        "moderation_flags": {
            str(one.label): one.flagged for one in moderated.flagged if one.slice == moderation.UNMARKED
        },
        "swaps": {"p95": moved.p95, "flips": moved.flips},
    }


def _judged(report: Report, recorded: Mapping[str, float]) -> dict[str, dict[str, Figure | float]]:
    news = next(row for row in report.comparisons if (row.positives, row.negatives) == ("posts", "news"))
    return {
        "posts_unseen_opinion": {name: _kept(recorded, f"posts_vs_unseen_opinion.{name}") for name in _RANKING},
        "titles_unseen_opinion": {name: _kept(recorded, f"titles_vs_unseen_opinion.{name}") for name in _RANKING},
        "posts_new_policies": {name: _kept(recorded, f"{_POSTS_NEW}.{name}", "") for name in _RANKING},
        "titles_new_policies": {name: _kept(recorded, f"{_TITLES_NEW}.{name}", "") for name in _RANKING},
        "posts_news": {name: getattr(news, name) for name in _RANKING},
        "criticism": {"criticism": _kept(recorded, "unseen_criticism.look"), "posts": _kept(recorded, "posts.look")},
        "new_criticism": {
            "criticism": _kept(recorded, f"{NEW_CRITICISM}.look".replace(" ", "_"), ""),
            "posts": _kept(recorded, "posts.look", ""),
        },
        "typing": _typing(recorded),
        "calibration": {"ece": recorded[f"{_TWIN}ece"]},
    }


def _kept(recorded: Mapping[str, float], name: str, fit: str = _TWIN) -> Figure:
    """A figure as the manifest keeps it: the twin's, or with an empty `fit` that of the weights themselves."""
    key = f"{fit}{name}"
    return Figure(recorded[key], recorded[f"{key}.low"], recorded[f"{key}.high"], int(recorded[f"{key}.n"]))


def _typing(recorded: Mapping[str, float]) -> dict[str, Figure | float]:
    """Shares at `look` by typing, as multiples of the share of criticism that shows none of it."""
    names = {"capitals": Typing.CAPITALS, "numbers": Typing.NUMBERS, "lists": Typing.LISTS, "plain": Typing.NONE}
    shares = {
        name: recorded[f"{_TWIN}unseen_criticism_{typing.replace(' ', '_')}.look"] for name, typing in names.items()
    }
    return {name: value / shares["plain"] for name, value in shares.items() if name != "plain"}


def _recalls(found: Mapping[str, Any]) -> dict[str, Figure | float]:
    return {name: Figure(**found[name], n=found["n"]) for name in ("recall_at_1", "recall_at_5")}


def _worst(moderated: moderation.ModerationReport, how: str) -> dict[str, Figure | float]:
    """The least average precision of each label over whole sources; those cut by lettering stand in the card."""
    worst: dict[ModerationLabel, Figure] = {}
    for one in moderated.held_out:
        whole = one.how == how and "letters" not in one.left_out
        if whole and (one.label not in worst or one.ap.value < worst[one.label].value):
            worst[one.label] = one.ap
    return {str(label): figure for label, figure in worst.items()}


def as_markdown(goals: list[Goal]) -> str:
    """One line a figure, with what it was measured on below."""
    lines = ["| question | figure | n | value | hoped for | reached |", "| --- | --- | --- | --- | --- | --- |"]
    for one in goals:
        n = f"{one.found.n:,}" if isinstance(one.found, Figure) else "–"
        value = str(one.found) if isinstance(one.found, Figure) else f"{one.found:.3f}"
        sign, reached = ("≤" if one.is_most else "≥"), ("yes" if one.holds else "no")
        lines.append(f"| {one.question} | {one.figure} | {n} | {value} | {sign} {one.hoped:g} | {reached} |")
    places = {one.question: one.where for one in goals}
    return "\n".join([*lines, "", *(f"- {question}: {where}." for question, where in places.items())]) + "\n"


def main() -> None:
    """Measure, print the table and write it beside its JSON."""
    parser = argparse.ArgumentParser(description="The released models beside what is hoped for.")
    parser.add_argument("--data", type=Path, default=None, help="the tables; else SULUH_DATA_DIR")
    parser.add_argument("--out", type=Path, default=Path("var/eval"), help="where goals.md and goals.json go")
    asked = parser.parse_args()
    goals = list(compared(measured_on(data_folder(asked.data))))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "goals.md").write_text(as_markdown(goals), encoding="utf-8")
    content = [{**asdict(one), "holds": one.holds} for one in goals]
    (asked.out / "goals.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(as_markdown(goals))


if __name__ == "__main__":
    main()
