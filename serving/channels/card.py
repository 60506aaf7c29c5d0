"""The card: a picture with the fact, who says it, and a code that leads to the source; in three shapes.

Square for a feed, upright for a story (what matters lies between what the apps lay over its ends), wide for a message
or a preview. Shown ``PHONE_PX`` wide, no words on it are smaller than ``LEAST_PX``.

Drawn with the one typeface that ships with Pillow (Aileron, CC0), so that no font file has to be kept or found. It
knows basic Latin only: accents are dropped and typographic marks simplified, which Indonesian survives unharmed. The
same words always give the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import segno
from PIL import Image, ImageDraw, ImageFont

from serving.desk.outreach.kits import CardText
from serving.vocabulary import CardShape

PAPER = (250, 246, 238)
INK = (27, 26, 23)
QUIET = (92, 84, 72)
AMBER = (217, 119, 6)
# Amber is for shapes only; words on paper are ink, words in the bar are paper on ink.
CODE_PAPER = (255, 255, 255)
LINE_HEIGHT = 1.22
# How wide a card is on a phone, and the least that its words may measure there, in CSS pixels.
PHONE_PX = 390
LEAST_PX = 12
STRIPE = 18
# The mark within 56 by 92 pixels: the flame and its heart, the bowl and the handle.
MARK_WIDTH, MARK_HEIGHT = 56, 92
_MARK = (
    (AMBER, ((28, 0), (50, 30), (42, 52), (14, 52), (6, 30))),
    (PAPER, ((29, 20), (38, 36), (33, 48), (23, 48), (19, 36))),
    (INK, ((6, 56), (50, 56), (42, 66), (14, 66))),
    (INK, ((20, 68), (36, 68), (32, 92), (24, 92))),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands on one shape, in pixels from its upper left corner.

    Attributes:
        head: where the mark begins.
        title: where the box of the title begins and ends.
        title_sizes: what is tried for the title, the largest first.
        foot: where the words beside the code begin, and where the code ends.
        words: the size of all other words.
        code: the room of the code, a side.
        bar: where the bar with the link begins; it goes down to the end.
        lines: how many lines the issuer, the disclosure and the request to scan may have. What a disclosure may hold
            at most fits; who sees the wide card on a phone cannot scan it there, so that one has no request.
    """

    width: int
    height: int
    margin: int
    head: int
    title: tuple[int, int]
    title_sizes: range
    foot: tuple[int, int]
    words: int
    code: int
    bar: int
    lines: tuple[int, int, int]

    @property
    def inner(self) -> int:
        """Give how wide the words may be."""
        return self.width - 2 * self.margin


LAYOUTS: Mapping[CardShape, Layout] = {
    CardShape.SQUARE: Layout(
        width=1080,
        height=1080,
        margin=84,
        head=72,
        title=(220, 690),
        title_sizes=range(84, 35, -4),
        foot=(712, 968),
        words=34,
        code=230,
        bar=996,
        lines=(2, 3, 1),
    ),
    # The apps lay their own signs over the upper 250 and the lower 340 pixels.
    CardShape.STORY: Layout(
        width=1080,
        height=1920,
        margin=84,
        head=270,
        title=(420, 1030),
        title_sizes=range(104, 39, -4),
        foot=(1056, 1446),
        words=40,
        code=300,
        bar=1490,
        lines=(2, 4, 2),
    ),
    CardShape.WIDE: Layout(
        width=1200,
        height=630,
        margin=60,
        head=42,
        title=(156, 364),
        title_sizes=range(72, 39, -4),
        foot=(376, 552),
        words=37,
        code=180,
        bar=566,
        lines=(1, 3, 0),
    ),
}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]

_SIMPLER = str.maketrans(
    {
        "\u2014": "-",
        "\u2013": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2026": "...",
        "\u00b7": "-",
        "\u2022": "-",
        "\u20ac": "EUR",
    }
)


