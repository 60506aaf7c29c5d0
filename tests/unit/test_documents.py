"""What the documents say is there is there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from serving.desk import states
from serving.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    """A document by its path from the root, as a test names it."""
    return path.relative_to(ROOT).as_posix()


def headings(path: Path) -> set[str]:
    """The anchors that GitHub gives a document's headings."""
    text = FENCE.sub("", path.read_text())
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def tree_paths() -> Iterator[str]:
    """The paths of README's annotated tree, folders by indentation."""
    block = (ROOT / "README.md").read_text().split("```tree\n")[1].split("```")[0]
    parents: list[str] = []
    for line in filter(str.strip, block.splitlines()):
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r" {2,}", line.strip())[0].split()
        for name in names:
            yield "".join(parents[:depth]) + name
        parents[depth:] = [names[0]]


@pytest.mark.parametrize("path", list(tree_paths()))
def test_the_tree_of_the_readme_exists(path: str) -> None:
    """Every file and folder that the README's tree names is there, a folder as a folder."""
    found = ROOT / path
    assert found.is_dir() if path.endswith("/") else found.is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_resolve(document: Path) -> None:
    """A link inside the repository leads to a file, and its anchor to a heading."""
    broken = []
    for target in LINK.findall(FENCE.sub("", document.read_text())):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name) if name else document
        if not file.exists() or (anchor and anchor not in headings(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_make_targets_exist(document: Path) -> None:
    """Every `make` target that a document names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = document.read_text()
    asked = set(re.findall(r"(?:^|`|&& )make ([a-z-]+)", text, re.MULTILINE))
    assert asked <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_in_code_spans_exist(document: Path) -> None:
    """A path such as `serving/desk/states.py` in the running text is a file or folder."""
    spans = re.findall(
        r"`((?:data|models|eval|training|serving|tests|scripts|docs|benchmarks)/[\w./-]+)`", document.read_text()
    )
    assert [span for span in spans if not (ROOT / span).exists()] == []


def test_make_alone_lists_every_target_with_one_line() -> None:
    """`make` prints each public target and what it does."""
    told = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    public = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in told.splitlines()] == public
    assert {"run", "test", "lint", "bench", "soak", "clean", "train", "eval", "screens"} <= set(public)


def test_the_reference_names_every_setting() -> None:
    """The reference's table and the settings are the same list, in the same order."""
    rows = re.findall(r"^\| `SULUH_([A-Z_]+)` \|", (ROOT / "docs/reference.md").read_text(), re.MULTILINE)
    assert [row.lower() for row in rows] == list(Settings.model_fields)


@pytest.mark.parametrize(
    ("heading", "steps"),
    [
        ("Claim", states.CLAIM_STEPS),
        ("Campaign", states.CAMPAIGN_STEPS),
        ("Offer", states.OFFER_STEPS),
        ("Appeal", states.APPEAL_STEPS),
        ("Breaker", states.BREAKER_STEPS),
        ("Second look", states.SECOND_LOOK_STEPS),
        ("Webhook", states.WEBHOOK_STEPS),
    ],
)
def test_the_reference_draws_the_state_machines(heading: str, steps: Mapping[tuple[str, str], str]) -> None:
    """Each table of steps in the reference is the table in the code."""
    section = (ROOT / "docs/reference.md").read_text().split(f"### {heading}\n")[1].split("\n#")[0]
    told = set()
    for step, origins, target in re.findall(r"^\| `(\w+)` \| (.+) \| `(\w+)` \|$", section, re.MULTILINE):
        told |= {(origin, step, target) for origin in re.findall(r"`(\w+)`", origins)}
    assert told == {(str(origin), str(step), str(target)) for (origin, step), target in steps.items()}


def test_no_document_names_a_machine() -> None:
    """No document holds a path of somebody's machine."""
    pattern = re.compile(r"(?<![\w.])(/(?:home|root|work|tmp)/|(?:\.\./)+shared)")
    assert [named(path) for path in DOCUMENTS if pattern.search(path.read_text())] == []
