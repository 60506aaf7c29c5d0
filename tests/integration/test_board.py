"""The manager's board: what it counts, and that nobody can be read off it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.db.tables import Campaign
from serving.desk.outreach import board
from serving.desk.outreach.routing import Caps
from serving.errors import ForbiddenError, InvalidInputError
from serving.settings import Settings
from serving.vocabulary import DeclineReason, OfferState, Role
from tests import factories
from tests.conftest import SECRET
from tests.integration import carrying
from tests.integration.test_campaigns import Browser


def _ask(acting, story, n, state=OfferState.OFFERED, ministry_id=None, **over):
    """Offer the campaign to so many new people, each of whom came so far."""
    with acting() as ctx:
        campaign = ctx.session.get(Campaign, story.campaign_id)
        for _ in range(n):
            row = factories.influencer(ctx, ministry_id or story.ministry_id)
            carrying.offer(ctx, campaign, row, mail=False, state=state, **over)


def _board(acting, story, month=""):
    with acting(story.author) as ctx:
        return board.board(ctx, month)


def _steps(found):
    return tuple(getattr(found, step) for step in board.FUNNEL)


def test_the_funnel_counts_people_and_hides_few(acting, story):
    """Each step stands where ten came so far and ten did not; under ten nothing is said."""
    _ask(acting, story, 8)
    assert _steps(_board(acting, story).total) == (10, None, None, None, None)
    _ask(acting, story, 20)
    _ask(acting, story, 15, OfferState.ACCEPTED)
    _ask(acting, story, 25, OfferState.POSTED, posted_at=datetime(2026, 3, 2, 5, tzinfo=UTC))
    found = _board(acting, story)
    assert _steps(found.total) == (70, 69, 40, 25, None)
    assert [each.code for each in found.by_ministry] == ["komdigi"]


def test_two_offers_to_one_person_are_one_person(acting, story):
    """Somebody who was asked twice and took both counts once."""
    _ask(acting, story, 30, OfferState.ACCEPTED)
    _ask(acting, story, 30)
    before = _steps(_board(acting, story).total)
    with acting() as ctx:
        source = factories.clarification(ctx, story.author.user_id, story.approver.user_id)
        second = carrying.campaign(ctx, source.id, story.author, story.approver)
        person = ctx.session.get(Campaign, story.campaign_id)
        assert person
        row = factories.influencer(ctx, story.ministry_id)
        for campaign in (person, second):
            carrying.offer(ctx, campaign, row, mail=False, state=OfferState.ACCEPTED)
    after = _steps(_board(acting, story).total)
    assert [b - a for a, b in zip(before[:3], after[:3], strict=True)] == [1, 1, 1]


def test_a_small_ministry_hides_another_with_it(acting, story):
    """Three people of one ministry follow from no total: the smallest of the others is hidden too."""
    with acting() as ctx:
        small, large = factories.ministry(ctx, "kecil").id, factories.ministry(ctx, "besar").id
    _ask(acting, story, 3, ministry_id=small)
    _ask(acting, story, 20)
    _ask(acting, story, 40, ministry_id=large)
    found = {each.code: each for each in _board(acting, story).by_ministry}
    assert [found[code].offered for code in ("kecil", "komdigi", "besar")] == [None, None, 40]
    assert [found[code].eligible for code in ("kecil", "komdigi", "besar")] == [None, None, 40]


def test_offers_of_another_month_are_another_months(acting, story):
    """A month begins at midnight in Jakarta."""
    february = datetime(2026, 2, 28, 16, 59, tzinfo=UTC)
    _ask(acting, story, 12, offered_at=february)
    _ask(acting, story, 14, offered_at=february + timedelta(minutes=1))
    assert _board(acting, story, "2026-02").total.offered == 12
    assert _board(acting, story).total.offered == 15
    for month in ("2025-03", "2026-04", "apa"):
        with pytest.raises(InvalidInputError):
            _board(acting, story, month)


@pytest.mark.parametrize(
    ("n_declined", "n_others", "shown"),
    [(9, 30, None), (12, 8, None), (12, 20, {"not_now": 12, "not_my_topic": 0, "not_comfortable": 0})],
)
def test_reasons_stand_only_where_nobody_can_be_read_off(acting, story, n_declined, n_others, shown):
    """Neither few who declined nor few who did not; the one open offer of the story is among the others."""
    _ask(acting, story, n_declined, OfferState.DECLINED, decline_reason=DeclineReason.NOT_NOW)
    _ask(acting, story, n_others)
    assert _board(acting, story).declines == shown


def test_a_rare_reason_is_hidden_with_another(acting, story):
    """Three who gave one reason do not follow from the sum of the others."""
    for n, reason in (
        (3, DeclineReason.NOT_COMFORTABLE),
        (11, DeclineReason.NOT_MY_TOPIC),
        (30, DeclineReason.NOT_NOW),
    ):
        _ask(acting, story, n, OfferState.DECLINED, decline_reason=reason)
    _ask(acting, story, 20)
    assert _board(acting, story).declines == {"not_now": 30, "not_my_topic": None, "not_comfortable": None}


def test_the_first_post_is_timed_in_waking_hours(acting, story, clock):
    """From 10.00 to 08.00 the next day are eleven hours, for the night between them does not count."""
    first = clock.now() + timedelta(hours=22)
    _ask(acting, story, 9, OfferState.POSTED, posted_at=first)
    assert _board(acting, story).first_posts == board.FirstPosts(0, None)
    _ask(acting, story, 1, OfferState.VERIFIED, posted_at=first + timedelta(hours=1))
    assert _board(acting, story).first_posts == board.FirstPosts(1, pytest.approx(11.0))


def test_burden_is_a_distribution_and_no_ranking(acting, story):
    """How many had how many offers, the mean, and how unequal it is; no number belongs to a person."""
    with acting() as ctx:
        for _ in range(20):
            factories.influencer(ctx, story.ministry_id)
    _ask(acting, story, 18)
    found = _board(acting, story).burden
    assert [(each.low, each.n_people) for each in found.bands] == [(0, 21), (1, 19), (5, 0), (9, 0)]
    assert found.mean == pytest.approx(19 / 40)
    assert found.gini == pytest.approx(21 / 40)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_gini_equals_its_definition(values):
    """Half the mean difference of all pairs over the mean."""
    n, total = len(values), sum(values)
    pairs = sum(abs(a - b) for a in values for b in values)
    expected = pairs / (2 * n * total) if total else 0.0
    assert board.gini(Counter(values)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("start", "hours", "waking"),
    [((10, 0), 2, 2), ((10, 0), 24, 13), ((21, 0), 9, 0), ((19, 0), 13, 2), ((6, 0), 49, 26)],
)
def test_waking_hours_leave_out_the_night(start, hours, waking):
    """Hours between 20.00 and 07.00 in Jakarta do not count."""
    caps = Caps.of(Settings(secret_key=SECRET))
    begin = datetime(2026, 3, 2, *start, tzinfo=board.WIB)
    assert board.waking(begin, begin + timedelta(hours=hours), caps) == timedelta(hours=waking)


def test_only_a_manager_reads_it(acting, story):
    """Neither whoever is asked nor whoever approves sees the board."""
    for actor in (story.person, story.approver):
        with acting(actor) as ctx, pytest.raises(ForbiddenError):
            board.board(ctx)


def test_both_doors_and_the_file_show_the_same(client, service, acting, story, key_for):
    """Page, /v1 and CSV agree, and what is hidden is hidden in each."""
    _ask(acting, story, 30)
    _ask(acting, story, 20, OfferState.ACCEPTED)
    key = key_for("manajer2", Role.MANAGER)
    found = client.get("/v1/board", headers=key).json()
    assert [found["total"][step] for step in board.FUNNEL] == [52, 51, 20, None, None]
    lines = list(csv.DictReader(io.StringIO(client.get("/v1/board.csv", headers=key).text)))
    values = {(line["part"], line["group"], line["figure"]): line["value"] for line in lines}
    assert [values["funnel", "all", step] for step in board.FUNNEL] == ["52", "51", "20", *["disembunyikan"] * 2]
    assert values["declines", "all", "not_now"] == "disembunyikan"
    desk = Browser(client, service, story.author)
    status, page = desk.get("/program")
    assert status == 200
    cells = [cell.get_text(strip=True) for cell in page.select_one("table.data tbody tr").select("td")]
    assert cells == ["52", "51", "20", "disembunyikan", "disembunyikan"]
    answer = client.get("/program.csv", headers=desk.cookies)
    assert answer.text == client.get("/v1/board.csv", headers=key).text
    assert "program-2026-03.csv" in answer.headers["content-disposition"]
    assert client.get("/v1/board?month=1999-01", headers=key).status_code == 422
