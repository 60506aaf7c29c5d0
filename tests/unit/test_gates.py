"""The path to a label: every rule that stands in the way, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.desk.checking.gates import (
    PUBLISHABLE,
    Filling,
    NotReadyError,
    PathStep,
    Prepared,
    Source,
    accusing_words,
    check,
    filling,
    first_obstacle_before,
    is_near_copy,
    obstacles,
    sites,
    unanswered,
    words_obstacles,
)
from serving.vocabulary import QUESTIONS, Category, DismissReason, EvidenceKind, Gate, VerdictLabel

WORDING = "Pesan berantai menyebut Bank Contoh membagikan kuota gratis lewat tautan pendaftaran."
OPEN = {gate: gate is Gate.VERIFIABLE for gate in Gate}
AGENCY, INDEPENDENT = EvidenceKind.AFFECTED_AGENCY, EvidenceKind.INDEPENDENT
TWO = (Source("https://bank.example/a", AGENCY), Source("https://media.example/b", INDEPENDENT))
READY = Prepared(
    gates=OPEN,
    verdict=VerdictLabel.FALSE,
    category=Category.FRAUD,
    political=False,
    title="Bank Contoh tidak mengadakan program kuota; formulir itu mengumpulkan data",
    body="Bank Contoh tidak pernah membuka pendaftaran kuota.",
)


def _steps(prepared, sources=TWO, wording=WORDING):
    return [obstacle.step for obstacle in obstacles(prepared, sources, wording)]


def _answer(gate, answer):
    return replace(READY, gates=OPEN | {gate: answer})


def test_a_complete_draft_is_ready():
    """With six answers, two sites, a verdict and words, nothing stands in the way."""
    assert obstacles(READY, TWO, WORDING) == ()
    check(READY, TWO, WORDING)


@pytest.mark.parametrize("gate", list(Gate))
def test_each_question_must_be_answered(gate):
    """One open question is enough to close the path, and the refusal asks it."""
    gates = {known: answer for known, answer in OPEN.items() if known is not gate}
    assert unanswered(gates) == (gate,)
    with pytest.raises(NotReadyError) as refusal:
        check(replace(READY, gates=gates), TWO, WORDING)
    assert refusal.value.obstacle.step is PathStep.GATES

    assert QUESTIONS[gate] in str(refusal.value)


@pytest.mark.parametrize(
    ("gate", "answer", "way_out"),
    [
        (Gate.VERIFIABLE, False, DismissReason.OUT_OF_SCOPE),
        (Gate.OPINION, True, DismissReason.OPINION),
        (Gate.SATIRE, True, DismissReason.SATIRE),
        (Gate.PRESS_PRODUCT, True, DismissReason.PRESS),
    ],
)
@pytest.mark.parametrize("verdict", list(VerdictLabel))
def test_some_answers_rule_out_every_label(gate, answer, way_out, verdict):
    """What cannot be checked, opinion, satire and press get no label, whatever verdict is tried; the way out is named."""
    found = obstacles(replace(_answer(gate, answer), verdict=verdict), TWO, WORDING)
    assert (found[0].step, found[0].dismiss_as) == (PathStep.GATES, way_out)


def test_press_is_told_of_the_right_of_reply():
    """A press product is answered with the right of reply and the Press Council."""
    first = obstacles(_answer(Gate.PRESS_PRODUCT, True), TWO, WORDING)[0]
    assert "hak jawab" in first.message
    assert "Dewan Pers" in first.message


@pytest.mark.parametrize("verdict", [VerdictLabel.FALSE, VerdictLabel.MISLEADING])
def test_criticism_is_never_called_false(verdict):
    """Criticism of government cannot be given salah or menyesatkan."""
    assert PathStep.VERDICT in _steps(replace(_answer(Gate.CRITICISM, True), verdict=verdict))


@pytest.mark.parametrize("verdict", [VerdictLabel.TRUE, VerdictLabel.MISSING_CONTEXT, VerdictLabel.UNPROVEN])
def test_criticism_may_be_answered_with_facts(verdict):
    """Criticism may get a verdict that calls nobody a liar."""
    assert _steps(replace(_answer(Gate.CRITICISM, True), verdict=verdict)) == []


@pytest.mark.parametrize(
    "word",
    [
        *("hoaks", "HOAX", "kebohongan", "dipalsukan", "disinformasi", "misinformasi", "fitnah", "pendusta", "menipu"),
        *("h\u200boaks", "ｐａｌｓｕ", "h\u043eaks", "ho\u00e1ks", "ho4ks", "h-o-a-k-s", "[h\u043eaks]"),
    ],
    ids=str.encode,
)
@pytest.mark.parametrize("place", ["title", "body"])
def test_no_accusing_word_about_criticism(word, place):
    """The words that call a complaint a lie, also inside others or disguised, stand nowhere about criticism."""
    over = {place: f"Keluhan ini {word} menurut kami"}
    draft = replace(_answer(Gate.CRITICISM, True), verdict=VerdictLabel.MISSING_CONTEXT, **over)
    assert _steps(draft) == [PathStep.CLARIFICATION]


def test_a_private_person_must_be_redacted():
    """A claim that names a private person waits until somebody says that the name is covered."""
    named = _answer(Gate.PRIVATE_PERSON, True)
    assert _steps(named) == [PathStep.CLARIFICATION]
    assert _steps(replace(named, redacted=True)) == []


@pytest.mark.parametrize("verdict", [VerdictLabel.FALSE, VerdictLabel.MISLEADING])
@pytest.mark.parametrize(
    "sources",
    [
        [Source("https://a.example/1", INDEPENDENT)],
        [Source("https://a.example/1", INDEPENDENT), Source("https://a.example/2", INDEPENDENT)],
        [Source("https://a.example/1", INDEPENDENT), Source("http://www.A.example:8080/2", AGENCY)],
        [Source("https://a.example/1", INDEPENDENT), Source("https://m.a.example./2", AGENCY)],
        [Source("https://ppid.badan.contoh.go.id/1", INDEPENDENT), Source("https://badan.contoh.go.id/2", AGENCY)],
        [Source("https://a.example/1", AGENCY), Source("https://b.example/1", AGENCY)],
        [Source(f"https://{n}.example/1", AGENCY) for n in "abcdef"],
    ],
    ids=[
        "one",
        "one site twice",
        "www is the same site",
        "m is the same site",
        "one agency under two names",
        "two denials",
        "six denials",
    ],
)
def test_debunking_needs_two_sites_and_an_independent_one(verdict, sources):
    """One site, or only the affected agency's word, is never enough for salah or menyesatkan."""
    assert _steps(replace(READY, verdict=verdict), sources) == [PathStep.VERDICT]


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("ppid.badan.contoh.go.id", "contoh.go.id"),
        ("contoh.go.id", "contoh.go.id"),
        ("kota.contoh.co.id", "contoh.co.id"),
        ("kabar.contoh.id", "contoh.id"),
        ("news.contoh.co.uk", "contoh.co.uk"),
        ("nasional.contoh.com", "contoh.com"),
        ("contoh.com:8080", "contoh.com"),
        ("192.0.2.17", "192.0.2.17"),
        ("localhost", "localhost"),
    ],
)
def test_a_site_is_its_registered_name(host, site):
    """Whatever an owner puts before the registered name is the same site."""
    assert sites([Source(f"https://{host}/a", INDEPENDENT)]) == {site}


