"""A simulated month as a picture and as lines of docs/programme.md, between two marks; the rest of that page stays."""

from pathlib import Path
from statistics import median

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.people import N_VARIANTS
from benchmarks.simulate_figures import Figures, gini

PAGE, PICTURE = "programme.md", "programme.svg"
BEGIN, END = "<!-- simulation: begin -->", "<!-- simulation: end -->"
ALT = "burden, fairness, coverage and same words over the simulated days"
OURS = "Suluh"
COLOURS = {OURS: "#0b6e4f", "largest first": "#b5460f", "drawn by lot": "#5b6770"}
STYLES = {OURS: "-", "largest first": "--", "drawn by lot": ":"}


def write(folder: Path, seed: int, found: Figures) -> None:
    """Draw the picture, and put the lines between the marks of the page; a page without them gets both at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    # Letters stay letters, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "suluh", "font.size": 9}):
        drawn(found).savefig(folder / PICTURE, metadata={"Date": None})
    page = folder / PAGE
    before = page.read_text("utf-8") if page.exists() else ""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [f"- {line}" for line in found.told()]
    again = f"`python -m benchmarks.simulate --people {len(found.offers)} --days {found.n_days} --seed {seed}`"
    body = "\n".join([f"Seed {seed}; again with {again}.", "", *lines, "", f"![{ALT}]({PICTURE})"])
    page.write_text(f"{head.rstrip()}\n\n{BEGIN}\n{body}\n{END}\n{tail.lstrip()}", "utf-8")


def drawn(found: Figures) -> Figure:
    """Draw burden, fairness, coverage and words side by side."""
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    grid = figure.subplots(2, 2)
    _burden(grid[0, 0], found)
    _fairness(grid[0, 1], found)
    _coverage(grid[1, 0], found)
    _words(grid[1, 1], found)
    return figure


def _rules(found: Figures) -> dict[str, np.ndarray]:
    return {name: np.array(offers) for name, offers in {OURS: found.offers, **found.baselines}.items()}


def _burden(axes: Axes, found: Figures) -> None:
    for name, offers in _rules(found).items():
        counts = np.bincount(offers)
        axes.step(range(len(counts)), counts, where="mid", label=name, color=COLOURS[name], linestyle=STYLES[name])
    axes.set(title="Burden", xlabel=f"offers in {found.n_days} days", ylabel="people", yscale="log")
    axes.legend(frameon=False)


def _fairness(axes: Axes, found: Figures) -> None:
    for name, offers in _rules(found).items():
        share = np.concatenate([[0.0], np.cumsum(offers) / max(1, offers.sum())])
        label = f"{name}, Gini {gini(offers.tolist()):.2f}"
        people = np.linspace(0, 1, len(share))
        axes.plot(people, share, label=label, color=COLOURS[name], linestyle=STYLES[name], markevery=50)
    axes.set(title="Fairness", xlabel="share of the people, least asked first", ylabel="share of the offers")
    axes.legend(frameon=False)


def _coverage(axes: Axes, found: Figures) -> None:
    days = range(1, found.n_days + 1)
    axes.plot(days, found.provinces_by_day, label="provinces with people", color=COLOURS[OURS])
    axes.plot(days, found.people_by_day, label="people", color=COLOURS["largest first"], linestyle="--")
    axes.set(title="Coverage", xlabel="day", ylabel="share asked at least once", ylim=(0, 1.02))
    axes.legend(frameon=False, loc="lower right")


def _words(axes: Axes, found: Figures) -> None:
    axes.hist(found.identical, bins=20, color=COLOURS[OURS])
    axes.axvline(1 / N_VARIANTS, color="black", linestyle=":", label=f"one in {N_VARIANTS} wordings")
    axes.axvline(median(found.identical or [0]), color=COLOURS["largest first"], linestyle="--", label="median")
    axes.set(title="Same words", xlabel="share of pairs of posts about one campaign", ylabel="campaigns")
    axes.legend(frameon=False)
