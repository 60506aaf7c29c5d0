"""The compiled cleaning gives what `normalise` gives, or says that it cannot."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.stream import claims, copied
from data._plain_text import _SIGNS, cleaned_plain
from data.normalise import normalise, slang
from models import artifact
from models.explain import strongest

PIECES = st.sampled_from(
    [
        *sorted(slang())[::40],
        "kata", "KATA", "Warga", "aa", "aaa", "bagusss", "bgtt", "yg", "g", "x", "1", "12", "62", "08", "0 8", "08123456789", "2026",
        "v1rus", "anak2", "anak2nya", "covid19", "4g", "rp50", "a1b", "salah", "cek fakta", "hoaks", "http", "ht'tp",
        "www", "https", "https://contoh.example/a1b2", "HTTP:/", "s://", ":/", "contoh.com", "contoh. com", "contoh.'com", "....", "!", ":", "'", "`", "_", "-", "\x01", "\x00", "\n",
        "@akun", "&amp;", "\\n", "$", "(", "[salah]", "🔥", "‼️", "🇮🇩", "\u200b", "\u2019", "…", "…com", "é", "а", "한",
        "\ufe0f", "\ue000", "ß", "İ", "１", "\U0010ffff", "p", "a b c d", "hhttp", "",
    ]
)  # fmt: skip


@given(st.lists(st.tuples(PIECES, st.sampled_from([" ", "", ".", ", "])), max_size=12))
@example([("salah", ""), (":", " "), ("kata", "")])
@example([("kata", ""), ("08123456789", ""), ("yg", "")])
@example([("08123456789", ""), ("a b c d", "")])
@settings(deadline=None, max_examples=400)
def test_a_text_is_cleaned_alike_or_is_hard(pieces):
    """Whatever is put together of letters, slang, signs and what is hard."""
    text = "".join(piece + gap for piece, gap in pieces)
    found = cleaned_plain(text)
    assert found is None or found == normalise(text)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_cleaned_alike_or_is_hard(text):
    """Any Unicode, lone surrogates included."""
    found = cleaned_plain(text)
    assert found is None or found == normalise(text)


def test_every_sign_means_what_it_means_to_normalise():
    """Each code point of the ranges that are not hard, inside a word and between words."""
    for first, end in _SIGNS:
        for code in range(first, end):
            text = f"kata{chr(code)}kita {chr(code)} warga."
            found = cleaned_plain(text)
            assert found is None or found == normalise(text), hex(code)


def test_slang_may_grow_to_any_length():
    """A text of short words that stand for long ones never outgrows its memory."""
    longest = sorted(slang(), key=lambda word: len(word) - len(slang()[word]))[:20]
    for word in longest:
        text = f"{word} " * 500
        found = cleaned_plain(text)
        assert found is None or found == normalise(text)


@pytest.fixture(scope="module")
def posts():
    """Posts of the grammar, as people pass them on."""
    draw = random.Random(5)
    return [copied(claim, draw) for claim in claims(300, draw)]


def test_most_posts_are_not_hard(posts):
    """Else the pass would be for nothing."""
    assert sum(cleaned_plain(post) is None for post in posts) < len(posts) / 20


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Lihat https://contoh.example/a1b2 sekarang", "lihat @tautan sekarang"),
        ("HTTP://CONTOH.EXAMPLE", "@tautan"),
        ("lihat (http://contoh.example)", None),
        ("lihat http://contoh.example/?a=1&amp;b", None),
        ("lihat https://contoh.example/é", None),
        ("lihat xhttp://contoh.example", None),
        ("lihat ht'tp://contoh.example", None),
    ],
)
def test_a_plain_link_is_read_and_any_other_is_hard(text, cleaned):
    """A link of its own, of signs that `normalise` does not read before links."""
    assert cleaned_plain(text) == cleaned
    assert cleaned is None or cleaned == normalise(text)


def test_one_text_is_read_as_many_are(posts):
    """Alone, in a batch, with reasons: the same probability, and the reasons that `strongest` gives."""
    scorer = artifact.released(artifact.QUICK)
    texts = [*posts, "", "dua kata", "@akun 123 https://contoh.example", "kata " * 2000, "b a b a satu dua tiga b"]
    together = scorer.probabilities(texts)
    for text, p_hoax in zip(texts, together, strict=True):
        score = scorer.score_many([text])[0]
        assert scorer.probabilities([text])[0] == pytest.approx(p_hoax, abs=1e-12)
        assert score.p_hoax == pytest.approx(p_hoax, abs=1e-12)
        cleaned = scorer.cleaned(text)
        if score.reasons and score.reasons[0].code.value == "words":
            expected = strongest(scorer.word_weights(cleaned))
            assert score.reasons[: len(expected)] == expected