def test_true_needs_one_source():
    """The verdict benar stands on one source, and on none it does not."""
    true = replace(READY, verdict=VerdictLabel.TRUE)
    assert _steps(true, TWO[:1]) == []
    assert _steps(true, ()) == [PathStep.SOURCES]


@pytest.mark.parametrize("verdict", sorted(set(VerdictLabel) - set(PUBLISHABLE)))
def test_some_verdicts_are_reached_only_without_a_label(verdict):
    """satire, opini and di luar cakupan are closings, not labels."""
    assert _steps(replace(READY, verdict=verdict)) == [PathStep.VERDICT]


@pytest.mark.parametrize(
    "title",
    [
        "[SALAH] Bank membagikan kuota",
        "[HOAKS]: kuota",
        "Hoaks: bank membagikan kuota",
        "Awas! HOAX - kuota gratis",
        "Salah: kuota gratis",
        "Kuota gratis [hoaks]",
        "[Cek Fakta] kuota",
    ],
)
def test_a_title_carries_no_verdict_tag(title):
    """A title leads with the fact, not with a stamp."""
    assert _steps(replace(READY, title=title)) == [PathStep.CLARIFICATION]


@pytest.mark.parametrize(
    "title", ["Kuota gratis dari Bank Contoh tidak ada", "Data yang salah hitung sudah dibetulkan: ini angkanya"]
)
def test_ordinary_titles_pass(title):
    """Ordinary sentences are not mistaken for stamps."""
    assert _steps(replace(READY, title=title)) == []


