"""The leak audit: each leak, built on purpose, is found, and training on it is refused unless told why not."""

from datetime import date

import pytest

from data.checks import audit, audit_split, cleaned_texts
from data.schema import Example, Kind, Label
from data.split import LeakError, Part, Split, split

DAYS = {Part.TRAIN: date(2024, 1, 1), Part.TUNE: date(2025, 2, 1), Part.TEST: date(2025, 7, 1)}
PLACES = ("pasar", "taman", "pantai", "sekolah", "jembatan", "terminal", "lapangan", "pelabuhan", "stasiun", "waduk")


def rows_of(n, *, part=Part.TRAIN, label=Label.HOAX, wording="{}", prefix="a"):
    """`n` different invented claims of one part."""
    texts = [f"warga {PLACES[i % 10]} contoh {prefix}{i} melihat cahaya {PLACES[(i * 7) % 10]}" for i in range(n)]
    return [
        Example(
            f"{prefix}{i}",
            wording.format(text),
            label,
            Kind.CIRCULATED_POST,
            "tbh",
            "contoh",
            f"{prefix}{i}",
            DAYS[part],
        )
        for i, text in enumerate(texts)
    ]


def found_in(rows, training=None):
    """The audit of rows, trained on as the split deals them."""
    divided = split(rows)
    return audit(divided, training or divided[Part.TRAIN], cleaned_texts(rows, 4000))


def failing(found):
    """The names of the checks that refuse."""
    return [check.name for check in found.failures]


def test_clean_rows_pass():
    """Different claims without tags are trained on."""
    found = found_in([*rows_of(40), *rows_of(40, label=Label.OPINION, prefix="o")])
    assert found.failures == ()
    found.refuse()


@pytest.mark.parametrize("label", [Label.HOAX, Label.NOT_HOAX])
def test_a_verdict_before_the_text_is_found_on_either_side(label):
    """Cleaning takes a tag's brackets away; the word that is left still tells the label."""
    other = Label.OPINION if label is Label.HOAX else Label.HOAX
    rows = [*rows_of(40, label=label, wording="Klarifikasi: {}"), *rows_of(40, label=other, prefix="o")]
    assert failing(found_in(rows))[0] == "verdict before the text"


def test_a_tag_in_brackets_is_no_leak_once_cleaned():
    """[SALAH] leaves with the cleaning, so the rows may train."""
    assert failing(found_in(rows_of(40, wording="[SALAH] {}"))) == []


def test_the_narrative_in_place_of_the_claim_is_found():
    """Hoaxes that speak as a fact-checker does are narratives."""
    rows = rows_of(40, wording="Unggahan tersebut menyebut {}. Faktanya, hasil penelusuran berkata lain.")
    assert failing(found_in(rows)) == ["debunk wording in hoaxes"]


def test_what_collectors_leave_is_found_after_cleaning():
    """Bytes whose escapes were cut in collecting survive cleaning, and are found."""
    assert failing(found_in(rows_of(40, wording="xf0 {} x9f"))) == ["tweet artefacts after cleaning"]


def test_a_text_that_crosses_the_split_is_found():
    """A cleaned text in training and in the test is counted and refused."""
    early, (late,) = rows_of(30), rows_of(1, part=Part.TEST, prefix="b")
    same = Example("b0", early[0].text.upper(), late.label, late.kind, "tbh", "contoh", "b0", late.date)
    found = found_in([*early, same], training=early)
    with pytest.raises(LeakError, match="1 texts stand in training and in a later part"):
        found.refuse()


def test_a_whole_split_is_audited_without_the_texts_that_cross_it():
    """What a recipe leaves out of training does not fail the audit of what it trains on."""
    early, (late,) = rows_of(30), rows_of(1, part=Part.TEST, prefix="b")
    crossing = Example("b0", early[0].text, late.label, late.kind, "tbh", "contoh", "b0", late.date)
    found = audit_split(split([*early, crossing]), 4000)
    assert found.n_train == 29
    assert "texts in training and in a later part" not in failing(found)


def test_near_duplicates_across_the_split_are_found():
    """A later part that retells training texts measures memory."""
    early = rows_of(30)
    late = [
        Example(f"b{i}", f"{row.text} sebarkan", row.label, row.kind, "tbh", "contoh", f"b{i}", DAYS[Part.TEST])
        for i, row in enumerate(early)
    ]
    found = found_in([*early, *late])
    assert failing(found) == ["near-duplicates of training in test"]
    assert found.failures[0].found > 0.9


def test_training_is_refused_unless_told_why_not():
    """A reason in words lets failing rows train; blanks are no reason."""
    found = found_in(rows_of(40, wording="salah {}"))
    with pytest.raises(LeakError, match="--despite REASON"):
        found.refuse()
    with pytest.raises(LeakError):
        found.refuse(despite="  ")
    found.refuse(despite="to show what the leak does")


def test_no_reason_allows_a_group_in_two_parts():
    """That is a broken split, and is refused at once."""
    early, late = rows_of(1)[0], rows_of(1, part=Part.TEST)[0]
    leaking = Split(dict.fromkeys(Part, ()) | {Part.TRAIN: (early,), Part.TEST: (late,)})
    with pytest.raises(LeakError, match="Group a0"):
        audit(leaking, [early], {"a0": "x"})
