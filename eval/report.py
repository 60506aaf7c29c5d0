"""A report as JSON, as a Markdown table and as two pictures."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Picture

from eval.metrics import Figure
from eval.run import Curves, Report

_N_BINS: Final = 15
_N_POINTS: Final = 200
_RELIABILITY: Final = "reliability"


def as_json(report: Report) -> dict[str, Any]:
    """The report without its curves, as plain JSON values."""
    content = asdict(report)
    del content["curves"]
    return content


def as_markdown(report: Report) -> str:
    """The report as Markdown tables; every figure with its 95 % interval and n."""
    lines = [
        f"# {report.model}",
        "",
        "| system | hoaxes (n) | against (n) | AUC | recall at 5 % FPR | recall at 1 % FPR |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.system} | {row.positives} ({row.auc.n:,}) | {row.negatives} ({row.n_negatives:,}) "
            f"| {row.auc} | {row.recall_at_5} | {row.recall_at_1} |"
            for row in report.comparisons
        ),
        "",
        f"| slice | n | `look` (p ≥ {report.look:.3f}) | `clear` (p < {report.clear:.3f}) |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {flagged.n:,} | {_percent(flagged)} | {_percent(report.cleared[name])} |"
            for name, flagged in report.flagged.items()
        ),
        *(
            f"| news of {name} | {flagged.n:,} | {_percent(flagged)} | |"
            for name, flagged in report.flagged_by_publisher.items()
        ),
        "",
        *_topic_lines(report),
        *unseen_sentences(report),
        _calibration_sentence(report),
        "",
    ]
    return "\n".join(lines)


def _topic_lines(report: Report) -> list[str]:
    """The topics of `eval.slices` as a table; a dash where there are too few rows for a figure."""
    return [
        "| topic (eval/slices.py) | later hoaxes (n) | found at `look` | others (n) | flagged at `look` | AUC |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.topic} | {row.n_hoaxes:,} | {_percent(row.found)} | {row.n_others:,} | {_percent(row.flagged)} "
            f"| {row.auc or '–'} |"
            for row in report.topics
        ),
        "",
    ]


def unseen_sentences(report: Report) -> list[str]:
    """One sentence where the model learned the unseen opinions, and so may not be measured on them; else none."""
    if not report.learned_unseen:
        return []
    learned = ", ".join(report.learned_unseen)
    sentence = (
        f"Not reported: figures against unseen opinion, because these weights were trained on {learned}; the "
        "model's card gives those of its twin, fitted without."
    )
    return [sentence, ""]


def write(report: Report, folder: Path) -> list[Path]:
    """Write report.json, report.md, reliability.png and precision_recall.png; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("report.json", "report.md")]
    paths[0].write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    paths[1].write_text(as_markdown(report), encoding="utf-8")
    return [*paths, *draw(report.curves, folder)]


def draw(curves: Curves, folder: Path, prefix: str = "") -> list[Path]:
    """Draw reliability.png and precision_recall.png, their names begun by `prefix`; return their paths."""
    paths = [folder / f"{prefix}{name}.png" for name in (_RELIABILITY, "precision_recall")]
    _draw(*reliability(curves), paths[0], ("predicted share of hoaxes", "observed share of hoaxes"))
    _draw(*precision_recall(curves), paths[1], ("recall", "precision"))
    return paths


def reliability(curves: Curves) -> tuple[list[float], list[float]]:
    """Mean probability and observed share a bin, over the declared mix; empty bins are left out."""
    bins = np.minimum((curves.p_hoax * _N_BINS).astype(int), _N_BINS - 1)
    predicted, observed = [], []
    for number in np.unique(bins):
        members = bins == number
        weights = curves.weights[members]
        predicted.append(float(np.average(curves.p_hoax[members], weights=weights)))
        observed.append(float(np.average(curves.is_hoax[members], weights=weights)))
    return predicted, observed


def precision_recall(curves: Curves) -> tuple[list[float], list[float]]:
    """Recall and precision over the declared mix, at `_N_POINTS` thresholds from high to low."""
    order = np.argsort(-curves.p_hoax)
    hits = np.cumsum((curves.weights * curves.is_hoax)[order])
    flagged = np.cumsum(curves.weights[order])
    points = np.linspace(0, order.size - 1, _N_POINTS).astype(int)
    return list(map(float, hits[points] / hits[-1])), list(map(float, hits[points] / flagged[points]))


def _draw(x: list[float], y: list[float], path: Path, axes: tuple[str, str]) -> None:
    picture = Picture(figsize=(5, 4), layout="constrained")
    FigureCanvasAgg(picture)
    plot = picture.subplots()
    plot.plot(x, y, marker=".", color="#0b5394")
    plot.set(xlabel=axes[0], ylabel=axes[1], xlim=(0, 1), ylim=(0, 1))
    if path.stem.endswith(_RELIABILITY):
        plot.plot((0, 1), (0, 1), linestyle="--", color="#888888")
    picture.savefig(path, dpi=150)


def _percent(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def _calibration_sentence(report: Report) -> str:
    before = "" if report.ece_before is None else f"{report.ece_before:.3f} before and "
    after = f"{report.ece_after:.3f} after Platt scaling"
    return f"Expected calibration error over the declared mix ({report.mix_opinion}): {before}{after}."
