"""Made-up people in a database of their own, PostgreSQL or SQLite, and the service acting on them.

Twenty topics, 514 districts, 80 ministries; some people are paused, without consent, held, or have old evidence, and a
third had offers in the last month. Drawn with numpy from a seed, ``CHUNK`` people at a time, the same on both
databases, and written in bulk. PostgreSQL's triggers stay silent meanwhile: what they would keep is made in bulk
afterwards, and measured. SQLite's cannot be silenced, so there each row pays for its own.
"""

import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
from pyarrow.csv import WriteOptions, write_csv
from sqlalchemy import Connection, text
from tqdm import tqdm

from serving.db import Database, Session
from serving.db.tables import Campaign, Caption, Ministry, User
from serving.db.upgrade import migrate
from serving.deps import acting, create_service
from serving.desk.context import Context
from serving.desk.people.eligibility import CONSENT_VERSION
from serving.desk.regions import regions
from serving.settings import Settings
from serving.vocabulary import (
    SCOPE_VERSIONS,
    CampaignKind,
    CampaignState,
    EvidenceMethod,
    OfferState,
    Platform,
    Role,
    Topic,
)

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
SECRET = "a-secret-of-benchmarks-only-0123456789"
SEED = 5
N_TOPICS, N_DISTRICTS, N_MINISTRIES, N_VARIANTS = 20, 514, 80, 8
# The vocabulary's own, and some more that it may get.
TOPICS = (*Topic, *(f"topik_{n}" for n in range(len(Topic), N_TOPICS)))
UNITS_PER_DISTRICT = 12
# Everybody chose three topics: one, and those so many further on.
STEPS = (0, 7, 13)
N_PAST_CAMPAIGNS = 2
CHUNK = 50_000
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
_NOW_US = int(NOW.timestamp() * 1_000_000)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a block took: seconds of the clock, and of the processor here and in PostgreSQL's processes."""

    wall_s: float
    processor_s: float


class Watch:
    """Times blocks. On a machine that others use too the processor's seconds say more than the clock's."""

    def __init__(self, database: Database) -> None:
        self._server: int | None = None
        self.spent: list[Spent] = []
        if not database.is_sqlite:
            with database.read() as session:
                self._server = _parent(int(session.scalar(text("SELECT pg_backend_pid()")) or 0))

    @contextmanager
    def timed(self, what: str = "") -> Iterator[None]:
        """Time a block, note what it took, and say so where it has a name."""
        wall, used = time.perf_counter(), self._used_s()
        yield
        self.spent.append(Spent(time.perf_counter() - wall, self._used_s() - used))
        if what:
            tqdm.write(f"{what}: {self.spent[-1].wall_s:.2f} s, processor {self.spent[-1].processor_s:.2f} s")

    def _used_s(self) -> float:
        return time.process_time() + (_used_by_family_s(self._server) if self._server else 0.0)


