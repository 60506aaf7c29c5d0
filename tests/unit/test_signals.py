"""Signals count kinds of words and shapes, in whatever letters they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.normalise import normalise
from models.signals import KINDS, SIGNALS, signals_of, terms


def found(text):
    """The names of the signals that a text gives."""
    row = signals_of([text], [normalise(text)])[0]
    return {name for name, value in zip(SIGNALS, row, strict=True) if value > 0}


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("dasar goblok", {"insult"}),
        ("DASAR GOBLOOOOOK!!!", {"insult"}),
        ("k0nt0l", {"profanity", "sexual"}),
        ("daftar di contohtoto sekarang", {"site_name", "any_site"}),
        ("main di contoh88 pasti gacor", {"name_with_number", "any_site", "gambling"}),
        ("𝗖𝗢𝗡𝗧𝗢𝗛𝟴𝟴", {"name_with_number", "any_site"}),
        ("ayo ke contoh 8 8", {"name_with_spaced_number"}),
        ("contoh4d", {"name_in_4d", "any_site"}),
        ("selamat, anda dapat hadiah rp 10 juta, hub [telp]", {"prize", "amount", "telephone", "contact_and_gain"}),
        ("klik contoh.blogspot.com untuk hadiah", {"link", "lure", "contact_and_gain"}),
        ("bunuh semua orang cina", {"harm", "named_group", "group_and_harm"}),
    ],
)
def test_a_kind_or_a_shape_is_counted(text, signals):
    """Words by their kind, shapes by their pattern."""
    assert signals <= found(text)


@pytest.mark.parametrize(
    "text",
    ["", "Perpustakaan keliling buka hari Sabtu", "Pemerintah menaikkan pajak, kami keberatan", "😭😭", "\ud800"],
)
def test_an_ordinary_sentence_gives_none_of_the_rude_ones(text):
    """Criticism and news hold no word of abuse and no site."""
    assert not found(text) & {"profanity", "insult", "slur", "sexual", "gambling", "any_site"}


def test_a_thousand_brands_count_as_five():
    """A signal has a ceiling, so that a long text is not judged by its length."""
    many = signals_of(["contoh88 " * 400], [normalise("contoh88 " * 400)])
    assert many.max() == pytest.approx(np.log(6))


def test_every_listed_word_is_of_a_known_kind_and_can_be_met():
    """Each line has kinds that are signals, and a word in plain lower-case letters."""
    assert all(kinds and kinds <= set(KINDS) for kinds in terms().values())
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in terms())


@given(st.lists(st.text(max_size=60), max_size=4))
@settings(deadline=None)
def test_any_text_has_a_row_of_its_own(texts):
    """A row a text, finite, and the same alone as among others."""
    rows = signals_of(texts, [normalise(text) for text in texts])
    assert rows.shape == (len(texts), len(SIGNALS))
    assert np.isfinite(rows).all()
    for text, row in zip(texts, rows, strict=True):
        assert signals_of([text], [normalise(text)])[0].tolist() == row.tolist()


@pytest.mark.parametrize("piece", ["a", "1", "a1", "a ", "1 ", "-a", ".a", "rp", "62"])
def test_hostile_repetition_takes_linear_time(piece):
    """Forty thousand repetitions are counted in well under a second: no pattern backtracks."""
    from time import perf_counter

    text = piece * 20_000
    start = perf_counter()
    signals_of([text], [""])
    assert perf_counter() - start < 2.0
