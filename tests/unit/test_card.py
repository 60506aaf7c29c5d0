"""The card is readable, honest about who shares it, and always the same for the same words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageChops, ImageStat

from scripts.cards import WORDS
from serving.channels import card
from serving.desk.outreach import posting
from serving.desk.outreach.kits import card_alt
from serving.vocabulary import CardShape

REFERENCES = Path(__file__).parent / "cards"
SHAPES = {CardShape.SQUARE: (1080, 1080), CardShape.STORY: (1080, 1920), CardShape.WIDE: (1200, 630)}
# A typeface is drawn a little differently by another version of its library; words that moved differ by far more.
MEAN_DIFFERENCE_MAX = 1.5
FAR_OFF = 96
FAR_OFF_SHARE_MAX = 0.002


def _open(png):
    return Image.open(BytesIO(png))


@cache
def _drawn(shape):
    return _open(card.draw(WORDS, shape)).convert("RGB")


def _luminance(colour):
    def linear(channel):
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _difference(one, other):
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L")


@pytest.mark.parametrize(("shape", "size"), SHAPES.items())
def test_each_shape_is_a_png_of_its_size(shape, size):
    """Square for a feed, upright for a story, wide for a message, in the pixels that the platforms take."""
    picture = _open(card.draw(WORDS, shape))
    assert (picture.format, picture.size) == ("PNG", size)


@pytest.mark.parametrize("shape", CardShape)
def test_it_looks_like_its_reference(shape):
    """Nobody moves, recolours or drops anything on a card without looking at the new picture: ``scripts.cards``."""
    reference = Image.open(REFERENCES / f"{shape}.png")
    drawn = _drawn(shape)
    assert drawn.size == reference.size
    difference = _difference(drawn, reference)
    assert ImageStat.Stat(difference).mean[0] <= MEAN_DIFFERENCE_MAX
    n_far_off = sum(difference.histogram()[FAR_OFF:])
    assert n_far_off <= FAR_OFF_SHARE_MAX * drawn.width * drawn.height


@pytest.mark.parametrize("changed", ["kicker", "title", "issuer", "disclosure", "link"])
def test_another_word_is_another_picture(changed):
    """What a reference is compared by sees one changed line, whichever it is."""
    other = replace(WORDS, **{changed: f"https://lain.example/{changed}"})
    difference = _difference(_drawn(CardShape.SQUARE), _open(card.draw(other)))
    assert sum(difference.histogram()[FAR_OFF:]) > FAR_OFF_SHARE_MAX * difference.width * difference.height


@pytest.mark.parametrize("shape", CardShape)
def test_the_same_words_give_the_same_bytes(shape):
    """Nothing of the time or the machine is in the file."""
    assert card.draw(WORDS, shape) == card.draw(WORDS, shape)


@pytest.mark.parametrize("shape", CardShape)
def test_no_word_is_too_small_on_a_phone(shape):
    """As wide as a phone's screen, the smallest words measure 12 CSS pixels and the title no less."""
    layout = card.LAYOUTS[shape]
    scale = card.PHONE_PX / layout.width
    assert layout.words * scale >= card.LEAST_PX
    assert min(layout.title_sizes) * scale >= card.LEAST_PX


@pytest.mark.parametrize("shape", CardShape)
def test_what_is_drawn_has_the_colours_whose_contrast_was_computed(shape):
    """Nine pixels in ten are paper, ink, amber or the code's white; the rest are edges of letters between two of them."""
    drawn = _drawn(shape)
    counts = {colour: n for n, colour in drawn.getcolors(drawn.width * drawn.height)}
    house = {card.PAPER, card.INK, card.QUIET, card.AMBER, card.CODE_PAPER}
    assert sum(n for colour, n in counts.items() if colour in house) >= 0.9 * drawn.width * drawn.height


@pytest.mark.parametrize("shape", CardShape)
def test_the_disclosure_is_never_cut(shape):
    """The longest name of an employer that a post takes has its lines on each shape, beside the widest code."""
    layout = card.LAYOUTS[shape]
    employer = "Kementerian Pemberdayaan Kesejahteraan Perlindungan dan Pembangunan"
    assert len(employer) <= posting.EMPLOYER_MAX_CHARS
    width = layout.inner - layout.code - layout.words
    lines = card.wrapped(f"Dibagikan oleh ASN {employer}", card._font(layout.words), width)
    assert len(lines) <= layout.lines[1]
    assert sum(layout.lines) * layout.words * card.LINE_HEIGHT <= layout.foot[1] - layout.foot[0] + layout.words


@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        (card.INK, card.PAPER, 7),
        (card.QUIET, card.PAPER, 4.5),
        (card.PAPER, card.INK, 7),
        (card.AMBER, card.PAPER, 2.9),
    ],
    ids=["words", "quiet words", "address", "mark (no words)"],
)
def test_contrast(ink, paper, least):
    """Words reach WCAG 2.2 AA (4.5), the main ones AAA (7); amber carries shapes only."""
    assert _contrast(ink, paper) >= least


@pytest.mark.parametrize("shape", CardShape)
def test_the_code_leads_to_the_link(shape):
    """Module by module, the picture's code is the code of the link."""
    layout = card.LAYOUTS[shape]
    picture = _drawn(shape).convert("L")
    code = segno.make(WORDS.link, error="m", micro=False)
    n = code.symbol_size(border=0)[0]
    scale = layout.code // code.symbol_size(border=2)[0]
    side = (n + 4) * scale
    left, top = layout.width - layout.margin - side, layout.foot[1] - side
    seen = [
        [
            picture.getpixel((left + (x + 2) * scale + scale // 2, top + (y + 2) * scale + scale // 2)) < 128
            for x in range(n)
        ]
        for y in range(n)
    ]
    assert seen == [[bool(module) for module in row] for row in code.matrix]


@pytest.mark.parametrize("shape", CardShape)
@pytest.mark.parametrize("title", ["Pendek.", "kata " * 120, "x" * 400, "Café “naïve” — 日本 👍"])
def test_any_title_fits(title, shape):
    """A long title is set smaller, then cut with dots; no line leaves its box."""
    layout = card.LAYOUTS[shape]
    size, lines = card.fitted(card.drawable(title), layout)
    assert len(lines) * size * card.LINE_HEIGHT <= layout.title[1] - layout.title[0]
    assert all(card._font(size).getlength(line) <= layout.inner for line in lines)
    assert _open(card.draw(replace(WORDS, title=title), shape)).size == SHAPES[shape]


def test_only_letters_that_the_typeface_has_are_drawn():
    """Accents are dropped and marks simplified, so that no empty box is printed."""
    assert card.drawable("Café — “naïve”… 日本 👍") == 'Cafe - "naive"...'


def test_the_alternative_text_says_what_the_card_says():
    """Whoever hears the card learns the fact, the issuer, who shares it, and where it leads."""
    alt = card_alt(WORDS)
    assert all(said in alt for said in (WORDS.title, WORDS.issuer, WORDS.disclosure, WORDS.link))
