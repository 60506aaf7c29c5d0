"""The one thing that is kept of a picture in a tip: sixteen digits by which a copy of it is known again.

The picture itself is not kept, for nobody here needs it: a checker works from the words, a picture that goes round
shows citizens, and product rules keep of every post's pictures a hash and no more. So whoever sends one is asked to
type what stands in it. The hash is the usual one (discrete cosine transform of 32 x 32 greys, the 64 lowest
frequencies against their median; Zauner 2010), compared for equality: a false join would put strangers' words under
one claim, while a copy that was compressed so hard that a bit turned only stays a claim of its own until a human
merges it.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from serving.desk import pictures

_SIDE: Final = 32
_LOW: Final = 8
# Grey levels of 255 by which a picture must vary to say anything: below, a hash would be of its noise.
_FLAT: Final = 2.0
_BLANK: Final = "0" * (_LOW * _LOW // 4)

Floats = npt.NDArray[np.float64]


@cache
def _cosines() -> Floats:
    """Give the lowest frequencies, float64 (8, 32); their scale does not matter to a median."""
    places, frequencies = np.arange(_SIDE), np.arange(_LOW)
    waves: Floats = np.cos(np.pi * (2 * places[None, :] + 1) * frequencies[:, None] / (2 * _SIDE))
    return waves


def fingerprint(sent: bytes) -> str:
    """Give a picture's perceptual hash: 16 hexadecimal digits, all 0 for a picture of one colour.

    Raises:
        PictureError: it is no picture that is taken (``serving.desk.pictures``).
        UnavailableError: too many others are being read.
    """
    with Image.open(io.BytesIO(pictures.clean(sent))) as picture:
        picture.draft("L", (4 * _SIDE, 4 * _SIDE))
        small = picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    greys = np.asarray(small, np.float64)
    if greys.std() < _FLAT:
        return _BLANK
    waves = (_cosines() @ greys @ _cosines().T).ravel()
    bits = waves > np.median(waves[1:])  # the first is the mean brightness
    return np.packbits(bits).tobytes().hex()
