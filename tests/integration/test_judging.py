"""The second model reads each open claim after the first has, and nothing waits for it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from models.score import Band, Reason, ReasonCode, Score, Thresholds
from serving.db.tables import Claim
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming.judging import BATCH, judge_waiting
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
def let_judge(service, begin):
    """Let a judge read what waits; give how many claims it scored."""
    return lambda judge: judge_waiting(begin, service.database.read, judge)


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


def test_open_claims_come_to_the_judge(begin, let_judge, claims):
    """Each open claim carries the judge's version, probability, band and reasons; a closed one keeps its own."""
    waiting, closed = claims
    before = _all(begin)
    assert let_judge(Judge()) == len(waiting)
    after = _all(begin)
    assert all(after[number][:3] == ("judge-2", 0.9, "look") for number in waiting)
    assert after[closed] == before[closed]


def test_a_judged_claim_rises_and_no_open_form_breaks(begin, let_judge, claims):
    """The queue's order follows the new score, and the claim's version stays, so a form that is open still counts."""
    waiting, _ = claims
    let_judge(Judge("judge-1", 0.05))
    before = _all(begin)
    let_judge(Judge())
    after = _all(begin)
    assert all(after[number][3] > before[number][3] for number in waiting)
    assert all(after[number][4] == before[number][4] for number in waiting)


def test_nobody_is_judged_twice_by_one_model(begin, let_judge, claims):
    """A second round finds nothing to do; a new model brings every open claim to itself."""
    let_judge(Judge())
    again = Judge()
    assert let_judge(again) == 0
    assert again.read == []
    assert let_judge(Judge("judge-3", 0.05)) == len(claims[0])


def test_what_was_decided_while_the_judge_read_stays(begin, let_judge, claims):
    """A claim that people decide between reading and writing keeps the figures that they saw."""
    waiting, _ = claims

    class Slow(Judge):
        def score_many(self, texts):
            with begin() as ctx:
                ctx.session.get(Claim, waiting[0]).state = ClaimState.CLOSED
            return super().score_many(texts)

    before = _all(begin)
    assert let_judge(Slow()) == len(waiting) - 1
    assert _all(begin)[waiting[0]] == before[waiting[0]]


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_two_judges_at_once_read_nothing_twice(begin, let_judge):
    """While one worker's judge reads a batch, another's reads the rest; each claim is read once, the first in the queue first."""
    with begin() as ctx:
        for n in range(2 * BATCH + 8):
            factories.claim(ctx, wording=f"Kabar nomor {n} beredar", priority=100.0 - n, model="quick-1")
    second = Judge()

    class First(Judge):
        def score_many(self, texts):
            if not self.read:
                assert let_judge(second) == BATCH + 8
            return super().score_many(texts)

    first = First()
    assert let_judge(first) == BATCH
    assert first.read == [f"Kabar nomor {n} beredar" for n in range(BATCH)]
    assert second.read == [f"Kabar nomor {n} beredar" for n in range(BATCH, 2 * BATCH + 8)]
    assert {model for model, *_ in _all(begin).values()} == {"judge-2"}


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_judge_that_fails_leaves_its_claims_to_the_next(begin, let_judge, claims):
    """What one worker had taken and did not finish is read by the next that asks."""

    class Broken(Judge):
        def score_many(self, texts):
            raise RuntimeError("stopped in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        let_judge(Broken())
    assert let_judge(Judge()) == len(claims[0])