def test_a_debunking_title_does_not_repeat_the_claim():
    """A title with four words in five of the claim is refused for salah, and allowed for benar."""
    repeated = replace(READY, title=WORDING.upper())
    assert _steps(repeated) == [PathStep.CLARIFICATION]
    assert _steps(replace(repeated, verdict=VerdictLabel.TRUE)) == []


def test_the_near_copy_rule_is_a_jaccard_index():
    """Four shared words of five is a near copy; three of five is not."""
    assert is_near_copy("a b c d", "a b c d e")
    assert not is_near_copy("a b c", "a b c d e")
    assert not is_near_copy("", "")


@pytest.mark.parametrize(
    "over",
    [{"title": " "}, {"body": ""}, {"category": None}, {"political": None}, {"title": "a" * 201}],
    ids=str,
)
def test_every_part_of_the_clarification_is_needed(over):
    """Title, body, category and the political answer must all be there."""
    assert _steps(replace(READY, **over)) == [PathStep.CLARIFICATION]


def test_a_step_opens_only_after_the_one_before():
    """A later step says which earlier obstacle keeps it closed; the first is always open."""
    found = obstacles(replace(READY, verdict=None), (), WORDING)
    assert first_obstacle_before(found, PathStep.SOURCES) is None
    for step in (PathStep.VERDICT, PathStep.CLARIFICATION, PathStep.SUBMIT):
        closed_by = first_obstacle_before(found, step)
        assert closed_by is not None
        assert closed_by.step is PathStep.SOURCES


_drafts = st.builds(
    Prepared,
    gates=st.dictionaries(st.sampled_from(list(Gate)), st.booleans()),
    verdict=st.none() | st.sampled_from(list(VerdictLabel)),
    category=st.none() | st.sampled_from(list(Category)),
    political=st.none() | st.booleans(),
    redacted=st.booleans(),
    title=st.text(max_size=60),
    body=st.text(max_size=60),
)
_sources = st.lists(
    st.builds(
        Source,
        st.sampled_from(["https://a.example/1", "https://www.a.example/2", "https://b.example/1"]),
        st.sampled_from(list(EvidenceKind)),
    ),
    max_size=4,
)


@given(_drafts, _sources, st.text(max_size=60))
def test_nothing_ready_breaks_a_rule(prepared, sources, wording):
    """Whatever is entered: a draft without obstacles keeps every rule of the desk."""
    if obstacles(prepared, sources, wording):
        return
    assert prepared.gates == {
        **OPEN,
        **{gate: prepared.gates[gate] for gate in (Gate.CRITICISM, Gate.PRIVATE_PERSON)},
    }
    assert prepared.verdict in PUBLISHABLE
    assert sources
    if prepared.verdict in {VerdictLabel.FALSE, VerdictLabel.MISLEADING}:
        assert len(sites(sources)) >= 2
        assert any(source.kind is INDEPENDENT for source in sources)
        assert not prepared.gates[Gate.CRITICISM]
    if prepared.gates[Gate.CRITICISM]:
        assert not accusing_words(prepared.title + prepared.body)
    if prepared.gates[Gate.PRIVATE_PERSON]:
        assert prepared.redacted
    assert words_obstacles(prepared.title, prepared.body, None, "", criticism=False) == []


def test_the_rule_of_two_sources_says_how_far_it_is_filled():
    """Different sites count once whatever stands before their name; one of the sources has to be independent."""
    agency = Source("https://www.bank.example/a", EvidenceKind.AFFECTED_AGENCY)
    same = Source("https://bank.example/b", EvidenceKind.AFFECTED_AGENCY)
    media = Source("https://media.example/c", EvidenceKind.INDEPENDENT)
    assert filling([]) == Filling(0, 0)
    assert (filling([agency, same]), filling([agency, same]).holds) == (Filling(1, 0), False)
    assert (filling([media]).enough_sites, filling([media]).holds) == (False, False)
    assert (filling([agency, media]), filling([agency, media]).holds) == (Filling(2, 1), True)
