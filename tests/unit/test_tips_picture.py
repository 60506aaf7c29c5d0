"""What is kept of a picture in a tip: digits by which a copy is known, and nothing of the picture."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from serving.desk.incoming.tips_picture import fingerprint
from serving.desk.pictures import PictureError


def scene(seed: int) -> Image.Image:
    """A soft picture of blobs, as a photograph is one."""
    blobs = np.random.default_rng(seed).integers(0, 255, (9, 7, 3)).astype(np.uint8)
    return Image.fromarray(blobs).resize((420, 540), Image.Resampling.BICUBIC)


def sent(picture: Image.Image, kind: str = "PNG", **how) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def test_a_fingerprint_is_sixteen_digits_that_intake_takes():
    """Small letters, hexadecimal, 64 bits."""
    found = fingerprint(sent(scene(1)))
    assert len(bytes.fromhex(found)) == 8
    assert found == found.lower()


def test_a_copy_that_was_compressed_and_made_smaller_is_known():
    """A messenger's JPEG of half the size has the same digits in at least eight of ten pictures."""
    same = sum(
        fingerprint(sent(scene(seed))) == fingerprint(sent(scene(seed).resize((210, 270)), "JPEG", quality=70))
        for seed in range(10)
    )
    assert same >= 8


def test_other_pictures_have_other_digits():
    """Thirty pictures, thirty fingerprints."""
    assert len({fingerprint(sent(scene(seed), "WEBP")) for seed in range(30)}) == 30


def test_a_blank_picture_says_nothing():
    """All digits are 0, which intake passes over: else every blank picture would be a copy of every other."""
    for colour in ("white", "black", (120, 130, 140)):
        assert fingerprint(sent(Image.new("RGB", (300, 300), colour))) == "0" * 16


def test_a_bomb_is_refused_by_its_head():
    """A picture of 400 million pixels in a few kilobytes is never decoded."""
    bomb = sent(Image.new("1", (20_000, 20_000)))
    assert len(bomb) < 100_000
    with pytest.raises(PictureError):
        fingerprint(bomb)


@settings(max_examples=40, deadline=None)
@given(
    cut=st.floats(0.02, 0.98),
    flips=st.lists(st.floats(0, 0.999), max_size=4),
    kind=st.sampled_from(["PNG", "JPEG", "WEBP"]),
)
def test_broken_bytes_are_refused_or_read_and_never_a_fault(cut, flips, kind):
    """Cut anywhere, with any bytes turned: a fingerprint or ``PictureError``."""
    whole = bytearray(sent(scene(3).resize((210, 270)), kind))
    for flip in flips:
        whole[int(flip * len(whole))] ^= 0x55
    with contextlib.suppress(PictureError):
        assert len(fingerprint(bytes(whole[: int(cut * len(whole))]))) == 16
