"""Measure a moderator: rows that its fit never met, opinions that nobody marked, and criticism of government.

Average precision says how well a label's texts are ranked above the others; recall is read where 1 % of the others
would be flagged; and the share of unmarked opinions that a label flags is a headline beside both. A source that is left
out whole says more than parts of the groups of the only source there is, so every figure says which of the two it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from data.normalise import normalise
from data.schema import Comment, Example
from data.sources.claims import examples
from data.sources.moderation import comments
from data.split import Part, split
from eval.metrics import Figure, recall_at, share, with_interval
from eval.slices import speaks_of_government
from models.artifact import load_moderator, read_manifest
from models.calibration import Floats
from models.moderation import LABELS, ModerationLabel, Moderator

Marks = npt.NDArray[np.bool_]
Known = dict[ModerationLabel, bool]

KIND: Final = "moderation"
"""The kind of artefact that is measured here."""
LEFT_OUT: Final = "source left out"
GROUPED: Final = "grouped inside the tables' only source"
NEVER_MET: Final = "source outside the tables, never met"
UNMARKED: Final = "unseen opinion, unmarked"
CRITICISM: Final = "unseen criticism, unmarked"
RECORDED: Final = "held_out"
"""In a manifest's metrics: the figures of `held_out_figures`, which only training can make."""
FLAGGED: Final = "flagged"
"""In a manifest's metrics: the shares of `flag_figures`, those of the twin included."""
POSTED: Final = "posted"
"""In a manifest's metrics: the shares of citizens' posts that are flagged, of collections that only measure."""

# Letters that Unicode styles: boxed, circled, full width and mathematical ones.
_STYLED: Final = ((0x1F110, 0x1F18F), (0x24B6, 0x24E9), (0xFF21, 0xFF5A), (0x1D400, 0x1D7FF))
# What the collection that the unseen opinions come from was annotated for.
_LOOKED_FOR: Final = frozenset({ModerationLabel.HATE, ModerationLabel.ABUSIVE})
_FEWEST: Final = 20  # rows on a side; below, there is no figure


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a fit of one label did not meet: the `name` of a source, and `how`, LEFT_OUT or GROUPED.

    `flag` is the label's threshold.
    """

    label: ModerationLabel
    how: str
    name: str
    flag: float


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """How one label does on rows that the fit at hand did not meet; `found.n` counts the texts that carry the label.

    `found` is the share of those that are flagged at the label's threshold.
    """

    label: ModerationLabel
    how: str
    left_out: str
    n: int
    ap: Figure
    recall_at_1: Figure
    recall_at_5: Figure
    found: Figure


@dataclass(frozen=True, slots=True)
class FlagFigures:
    """The share of a slice that a label flags, by the weights themselves or by their twin."""

    label: ModerationLabel
    fit: str
    slice: str
    flagged: Figure


@dataclass(frozen=True, slots=True)
class ModerationReport:
    """All figures of one moderator; `not_reported` names the labels whose weights learned the unseen opinions."""

    model: str
    held_out: tuple[HeldOutFigures, ...]
    flagged: tuple[FlagFigures, ...]
    not_reported: tuple[ModerationLabel, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """One unseen opinion and what its own collection says of it.

    `key` tells whether a fit met the text; `marks` are the labels that the collection annotated, None where its table
    lacks the text.
    """

    text: str
    key: str
    marks: Mapping[ModerationLabel, bool] | None
    is_criticism: bool


def average_precision(positives: Floats, negatives: Floats) -> float:
    """Area under precision over recall, by the step rule (no interpolation)."""
    marks = np.concatenate((np.ones(positives.size), np.zeros(negatives.size)))
    return float(average_precision_score(marks, np.concatenate((positives, negatives))))


def is_styled(text: str) -> bool:
    """Whether the text holds a letter that Unicode styles, as promotions do to pass word filters."""
    return any(first <= ord(letter) <= last for letter in text for first, last in _STYLED if not letter.isascii())


def held_out_figures(what: LeftOut, scores: Floats, marks: Marks) -> HeldOutFigures | None:
    """Figures of calibrated `scores` (n,) for rows with and without the label; None where either are too few."""
    positives, negatives = scores[marks], scores[~marks]
    if min(positives.size, negatives.size) < _FEWEST:
        return None
    return HeldOutFigures(
        label=what.label,
        how=what.how,
        left_out=what.name,
        n=scores.size,
        ap=with_interval(average_precision, positives, negatives),
        recall_at_1=with_interval(recall_at(0.01), positives, negatives),
        recall_at_5=with_interval(recall_at(0.05), positives, negatives),
        found=share(positives >= what.flag),
    )


def by_lettering(what: LeftOut, scores: Floats, marks: Marks, texts: Sequence[str]) -> Iterator[HeldOutFigures]:
    """The same for promotions in styled letters and in plain ones apart, each against all texts without the label."""
    styled = np.array([is_styled(text) for text in texts], dtype=bool)
    for name, chosen in (("styled letters", styled), ("plain letters", ~styled)):
        kept = ~marks | chosen
        figures = held_out_figures(replace(what, name=f"{what.name}, {name}"), scores[kept], marks[kept])
        if figures is not None:
            yield figures


def known_labels(comment: Comment) -> Known:
    """The labels that the comment's source annotated; an empty cell is no label, and never a 0."""
    cells = {label: getattr(comment, label.value) for label in LABELS}
    return {label: bool(cell) for label, cell in cells.items() if cell is not None}


def key_of(cleaned: str) -> str:
    """What is left of a cleaned text without blanks and placeholders: the same for two copies of one tweet."""
    return "".join(word for word in cleaned.split() if not word.startswith("@"))


