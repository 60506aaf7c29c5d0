"""The monthly report: one list of figures, shown alike on the page, in the file and over /v1."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from serving.db import transparency as rows
from serving.db.tables import (
    Appeal,
    BreakerFreeze,
    Campaign,
    Claim,
    Clarification,
    Complaint,
    Correction,
    Influencer,
    Offer,
    PublicChange,
)
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.publishing import transparency
from serving.desk.publishing.transparency import Figure, Month, Report, Section, Unit
from serving.errors import NotFoundError
from serving.vocabulary import (
    AppealState,
    CampaignKind,
    CampaignState,
    Category,
    ClaimState,
    ComplaintReason,
    CorrectionState,
    DismissReason,
    OfferState,
    Role,
    VerdictLabel,
)
from tests import factories
from tests.conftest import START
from tests.integration.counting import statements
from tests.web.browsing import soup

MARCH = Month(2026, 3)


@pytest.fixture
def month(service, sign_up, clock):
    """A March with something of everything, read on the second of April."""
    third = sign_up("ketiga", Role.APPROVER).user_id
    author, approver = sign_up("penulis", Role.CHECKER).user_id, sign_up("penyetuju", Role.APPROVER).user_id
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        first = factories.clarification(ctx, author, approver, issuer="=Humas", political=True)
        factories.clarification(ctx, author, approver, verdict=VerdictLabel.TRUE, category=Category.HEALTH)
        factories.clarification(ctx, author, approver, published_at=ctx.now - timedelta(days=10))
        for number in range(12):
            factories.claim(
                ctx, seen_at=ctx.now + timedelta(minutes=number + 1), decided_at=ctx.now + timedelta(hours=number + 1)
            )
        session.add(PublicChange(clarification_id=first.id, kind="retracted", version=1, reason="x", at=ctx.now))
        for code, state, hours in (("a", AppealState.UPHELD, 5), ("b", AppealState.OPEN, None)):
            done = None if hours is None else ctx.now + timedelta(hours=hours)
            session.add(
                Appeal(
                    clarification_id=first.id,
                    code_hash=code,
                    state=state,
                    statement="x",
                    filed_at=ctx.now,
                    answered_at=done,
                    answered_by_id=None if done is None else third,
                    answer="" if done is None else "Tetap.",
                )
            )
        session.add(Complaint(clarification_id=first.id, reason=ComplaintReason.PRESSURE, at=ctx.now))
        session.add(BreakerFreeze(at=ctx.now, signals=["complaints"], figures={}))
        large, small = factories.ministry(ctx, "besar"), factories.ministry(ctx, "kecil")
        for _ in range(30):
            factories.influencer(ctx, large.id)
        for _ in range(3):
            factories.influencer(ctx, small.id)
    clock.moment = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)


def figures(service, month_=MARCH) -> dict[tuple[str, str], float | None]:
    """Give a month's values by section and name."""
    with service.database.read() as session:
        found = transparency.report(context_for(service, session, SERVICE), month_)
    return {(each.section.value, each.name): each.value for each in found.figures}


