"""What was measured as a page of the documents: one table of goals, then each question with its samples.

Written by ``python -m benchmarks.run --page`` from ``artifacts/bench.json``, never by hand.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

HEAD = """# Benchmarks
Written by `make bench`; do not edit. Each figure is ours against a peer's in the same run on the same machine: the
median of its rounds, and from the least to the largest of them. `benchmarks/goals.toml` has the goals,
`artifacts/bench.json` every sample. A goal that was missed is shown as missed, and what bounds it stands with its row.

`python -m benchmarks.run` repeats all of it at small sizes, `--full` at those that the goals speak of, and a row's name
after it that row alone.

| question | peer | figure | median | least to largest | goal | reached |
| --- | --- | --- | --- | --- | --- | --- |
"""

_NAMED_LINE = re.compile(r"^\| [^|]*\[`(\w+)`\] \|")
_NAMED_PART = re.compile(r"^(?=## `(\w+)`)(.*?\n)(?=\n## `|\Z)", re.MULTILINE | re.DOTALL)


def written(results: Sequence[Mapping[str, Any]], bounds: Mapping[str, str], before: str = "") -> str:
    """Write the page for the rows named in ``bounds``, in their order; each has what keeps it from its goal.

    A row without a result here keeps what the page ``before`` says of it, with its own day and commit: a machine that
    measured one row renews that one.
    """
    by_name = {each["name"]: each for each in results}
    lines_before, parts_before = _lines_of(before), dict(_NAMED_PART.findall(before))
    table = [
        line
        for name in bounds
        for line in (_table(name, by_name[name]) if name in by_name else lines_before.get(name, _table(name, None)))
    ]
    parts = [
        _section(by_name[name], bound) if name in by_name else parts_before[name]
        for name, bound in bounds.items()
        if name in by_name or name in parts_before
    ]
    return HEAD + "\n".join(table) + "\n\n" + "\n".join(parts)


def _lines_of(page: str) -> dict[str, list[str]]:
    """Give the lines of the table by row; those after a row's first begin with empty cells."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in page.splitlines():
        if named := _NAMED_LINE.search(line):
            lines = found[named[1]] = [line]
        elif line.startswith("|  |  |"):
            lines.append(line)
    return found


def _table(name: str, found: Mapping[str, Any] | None) -> list[str]:
    if found is None or not found["detail"]["figures"]:
        return [f"| `{name}` | | not measured | | | | **no** |"]
    detail = found["detail"]
    lines: list[str] = []
    for figure, each in detail["figures"].items():
        if each["goal"] is None:
            continue
        first = not lines
        question = f"{detail['question']} [`{name}`]" if first else ""
        sign = "≤" if each["better"] == "less" else "≥"
        lines.append(
            f"| {question} | {detail['peer'] if first else ''} | {figure} | **{_number(each['value'])}** "
            f"| {_spread(each['samples'])} | {sign} {each['goal']:,g} | {'yes' if each['reached'] else '**no**'} |"
        )
    return lines


def _section(found: Mapping[str, Any], bound: str) -> str:
    detail = found["detail"]
    machine = detail["machine"]
    load = " ".join(map(str, machine["load"]))
    sizes = "full sizes" if detail["full"] else "small sizes"
    where = f"{machine['cores']} cores, load average {load}, Python {machine['python']}"
    run = f"{detail['at']}, commit `{detail['commit']}`, {sizes}, {detail['seconds']:.0f} s, {where}."
    beside = f"{detail['question']}. Beside: {detail['peer']}{_versions(detail['peer_version'])}."
    command = f"python -m benchmarks.run {'--full ' if detail['full'] else ''}{found['name']}"
    lines = [f"## `{found['name']}`", beside, run, f"Again: `{command}`.", ""]
    if not found["holds"]:
        lines[-1:] = [_why(detail, bound), ""]
    for figure, each in detail["figures"].items():
        spread = _spread(each["samples"])
        lines.append(f"- {figure}: {_number(each['value'])}{f' ({spread})' if spread else ''}")
        lines.extend(f"  - {_told(name, value)}" for name, value in each["raw"].items())
    return "\n".join(lines) + "\n"


def _why(detail: Mapping[str, Any], bound: str) -> str:
    if detail["exit_code"]:
        return f"**It stopped with exit code {detail['exit_code']}; what is missing was not measured.**"
    return f"**What bounds it:** {bound or 'not yet known.'}"


def _versions(named: str) -> str:
    return f" ({named})" if named else ""


def _spread(samples: Sequence[float]) -> str:
    return f"{_number(min(samples))}–{_number(max(samples))}" if len(samples) > 1 else ""


def _told(name: str, value: object) -> str:
    if isinstance(value, list):
        return f"{name}: {', '.join(_number(each) for each in value)}"
    return f"{name}: {_number(value) if isinstance(value, int | float) else value}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
