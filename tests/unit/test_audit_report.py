"""The audit's baselines and its page, on a small split whose leaks are known."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup

from data.schema import Example, Kind, Label
from data.split import split
from eval.audit import leak_report, mixed_sources
from eval.audit_report import as_html, as_text

WORDS = ("ikan", "padi", "perahu", "jagung", "lampu", "sepeda", "gitar", "payung", "meja", "kursi", "pintu", "sumur")
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def said(number):
    """A different everyday sentence for each number of four digits."""
    return f"{WORDS[number % 12]} {WORDS[(number // 12) % 12]} {WORDS[(number * 5 + 3) % 12]} nomor{number} di kampung"


def rows(start, n, kind, label, source, *, day=None, shout=False, publisher="contoh"):
    """`n` rows that say the sentences from `start`; those that shout are typed in capitals with a curly quote."""
    texts = [said(start + i) for i in range(n)]
    typed = [f"“{text.upper()}”" if shout else text for text in texts]
    ids = [f"{source}-{start + i}" for i in range(n)]
    return [
        Example(row_id, text, label, kind, source, publisher, row_id, day)
        for row_id, text in zip(ids, typed, strict=True)
    ]


def population():
    """Hoaxes shout, news and opinions do not: the words are alike, the typing is the label."""
    old, new = date(2024, 3, 1), date(2025, 7, 1)
    hoax = [
        *rows(1000, 60, Kind.CIRCULATED_POST, Label.HOAX, "tbh", day=old, shout=True),
        *rows(1200, 60, Kind.CIRCULATED_POST, Label.HOAX, "tbh", day=new, shout=True),
        *rows(1400, 60, Kind.FACTCHECK_TITLE, Label.HOAX, "tbh", day=old, shout=True),
        *rows(1600, 60, Kind.FACTCHECK_TITLE, Label.HOAX, "tbh", day=new, shout=True),
    ]
    true = rows(1800, 30, Kind.FACTCHECK_TITLE, Label.NOT_HOAX, "tbh", day=old)
    news = [
        *rows(2000, 60, Kind.NEWS_HEADLINE, Label.NOT_HOAX, "news", day=old),
        *rows(2200, 60, Kind.NEWS_HEADLINE, Label.NOT_HOAX, "news", day=new, publisher="liputan6.com"),
    ]
    opinions = [
        *rows(2400, 90, Kind.SOCIAL_POST, Label.OPINION, "emot"),
        *rows(2600, 60, Kind.SOCIAL_POST, Label.OPINION, "hs"),
    ]
    clarified = [replace(row, text=f"klarifikasi {row.text}") for row in true]
    return [*hoax, *clarified, *news, *opinions]


@pytest.fixture(scope="module")
def report():
    """The audit of the population."""
    return leak_report(split(population()))


@pytest.fixture(scope="module")
def html(report):
    """Its page."""
    return as_html(report, NOW)


def trap(report, system, positives="posts", negatives="news"):
    """One figure of the report."""
    (found,) = [
        one for one in report.traps if (one.system, one.positives, one.negatives) == (system, positives, negatives)
    ]
    return found


def test_typing_alone_tells_these_hoaxes_from_news(report):
    """A leak of style shows as an AUC near one."""
    assert trap(report, "style only").auc.value > 0.95


def test_cleaning_takes_that_away(report):
    """On cleaned text the same baseline guesses, its length aside."""
    assert trap(report, "cleaned style without length").auc.value == pytest.approx(0.5, abs=0.1)


def test_a_year_says_nothing_among_rows_of_one_year(report):
    """Hoaxes and news of the test are of 2025."""
    assert trap(report, "year only").auc.value == pytest.approx(0.5, abs=0.05)


def test_a_missing_date_gives_undated_opinions_away(report):
    """The year-only baseline finds what it should."""
    assert trap(report, "year only", negatives="unseen opinion").auc.value > 0.95


def test_wording_inside_the_fact_checkers_own_titles_is_measured(report):
    """True claims that begin with a verdict are told from hoaxes by it."""
    assert report.own_wording is not None
    assert report.own_wording.value > 0.95


def test_source_and_label_are_counted(report):
    """Only one source gives both; guessing by source is nearly always right."""
    assert mixed_sources(report) == ["tbh"]
    assert report.label_from_source > 0.9


def test_typing_is_counted_before_cleaning(report):
    """Curly quotes stand in all hoax posts and in no news."""
    typing = {one.slice: one for one in report.typing}
    assert typing["posts"].typographic_quotes == 1
    assert typing["news"].typographic_quotes == 0


def test_the_page_stands_alone_and_names_its_figures(report, html):
    """One file: no script, nothing fetched, each picture described, each trap with interval and n in a table."""
    page = BeautifulSoup(html, "html.parser")
    assert page.find("script") is None
    assert page.find("link") is None
    assert all(image["src"].startswith("data:image/svg+xml;base64,") and image["alt"] for image in page("img"))
    assert report.fingerprint in page.get_text()
    table = page.find_all("table")[1]
    assert len(table.tbody("tr")) == len(report.traps)
    assert page.html["lang"] == "id"
    assert all(head.get_text(strip=True) for head in page("th"))


def test_the_page_holds_no_text_of_the_data(html):
    """A report may be passed on where the texts may not."""
    assert not any(row.text in html for row in population())


def test_the_same_figures_give_the_same_file(report, html):
    """Nothing random enters the pictures."""
    assert as_html(report, NOW) == html


def test_a_failure_is_said_first_on_the_page(report):
    """What refuses training stands above everything else, and on the terminal as FAIL."""
    first, *others = report.audit.checks
    failed = replace(report, audit=replace(report.audit, checks=(replace(first, found=1.0), *others)))
    page = BeautifulSoup(as_html(failed, NOW), "html.parser")
    assert "Tidak lulus" in page.find(class_="fail").get_text()
    assert "FAIL verdict before the text" in as_text(failed)


def test_a_split_without_a_kind_has_no_figure_for_it():
    """Missing rows give no row in the table, not a wrong one."""
    found = leak_report(split([row for row in population() if row.kind is not Kind.NEWS_HEADLINE]))
    assert {one.negatives for one in found.traps} == {"unseen opinion", "opinion of seen sources"}