def test_what_the_month_came_to(service, month):
    """Labels, politics, reversals, appeals, complaints and freezes, each counted by its own day."""
    found = figures(service)
    expected = {
        ("verdicts", "salah"): 1,
        ("verdicts", "benar"): 1,
        ("categories", "kesehatan"): 1,
        ("agencies", "=Humas"): 1,
        ("politics", "political_share"): 0.5,
        ("reversals", "retracted"): 1,
        ("reversals", "reversal_rate"): 0.5,
        ("appeals", "filed"): 2,
        ("appeals", "upheld"): 1,
        ("appeals", "overturned"): 0,
        ("appeals", "open"): 1,
        ("freezes", "by_service"): 1,
        ("models", "linear-test"): 12,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_times_are_percentiles_of_enough(service, month):
    """Half within, 95 % within; one answered appeal is too few for a time."""
    found = figures(service)
    assert found["times", "seen_p50"] == 6 * 60
    assert found["times", "decided_p95"] == 12 * 3_600
    assert found["times", "appeal_answered_p50"] is None


def test_a_month_that_is_over_is_summed_up_once_and_anew_when_a_decision_is_taken_back(service, month, clock):
    """Read again it sends no statement that ranks every claim; a claim that was reopened since leaves the figure."""

    def ranked():
        with statements(service) as sent:
            found = figures(service)
        return found, sum("claims" in each and "row_number" in each for each in sent)

    first, n = ranked()
    again, n_again = ranked()
    assert (n, n_again) == (2, 0)
    assert again == first
    with service.database.write() as session:
        slowest = session.scalars(select(Claim).order_by(Claim.decided_at.desc())).first()
        slowest.decided_at = None
    later, n_later = ranked()
    assert n_later == 1
    assert (first["times", "decided_p95"], later["times", "decided_p95"]) == (12 * 3_600, 11 * 3_600)
    assert later["times", "seen_p95"] == first["times", "seen_p95"]
    clock.moment = START + timedelta(hours=13)
    assert figures(service)["times", "decided_p95"] == later["times", "decided_p95"]


def test_one_reading_counts_as_each_by_itself_would(service, month):
    """What was published by verdict, category, agency and politics, and what was closed by its reason."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        for number, reason in enumerate(
            (DismissReason.OPINION, DismissReason.PRESS, DismissReason.PRESS, DismissReason.SATIRE)
        ):
            claim = factories.claim(ctx, state=ClaimState.DISMISSED, dismiss_reason=reason)
            claim.decided_at = START + timedelta(hours=number)
    span = MARCH.span()
    inside = span.holds(Clarification.published_at) & Clarification.author_id.is_not(None)
    with service.database.read() as session:
        found, every = rows.published(session, span), session.scalars(select(Clarification).where(inside)).all()
        for counted, name in ((found.verdicts, "verdict"), (found.categories, "category"), (found.issuers, "issuer")):
            assert counted == Counter(getattr(row, name) for row in every), name
            assert list(counted.values()) == sorted(counted.values(), reverse=True), name
        assert found.n_political == sum(row.political for row in every) == 1
        closed = rows.dismissals(session, span)
    assert list(closed.items()) == [
        (DismissReason.PRESS, 2),
        (DismissReason.OPINION, 1),
        (DismissReason.SATIRE, 1),
    ]


def test_few_people_cannot_be_counted_out(service, month):
    """The small ministry is hidden, and the large one with it: the total less the one would be the other."""
    found = figures(service)
    assert found["people", "all"] == 30
    assert found["people", "Kementerian kecil"] is None
    assert found["people", "Kementerian besar"] is None


def test_one_person_less_does_not_show_in_a_month_that_is_over(service, month):
    """People are in tens: who leaves, or asks to be forgotten, is not the difference of two readings."""
    before = figures(service)
    with service.database.write() as session:
        session.scalars(select(Influencer)).first().consent_at = datetime(2026, 4, 1, tzinfo=UTC)
    assert figures(service) == before


def test_a_month_that_is_not_over_says_nothing_of_people_or_complaints(service, month, clock):
    """Each of them would move as one person does."""
    clock.moment = START + timedelta(days=1)
    with service.database.write() as session:
        number = session.scalars(select(Clarification.id)).first()
        session.add_all(
            Complaint(clarification_id=number, reason=ComplaintReason.TOO_MANY, at=START + timedelta(seconds=n))
            for n in range(12)
        )
    found = figures(service)
    people = {value for (section, _), value in found.items() if section in {"people", "complaints"}}
    assert people == {None}
    assert found["reversals", "told"] is found["reversals", "told_read"] is None
    clock.moment = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)
    over = figures(service)
    assert (over["complaints", "too_many"], over["people", "all"]) == (12, 30)


def test_few_complaints_look_like_none(service, month):
    """One complaint was sent, of one kind; every kind stands in the report and none has a figure."""
    found = figures(service)
    assert [found["complaints", reason.value] for reason in ComplaintReason] == [None] * len(ComplaintReason)


def test_who_is_told_twice_is_one_person(service, month):
    """People are counted and not messages: nine people with two corrections each are too few to be shown."""
    with service.database.write() as session:
        label = session.scalars(select(Clarification)).first()
        campaign = Campaign(
            kind=CampaignKind.CLARIFICATION,
            state=CampaignState.ENDED,
            clarification_id=label.id,
            slug="kuota",
            title="Contoh",
            body="Contoh.",
            issuer="Humas Contoh",
            topic="keamanan_digital",
            target_reach=1_000,
            starts_at=START,
            ends_at=START + timedelta(days=1),
            author_id=label.author_id,
            approver_id=label.approver_id,
            created_at=START,
        )
        session.add(campaign)
        session.flush()
        for person in session.scalars(select(Influencer).order_by(Influencer.id).limit(9)).all():
            offer = Offer(
                campaign_id=campaign.id,
                influencer_id=person.id,
                state=OfferState.ACCEPTED,
                variant=0,
                why={},
                planned_at=START,
                offered_at=START,
            )
            session.add(offer)
            session.flush()
            session.add_all(
                Correction(
                    clarification_id=label.id,
                    cause=cause,
                    offer_id=offer.id,
                    influencer_id=person.id,
                    state=CorrectionState.SENT,
                    reason="x",
                    sent_at=START,
                )
                for cause in (1, 2)
            )
    span = MARCH.span()
    with service.database.read() as session:
        assert rows.told(session, span) == (9, 0)
    found = figures(service)
    assert found["reversals", "told"] is None


def test_reversals_are_of_what_this_desk_published(service, month):
    """A label that came from elsewhere was not counted as published, so its retraction is not set against that."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        foreign = factories.clarification(ctx, None, None)
        session.add_all(
            PublicChange(
                clarification_id=foreign.id, kind="retracted", version=1, reason="x", at=ctx.now - timedelta(days=5)
            )
            for _ in range(8)
        )
    assert figures(service)["reversals", "reversal_rate"] == 0.5


def test_a_clock_that_ran_ahead_leaves_the_present_month(client, month, clock):
    """The first label lies in a later month than the clock: there is one report, of the present month."""
    clock.moment = datetime(2026, 1, 5, tzinfo=UTC)
    assert client.get("/v1/transparency").json() == {"months": ["2026-01"]}
    assert client.get("/transparansi").status_code == 200


def test_another_month_has_its_own_figures(service, month):
    """What was published in February counts there, and a month before the first label or ahead has no report."""
    assert figures(service, Month(2026, 2))["verdicts", "salah"] == 1
    for other in (Month(2026, 1), Month(2026, 5)):
        with pytest.raises(NotFoundError):
            figures(service, other)


@given(st.integers(0, 20 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)))
def test_every_moment_lies_in_its_month(moment):
    """A month is Jakarta's, without a gap or overlap to the next."""
    found = Month.of(moment)
    span = found.span()
    assert span.since <= moment < span.until
    assert span.until == found.next().span().since
    assert Month.read(str(found)) == found


