"""What does it cost to keep, choose, ask and show, for hundreds of thousands of people and for millions?

A PostgreSQL server of its own is filled with made-up people by set-based SQL: 20 topics, 514 districts, 80 ministries,
some of them paused, without consent, held, or with old evidence, and a month of earlier offers. Then, with the
service's own code: every kept row is made anew, 3,000 people are chosen, 100,000 offers are planned, released and
queued, and inboxes are opened. The loop that the choice stands beside asks the same of each person with one look-up
each for evidence and offers; it runs over a sample, and its time is multiplied.

    python -m benchmarks.routing                      # 400,000 people
    python -m benchmarks.routing --people 4000000     # the size of the goals; about 12 GiB of disk
"""

import argparse
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from benchmarks.kept import keep
from serving.db import Database, Session, standings
from serving.db.engine import migrate
from serving.db.influencers import evidence_of
from serving.db.tables import Campaign, Caption, Delivery, Influencer, Offer, User
from serving.desk import influencers, offers, routing
from serving.desk.context import SERVICE, Actor, Context
from serving.desk.regions import regions
from serving.security import Vault
from serving.settings import Settings
from serving.vocabulary import CampaignKind, CampaignState, OfferState, Platform, Role
from tests.postgres import Postgres, running

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
SECRET = "a-secret-of-benchmarks-only-0123456789"
N_TOPICS, N_DISTRICTS, N_MINISTRIES, N_VARIANTS = 20, 514, 80, 8
N_CHOSEN, N_OFFERS = 3_000, 100_000
N_LOOPED, N_INBOXES, ROUNDS = 300, 300, 5
RANGE = 200_000
SERVER = {"shared_buffers": "2GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB"}

# Runs without triggers and foreign keys: what the triggers would keep is made in bulk afterwards, and measured.
FILL = """
SET session_replication_role = replica;
SELECT setseed(0.5);
INSERT INTO ministries (id, code, name, live_at)
SELECT g, 'm' || g, 'Contoh ' || g, :now ::timestamptz - interval '1 day' FROM generate_series(1, :ministries) g;
INSERT INTO influencers (id, staff_hash, name, ministry_id, unit, region, district, timezone, topics, sealed_email,
    active, consent_version, consent_at, paused_at, created_at)
SELECT g, md5(g::text), 'Contoh ' || g, 1 + m, 'unit ' || (d * 12 + floor(random() * 12)::int),
    place.code, lpad(d::text, 4, '0'), place.zone,
    jsonb_build_array('t' || t, 't' || (t + 7) % :topics, 't' || (t + 13) % :topics), 'x'::bytea,
    true, CASE WHEN random() < 0.95 THEN '1' END, :now,
    CASE WHEN random() < 0.03 THEN :now ::timestamptz END, :now
FROM (SELECT g, floor(random() * :districts)::int AS d, floor(random() * :ministries)::int AS m,
      floor(random() * :topics)::int AS t FROM generate_series(1, :people) g) AS drawn
JOIN (SELECT (row_number() OVER ()) - 1 AS n, code, zone FROM places) AS place
    ON place.n = d % (SELECT count(*) FROM places);
INSERT INTO follower_evidence (influencer_id, platform, count, method, measured_at, held)
SELECT g, platform, 450 + floor(300 * exp(2.5 * random()) * (0.5 + random())), 'api',
    :now ::timestamptz - interval '1 day' * floor(random() * 93), random() < 0.005
FROM generate_series(1, :people) g CROSS JOIN unnest(ARRAY['facebook', 'x', 'instagram']) platform;
INSERT INTO offers (campaign_id, influencer_id, state, variant, why, planned_at, offered_at)
SELECT 1 + n, g, 'expired', 1, '{}', :now ::timestamptz - interval '35 days',
    :now ::timestamptz - interval '1 hour' * (8 + floor(random() * 900))
FROM generate_series(1, :people) g CROSS JOIN generate_series(0, 1) n WHERE random() < 0.3;
SET session_replication_role = origin;
SELECT setval(pg_get_serial_sequence('offers', 'id'), (SELECT max(id) FROM offers));
"""


@contextmanager
def timed(what: str) -> Iterator[list[float]]:
    """Time a block; say how long it took, and give the seconds in the list."""
    spent: list[float] = []
    began = time.perf_counter()
    yield spent
    spent.append(time.perf_counter() - began)
    print(f"{what}: {spent[0]:.2f} s", flush=True)


