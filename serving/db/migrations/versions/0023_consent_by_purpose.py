"""Consent by purpose and platform with its history, one's own quiet hours and channel, and the training's badge.

Who had agreed to version 1 of the terms keeps what those words said: clarifications, and all three platforms. They did
not speak of programme news or of measuring, so nobody is taken to have agreed to either: each is asked on the profile,
and programme news that was waiting for an answer is taken back.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SCOPES = ("clarification", "programme", "measurement", "facebook", "x", "instagram")
SAID_BY_VERSION_1 = ("clarification", "facebook", "x", "instagram")
# What routing must know: measuring chooses nobody.
KEPT = tuple(f"{scope}_consent" for scope in SCOPES if scope != "measurement")
KEPT += ("quiet_from", "quiet_until", "trained_version")
# Column of the kept row: what it is of the person's own row.
PERSON_BEFORE = {
    "ministry_id": "{p}.ministry_id",
    "region": "{p}.region",
    "place": "CASE WHEN {p}.district = '' THEN {p}.region ELSE {p}.district END",
    "unit": "{p}.unit",
    "timezone": "{p}.timezone",
    "topics": "CAST({p}.topics AS TEXT)",
    "consent_version": "{p}.consent_version",
    "willing": "({p}.active AND {p}.consent_version IS NOT NULL AND {p}.paused_at IS NULL AND {p}.left_at IS NULL)",
}
PERSON = PERSON_BEFORE | {name: f"{{p}}.{name}" for name in KEPT}


def upgrade() -> None:
    for scope in SCOPES:
        op.add_column("influencers", sa.Column(f"{scope}_consent", sa.String(20), nullable=True))
    for table in ("influencers", "standings"):
        for name in ("quiet_from", "quiet_until"):
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("trained_version", sa.String(20), nullable=True))
    op.add_column("influencers", sa.Column("trained_at", UtcTime(), nullable=True))
    op.add_column("influencers", sa.Column("channel", sa.String(40), nullable=False, server_default="email"))
    op.add_column("influencers", sa.Column("settled_at", UtcTime(), nullable=True))
    for scope in SCOPES:
        if scope != "measurement":
            op.add_column("standings", sa.Column(f"{scope}_consent", sa.String(20), nullable=True))
    op.add_column("waves", sa.Column("training_required", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "consent_steps",
        sa.Column("id", Big, primary_key=True),
        sa.Column("influencer_id", Big, nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("carried_over", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["influencer_id"], ["influencers.id"], ondelete="CASCADE"),
    )
    op.create_index(op.f("ix_consent_steps_influencer_id"), "consent_steps", ["influencer_id"])
    _write_triggers(PERSON)
    _carry_over()


def _carry_over() -> None:
    """Let everybody who agreed to version 1 keep what its words said, and write that nobody asked them again."""
    joined = "consent_version = '1' AND left_at IS NULL"
    values = ", ".join(f"{scope}_consent = '1'" for scope in SAID_BY_VERSION_1)
    for scope in SAID_BY_VERSION_1:
        op.execute(
            "INSERT INTO consent_steps (influencer_id, scope, version, given, carried_over, at)"
            f" SELECT id, '{scope}', '1', true, true, COALESCE(consent_at, created_at) FROM influencers WHERE {joined}"
        )
    op.execute(f"UPDATE influencers SET {values} WHERE {joined}")
    op.execute(
        "UPDATE offers SET state = 'recalled', snoozed_until = NULL WHERE state IN ('planned', 'offered', 'snoozed')"
        " AND campaign_id IN (SELECT id FROM campaigns WHERE kind = 'programme')"
    )


def _values(person: dict[str, str], row: str) -> dict[str, str]:
    return {name: value.format(p=row) for name, value in person.items()}


def _set(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _write_triggers(person: dict[str, str]) -> None:
    """Put these facts in the place of those that the triggers on people keep."""
    if op.get_bind().dialect.name == "postgresql":
        _write_postgresql(_values(person, "n"))
    else:
        _write_sqlite(_values(person, "NEW"))


def _write_postgresql(values: dict[str, str]) -> None:
    names, given = ", ".join(values), ", ".join(values.values())
    differs = f"({', '.join(f's.{name}' for name in values)}) IS DISTINCT FROM ({given})"
    bodies = {
        "insert": f"INSERT INTO standings (influencer_id, {names}) SELECT n.id, {given} FROM added n",
        "update": f"UPDATE standings s SET {_set(values)} FROM added n WHERE s.influencer_id = n.id AND {differs}",
    }
    for event, body in bodies.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION influencers_kept_{event}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN {body}; RETURN NULL; END $$"
        )


def _write_sqlite(values: dict[str, str]) -> None:
    names, given = ", ".join(values), ", ".join(values.values())
    bodies = {
        "insert": f"INSERT INTO standings (influencer_id, {names}) VALUES (NEW.id, {given})",
        "update": f"UPDATE standings SET {_set(values)} WHERE influencer_id = NEW.id",
    }
    for event, body in bodies.items():
        op.execute(f"DROP TRIGGER influencers_kept_{event}")
        op.execute(f"CREATE TRIGGER influencers_kept_{event} AFTER {event.upper()} ON influencers BEGIN {body}; END")


def downgrade() -> None:
    _write_triggers(PERSON_BEFORE)
    op.drop_table("consent_steps")
    op.drop_column("waves", "training_required")
    for name in KEPT:
        op.drop_column("standings", name)
    for name in (*(f"{scope}_consent" for scope in SCOPES), *KEPT[-3:], "trained_at", "channel", "settled_at"):
        op.drop_column("influencers", name)
