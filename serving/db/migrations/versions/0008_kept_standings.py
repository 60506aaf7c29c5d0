"""One kept row a person for routing, held right by triggers; the district; why evidence is held or refused.

The triggers write facts, no rules: what the latest counts are, and how often somebody was asked. PostgreSQL runs them
once a statement over everything it changed, and locks the kept rows first, in order, so that of two transactions about
one person the second sees what the first wrote. SQLite, which has one writer, runs them row by row.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

READY = "willing AND NOT held AND oldest_at IS NOT NULL"
REACH = "COALESCE(facebook, 0) + COALESCE(x, 0) + COALESCE(instagram, 0)"
PRICE = (
    "CAST((n_recent + 1) * (n_recent + 1) AS DOUBLE PRECISION)"
    " / NULLIF(COALESCE(facebook, 0) + COALESCE(x, 0) + COALESCE(instagram, 0), 0)"
)
PLATFORMS = ("facebook", "x", "instagram")
# Column of the kept row: what it is of the person's own row.
PERSON = {
    "ministry_id": "{p}.ministry_id",
    "region": "{p}.region",
    "place": "CASE WHEN {p}.district = '' THEN {p}.region ELSE {p}.district END",
    "unit": "{p}.unit",
    "timezone": "{p}.timezone",
    "topics": "CAST({p}.topics AS TEXT)",
    "consent_version": "{p}.consent_version",
    "willing": ("({p}.active AND {p}.consent_version IS NOT NULL AND {p}.paused_at IS NULL AND {p}.left_at IS NULL)"),
}
EVENTS = ("INSERT", "UPDATE", "DELETE")


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("influencers", sa.Column("district", sa.String(8), nullable=False, server_default=""))
    op.add_column("follower_evidence", sa.Column("hold", sa.String(40), nullable=True))
    op.add_column("follower_evidence", sa.Column("refused_at", UtcTime(), nullable=True))
    op.add_column("follower_evidence", sa.Column("refused_reason", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE follower_evidence SET hold = 'jump' WHERE held")
    _create_tables()
    op.execute(f"INSERT INTO burden_window (id, since) VALUES (1, '{_never()}')")
    names, values = ", ".join(PERSON), ", ".join(_person("i").values())
    op.execute(f"INSERT INTO standings (influencer_id, {names}) SELECT i.id, {values} FROM influencers i")
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
        op.execute("SELECT keep_evidence(array_agg(id)), keep_burden(array_agg(id)) FROM influencers")
    else:
        op.execute(f"UPDATE standings SET {_evidence_in_sqlite()}, {_burden_in_sqlite()}")
        _sqlite()
    for name, columns in (
        ("ix_standings_place", ["region", "place", "price", "last_at", "influencer_id"]),
        ("ix_standings_ministry", ["ministry_id", "region", "place", "price", "last_at", "influencer_id"]),
    ):
        op.create_index(
            name, "standings", columns, sqlite_where=sa.text("ready = 1"), postgresql_where=sa.text("ready")
        )


def _never() -> str:
    """Give the moment that stands for never, as the database writes times."""
    return "1970-01-01 00:00:00+00" if op.get_bind().dialect.name == "postgresql" else "1970-01-01 00:00:00.000000"


def _create_tables() -> None:
    op.create_table(
        "standings",
        sa.Column("influencer_id", _big(), nullable=False, autoincrement=False),
        sa.Column("ministry_id", _big(), nullable=False),
        sa.Column("region", sa.String(8), nullable=False),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("unit", sa.String(120), nullable=False),
        sa.Column("timezone", sa.String(40), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.String(20), nullable=True),
        sa.Column("willing", sa.Boolean(), nullable=False),
        *(sa.Column(name, _big(), nullable=True) for name in PLATFORMS),
        sa.Column("oldest_at", UtcTime(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("n_recent", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("n_waiting", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_at", UtcTime(), nullable=False, server_default=_never()),
        sa.Column("ready", sa.Boolean(), sa.Computed(READY, persisted=True), nullable=False),
        sa.Column("reach", _big(), sa.Computed(REACH, persisted=True), nullable=False),
        sa.Column("price", sa.Float(), sa.Computed(PRICE, persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["influencer_id"],
            ["influencers.id"],
            name=op.f("fk_standings_influencer_id_influencers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("influencer_id", name=op.f("pk_standings")),
    )
    op.create_table(
        "burden_window",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_burden_window_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_burden_window")),
    )


def _person(row: str) -> dict[str, str]:
    """Give each fact of the kept row that the person's own row holds."""
    return {name: value.format(p=row) for name, value in PERSON.items()}


