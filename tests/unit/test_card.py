"""The card is readable, honest about who shares it, and always the same for the same words."""

from __future__ import annotations

from io import BytesIO

import pytest
import segno
from PIL import Image

from serving.channels import card
from serving.desk.kits import CardText, card_alt

WORDS = {
    "kicker": "KLARIFIKASI RESMI",
    "title": "Bank Contoh tidak membagikan kuota; tautan itu mencuri data",
    "issuer": "Humas Contoh",
    "disclosure": "Dibagikan oleh ASN Kementerian Contoh",
    "link": "https://suluh.example/klarifikasi/bank-contoh",
}


def _open(png):
    return Image.open(BytesIO(png))


def _luminance(colour):
    def linear(channel):
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_it_is_a_square_png():
    """1080 by 1080 pixels, as the platforms take it."""
    picture = _open(card.draw(**WORDS))
    assert (picture.format, picture.size) == ("PNG", (1080, 1080))


def test_the_same_words_give_the_same_bytes():
    """Nothing of the time or the machine is in the file."""
    assert card.draw(**WORDS) == card.draw(**WORDS)


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


def test_the_code_leads_to_the_link():
    """Module by module, the picture's code is the code of the link."""
    picture = _open(card.draw(**WORDS)).convert("L")
    code = segno.make(WORDS["link"], error="m", micro=False)
    n = code.symbol_size(border=0)[0]
    scale = card.QR_SIDE // code.symbol_size(border=2)[0]
    side = (n + 4) * scale
    left, top = card.SIZE - card.MARGIN - side, card.CODE_BOTTOM - side
    seen = [
        [
            picture.getpixel((left + (x + 2) * scale + scale // 2, top + (y + 2) * scale + scale // 2)) < 128
            for x in range(n)
        ]
        for y in range(n)
    ]
    assert seen == [[bool(module) for module in row] for row in code.matrix]


@pytest.mark.parametrize("title", ["Pendek.", "kata " * 120, "x" * 400, "Café “naïve” — 日本 👍"])
def test_any_title_fits(title):
    """A long title is set smaller, then cut with dots; no line leaves its box."""
    text = card.drawable(title)
    width = card.SIZE - 2 * card.MARGIN
    size, lines = card.fitted(text, width, card.TITLE_BOTTOM - card.TITLE_TOP)
    assert len(lines) * size * card.LINE_HEIGHT <= card.TITLE_BOTTOM - card.TITLE_TOP
    assert all(card._font(size).getlength(line) <= width for line in lines)
    assert _open(card.draw(**WORDS | {"title": title})).size == (1080, 1080)


def test_only_letters_that_the_typeface_has_are_drawn():
    """Accents are dropped and marks simplified, so that no empty box is printed."""
    assert card.drawable("Café — “naïve”… 日本 👍") == 'Cafe - "naive"...'


def test_the_alternative_text_says_what_the_card_says():
    """Whoever hears the card learns the fact, the issuer, who shares it, and where it leads."""
    alt = card_alt(CardText(**WORDS))
    assert all(WORDS[name] in alt for name in ("title", "issuer", "disclosure", "link"))
