"""Every template, read as text: nothing untranslated, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from scripts.frontend import ICONS
from serving.console.pages import ENVIRONMENT, HERE, spark_points, words_for
from serving.i18n import Language
from serving.vocabulary import DismissReason, Gate, VerdictLabel

TEMPLATES = sorted(path.name for path in (HERE / "templates").glob("*.html"))
# Names and what stands the same in both languages.
SAME = re.compile(
    r"\b(Suluh|API|English|UTC|Bahasa Indonesia|WIB|WITA|WIT|JSON|CSV|JSONL|RSS|Atom|openapi\.json|ClaimReview)\b"
)
# A class and not a sentence; and attributes that a macro writes into somebody else's tag.
BODY_CLASS = re.compile(r"{% block body_class %}.*?{% endblock %}")
BARE_ATTRIBUTE = re.compile(r'^( aria-[a-z]+="[^"]*")+', re.MULTILINE)
SPOKEN = ("title", "aria-label", "alt", "placeholder", "label")
# A code sample is no sentence.
MUTE = {"script", "style", "code", "pre", "kbd", "svg"}


class Reader(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self):
        super().__init__()
        self.heard = []
        self.open = []
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        self.heard += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not MUTE & set(self.open):
            self.heard.append(data)


def read(name):
    """Read a template's own text, with everything that Jinja fills in left out."""
    source = (HERE / "templates" / name).read_text("utf-8")
    tokens = ENVIRONMENT.lex(BODY_CLASS.sub("", source))
    reader = Reader()
    reader.feed(BARE_ATTRIBUTE.sub("", "".join(value if kind == "data" else "" for _line, kind, value in tokens)))
    return reader


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_sentence_stands_outside_the_catalogue(name):
    """Whatever a person reads or hears is written in ``_()``."""
    bare = [text.strip() for text in read(name).heard if re.search(r"[^\W\d_]{2,}", SAME.sub("", text))]
    assert bare == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name):
    """The content policy would refuse styles, scripts and handlers in the page, and other origins."""
    for tag, attributes in read(name).tags:
        inline = [key for key in attributes if key == "style" or key.startswith(("on", "hx-on"))]
        assert not inline, (tag, attributes)
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/") or attributes.get("type") == "application/ld+json"
        for key in ("src", "href", "action", "hx-get", "hx-post"):
            address = attributes.get(key) or ""
            assert tag == "a" or not address.startswith(("http:", "https:", "//")), (tag, attributes)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_icon_is_one_that_the_front_end_takes(name):
    """An icon that is not copied from npm would be a fault on the page."""
    source = (HERE / "templates" / name).read_text("utf-8")
    assert set(re.findall(r'icon\("([a-z0-9-]+)"\)', source)) <= set(ICONS)


def test_the_icons_are_what_the_script_names():
    """The built file holds exactly the icons of the list."""
    built = json.loads((HERE / "static" / "vendor" / "icons.json").read_text("utf-8"))
    assert set(built) == set(ICONS)


def test_every_verdict_has_a_picture_and_a_border():
    """A verdict is a word with an icon and a border, in every language."""
    css = (HERE / "static" / "suluh.css").read_text("utf-8")
    for language in Language:
        for verdict in VerdictLabel:
            html = _parts("{{ ui.badge_verdict(verdict) }}", language, verdict=verdict)
            assert f"verdict-{verdict.value}" in html
            assert "<svg" in html
            assert f".verdict-{verdict.value}" in css or verdict is VerdictLabel.UNPROVEN


def test_a_word_of_two_vocabularies_has_one_label():
    """No label is lost behind another: where two vocabularies share a value, it is no question."""
    label = words_for(Language.ID)["label"]
    assert label(VerdictLabel.SATIRE) == label(DismissReason.SATIRE) == "satire"
    assert label(DismissReason.OPINION) == "opini"
    assert label(Gate.SATIRE).endswith("?")


def _parts(source, language=Language.ID, **values):
    template = ENVIRONMENT.from_string('{% import "_parts.html" as ui with context %}' + source)
    return template.render(**words_for(language), csrf="t", now=None, **values)


def test_a_score_says_what_it_is_not():
    """The band stands first, then the number, with the sentence that it is no measure of truth."""
    shown = BeautifulSoup(_parts('{{ ui.band("look", 0.873, "linear-1") }}'), "html.parser").span
    assert shown.get_text(" ", strip=True) == "perlu dilihat 87 % linear-1"
    assert "bukan ukuran kebenaran" in shown["title"]


def test_what_was_typed_is_escaped():
    """A value that looks like markup stays text, in fields and areas."""
    evil = '"><script>x</script>'
    assert "<script>" not in _parts('{{ ui.field("a", "b", v) }}{{ ui.area("c", "d", v) }}', v=evil)


@pytest.mark.parametrize("values", [[], [0], [5], [0, 0, 0], [1, 2, 3], [-1, 10**12]])
def test_a_sparkline_stays_inside_its_frame(values):
    """Every point lies in the picture, whatever the numbers."""
    for point in spark_points(values, 96, 24).split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 96
        assert 0 <= y <= 24


# ---- colours -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Theme:
    name: str
    tokens: dict[str, str]


def _themes():
    css = Path(HERE / "static" / "suluh.css").read_text("utf-8")
    for name in ("light", "dark"):
        block = css.split(f':root[data-theme="{name}"] {{', 1)[1]
        yield Theme(name, dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block.split("}", 1)[0])))


def _luminance(colour):
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    """WCAG 2.2's contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *((ink, paper) for ink in ("ink", "ink-2", "link") for paper in ("paper", "sheet", "shade")),
    *((ink, "sheet") for ink in ("ok", "warn", "stop", "note")),
    *(("ink", paper) for paper in ("ok-paper", "warn-paper", "stop-paper", "note-paper")),
    *((name, f"{name}-paper") for name in ("ok", "warn", "stop", "note")),
    ("accent-ink", "accent"),
]
SHAPES = [("line-strong", "sheet"), ("line-strong", "paper"), ("accent-line", "sheet"), ("link", "paper")]


@pytest.mark.parametrize("theme", list(_themes()), ids=lambda theme: theme.name)
def test_text_can_be_read(theme):
    """Text has 4.5:1 and the borders of controls 3:1 (WCAG 2.2 AA, 1.4.3 and 1.4.11), light and dark."""
    weak = [(pair, 4.5) for pair in TEXT if contrast(theme.tokens[pair[0]], theme.tokens[pair[1]]) < 4.5]
    weak += [(pair, 3.0) for pair in SHAPES if contrast(theme.tokens[pair[0]], theme.tokens[pair[1]]) < 3.0]
    assert weak == []


def test_the_device_and_the_reader_choose_the_same_dark():
    """Both blocks of the dark theme state the same tokens."""
    css = (HERE / "static" / "suluh.css").read_text("utf-8")
    by_device = css.split(":root:not([data-theme]) {", 1)[1].split("}", 1)[0]
    by_reader = css.split(':root[data-theme="dark"] {', 1)[1].split("}", 1)[0]
    assert by_device.split() == by_reader.split()