def _set(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


# ---- PostgreSQL ------------------------------------------------------------------------------------------------

# What a statement changed, as the numbers of people, by table and event.
CHANGED = {
    ("follower_evidence", "INSERT"): "SELECT influencer_id AS id FROM added",
    ("follower_evidence", "UPDATE"): (
        "SELECT influencer_id AS id FROM added UNION ALL SELECT influencer_id FROM removed"
    ),
    ("follower_evidence", "DELETE"): "SELECT influencer_id AS id FROM removed",
    ("offers", "INSERT"): "SELECT influencer_id AS id FROM added",
    # An answer changes neither what waits nor when something was offered, and passes by here.
    ("offers", "UPDATE"): (
        "SELECT influencer_id AS id FROM (SELECT influencer_id, state = 'planned', offered_at FROM added EXCEPT ALL"
        " SELECT influencer_id, state = 'planned', offered_at FROM removed) AS more UNION ALL"
        " SELECT influencer_id FROM (SELECT influencer_id, state = 'planned', offered_at FROM removed EXCEPT ALL"
        " SELECT influencer_id, state = 'planned', offered_at FROM added) AS less"
    ),
    ("offers", "DELETE"): "SELECT influencer_id AS id FROM removed",
}
TABLES = {"INSERT": "NEW TABLE AS added", "UPDATE": "OLD TABLE AS removed NEW TABLE AS added"}
TABLES["DELETE"] = "OLD TABLE AS removed"
KEEPERS = {"follower_evidence": "keep_evidence", "offers": "keep_burden"}
LOCK = "PERFORM 1 FROM standings WHERE influencer_id = ANY(people) ORDER BY influencer_id FOR UPDATE;"


def _postgresql() -> None:
    latest = " ".join(
        f"LEFT JOIN LATERAL (SELECT e.count, e.measured_at, e.held FROM follower_evidence e"
        f" WHERE e.influencer_id = p.id AND e.platform = '{name}'"
        f" ORDER BY e.measured_at DESC, e.id DESC LIMIT 1) AS on_{name} ON true"
        for name in PLATFORMS
    )
    counts = ", ".join(f"{name} = on_{name}.count" for name in PLATFORMS)
    times = ", ".join(f"on_{name}.measured_at" for name in PLATFORMS)
    held = " OR ".join(f"COALESCE(on_{name}.held, false)" for name in PLATFORMS)
    op.execute(
        "CREATE FUNCTION keep_evidence(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
        f"{LOCK} UPDATE standings s SET {counts}, held = ({held}),"
        f" oldest_at = CASE WHEN num_nulls({times}) = 0 THEN LEAST({times}) END"
        f" FROM unnest(people) AS p(id) {latest} WHERE s.influencer_id = p.id; END $$"
    )
    op.execute(
        "CREATE FUNCTION keep_burden(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$ "
        "DECLARE start timestamptz; BEGIN "
        # Read under the lock: while this waits, the window may move.
        f"{LOCK} start := (SELECT since FROM burden_window); UPDATE standings s SET n_waiting = waiting.n, n_recent = waiting.n + recent.n, last_at = recent.last"
        " FROM unnest(people) AS p(id)"
        # A filter, not a condition: an index on states would be walked from end to end for each person.
        " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.state = 'planned') AS n FROM offers o"
        " WHERE o.influencer_id = p.id AND o.offered_at IS NULL) AS waiting"
        " CROSS JOIN LATERAL (SELECT"
        " (SELECT count(*) FROM offers o WHERE o.influencer_id = p.id AND o.offered_at >= start) AS n,"
        " (SELECT COALESCE(max(o.offered_at), 'epoch') FROM offers o WHERE o.influencer_id = p.id) AS last) AS recent"
        " WHERE s.influencer_id = p.id; END $$"
    )
    for (table, event), changed in CHANGED.items():
        name = f"{table}_kept_{event.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE people bigint[] := "
            f"(SELECT array_agg(DISTINCT id) FROM ({changed}) AS changed); BEGIN "
            f"IF people IS NOT NULL THEN PERFORM {KEEPERS[table]}(people); END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {TABLES[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    _people_in_postgresql()


def _people_in_postgresql() -> None:
    values = _person("n")
    differs = f"({', '.join(f's.{name}' for name in values)}) IS DISTINCT FROM ({', '.join(values.values())})"
    bodies = {
        "INSERT": (
            f"INSERT INTO standings (influencer_id, {', '.join(values)})"
            f" SELECT n.id, {', '.join(values.values())} FROM added n"
        ),
        "UPDATE": f"UPDATE standings s SET {_set(values)} FROM added n WHERE s.influencer_id = n.id AND {differs}",
    }
    for event, body in bodies.items():
        name = f"influencers_kept_{event.lower()}"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON influencers REFERENCING {TABLES[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


# ---- SQLite ----------------------------------------------------------------------------------------------------


def _evidence_in_sqlite() -> str:
    def latest(column: str, platform: str) -> str:
        return (
            f"(SELECT e.{column} FROM follower_evidence e WHERE e.influencer_id = standings.influencer_id"
            f" AND e.platform = '{platform}' ORDER BY e.measured_at DESC, e.id DESC LIMIT 1)"
        )

    values = {name: latest("count", name) for name in PLATFORMS}
    # min() of several values is NULL where one of them is.
    values["oldest_at"] = f"min({', '.join(latest('measured_at', name) for name in PLATFORMS)})"
    held = ", ".join(f"COALESCE({latest('held', name)}, 0)" for name in PLATFORMS)
    values["held"] = f"max({held})"
    return _set(values)


def _burden_in_sqlite() -> str:
    mine = "FROM offers o WHERE o.influencer_id = standings.influencer_id"
    waiting = f"(SELECT count(*) FILTER (WHERE o.state = 'planned') {mine} AND o.offered_at IS NULL)"
    recent = f"(SELECT count(*) {mine} AND o.offered_at >= (SELECT since FROM burden_window))"
    return _set(
        {
            "n_waiting": waiting,
            "n_recent": f"{waiting} + {recent}",
            "last_at": f"(SELECT COALESCE(max(o.offered_at), '{_never()}') {mine})",
        }
    )


def _sqlite() -> None:
    values = _person("NEW")
    op.execute(
        "CREATE TRIGGER influencers_kept_insert AFTER INSERT ON influencers BEGIN"
        f" INSERT INTO standings (influencer_id, {', '.join(values)}) VALUES (NEW.id, {', '.join(values.values())});"
        " END"
    )
    op.execute(
        "CREATE TRIGGER influencers_kept_update AFTER UPDATE ON influencers BEGIN"
        f" UPDATE standings SET {_set(values)} WHERE influencer_id = NEW.id; END"
    )
    # An answer changes neither what waits nor when something was offered, and passes by here.
    matters = (
        " WHEN (OLD.state = 'planned') <> (NEW.state = 'planned') OR OLD.offered_at IS NOT NEW.offered_at"
        " OR OLD.influencer_id <> NEW.influencer_id"
    )
    for table, kept in (("follower_evidence", _evidence_in_sqlite()), ("offers", _burden_in_sqlite())):
        for event in EVENTS:
            sides = {"INSERT": ("NEW",), "UPDATE": ("NEW", "OLD"), "DELETE": ("OLD",)}[event]
            people = ", ".join(f"{side}.influencer_id" for side in sides)
            when = matters if (table, event) == ("offers", "UPDATE") else ""
            op.execute(
                f"CREATE TRIGGER {table}_kept_{event.lower()} AFTER {event} ON {table}{when} BEGIN"
                f" UPDATE standings SET {kept} WHERE influencer_id IN ({people}); END"
            )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    triggers = [(table, event) for table in KEEPERS for event in EVENTS]
    triggers += [("influencers", event) for event in EVENTS[:2]]
    for table, event in triggers:
        name = f"{table}_kept_{event.lower()}"
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    if postgresql:
        for keeper in KEEPERS.values():
            op.execute(f"DROP FUNCTION {keeper}(bigint[])")
    for table in ("burden_window", "standings"):
        op.drop_table(table)
    for name in ("refused_reason", "refused_at", "hold"):
        op.drop_column("follower_evidence", name)
    op.drop_column("influencers", "district")
