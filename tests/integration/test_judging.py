"""The second model reads each open claim after the first has, and nothing waits for it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from models.score import Band, Reason, ReasonCode, Score, Thresholds
from serving.db.tables import Claim
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming.judging import judge_waiting
from serving.vocabulary import ClaimState
from tests import factories


class Judge:
    """A scorer that gives every text the same answer and remembers what it read."""

    def __init__(self, version="judge-2", p_hoax=0.9):
        self.version = version
        self.thresholds = Thresholds(look=0.5, clear=0.1)
        self.read = []
        self._p = p_hoax

    def score_many(self, texts):
        self.read.extend(texts)
        reasons = (Reason(ReasonCode.WORDS, "contoh", 1.5),)
        return [Score(self._p, self.thresholds.band(self._p), reasons, self.version) for _ in texts]

    def probabilities(self, texts):
        raise AssertionError("a judge gives reasons")


@pytest.fixture
def begin(service, clock):
    """Open writing transactions in which the service acts."""

    @contextmanager
    def opened():
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    return opened


@pytest.fixture
def claims(begin):
    """Three open claims and a published one, scored by the quick model."""
    with begin() as ctx:
        made = [factories.claim(ctx, model="quick-1", p_hoax=0.2, band=Band.ABSTAIN.value) for _ in range(3)]
        closed = factories.claim(ctx, model="quick-1", state=ClaimState.CLOSED)
        ctx.session.flush()
        return [claim.id for claim in made], closed.id


def _all(begin):
    with begin() as ctx:
        rows = ctx.session.scalars(select(Claim)).all()
        return {row.id: (row.model, row.p_hoax, row.band, row.priority, row.version) for row in rows}


def test_open_claims_come_to_the_judge(begin, claims):
    """Each open claim carries the judge's version, probability, band and reasons; a closed one keeps its own."""
    waiting, closed = claims
    before = _all(begin)
    assert judge_waiting(begin, Judge()) == len(waiting)
    after = _all(begin)
    assert all(after[number][:3] == ("judge-2", 0.9, "look") for number in waiting)
    assert after[closed] == before[closed]


def test_a_judged_claim_rises_and_no_open_form_breaks(begin, claims):
    """The queue's order follows the new score, and the claim's version stays, so a form that is open still counts."""
    waiting, _ = claims
    judge_waiting(begin, Judge("judge-1", 0.05))
    before = _all(begin)
    judge_waiting(begin, Judge())
    after = _all(begin)
    assert all(after[number][3] > before[number][3] for number in waiting)
    assert all(after[number][4] == before[number][4] for number in waiting)


def test_nobody_is_judged_twice_by_one_model(begin, claims):
    """A second round finds nothing to do; a new model brings every open claim to itself."""
    judge_waiting(begin, Judge())
    again = Judge()
    assert judge_waiting(begin, again) == 0
    assert again.read == []
    assert judge_waiting(begin, Judge("judge-3", 0.05)) == len(claims[0])


def test_what_was_decided_while_the_judge_read_stays(begin, claims):
    """A claim that people decide between reading and writing keeps the figures that they saw."""
    waiting, _ = claims

    class Slow(Judge):
        def score_many(self, texts):
            with begin() as ctx:
                ctx.session.get(Claim, waiting[0]).state = ClaimState.CLOSED
            return super().score_many(texts)

    before = _all(begin)
    assert judge_waiting(begin, Slow()) == len(waiting) - 1
    assert _all(begin)[waiting[0]] == before[waiting[0]]