class World:
    """One filled database and the service acting on it."""

    def __init__(self, server: Postgres, n_people: int) -> None:
        name = f"people_{n_people}"
        server.run("CREATE DATABASE {}", name)
        self.n_people = n_people
        self.database = Database(server.address(name))
        self.settings = Settings(database_url=self.database.address, secret_key=SECRET)
        self.vault = Vault(self.settings.secret)
        migrate(self.database)

    def ctx(self, session: Session, actor: Actor = SERVICE, now: datetime = NOW) -> Context:
        """Let somebody act in a transaction."""
        return Context(session, actor, now, self.settings, self.vault)

    def fill(self) -> None:
        """Write the people; about a third of them had an offer of late."""
        values = {
            "now": NOW.isoformat(),
            "people": self.n_people,
            "topics": N_TOPICS,
            "districts": N_DISTRICTS,
            "ministries": N_MINISTRIES,
        }
        with self.database.write() as session:
            session.execute(text("CREATE TEMP TABLE places (code text, zone text)"))
            places = [{"code": place.code, "zone": place.timezone} for place in regions().values()]
            session.execute(text("INSERT INTO places VALUES (:code, :zone)"), places)
            self.authors = [self.user(session, f"penulis{n}", Role.MANAGER) for n in range(2)]
            for n in range(2):
                self.campaign(session, "t0", state=CampaignState.ENDED, slug=f"lama-{n}")
            for statement in filter(str.strip, FILL.split(";")):
                used = {key: value for key, value in values.items() if f":{key}" in statement}
                session.execute(text(statement), used)

    def analyse(self) -> None:
        """Let the server count what it holds, as its own daemon would."""
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    @staticmethod
    def user(session: Session, name: str, role: Role) -> int:
        """Write an account; give its number."""
        row = User(name=name, display_name=name, password_hash="-", roles=[role.value], created_at=NOW)
        session.add(row)
        session.flush()
        return row.id

    def campaign(self, session: Session, topic: str, **over: object) -> int:
        """Write a live campaign with its captions."""
        values: dict[str, object] = {
            "kind": CampaignKind.PROGRAMME,
            "state": CampaignState.LIVE,
            "slug": f"kampanye-{time.monotonic_ns()}",
            "title": "Kabar contoh",
            "body": "Isi kabar contoh.",
            "issuer": "Contoh",
            "topic": topic,
            "target_reach": 1,
            "starts_at": NOW - timedelta(hours=1),
            "ends_at": NOW + timedelta(days=3),
            "political_author": False,
            "political_approver": False,
            "author_id": self.authors[0],
            "approver_id": self.authors[1],
            "created_at": NOW,
        }
        row = Campaign(**values | over)
        session.add(row)
        session.flush()
        session.add_all(
            Caption(campaign_id=row.id, platform=platform, variant=number, text="Isi kabar contoh.")
            for platform in Platform
            for number in range(1, N_VARIANTS + 1)
        )
        session.flush()
        return row.id


def keep_all(world: World) -> float:
    """Make every kept row anew, range by range as the worker does; give the seconds."""
    with world.database.write() as session:
        session.execute(text("TRUNCATE standings"))
    with timed(f"kept rows of {world.n_people:,} people made anew") as spent:
        for low in range(0, world.n_people + 1, RANGE):
            with world.database.write() as session:
                standings.mend(session, low, low + RANGE)
    with timed("looked over again, nothing to mend"):
        for low in range(0, world.n_people + 1, RANGE):
            with world.database.write() as session:
                assert standings.mend(session, low, low + RANGE) == 0
    return spent[0]


def choose(world: World) -> list[float]:
    """Plan campaigns for about 3,000 people each and take every one back; give the seconds of each."""
    with world.database.read() as session:
        typical = session.scalar(text("SELECT avg(reach) FROM standings WHERE ready AND n_recent = 0"))
    with world.database.write() as session:
        standings.advance(session, NOW - routing.RECENT)
    times = []
    for n in range(ROUNDS + 1):
        with world.database.write() as session:
            campaign_id = world.campaign(session, f"t{n}", target_reach=int(float(typical or 0) * N_CHOSEN * 1.6))
            began = time.perf_counter()
            routing.plan(world.ctx(session), campaign_id)
            times.append(time.perf_counter() - began)
            chosen = select(func.count()).where(Offer.campaign_id == campaign_id)
            print(f"  chosen: {session.scalar(chosen):,} in {times[-1] * 1000:.0f} ms", flush=True)
            session.rollback()
    return times[1:]


