"""How the released linear model behaves, whatever its figures: typing says nothing, and reasons are true."""

import random
from itertools import pairwise

import numpy as np
import pytest

from models.artifact import released
from models.score import Band, ReasonCode

TEXTS = [
    "Sebarkan! Pemerintah membagikan bantuan tunai lima juta rupiah, daftar lewat tautan ini sekarang juga.",
    "Awas, vaksin baru mengandung cip yang melacak semua warga dan menyebabkan virus menular, kata dokter palsu.",
    "Menteri Contoh membuka rapat kerja tahunan bersama para kepala daerah di Kota Misal pada hari Senin.",
    "Menurut saya kebijakan ini merugikan warga kecil, kenapa pajak terus naik padahal jalan masih rusak?",
]


@pytest.fixture(scope="module")
def scorer():
    """The model that ships."""
    return released("linear")


def styled(text):
    """The same words in mathematical bold letters."""
    shift = {ord("A") + i: 0x1D5D4 + i for i in range(26)} | {ord("a") + i: 0x1D5EE + i for i in range(26)}
    return text.translate(shift)


TYPINGS = {
    "capitals": str.upper,
    "typographic quotes": lambda text: f"“{text}”",
    "straight quotes": lambda text: f'"{text}"',
    "line breaks": lambda text: text.replace(" ", "\n"),
    "no punctuation": lambda text: "".join(c for c in text if c.isalnum() or c.isspace()),
    "exclamation": lambda text: text + "!!!!",
    "emoji": lambda text: "🚨" + text + "😭🤲",
    "styled letters": styled,
    "Cyrillic look-alikes": lambda text: text.replace("a", "а").replace("o", "о"),
    "elongation": lambda text: text.replace("a ", "aaaa ", 3),
    "leetspeak": lambda text: text.replace("iru", "1ru").replace("anyak", "4nyak").replace("enteri", "3nteri"),
    "a year and a handle": lambda text: f"{text} 2019 @budi_fiktif",
    "a fact-checker's tag": lambda text: f"[SALAH] {text}",
    "a retweet mark": lambda text: f"RT USER: {text} URL",
}


@pytest.mark.parametrize("typing", TYPINGS)
def test_typing_does_not_change_the_score(scorer, typing):
    """The same words typed otherwise score the same, to one hundredth."""
    retyped = [TYPINGS[typing](text) for text in TEXTS]
    assert retyped != TEXTS
    assert scorer.probabilities(retyped) == pytest.approx(scorer.probabilities(TEXTS), abs=0.01)


def test_chat_spelling_hardly_changes_the_score(scorer):
    """Chat spelling of common words leads to the same words."""
    formal = "Tidak benar kalau kamu tidak bisa keluar karena orang yang sakit dengan virus sudah banyak sekali"
    chat = "Gk bnr klo lo ga bs keluar krn org yg sakit dgn virus udh byk bgt"
    assert scorer.probabilities([chat]) == pytest.approx(scorer.probabilities([formal]), abs=0.02)


def test_the_typical_hoax_scores_above_the_typical_news(scorer):
    """The direction of the score is the one that its name says."""
    hoax, _, news, criticism = scorer.probabilities(TEXTS)
    assert hoax > 2 * max(news, criticism)


def test_invented_criticism_and_chatter_are_not_flagged(scorer):
    """Questions, complaints and small talk do not reach `look`."""
    texts = [
        TEXTS[3],
        "Aduh macet lagi di jalan contoh, kapan sih jalannya diperbaiki, capek banget tiap hari begini",
        "Terima kasih pak wali kota, taman barunya bagus, anak saya senang sekali main di sana",
        "Kok bisa ya anggaran sebesar itu tidak dijelaskan ke rakyat, tolong dong transparan sedikit",
        "Kopi di warung itu enak, tempatnya nyaman dan harganya murah, pasti balik lagi",
    ]
    assert [answer.band for answer in scorer.score_many(texts) if answer.band is Band.LOOK] == []


def test_reasons_are_words_of_the_text(scorer):
    """No reason names a word that the reader cannot find."""
    (answer,) = scorer.score_many(TEXTS[:1])
    words = [reason.text for reason in answer.reasons]
    assert answer.reasons[0].code is ReasonCode.WORDS
    assert set(words) <= set(scorer.cleaned(TEXTS[0]).split())
    assert all(abs(a.weight) >= abs(b.weight) for a, b in pairwise(answer.reasons))


def moved(scorer, texts, chosen):
    """Mean change of the logit when the chosen words of each text are taken out."""
    before, _ = scorer.raw_logits(texts)
    without = [
        " ".join(word for word in text.split() if word not in out) for text, out in zip(texts, chosen, strict=True)
    ]
    after, _ = scorer.raw_logits(without)
    return float(np.abs(after - before).mean())


def faithfulness(scorer, texts):
    """How many times farther removing the named words moves the logit than removing as many random ones."""
    long = [text for text in texts if len(set(scorer.cleaned(text).split())) >= 12]
    plains = [scorer.cleaned(text) for text in long]
    dice = random.Random(7)
    named, drawn = [], []
    for answer, plain in zip(scorer.score_many(long), plains, strict=True):
        pushing = {reason.text for reason in answer.reasons if reason.weight * direction(scorer, plain) > 0}
        named.append(pushing)
        drawn.append(set(dice.sample(sorted(set(plain.split())), len(pushing))))
    return moved(scorer, plains, named) / moved(scorer, plains, drawn)


def direction(scorer, plain):
    """The sign of what the words of a text add together."""
    return float(np.sign(sum(scorer.word_weights(plain).values())))


def test_removing_the_named_words_moves_the_score_three_times_as_far(scorer):
    """Reasons are faithful: without them the logit moves three times as far as without random words."""
    assert faithfulness(scorer, TEXTS * 5) >= 3