def unseen_opinions(opinions: Sequence[Example], rows: Iterable[Comment]) -> tuple[Opinion, ...]:
    """The unseen opinions, each with the marks of the `rows` that hold its text."""
    keys = [key_of(normalise(opinion.text)) for opinion in opinions]
    wanted = set(keys)
    marks: dict[str, Known] = {}
    for row in rows:
        known = known_labels(row)
        if known.keys() >= _LOOKED_FOR:
            key = key_of(normalise(row.text))
            if key in wanted:
                marks[key] = {label: is_one for label, is_one in known.items() if label in _LOOKED_FOR}
    return tuple(
        Opinion(opinion.text, key, marks.get(key), speaks_of_government(opinion.text))
        for opinion, key in zip(opinions, keys, strict=True)
    )


def unmarked(opinions: Iterable[Opinion], label: ModerationLabel) -> tuple[Opinion, ...]:
    """Opinions that their collection looked at and left without `label`, or without any mark where it knows no such."""
    return tuple(opinion for opinion in opinions if opinion.marks is not None and not _marked(opinion.marks, label))


def _marked(marks: Mapping[ModerationLabel, bool], label: ModerationLabel) -> bool:
    return marks[label] if label in marks else any(marks.values())


def flag_figures(
    moderator: Moderator, opinions: Sequence[Opinion], labels: Iterable[ModerationLabel], fit: str
) -> tuple[FlagFigures, ...]:
    """The share of unmarked opinions, and of unmarked criticism among them, that each of `labels` flags."""
    answers = moderator.moderate_many([opinion.text for opinion in opinions])
    flags = {id(opinion): answer.flags for opinion, answer in zip(opinions, answers, strict=True)}
    figures = []
    for label in labels:
        left = unmarked(opinions, label)
        slices = {UNMARKED: left, CRITICISM: tuple(one for one in left if one.is_criticism)}
        for name, members in slices.items():
            hits = np.array([label in flags[id(member)] for member in members], dtype=bool)
            figures.append(FlagFigures(label, fit, name, share(hits)))
    return tuple(figures)


def measure(folder: Path, tables: Path) -> ModerationReport:
    """The figures of the artefact in `folder`: those that training recorded, and its flags on opinions never learned.

    Raises ArtifactError where the folder may not be loaded, DataError where the tables may not be read.
    """
    manifest = read_manifest(folder)
    moderator = load_moderator(folder)
    opinions = unseen_opinions(split(examples(tables))[Part.UNSEEN_OPINION], comments(tables))
    learned = {label for opinion in opinions if opinion.marks for label in opinion.marks}
    never = tuple(label for label in LABELS if label not in learned)
    recorded = tuple(_held_out_of(one) for one in manifest.metrics[RECORDED])
    twins = tuple(one for one in map(_flags_of, manifest.metrics[FLAGGED]) if one.label in learned)
    posted = tuple(map(_flags_of, manifest.metrics.get(POSTED, ())))
    return ModerationReport(
        model=moderator.version,
        held_out=recorded,
        flagged=(*flag_figures(moderator, opinions, never, "these weights"), *twins, *posted),
        not_reported=tuple(label for label in LABELS if label in learned),
    )


def _held_out_of(stored: Mapping[str, Any]) -> HeldOutFigures:
    figures = {name: Figure(**stored[name]) for name in ("ap", "recall_at_1", "recall_at_5", "found")}
    return HeldOutFigures(**{**stored, **figures, "label": ModerationLabel(stored["label"])})


def _flags_of(stored: Mapping[str, Any]) -> FlagFigures:
    return FlagFigures(**{**stored, "label": ModerationLabel(stored["label"]), "flagged": Figure(**stored["flagged"])})


def as_json(report: ModerationReport) -> dict[str, Any]:
    """The report as plain JSON values."""
    return asdict(report)


def held_out_rows(figures: Iterable[HeldOutFigures]) -> list[str]:
    """The table of what fits said of rows that they did not meet, in Markdown."""
    return [
        "| label | what the fit did not meet | rows (with the label) | AP | recall at 1 % | recall at 5 % | flagged |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.label} | {row.left_out} ({row.how}) | {row.n:,} ({row.ap.n:,}) "
            f"| {row.ap} | {row.recall_at_1} | {row.recall_at_5} | {row.found.value:.1%} |"
            for row in figures
        ),
    ]


def flag_rows(figures: Iterable[FlagFigures]) -> list[str]:
    """The table of flags on unmarked opinions, in Markdown."""
    return [
        "| label | fit | slice | n | flagged |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.label} | {row.fit} | {row.slice} | {row.flagged.n:,} "
            f"| {row.flagged.value:.2%} [{row.flagged.low:.2%}, {row.flagged.high:.2%}] |"
            for row in figures
        ),
    ]


def as_markdown(report: ModerationReport) -> str:
    """The report as Markdown tables; every figure with its 95 % interval and n."""
    learned = ", ".join(report.not_reported)
    sentence = (
        f"Flags of {learned} on unseen opinion are those of the twin that training made: these weights learned them."
        if learned
        else ""
    )
    lines = [f"# {report.model}", "", *held_out_rows(report.held_out), "", *flag_rows(report.flagged), "", sentence]
    return "\n".join(lines).rstrip() + "\n"


def write(report: ModerationReport, folder: Path) -> list[Path]:
    """Write moderation.json and moderation.md; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "moderation.json", folder / "moderation.md"]
    paths[0].write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    paths[1].write_text(as_markdown(report), encoding="utf-8")
    return paths
