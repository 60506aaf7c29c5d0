"""The page of a model that a fact-checker reads, of the released linear model on a small split of our own."""

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from data.split import split
from eval.behaviour import Change
from eval.readable import as_html, tried
from eval.run import evaluate
from models.artifact import RELEASED, read_manifest, released
from models.score import Band
from tests.unit.test_audit_report import population

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def own():
    """What the released linear model does with texts of our own."""
    return tried(released("linear"))


@pytest.fixture(scope="module")
def page(own):
    """The page, read as a browser would."""
    report = evaluate(released("linear"), split(population()))
    return BeautifulSoup(as_html(report, own, read_manifest(RELEASED / "linear"), NOW), "html.parser")


def test_the_sample_holds_no_hoax_among_the_false_flags(own):
    """Only posts that are no hoaxes are quoted, the highest first, with the band that their score has."""
    thresholds = released("linear").thresholds
    assert own.flags
    assert "hoax" not in {flag.truth for flag in own.flags}
    assert [flag.p_hoax for flag in own.flags] == sorted((flag.p_hoax for flag in own.flags), reverse=True)
    assert all(flag.band is thresholds.band(flag.p_hoax) for flag in own.flags)
    assert own.n_look >= sum(flag.band is Band.LOOK for flag in own.flags)


def test_every_change_is_a_row(own, page):
    """The table of behaviour names each change once, and the swaps together."""
    rows = page.find_all("table")[-1].find("tbody").find_all("tr")
    assert len(rows) == len(Change) + 1 == len(own.changes) + 1


def test_the_page_says_what_a_score_is_not(page):
    """It names the resemblance, and denies that it is a verdict or a judgement of people."""
    words = " ".join(page.get_text().split())
    assert "kemiripan dengan hoaks" in words
    assert "Bukan kemungkinan bahwa sesuatu itu salah" in words
    assert "Bukan penilaian atas orang" in words


def test_the_page_asks_for_nothing_from_outside(page):
    """No script, no address: it can be mailed as it is."""
    assert not page.find_all(["script", "link", "iframe"])
    assert all(image["src"].startswith("data:image/svg+xml;base64,") and image["alt"] for image in page.find_all("img"))
    assert len(page.find_all("img")) == 2


def test_what_is_quoted_is_escaped(own, page):
    """A quotation stands as text, whatever it holds."""
    quoted = [block.get_text() for block in page.find_all("blockquote")]
    assert all(flag.text.split()[0] in block for flag, block in zip(own.flags, quoted, strict=True))
