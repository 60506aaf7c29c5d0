"""The made-up people of the benchmarks are the same on both databases, and the service can choose among them."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("pyarrow")

from sqlalchemy import delete, func, select

from benchmarks import routing as choosing
from benchmarks.people import CHUNK, N_DISTRICTS, TOPICS, World
from serving.db.tables import AuditRow, FollowerEvidence, Influencer, KeptStanding, Offer
from serving.desk.outreach import routing
from serving.desk.people import standings

N_PEOPLE = 400


@pytest.fixture
def world(address):
    """Four hundred people in a database of their own."""
    made = World(address, N_PEOPLE)
    made.fill()
    yield made
    made.database.close()


def test_people_evidence_and_past_offers_are_written_and_kept(world):
    """Three counts a person; every kept row comes out as the worker makes it, on the one database by its triggers."""
    with world.database.read() as session:
        counted = [session.scalar(select(func.count()).select_from(table)) for table in (Influencer, FollowerEvidence)]
        assert counted == [N_PEOPLE, 3 * N_PEOPLE]
        assert session.scalar(select(func.count()).select_from(Offer)) > N_PEOPLE // 3
        assert len(set(session.scalars(select(Influencer.district)))) > N_DISTRICTS // 3
    mended = standings.look_over(world.acting)
    assert mended == (0 if world.database.is_sqlite else N_PEOPLE)
    assert standings.look_over(world.acting) == 0
    with world.database.read() as session:
        # Drawn from a seed: who is ready does not depend on the database.
        ready = session.scalar(select(func.sum(KeptStanding.influencer_id)).where(KeptStanding.ready))
        assert ready == 73_305


def test_ranges_that_are_looked_over_side_by_side_mend_everybody_once(world, monkeypatch):
    """Each range in a transaction of its own, two at a time; together they mend as many as there are."""
    with world.database.write() as session:
        session.execute(delete(KeptStanding))
    monkeypatch.setattr(standings, "RANGE", 30)
    assert standings.look_over(world.acting) == N_PEOPLE
    with world.database.read() as session:
        steps = session.scalars(select(AuditRow.seq).where(AuditRow.action == "standings.mend")).all()
    assert len(steps) == math.ceil(N_PEOPLE / 30)


def test_a_choice_is_measured_as_it_is_made_and_taken_back(world):
    """What is measured is the plan of a real campaign; afterwards nobody has an offer of it."""
    standings.look_over(world.acting)
    with world.acting() as ctx:
        n = routing.plan(ctx, world.campaign(ctx.session, TOPICS[0], 20_000))
        ctx.session.rollback()
    assert n > 0
    found = choosing.choose(world)
    assert len(found.ms) == choosing.ROUNDS
    assert min(found.n_chosen) > 0
    with world.database.read() as session:
        assert session.scalar(select(func.count()).where(Offer.campaign_id > 2)) == 0
    assert CHUNK > N_PEOPLE