@pytest.mark.parametrize("text", ["", "2026-13", "2026-3", "1999-01", "2026-03-01", "２０２６-03"])
def test_what_is_no_month_is_not_found(text):
    """Anything else has no report."""
    with pytest.raises(NotFoundError):
        Month.read(text)


def test_the_file_can_be_read_by_a_spreadsheet():
    """RFC 4180 with every field in quotes, a hidden value empty, and no name that would be run as a formula."""
    found = Report(
        MARCH,
        is_over=True,
        figures=(
            Figure(Section.AGENCIES, '=1+1,"x"', "x", Unit.COUNT, 3),
            Figure(Section.AGENCIES, "Humas;=1+1", "x", Unit.COUNT, 4),
            Figure(Section.PEOPLE, "kecil", "x", Unit.COUNT, None),
        ),
    )
    text = transparency.as_csv(found)
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1:] == [
        ["2026-03", "agencies", '\'=1+1,"x"', "count", "3"],
        ["2026-03", "agencies", "Humas;'=1+1", "count", "4"],
        ["2026-03", "people", "kecil", "count", ""],
    ]


def test_page_file_and_v1_show_the_same(client, month):
    """The last month that is over comes first; every figure of /v1 stands in the file and on the page."""
    page = soup(client.get("/transparansi"))
    assert "2026-03" in page.h1.get_text()
    document = client.get("/v1/transparency/2026-03").json()
    assert client.get("/v1/transparency").json()["months"] == ["2026-04", "2026-03", "2026-02"]
    answer = client.get("/transparansi/2026-03.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == len(document["figures"]) == len(page.select("main tbody tr"))
    assert [float(line["value"] or -1) for line in lines] == [
        pytest.approx(-1 if each["value"] is None else each["value"]) for each in document["figures"]
    ]


def test_the_present_month_says_that_it_is_not_over(client, month):
    """Its figures move; a month without a report is not found."""
    assert soup(client.get("/transparansi?bulan=2026-04")).select_one(".notice.note")
    assert client.get("/transparansi?bulan=2027-01").status_code == 404
    assert client.get("/v1/transparency/2027-01").status_code == 404


def test_before_the_first_label_there_is_a_report_all_the_same(client):
    """An empty desk shows its zeros."""
    assert client.get("/transparansi").status_code == 200
    assert client.get("/v1/transparency").json() == {"months": [f"{START:%Y-%m}"]}