def drawable(text: str) -> str:
    """Give the text in the letters that the typeface has; what has no likeness there is left out."""
    plain = unicodedata.normalize("NFKD", text.translate(_SIMPLER))
    kept = "".join(c for c in plain if " " <= c <= "~" or c.isspace())
    return " ".join(kept.split())


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _broken(word: str, font: Font, width: float) -> list[str]:
    """Cut a word that is wider than a line."""
    parts = [""]
    for letter in word:
        if parts[-1] and font.getlength(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def wrapped(text: str, font: Font, width: float) -> list[str]:
    """Break text into lines no wider than ``width`` pixels."""
    lines: list[str] = []
    for word in (part for whole in text.split() for part in _broken(whole, font, width)):
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def fitted(text: str, layout: Layout) -> tuple[int, list[str]]:
    """Give the largest size at which a title fits into its box, and its lines; the smallest size is cut with dots."""
    height = layout.title[1] - layout.title[0]
    for size in layout.title_sizes:
        lines = wrapped(text, _font(size), layout.inner)
        if len(lines) * size * LINE_HEIGHT <= height:
            return size, lines
    size = layout.title_sizes[-1]
    return size, _first_lines(lines, int(height / (size * LINE_HEIGHT)), _font(size), layout.inner)


def _first_lines(lines: Sequence[str], n: int, font: Font, width: float) -> list[str]:
    """Give the first ``n`` lines, the last one with dots where there were more."""
    if not n or len(lines) <= n:
        return list(lines[:n])
    return [*lines[: n - 1], _with_dots(lines[n - 1], font, width)]


def _with_dots(text: str, font: Font, width: float) -> str:
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text.rstrip()}..."


def torch(draw: ImageDraw.ImageDraw, x: int, y: int, scale: int = 1) -> None:
    """Draw the mark: a flame over a handle, 56 by 92 pixels, or so many times as large."""
    for colour, corners in _MARK:
        draw.polygon([(x + scale * right, y + scale * down) for right, down in corners], fill=colour)


def _code(link: str, side: int) -> Image.Image:
    """Draw the QR code with its quiet zone; error level M survives a compressed upload."""
    code = segno.make(link, error="m", micro=False)
    out = BytesIO()
    scale = max(1, side // code.symbol_size(border=2)[0])
    code.save(out, kind="png", scale=scale, border=2, dark="#1b1a17", light="#ffffff")
    return Image.open(out).convert("RGB")


@dataclass(frozen=True, slots=True)
class Style:
    """How words look; the typeface has one weight, so bold is drawn with an outline."""

    size: int
    colour: Colour
    bold: bool = False

    def write(self, pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str) -> None:
        """Write one line, ``at`` its upper left corner."""
        stroke = max(1, self.size // 40) if self.bold else 0
        pen.text(at, text, font=_font(self.size), fill=self.colour, stroke_width=stroke, stroke_fill=self.colour)


def draw(words: CardText, shape: CardShape = CardShape.SQUARE) -> bytes:
    """Draw one card.

    Args:
        words: what stands on it; its link is an http or https address.
        shape: in which of the three shapes.

    Returns:
        A PNG, the same bytes for the same words and shape.
    """
    layout = LAYOUTS[shape]
    image = Image.new("RGB", (layout.width, layout.height), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, layout.width, STRIPE), fill=AMBER)
    _head(pen, layout, drawable(words.kicker))
    size, lines = fitted(drawable(words.title), layout)
    for number, line in enumerate(lines):
        Style(size, INK, bold=True).write(pen, (layout.margin, layout.title[0] + number * size * LINE_HEIGHT), line)
    code = _code(words.link, layout.code)
    image.paste(code, (layout.width - layout.margin - code.width, layout.foot[1] - code.height))
    _beside_code(pen, layout, words, layout.inner - code.width - layout.words)
    pen.rectangle((0, layout.bar, layout.width, layout.height), fill=INK)
    link = wrapped(drawable(words.link), _font(layout.words), layout.inner)
    (shown,) = _first_lines(link, 1, _font(layout.words), layout.inner)
    Style(layout.words, PAPER).write(pen, (layout.margin, layout.bar + layout.words // 3), shown)
    out = BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def _head(pen: ImageDraw.ImageDraw, layout: Layout, kicker: str) -> None:
    torch(pen, layout.margin, layout.head)
    beside = layout.margin + 84
    Style(layout.words, INK, bold=True).write(pen, (beside, layout.head + 2), "SULUH")
    Style(layout.words, QUIET).write(pen, (beside, layout.head + 50), kicker)


def _beside_code(pen: ImageDraw.ImageDraw, layout: Layout, words: CardText, width: float) -> None:
    """Write who says it and who shares it; each has its lines whatever the others need."""
    told = (words.issuer, INK), (words.disclosure, QUIET), ("Pindai untuk membaca sumbernya.", QUIET)
    font, y = _font(layout.words), float(layout.foot[0])
    for (text, colour), n in zip(told, layout.lines, strict=True):
        for line in _first_lines(wrapped(drawable(text), font, width), n, font, width):
            Style(layout.words, colour).write(pen, (layout.margin, y), line)
            y += layout.words * LINE_HEIGHT