def _stat(pid: int) -> list[str]:
    """Read the kernel's figures of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _used_by_family_s(server: int) -> float:
    """Sum the processor time of a server, of its children, and of those that have ended."""
    ticks = sum(map(int, _stat(server)[11:15]))
    for child in Path(f"/proc/{server}/task/{server}/children").read_text("utf-8").split():
        try:
            ticks += sum(map(int, _stat(int(child))[11:13]))
        except FileNotFoundError:
            continue
    return ticks / float(os.sysconf("SC_CLK_TCK"))


@dataclass(slots=True)
class Hands:
    """A clock that stands until it is set."""

    moment: datetime = NOW

    def now(self) -> datetime:
        """Give the moment to which it is set."""
        return self.moment


class World:
    """One filled database and the service acting on it."""

    def __init__(self, address: str, n_people: int) -> None:
        self.n_people = n_people
        self.clock = Hands()
        self.settings = Settings(database_url=address, secret_key=SECRET, requests_per_minute=10**9)
        self.service = create_service(self.settings, self.clock)
        self.database = self.service.database
        migrate(self.database)
        self.watch = Watch(self.database)
        with self.database.write() as session:
            self.authors = [_user(session, f"penulis{n}", Role.MANAGER) for n in range(2)]
            # The campaigns of the offers that people had before.
            for n in range(N_PAST_CAMPAIGNS):
                self.campaign(session, TOPICS[0], 1, state=CampaignState.ENDED, slug=f"lama-{n}")
            session.add_all(
                Ministry(id=1 + n, code=f"m{1 + n}", name=f"Contoh {1 + n}", live_at=NOW - timedelta(days=1))
                for n in range(N_MINISTRIES)
            )

    def acting(self) -> AbstractContextManager[Context]:
        """Let the service act in a transaction of its own, as the worker does."""
        return acting(self.service)

    def fill(self) -> None:
        """Write the people, their evidence and their past offers."""
        dice = np.random.default_rng(SEED)
        with self.watch.timed(f"{self.n_people:,} people written"), self.database.write() as session:
            connection = session.connection()
            if not self.database.is_sqlite:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            with tqdm(total=self.n_people, desc="people", unit="person", leave=False) as bar:
                for low in range(0, self.n_people, CHUNK):
                    numbers = np.arange(low, min(low + CHUNK, self.n_people)) + 1
                    for table, rows in _drawn(numbers, dice).items():
                        _write(connection, table, rows)
                    bar.update(len(numbers))
            if not self.database.is_sqlite:
                highest = "SELECT setval(pg_get_serial_sequence('offers', 'id'), (SELECT max(id) FROM offers))"
                connection.execute(text(highest))

    def analyse(self) -> None:
        """Let the database count what it holds, as PostgreSQL's own daemon would."""
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE" if self.database.is_sqlite else "VACUUM ANALYZE"))

    def campaign(self, session: Session, topic: str, target_reach: int, **over: object) -> int:
        """Write a live campaign with its captions; give its number."""
        values: dict[str, object] = {
            "kind": CampaignKind.PROGRAMME,
            "state": CampaignState.LIVE,
            "slug": f"kampanye-{time.monotonic_ns()}",
            "title": "Kabar contoh",
            "body": "Isi kabar contoh.",
            "issuer": "Contoh",
            "topic": topic,
            "target_reach": target_reach,
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


def _user(session: Session, name: str, role: Role) -> int:
    row = User(name=name, display_name=name, password_hash="-", roles=[role.value], created_at=NOW)
    session.add(row)
    session.flush()
    return row.id


def _drawn(numbers: np.ndarray, dice: np.random.Generator) -> dict[str, pa.Table]:
    """Draw everything about the people of these numbers, one table of rows for each table of the database."""
    return {
        "influencers": _people(numbers, dice),
        "follower_evidence": _evidence(numbers, dice),
        "offers": _past_offers(numbers, dice),
    }


def _people(numbers: np.ndarray, dice: np.random.Generator) -> pa.Table:
    n = len(numbers)
    district, topic = dice.integers(0, N_DISTRICTS, n), dice.integers(0, N_TOPICS, n)
    unit = district * UNITS_PER_DISTRICT + dice.integers(0, UNITS_PER_DISTRICT, n)
    places = list(regions().values())
    of_place = district % len(places)
    topics = np.array(
        [json.dumps([TOPICS[(each + step) % N_TOPICS] for step in (0, 7, 13)]) for each in range(N_TOPICS)]
    )
    return pa.table(
        {
            "id": numbers,
            "staff_hash": pa.array(numbers).cast(pa.string()),
            "name": np.char.add("Contoh ", numbers.astype(str)),
            "ministry_id": 1 + dice.integers(0, N_MINISTRIES, n),
            "unit": np.char.add("unit ", unit.astype(str)),
            "region": np.array([place.code for place in places])[of_place],
            "district": np.char.zfill(district.astype(str), 4),
            "timezone": np.array([place.timezone for place in places])[of_place],
            "topics": topics[topic],
            "sealed_email": np.full(n, "x"),
            "active": np.full(n, fill_value=True),
            "consent_version": pa.array(np.full(n, CONSENT_VERSION), mask=dice.random(n) >= 0.95),
            **{f"{scope.value}_consent": np.full(n, version) for scope, version in SCOPE_VERSIONS.items()},
            "consent_at": _moments(np.full(n, _NOW_US)),
            **{f"{scope.value}_consent": np.full(n, version) for scope, version in SCOPE_VERSIONS.items()},
            "paused_at": _moments(np.full(n, _NOW_US), mask=dice.random(n) >= 0.03),
            "created_at": _moments(np.full(n, _NOW_US)),
        }
    )


def _evidence(numbers: np.ndarray, dice: np.random.Generator) -> pa.Table:
    n = len(numbers) * len(Platform)
    age_us = dice.integers(0, 93, n) * DAY_US
    return pa.table(
        {
            "influencer_id": np.repeat(numbers, len(Platform)),
            "platform": np.tile([platform.value for platform in Platform], len(numbers)),
            "count": (450 + 300 * np.exp(2.5 * dice.random(n)) * (0.5 + dice.random(n))).astype(np.int64),
            "method": np.full(n, EvidenceMethod.API.value),
            "measured_at": _moments(_NOW_US - age_us),
            "held": dice.random(n) < 0.005,
        }
    )


def _past_offers(numbers: np.ndarray, dice: np.random.Generator) -> pa.Table:
    person, campaign = np.nonzero(dice.random((len(numbers), N_PAST_CAMPAIGNS)) < 0.3)
    n = len(person)
    age_us = dice.integers(8, 908, n) * HOUR_US
    return pa.table(
        {
            "campaign_id": 1 + campaign,
            "influencer_id": numbers[person],
            "state": np.full(n, OfferState.EXPIRED.value),
            "variant": np.ones(n, np.int64),
            "why": np.full(n, "{}"),
            "planned_at": _moments(np.full(n, _NOW_US - 35 * DAY_US)),
            "offered_at": _moments(_NOW_US - age_us),
        }
    )


def _moments(us: np.ndarray, mask: np.ndarray | None = None) -> pa.Array:
    """Write microseconds since 1970 as both databases read them: text without a zone, in UTC."""
    return pa.array(us, pa.timestamp("us"), mask=mask)


def _write(connection: Connection, table: str, rows: pa.Table) -> None:
    raw = connection.connection.driver_connection
    if isinstance(raw, psycopg.Connection):
        _copy(raw, table, rows)
        return
    places = ", ".join("?" * rows.num_columns)
    statement = f"INSERT INTO {table} ({', '.join(rows.column_names)}) VALUES ({places})"
    connection.exec_driver_sql(statement, list(zip(*map(_as_sqlite, rows.columns), strict=True)))


def _copy(connection: psycopg.Connection, table: str, rows: pa.Table) -> None:
    lines = io.BytesIO()
    write_csv(rows, lines, WriteOptions(include_header=False))
    columns = ", ".join(rows.column_names)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(lines.getbuffer())


def _as_sqlite(column: pa.ChunkedArray) -> Sequence[object]:
    """Give a column as SQLite keeps it: moments as text with microseconds."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.string()).to_pylist()
    return column.to_pylist()
