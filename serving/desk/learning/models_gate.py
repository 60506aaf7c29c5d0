"""The gate before a promotion: no named slice worse than the champion's, and criticism left alone.

Figures come from the manifests. Each stands under a plain name, ``posts_vs_news.auc``, with its 95 % interval beside it
as ``….low`` and ``….high``; where the interval is missing the value is taken as it stands, which makes the gate
stricter. A figure against opinions that the weights were trained on is not in a manifest at all; the twin's, under
``twin.…``, stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_TWIN: Final = "twin."
_UNSEEN: Final = "unseen_"
_BOUNDS: Final = (".low", ".high", ".n")
_HIGHER_IS_BETTER: Final = (".auc", ".recall_at_5", ".recall_at_1", ".ap", ".found")
_FOUND: Final = frozenset({"posts.look", "titles.look", "official_titles.look"})
_LOWER_IS_BETTER: Final = frozenset({"ece"})
_CRITICISM: Final = "unseen_criticism.look"
_NEW_CRITICISM: Final = "criticism_of_policies_never_met.look"  # where public collections were at hand


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What a candidate must hold to; one object, read by the gate, the screens and the documents.

    Attributes:
        criticism_budget: largest share of unseen criticism in ``look``. A champion above it may be replaced by one
            that flags no more than it does, so that a desk that stands above the budget can only move towards it.
        apart: from this difference in probability on, champion and challenger disagree on a claim.
        widest: an interval wider than this excuses nothing; the value is then taken as it stands.
    """

    criticism_budget: float = 0.01
    apart: float = 0.3
    widest: float = 0.2


LIMITS: Final = GateLimits()


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure with its 95 % interval; a figure without one is its own interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write it as the documents do."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One reason to refuse: which figure, the candidate's (none where it was not measured), and what it is held to."""

    slice: str
    candidate: Measured | None
    wanted: Measured

    def __str__(self) -> str:
        """Name the slice and both figures."""
        return f"{self.slice}: {self.candidate or '–'} ↔ {self.wanted}"


def check_figures(metrics: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` where a figure of a manifest is no share from 0 to 1 inside its own interval."""
    for name, value in metrics.items():
        if direction(name.removeprefix(_TWIN)) == 0:
            continue
        low, high = metrics.get(f"{name}.low", value), metrics.get(f"{name}.high", value)
        if (f"{name}.low" in metrics) != (f"{name}.high" in metrics):
            raise ValueError(f"{name} has one bound and not the other")
        if not all(map(_is_number, (low, value, high))) or not 0 <= low <= value <= high <= 1:
            raise ValueError(f"{name} is no share from 0 to 1 inside its interval")


def figures_of(metrics: Mapping[str, Any]) -> dict[str, Measured]:
    """Read a manifest's figures by name; the twin's stand for those against opinions that the weights have met."""
    own = {name: value for name, value in metrics.items() if _is_figure(name, value)}
    for name in list(own):
        if name.startswith(_TWIN):
            plain = name.removeprefix(_TWIN)
            if _UNSEEN in plain and plain not in metrics:
                own[plain] = own[name]
            del own[name]
    return {name: _measured(metrics, name, float(value)) for name, value in own.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_figure(name: str, value: object) -> bool:
    return _is_number(value) and not name.endswith(_BOUNDS) and direction(name.removeprefix(_TWIN)) != 0


def _measured(metrics: Mapping[str, Any], name: str, value: float) -> Measured:
    source = name if name in metrics else _TWIN + name
    low, high = metrics.get(f"{source}.low"), metrics.get(f"{source}.high")
    return Measured(value, value if low is None else float(low), value if high is None else float(high))


def direction(name: str) -> int:
    """Give 1 where more is better, -1 where less is, 0 for what is no figure of a slice."""
    if name.endswith(_HIGHER_IS_BETTER) or name in _FOUND:
        return 1
    is_threshold = name.startswith("threshold")
    return -1 if (name.endswith((".look", ".flagged")) and not is_threshold) or name in _LOWER_IS_BETTER else 0


def shortfalls(
    candidate: Mapping[str, Any], champion: Mapping[str, Any], limits: GateLimits = LIMITS
) -> tuple[Shortfall, ...]:
    """Give every reason why ``candidate`` may not replace ``champion``, by the metrics of both manifests; none is good.

    A slice is worse where the champion's value lies beyond the candidate's interval on the better side, and where the
    candidate was not measured on it at all; an interval that is too wide counts for nothing. Criticism is held to the
    budget besides, by value.
    """
    own, theirs = figures_of(candidate), figures_of(champion)
    found = [
        Shortfall(name, own.get(name), wanted)
        for name, wanted in sorted(theirs.items())
        if name not in own or _is_worse(name, own[name], wanted, limits)
    ]
    held = [_CRITICISM, *([_NEW_CRITICISM] if _NEW_CRITICISM in own else [])]
    return (*found, *(one for name in held for one in _over_budget(name, own.get(name), theirs.get(name), limits)))


def _is_worse(name: str, own: Measured, wanted: Measured, limits: GateLimits) -> bool:
    says_little = own.high - own.low > limits.widest
    if direction(name) > 0:
        return (own.value if says_little else own.high) < wanted.value
    return (own.value if says_little else own.low) > wanted.value


def _over_budget(name: str, own: Measured | None, theirs: Measured | None, limits: GateLimits) -> tuple[Shortfall, ...]:
    allowed = max(limits.criticism_budget, theirs.value if theirs else 0.0)
    if own is not None and own.value <= allowed:
        return ()
    return (Shortfall(name, own, Measured(allowed, 0.0, allowed)),)
