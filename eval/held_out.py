"""Hoaxes of the tuning months against opinions and news that set nothing but thresholds: what choices are made on.

    python -m eval.held_out encoder linear

No row of the test and no unseen opinion is scored, so a model may be chosen by these figures, and is not to be praised
for them.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click
import numpy as np

from data.schema import Kind, Label
from data.sources.claims import examples
from data.sources.moderation import comments
from data.sources.tables import data_folder
from data.split import Part, split
from eval.metrics import recall_at
from eval.slices import speaks_of_government
from models.artifact import released
from models.measures import auc
from models.score import Scorer

SOURCES: Final = ("emot", "yt_promo_b")
_MOST: Final = 1_500  # texts of a slice, drawn once
_FEWEST_WORDS: Final = 5
_SEED: Final = 20261123
_HOAXES: Final = {"posts": Kind.CIRCULATED_POST, "titles": Kind.FACTCHECK_TITLE}

Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One slice of opinions or news: how much of it is at `look`, and how each kind of hoax stands above it."""

    against: str
    n: int
    flagged: float
    auc: Mapping[str, float]
    recall_at_5: Mapping[str, float]
    recall_at_1: Mapping[str, float]


def lines_of(scorer: Scorer, hoaxes: Texts, others: Texts) -> list[Line]:
    """A line a slice of `others`."""
    high = {name: scorer.probabilities(texts) for name, texts in hoaxes.items()}
    found = []
    for name, texts in others.items():
        low = scorer.probabilities(texts)
        flagged = float((low >= scorer.thresholds.look).mean())
        ranked = {kind: auc(p, low) for kind, p in high.items()}
        at_5, at_1 = ({kind: recall_at(share)(p, low) for kind, p in high.items()} for share in (0.05, 0.01))
        found.append(Line(name, low.size, flagged, ranked, at_5, at_1))
    return found


def texts_of(folder: Path) -> tuple[Texts, Texts]:
    """Hoaxes of the tuning months by kind, and what they are held against."""
    divided = split(examples(folder))
    tune = divided[Part.TUNE]
    hoaxes = {
        name: [row.text for row in tune if row.label is Label.HOAX and row.kind is kind]
        for name, kind in _HOAXES.items()
    }
    said = {
        "emot": [row.text for part in (Part.TRAIN, Part.TUNE) for row in divided[part] if row.source == "emot"],
        "yt_promo_b": [row.text for row in comments(folder) if row.source == "yt_promo_b" and not row.is_promotion],
    }
    said = {name: [text for text in texts if len(text.split()) >= _FEWEST_WORDS] for name, texts in said.items()}
    on_government = {f"{name} on government": list(filter(speaks_of_government, said[name])) for name in SOURCES}
    news = {"news of the tuning months": [row.text for row in tune if row.label is Label.NOT_HOAX]}
    return hoaxes, {name: _drawn(texts) for name, texts in {**said, **on_government, **news}.items() if texts}


def _drawn(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= _MOST:
        return texts
    chosen = np.random.default_rng(_SEED).choice(len(texts), _MOST, replace=False)
    return [texts[int(at)] for at in np.sort(chosen)]


def as_markdown(version: str, lines: Sequence[Line]) -> str:
    """The lines of one model as a Markdown table."""
    rows = [
        f"| {line.against} ({line.n:,}) | {line.flagged:.1%} | "
        + " | ".join(
            f"{line.auc[kind]:.3f} ({line.recall_at_5[kind]:.2f}, {line.recall_at_1[kind]:.2f})" for kind in _HOAXES
        )
        + " |"
        for line in lines
    ]
    heads = " | ".join(f"{kind}: AUC (recall at 5 %, at 1 %)" for kind in _HOAXES)
    return "\n".join((f"\n{version}\n", f"| against (n) | at `look` | {heads} |", "| --- | --- | --- | --- |", *rows))


def main() -> None:
    """Print a table a model."""
    parser = argparse.ArgumentParser(description="Hoaxes of the tuning months against what never trained.")
    parser.add_argument("models", nargs="+", help="released models")
    parser.add_argument("--data", type=Path, default=None, help="the tables; else SULUH_DATA_DIR")
    asked = parser.parse_args()
    hoaxes, others = texts_of(data_folder(asked.data))
    measured = partial(lines_of, hoaxes=hoaxes, others=others)
    scorers = [released(name) for name in asked.models]
    click.echo("\n".join(as_markdown(one.version, measured(one)) for one in scorers))


if __name__ == "__main__":
    main()
