"""The card: a 1080 by 1080 picture with the fact, who says it, and a code that leads to the source.

Drawn with the one typeface that ships with Pillow (Aileron, CC0), so that no font file has to be kept or found. It
knows basic Latin only: accents are dropped and typographic marks simplified, which Indonesian survives unharmed. The
same words always give the same bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import segno
from PIL import Image, ImageDraw, ImageFont

from serving.desk.kits import CardText

SIZE = 1080
MARGIN = 84
PAPER = (250, 246, 238)
INK = (27, 26, 23)
QUIET = (92, 84, 72)
AMBER = (217, 119, 6)
# Amber is for shapes only; words on paper are ink, words in the bar are paper on ink.
QR_SIDE = 230
CODE_BOTTOM = 966
TITLE_TOP = 236
TITLE_BOTTOM = 720
TITLE_SIZES = range(84, 33, -4)
LINE_HEIGHT = 1.22

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


def fitted(text: str, width: float, height: float) -> tuple[int, list[str]]:
    """Give the largest size at which text fits into a box, and its lines; the smallest size is cut with dots."""
    for size in TITLE_SIZES:
        lines = wrapped(text, _font(size), width)
        if len(lines) * size * LINE_HEIGHT <= height:
            return size, lines
    n = int(height / (size * LINE_HEIGHT))
    last = lines[n - 1]
    while last and _font(size).getlength(f"{last}...") > width:
        last = last[:-1]
    return size, [*lines[: n - 1], f"{last.rstrip()}..."]


def _torch(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """Draw the mark: a flame over a handle, 56 by 92 pixels."""
    draw.polygon([(x + 28, y), (x + 50, y + 30), (x + 42, y + 52), (x + 14, y + 52), (x + 6, y + 30)], fill=AMBER)
    draw.polygon([(x + 29, y + 20), (x + 38, y + 36), (x + 33, y + 48), (x + 23, y + 48), (x + 19, y + 36)], fill=PAPER)
    draw.polygon([(x + 6, y + 56), (x + 50, y + 56), (x + 42, y + 66), (x + 14, y + 66)], fill=INK)
    draw.polygon([(x + 20, y + 68), (x + 36, y + 68), (x + 32, y + 92), (x + 24, y + 92)], fill=INK)


def _code(link: str) -> Image.Image:
    """Draw the QR code with its quiet zone; error level M survives a compressed upload."""
    code = segno.make(link, error="m", micro=False)
    out = BytesIO()
    scale = max(1, QR_SIDE // code.symbol_size(border=2)[0])
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


def draw(*, kicker: str, title: str, issuer: str, disclosure: str, link: str) -> bytes:
    """Draw one card.

    Args:
        kicker: what it is, in two words.
        title: the fact, as approved.
        issuer: who says so.
        disclosure: who shares it, and for whom they work.
        link: where the code leads; an http or https address.

    Returns:
        A PNG of 1080 by 1080 pixels, the same bytes for the same words.
    """
    image = Image.new("RGB", (SIZE, SIZE), PAPER)
    pen = ImageDraw.Draw(image)
    width = SIZE - 2 * MARGIN
    pen.rectangle((0, 0, SIZE, 18), fill=AMBER)
    _torch(pen, MARGIN, 78)
    Style(34, INK, bold=True).write(pen, (MARGIN + 84, 82), "SULUH")
    Style(34, QUIET).write(pen, (MARGIN + 84, 128), drawable(kicker))

    size, lines = fitted(drawable(title), width, TITLE_BOTTOM - TITLE_TOP)
    for number, line in enumerate(lines):
        Style(size, INK, bold=True).write(pen, (MARGIN, TITLE_TOP + number * size * LINE_HEIGHT), line)

    code = _code(link)
    image.paste(code, (SIZE - MARGIN - code.width, CODE_BOTTOM - code.height))
    beside = width - code.width - 48
    y = CODE_BOTTOM - QR_SIDE + 8.0
    for words, colour in ((issuer, INK), (disclosure, QUIET), ("Pindai untuk membaca sumbernya.", QUIET)):
        for line in wrapped(drawable(words), _font(30), beside)[:3]:
            Style(30, colour).write(pen, (MARGIN, y), line)
            y += 38
    pen.rectangle((0, SIZE - 84, SIZE, SIZE), fill=INK)
    Style(26, PAPER).write(pen, (MARGIN, SIZE - 58), _short(drawable(link), _font(26), width))

    out = BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def _short(text: str, font: Font, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


def picture(words: CardText) -> bytes:
    """Draw the card of one kit."""
    return draw(
        kicker=words.kicker,
        title=words.title,
        issuer=words.issuer,
        disclosure=words.disclosure,
        link=words.link,
    )
