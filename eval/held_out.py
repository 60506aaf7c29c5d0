"""Hoaxes against opinions that no model trains on: of the tuning months, to choose by, and of the test, to be believed.

    python -m eval.held_out encoder linear
    python -m eval.held_out --final encoder linear

Without `--final` no row of the test and no unseen opinion is scored: hoaxes of the tuning months stand against opinions
and news that set nothing but thresholds, so a model may be chosen by these figures, and is not to be praised for them.
With it, hoaxes of the test months stand against each public collection that is there to measure
(`data/collections.toml`): what people said of policies that no model met.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click
import numpy as np

from data.collected import Use, collections_for
from data.corpus import dealt
from data.schema import DataError, Example, Kind, Label
from data.sources.moderation import comments
from data.sources.tables import data_folder
from data.split import Part
from eval.metrics import recall_at
from eval.slices import speaks_of_government
from models.artifact import released
from models.measures import auc
from models.score import Scorer

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
    divided = dealt(folder)
    tune = divided[Part.TUNE]
    said: Texts = {
        "emot": [row.text for part in (Part.TRAIN, Part.TUNE) for row in divided[part] if row.source == "emot"],
        "yt_promo_b": [row.text for row in comments(folder) if row.source == "yt_promo_b" and not row.is_promotion],
    }
    said = _with_government({**said, **_by_source(divided[Part.COLLECTED_TUNE])})
    news = {"news of the tuning months": [row.text for row in tune if row.label is Label.NOT_HOAX]}
    return _hoaxes(tune), {name: _drawn(texts) for name, texts in {**said, **news}.items() if texts}


def final_texts_of(folder: Path) -> tuple[Texts, Texts]:
    """Hoaxes of the test months by kind, and the collections that are there to measure; DataError where none is."""
    divided = dealt(folder)
    said = _with_government(_by_source(divided[Part.NEVER_MET]))
    if not said:
        names = " ".join(collections_for(Use.TEST))
        raise DataError(f"No collection to measure on is here; `suluh data pull {names}` fetches them.")
    return _hoaxes(divided[Part.TEST]), {name: _drawn(texts) for name, texts in said.items() if texts}


def _hoaxes(rows: Iterable[Example]) -> Texts:
    kept = [row for row in rows if row.label is Label.HOAX]
    return {name: [row.text for row in kept if row.kind is kind] for name, kind in _HOAXES.items()}


def _by_source(rows: Iterable[Example]) -> Texts:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.source, []).append(row.text)
    return found


def _with_government(said: Texts) -> Texts:
    """`said` without the shortest texts, and beside each source its texts about government."""
    kept = {name: [text for text in texts if len(text.split()) >= _FEWEST_WORDS] for name, texts in said.items()}
    return {**kept, **{f"{name} on government": list(filter(speaks_of_government, kept[name])) for name in kept}}


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
    parser.add_argument("--final", action="store_true", help="test months against collections that measure")
    asked = parser.parse_args()
    hoaxes, others = (final_texts_of if asked.final else texts_of)(data_folder(asked.data))
    measured = partial(lines_of, hoaxes=hoaxes, others=others)
    scorers = [released(name) for name in asked.models]
    click.echo("\n".join(as_markdown(one.version, measured(one)) for one in scorers))


if __name__ == "__main__":
    main()
