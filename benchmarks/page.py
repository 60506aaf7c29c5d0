"""What was measured as a page of the documents: one table of goals, then each question with its samples.

Written by ``python -m benchmarks.run --page`` from ``artifacts/bench.json``, never by hand.
"""

from collections.abc import Mapping, Sequence
from typing import Any

HEAD = """# Benchmarks
Written by `make bench`; do not edit. Each figure is ours against a peer's in the same run on the same machine: the
median of its rounds, and from the least to the largest of them. `benchmarks/goals.toml` has the goals,
`artifacts/bench.json` every sample. A goal that was missed is shown as missed.

| question | peer | figure | goal | reached |
| --- | --- | --- | --- | --- |
"""


def written(results: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Write the page for the rows of these names, in their order."""
    by_name = {each["name"]: each for each in results}
    table = [line for name in names for line in _table(name, by_name.get(name))]
    parts = [_section(by_name[name]) for name in names if name in by_name]
    return HEAD + "\n".join(table) + "\n\n" + "\n".join(parts)


def _table(name: str, found: Mapping[str, Any] | None) -> list[str]:
    if found is None or not found["detail"]["figures"]:
        return [f"| `{name}` | | not measured | | |"]
    detail = found["detail"]
    lines = []
    for figure, each in detail["figures"].items():
        if each["goal"] is None:
            continue
        first = not lines
        question = f"{detail['question']} [`{name}`]" if first else ""
        sign = "≤" if each["better"] == "less" else "≥"
        lines.append(
            f"| {question} | {detail['peer'] if first else ''} | {figure}: **{_number(each['value'])}**"
            f"{_spread(each['samples'])} | {sign} {each['goal']:g} | {'yes' if each['reached'] else '**no**'} |"
        )
    return lines


def _section(found: Mapping[str, Any]) -> str:
    detail = found["detail"]
    machine = detail["machine"]
    load = " ".join(map(str, machine["load"]))
    sizes = "full sizes" if detail["full"] else "small sizes"
    where = f"{machine['cores']} cores, load average {load}, Python {machine['python']}"
    run = f"{detail['at']}, commit `{detail['commit']}`, {sizes}, {detail['seconds']:.0f} s, {where}."
    beside = f"{detail['question']}. Beside: {detail['peer']}{_versions(detail['peer_version'])}."
    lines = [f"## `{found['name']}`", beside, run, ""]
    for figure, each in detail["figures"].items():
        lines.append(f"- {figure}: {_number(each['value'])}{_spread(each['samples'])}")
        lines.extend(f"  - {_told(name, value)}" for name, value in each["raw"].items())
    return "\n".join(lines) + "\n"


def _versions(named: str) -> str:
    return f" ({named})" if named else ""


def _spread(samples: Sequence[float]) -> str:
    return f" ({_number(min(samples))}–{_number(max(samples))})" if len(samples) > 1 else ""


def _told(name: str, value: object) -> str:
    if isinstance(value, list):
        return f"{name}: {', '.join(_number(each) for each in value)}"
    return f"{name}: {_number(value) if isinstance(value, int | float) else value}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
