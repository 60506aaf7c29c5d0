"""Pictures that people send: bounded before they are decoded, and kept only as a picture made anew.

What is kept carries no place, camera or thumbnail of what was sent, nor anything hidden behind its end: only pixels
pass. The cost is a little sharpness, and a second for the largest picture that is taken.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final, NewType

from PIL import Image, ImageOps

from serving.errors import InvalidInputError, UnavailableError
from serving.i18n import mark

FORMATS = ("PNG", "JPEG", "WEBP")
MEDIA_TYPE = "image/jpeg"
SIZE_MAX_BYTES = 4_000_000
# A phone's whole screen has 4 million pixels; a page scrolled through and joined may have five times as many.
PIXELS_MAX = 20_000_000
SIDE_MIN_PX = 200
SIDE_MAX_PX = 2_000
QUALITY = 80
# Decoded at once in one process: the largest takes 230 MB for about a second.
AT_ONCE: Final = 2
# Whoever waits holds a thread of the service, so nobody waits long.
WAIT_S: Final = 3.0
_places: Final = BoundedSemaphore(AT_ONCE)
# What Pillow raises on bytes that are no picture, besides its own ``UnidentifiedImageError`` (an ``OSError``).
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class PictureError(InvalidInputError):
    """What was sent is no picture that can be taken."""

    code = "picture"


Cleaned = NewType("Cleaned", bytes)
"""A JPEG that ``clean`` made: what may be kept."""


@contextmanager
def place() -> Iterator[None]:
    """Hold one of the places in which a picture is decoded.

    Raises:
        UnavailableError: none was free for ``WAIT_S`` seconds.
    """
    if not _places.acquire(timeout=WAIT_S):
        raise UnavailableError(mark("Terlalu banyak gambar sedang dibaca; coba lagi sebentar lagi."))
    try:
        yield
    finally:
        _places.release()


def clean(sent: bytes) -> Cleaned:
    """Give what was sent as a JPEG of at most ``SIDE_MAX_PX`` a side, upright, without metadata.

    Raises:
        PictureError: it is empty, too large in bytes or pixels, too small to read, broken, or of another kind.
        UnavailableError: too many others are being read.
    """
    if not sent:
        raise PictureError(mark("Pilih gambarnya dahulu."))
    if len(sent) > SIZE_MAX_BYTES:
        raise PictureError(mark("Gambar terlalu besar; batasnya {n} megabita."), n=SIZE_MAX_BYTES // 1_000_000)
    try:
        with place():
            return _made_anew(sent)
    except PictureError:
        raise
    except _BROKEN:
        raise PictureError(mark("Berkas itu bukan gambar PNG, JPEG, atau WebP yang utuh.")) from None


def _made_anew(sent: bytes) -> Cleaned:
    # Only the head is read here: a picture of a million by a million pixels costs nothing yet.
    with Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > PIXELS_MAX:
            raise PictureError(mark("Gambar itu lebih dari {n} juta piksel."), n=PIXELS_MAX // 1_000_000)
        if min(width, height) < SIDE_MIN_PX:
            raise PictureError(
                mark("Gambar terlalu kecil untuk dibaca; sisi terpendeknya perlu {n} piksel."), n=SIDE_MIN_PX
            )
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    upright.thumbnail((SIDE_MAX_PX, SIDE_MAX_PX))
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Cleaned(out.getvalue())