def loop(world: World) -> float:
    """Ask the rules of one person after another; give the seconds for everybody, from a sample."""
    with world.database.read() as session:
        ctx = world.ctx(session)
        step = max(1, world.n_people // N_LOOPED)
        people = session.scalars(select(Influencer).where(Influencer.id % step == 0)).all()
        began = time.perf_counter()
        for person in people:
            profile = influencers.profile_of(ctx, person)
            if not profile.reasons and "t1" in person.topics:
                offered = session.scalars(select(Offer.offered_at).where(Offer.influencer_id == person.id)).all()
                len(offered)
            evidence_of(session, person.id)
        spent = time.perf_counter() - began
    each = spent / len(people)
    print(f"a loop: {each * 1000:.2f} ms a person, {each * world.n_people:,.0f} s for {world.n_people:,}", flush=True)
    return each * world.n_people


def offer(world: World) -> float:
    """Plan 100,000 offers and release them, their messages written; give the seconds."""
    wanted = min(N_OFFERS, world.n_people // 4)
    per_campaign = N_CHOSEN
    with world.database.read() as session:
        typical = float(session.scalar(text("SELECT avg(reach) FROM standings WHERE ready AND n_recent = 0")) or 0)
    began = time.perf_counter()
    with timed("planned"):
        planned, n = 0, 0
        while planned < wanted:
            with world.database.write() as session:
                topic = f"t{n % N_TOPICS}"
                campaign_id = world.campaign(session, topic, target_reach=int(typical * per_campaign * 1.6))
                planned += routing.plan(world.ctx(session), campaign_id)
            n += 1
    now, released = NOW, 0
    with timed("released and queued"):
        while released < wanted:
            with world.database.write() as session:
                more = routing.release_due(world.ctx(session, now=now))
            released += more
            now = now + timedelta(milliseconds=1) if more else now + timedelta(hours=4)
            if now > NOW + timedelta(days=2):
                break
    with world.database.read() as session:
        queued = session.scalar(select(func.count()).select_from(Delivery))
    print(f"{n} campaigns, {planned:,} offers made, {released:,} released, {queued:,} messages queued", flush=True)
    return (time.perf_counter() - began) * N_OFFERS / max(released, 1)


def inbox(world: World) -> float:
    """Open the inboxes of some who got something; give the 99th percentile in seconds."""
    with world.database.write() as session:
        asked = select(Offer.influencer_id).where(Offer.state == OfferState.OFFERED).distinct().limit(N_INBOXES)
        people = session.scalars(select(Influencer).where(Influencer.id.in_(asked))).all()
        actors = []
        for person in people:
            user_id = world.user(session, f"asn{person.id}", Role.INFLUENCER)
            person.user_id = user_id
            actors.append(Actor(user_id, "asn", frozenset({Role.INFLUENCER})))
    times = []
    for actor in [*actors[:20], *actors]:
        with world.database.read() as session:
            began = time.perf_counter()
            found = offers.inbox(world.ctx(session, actor, NOW + timedelta(minutes=1)))
            times.append(time.perf_counter() - began)
            assert found.open
    ordered = sorted(times[20:])
    return ordered[math.ceil(0.99 * len(ordered)) - 1]


def grown(server: Postgres, n_people: int) -> World:
    """Make a database with its people."""
    world = World(server, n_people)
    with timed(f"{n_people:,} people written"):
        world.fill()
    return world


def main() -> None:
    """Measure at a tenth of the size and at the size, and keep the figures."""
    parser = argparse.ArgumentParser(description="Eligibility, choice, offers and inboxes at size, on PostgreSQL.")
    parser.add_argument("--people", type=int, default=400_000, help="how many people")
    chosen = parser.parse_args()
    with running(**SERVER) as server:
        small = grown(server, chosen.people // 10)
        keep_all(small)
        small.analyse()
        before = choose(small)
        small.database.close()
        world = grown(server, chosen.people)
        seconds = keep_all(world)
        world.analyse()
        times = choose(world)
        looped = loop(world)
        n = {"people": chosen.people}
        keep("eligibility", "seconds", [seconds], **n)
        keep("routing", "times a loop over people", [looped / each for each in times], **n)
        keep("routing", "ms", [each * 1000 for each in times], **n)
        keep(
            "routing_growth", "times the time", [sorted(times)[len(times) // 2] / sorted(before)[len(before) // 2]], **n
        )
        keep("offers", "seconds", [offer(world)], **n)
        keep("inbox", "ms p99", [inbox(world) * 1000], **n)
        world.database.close()


if __name__ == "__main__":
    main()
