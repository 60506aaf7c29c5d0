"""Matching: which clarifications come back, how sure, and what a library does as records come and go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.matcher import THRESHOLDS, Matcher, MatchStatus, MatchThresholds
from models.retrieval import LexicalRetriever, Record
from models.stemming import stem

LIBRARY = [
    Record(
        "air",
        "Air PDAM Wanasari aman diminum setelah dimasak",
        "Dinas kesehatan memeriksa dua belas titik dan tidak menemukan pencemaran limbah pabrik kertas.",
    ),
    Record(
        "gempa",
        "Tidak ada yang dapat meramalkan gempa di Pantai Lamtira",
        "Badan penanggulangan bencana menyatakan pesan berantai tentang gempa besar malam hari tidak berdasar.",
    ),
    Record(
        "bansos",
        "Pendaftaran bantuan sosial hanya lewat kantor desa",
        "Tautan pendaftaran yang beredar lewat pesan singkat adalah penipuan untuk mencuri data rekening.",
    ),
    Record(
        "beras",
        "Beras bantuan yang dibagikan di Sukaraya bukan plastik",
        "Hasil uji laboratorium menunjukkan beras itu mengandung pati seperti beras biasa.",
    ),
]
QUESTION = "katanya nanti malam ada gempa besar di pantai lamtira, warga disuruh mengungsi sekarang juga"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """A library of four."""
    return Matcher.build(LIBRARY)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (QUESTION, "gempa"),
        ("KATANYA NNTI MLM ADA G3MPA BESAARRR DI PANTAI LAMTIRA!!!", "gempa"),
        ("pencemarannya: air pdam di wanasari tercemar limbah", "air"),
        ("daftar bansos lewat tautan ini cuma butuh nomor rekening", "bansos"),
        ("brras plastik dibagiin di sukaraya", "beras"),
    ],
    ids=["plain", "as people type", "affixes", "other words order", "misspelt"],
)
def test_the_answer_comes_first(matcher: Matcher, query: str, answer: str) -> None:
    """A claim finds the clarification that shares its words, however it was typed."""
    assert matcher.search(query)[0].id == answer


def test_scores_fall_and_stay_between_0_and_1(matcher: Matcher) -> None:
    """Matches come surest first, and a score is a probability."""
    scores = [match.score for match in matcher.search(QUESTION)]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_nothing_shared_is_no_match(matcher: Matcher) -> None:
    """A text in other letters, or without any, gets no match at all."""
    assert matcher.search("") == []
    assert matcher.search("🔥🔥") == []


def test_an_unrelated_claim_is_only_the_nearest(matcher: Matcher) -> None:
    """Where no clarification answers, what comes back says "none"."""
    matches = matcher.search("harga tiket kapal cepat ke pulau seberang naik menjelang libur panjang tahun ini")
    assert {match.status for match in matches} <= {MatchStatus.NONE}


def test_a_strong_match_is_confirmed() -> None:
    """The same claim in enough words is as strong as it gets."""
    records = [*LIBRARY, *(Record(f"x{n}", f"Judul lain nomor {n}", "Isi yang lain sama sekali.") for n in range(60))]
    query = LIBRARY[1].title + " " + LIBRARY[1].text
    assert Matcher.build(records).search(query)[0].status is MatchStatus.CONFIRMED


def test_a_short_query_is_never_confirmed() -> None:
    """Under eight words a match is at most suggested, as short wordings fit too much."""
    assert THRESHOLDS.status(1.0, n_words=7) is MatchStatus.SUGGESTED
    assert THRESHOLDS.status(1.0, n_words=8) is MatchStatus.CONFIRMED


@given(st.floats(0, 3, width=32), st.floats(0, 3, width=32))
def test_a_higher_sum_is_never_less_sure(first: float, second: float) -> None:
    """Within one query the score follows the summed score."""
    low, high = sorted((first, second))
    scores = THRESHOLDS.score(np.array([[high, low]], np.float32))[0]
    assert scores[0] >= scores[1]


def test_statuses_follow_the_thresholds() -> None:
    """Each status begins at its threshold."""
    thresholds = MatchThresholds(suggested=0.3, confirmed=0.7)
    found = [thresholds.status(score, n_words=20) for score in (0.29, 0.3, 0.69, 0.7)]
    assert found == [MatchStatus.NONE, MatchStatus.SUGGESTED, MatchStatus.SUGGESTED, MatchStatus.CONFIRMED]


def test_a_batch_answers_as_single_questions_do(matcher: Matcher) -> None:
    """`search_many` is `search` for each."""
    queries = [QUESTION, "", LIBRARY[3].text, "beras"]
    assert matcher.search_many(queries, 3) == [matcher.search(query, 3) for query in queries]


def test_fewer_matches_asked_are_the_first_of_more(matcher: Matcher) -> None:
    """Asking for k cuts the list and changes no score."""
    assert matcher.search(QUESTION, 1) == matcher.search(QUESTION, 10)[:1]


def test_k_below_one_is_refused(matcher: Matcher) -> None:
    """Asking for no match is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least 1"):
        matcher.search(QUESTION, 0)


def test_an_empty_library_answers_nothing() -> None:
    """Without clarifications there is nothing to suggest."""
    assert Matcher.build([]).search_many([QUESTION, ""]) == [[], []]


def test_added_and_removed_records_answer_like_a_fresh_library() -> None:
    """A library that changed answers as one built from the same records would."""
    changed = Matcher.build(LIBRARY[:2])
    changed.search(QUESTION)
    changed.add(LIBRARY[2:])
    changed.remove(["air", "never there"])
    assert len(changed) == 3
    assert changed.search(QUESTION) == Matcher.build(LIBRARY[1:]).search(QUESTION)


def test_a_new_version_takes_the_place_of_the_old() -> None:
    """Adding a record with a known id replaces it."""
    matcher = Matcher.build(LIBRARY)
    matcher.add([Record("gempa", "Jalan tol ditutup sementara", "Perbaikan jembatan berlangsung sampai sore.")])
    assert "gempa" not in {match.id for match in matcher.search("gempa lamtira")}
    assert matcher.search("jalan tol ditutup")[0].id == "gempa"


def test_equal_records_keep_their_places() -> None:
    """A retriever given the same record twice still answers by position."""
    retriever = LexicalRetriever()
    retriever.index([LIBRARY[0], LIBRARY[0], LIBRARY[1]])
    positions, _ = retriever.search([QUESTION], 3)
    assert positions[0, 0] == 2


def test_a_huge_query_is_read_by_its_beginning(matcher: Matcher) -> None:
    """Ten million letters are cut before they are cleaned, and answer as their beginning does."""
    assert matcher.search(QUESTION + " kata" * 2_000_000)[0].id == "gempa"


@given(st.text(max_size=80))
def test_any_text_is_answered(matcher: Matcher, query: str) -> None:
    """No string breaks a search."""
    assert len(matcher.search(query)) <= len(LIBRARY)


@pytest.mark.parametrize(
    ("words", "root"),
    [
        (("menyebarkan", "penyebaran", "tersebar", "disebarkan"), "sebar"),
        (("pendaftaran", "mendaftarkan", "terdaftar"), "daftar"),
        (("bantuannya", "bantuan"), "bantu"),
        (("gas", "ibu", "beri"), None),
    ],
    ids=["sebar", "daftar", "bantu", "short words"],
)
def test_forms_of_a_word_meet(words: tuple[str, ...], root: str | None) -> None:
    """Affixes are stripped to one stem; short words stay as they are."""
    assert {stem(word) for word in words} == ({root} if root else set(words))
