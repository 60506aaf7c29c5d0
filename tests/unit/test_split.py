"""The protocol: by group and time, and no leak."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.checks import hoax_share_by_year, style_features
from data.schema import Example, Kind, Label
from data.split import LeakError, Part, Split, refuse_shared_groups, split, without_texts_of


def example(name, *, day=None, group=None, source="tbh", publisher="contoh", label=Label.HOAX, text=None):
    """An invented example, a headline unless said otherwise."""
    return Example(name, text or f"klaim {name}", label, Kind.NEWS_HEADLINE, source, publisher, group or name, day)


ROWS = st.lists(
    st.builds(
        example,
        st.uuids().map(str),
        day=st.none() | st.dates(date(2020, 1, 1), date(2025, 12, 31)),
        group=st.sampled_from("abcdefgh"),
        source=st.sampled_from(["tbh", "hs", "emot", "news", "desk"]),
        publisher=st.sampled_from(["contoh", "liputan6.com"]),
        label=st.sampled_from(Label),
    ),
    max_size=30,
)


@given(ROWS)
@settings(deadline=None)
def test_no_group_stands_in_two_parts_and_no_row_is_lost(rows):
    """Whatever the dates and sources, each group is used in one part only and each row is dealt once."""
    divided = split(rows)
    refuse_shared_groups(divided)
    assert sorted(row.id for part in Part for row in divided[part]) == sorted(row.id for row in rows)


@given(ROWS)
@settings(deadline=None)
def test_nothing_learned_from_is_unseen_or_later(rows):
    """Training holds no row of 2025 but the desk's own, none of the unseen source and no unknown label."""
    for row in split(rows)[Part.TRAIN]:
        assert row.source != "hs"
        assert row.label is not Label.UNKNOWN
        assert row.date is None or row.date < date(2025, 1, 1) or row.source == "desk"


@pytest.mark.parametrize(
    ("day", "part"),
    [
        (date(2024, 12, 31), Part.TRAIN),
        (date(2025, 1, 1), Part.TUNE),
        (date(2025, 5, 31), Part.TUNE),
        (date(2025, 6, 1), Part.TEST),
    ],
)
def test_a_date_decides_the_part(day, part):
    """Train before 2025, tune to May, test from June."""
    assert [row.id for row in split([example("a", day=day)])[part]] == ["a"]


def test_a_group_goes_where_its_earliest_date_is_and_leaves_the_later_parts():
    """The later near-duplicate is used nowhere."""
    rows = [example("old", day=date(2024, 1, 1), group="g"), example("new", day=date(2025, 7, 1), group="g")]
    divided = split(rows)
    assert [row.id for row in divided[Part.TRAIN]] == ["old"]
    assert [row.id for row in divided[Part.LEFT_OUT]] == ["new"]


def test_a_near_duplicate_of_an_unseen_opinion_does_not_train():
    """What stands beside a row of the unseen source is left out."""
    rows = [example("hs-1", source="hs", group="g"), example("emot-1", source="emot", group="g")]
    divided = split(rows)
    assert [row.id for row in divided[Part.UNSEEN_OPINION]] == ["hs-1"]
    assert [row.id for row in divided[Part.LEFT_OUT]] == ["emot-1"]


def test_test_outlets_give_no_row_of_2025_to_tuning():
    """News of the four outlets is met first in the test."""
    row = example("a", day=date(2025, 3, 1), publisher="liputan6.com", label=Label.NOT_HOAX)
    assert split([row])[Part.LEFT_OUT] == (row,)


def test_groups_without_a_date_are_dealt_seven_one_two():
    """A stable hash deals undated groups 70/10/20."""
    divided = split(example(str(number)) for number in range(4000))
    shares = [len(divided[part]) / 4000 for part in (Part.TRAIN, Part.TUNE, Part.TEST)]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.03)


def test_what_the_desk_decided_trains_and_the_newest_fifth_tunes():
    """By its own clock, however late; the test keeps the rows it had, and a copy of one of them is used nowhere."""
    own = [example(f"desk-{n:02}", day=date(2026, 1, 1 + n), source="desk") for n in range(20)]
    tested = [example("a", day=date(2025, 7, 1), group="g"), example("b", day=date(2025, 8, 1))]
    copy = example("desk-copy", day=date(2026, 3, 1), group="g", source="desk")
    divided = split([*own, *tested, copy])
    assert [row.id for row in divided[Part.TRAIN]] == [row.id for row in own[:16]]
    assert [row.id for row in divided[Part.TUNE]] == [row.id for row in own[16:]]
    assert divided[Part.TEST] == tuple(tested)
    assert divided[Part.LEFT_OUT] == (copy,)


def test_an_old_hoax_that_the_desk_decides_again_trains():
    """A copy of a training row joins it, with the desk's own date; it moves no row of the tables."""
    rows = [
        example("old", day=date(2024, 1, 1), group="g"),
        example("desk-1", day=date(2026, 1, 1), group="g", source="desk"),
        example("undated", group="h"),
        example("desk-2", day=date(2020, 1, 1), group="h", source="desk"),
    ]
    divided = split(rows)
    assert [row.id for row in divided[Part.TRAIN]][:2] == ["old", "desk-1"]
    assert split(rows[2:3]).parts.keys() == divided.parts.keys()
    assert [part for part in Part if rows[2] in divided[part]] == [
        part for part in Part if rows[2] in split(rows[2:3])[part]
    ]


def test_a_leak_is_refused():
    """A group in two parts stops, with the group named."""
    leaking = Split({Part.TRAIN: (example("a", group="g"),), Part.TEST: (example("b", group="g"),)})
    with pytest.raises(LeakError, match="Group g"):
        refuse_shared_groups(leaking)


def test_repeated_texts_leave_training():
    """The same cleaned text under two ids cannot train and test."""
    rows = [example("a"), example("b")]
    assert without_texts_of(rows, [example("c")], {"a": "x", "b": "y", "c": "x"}) == (rows[1],)


def test_the_year_baseline_counts_hoaxes_a_year():
    """Rows without a date are a year of their own."""
    rows = [example("a", day=date(2024, 1, 1)), example("b", label=Label.OPINION)]
    assert hoax_share_by_year(rows) == {"": 0.0, "2024": 1.0}


def test_style_says_how_a_text_is_typed():
    """The same words in capitals and typographic quotes differ in style."""
    assert list(style_features("awas banjir")) != list(style_features("“AWAS BANJIR”"))
