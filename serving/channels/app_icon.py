"""The picture under which the inbox stands on a phone: the torch on paper, drawn for each size.

A maskable one leaves more paper around it, so that a phone may cut it round: what matters lies within the middle 80 %
(W3C Web App Manifest, icon masks).
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from serving.channels.card import MARK_HEIGHT, MARK_WIDTH, PAPER, torch

SIZES: Final = (192, 512)
# The mark is drawn this large and then made smaller, which smooths its edges.
DRAWN: Final = 1_024
SCALE, MASKABLE_SCALE = 9, 7


@cache
def icon(side: int, *, maskable: bool = False) -> bytes:
    """Give a PNG of ``side`` by ``side`` pixels; the same bytes each time."""
    image = Image.new("RGB", (DRAWN, DRAWN), PAPER)
    scale = MASKABLE_SCALE if maskable else SCALE
    corner = ((DRAWN - scale * MARK_WIDTH) // 2, (DRAWN - scale * MARK_HEIGHT) // 2)
    torch(ImageDraw.Draw(image), *corner, scale)
    out = BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
