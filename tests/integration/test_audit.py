"""The chain finds what was done to it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.db import audit as audit_rows
from serving.db.tables import AuditRow, PublicChange
from serving.deps import context_for
from serving.desk import audit
from serving.desk.checking.gates import Prepared
from serving.desk.context import SERVICE
from serving.desk.outreach import campaign_drafts, campaigns
from serving.desk.publishing import library
from serving.vocabulary import EvidenceKind, Role, Topic, VerdictLabel
from tests import factories
from tests.conftest import START
from tests.integration import carrying


def _fill(service, ctx, n=6):
    for number in range(n):
        audit.append(ctx, "claim.take", "claim", number, note="catatan")
    ctx.session.commit()


def _tamper(service, *statements):
    """Do what somebody with the database's own password would do: drop the guard, then change rows."""
    with service.database.engine.begin() as connection:
        if service.database.is_sqlite:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_no_{verb}"))
        else:
            connection.execute(text("DROP TRIGGER audit_append_only ON audit"))
        for statement in statements:
            connection.execute(text(statement))


def _breaks(service):
    with service.database.read() as session:
        return [found.seq for found in audit.verify(session, service.vault.audit_key).breaks]


def test_an_untouched_chain_is_intact(service, ctx):
    """Rows appended in order verify, and are counted."""
    _fill(service, ctx)
    with service.database.read() as session:
        report = audit.verify(session, service.vault.audit_key)
    assert (report.intact, report.n_rows) == (True, 6)


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        (["UPDATE audit SET action = 'claim.release' WHERE seq = 3"], 3),
        (["UPDATE audit SET actor_id = NULL, at = '2020-01-01T00:00:00+00:00' WHERE seq = 5"], 5),
        (["DELETE FROM audit WHERE seq = 4"], 4),
        (["DELETE FROM audit WHERE seq = 6"], 6),
        (["DELETE FROM audit WHERE seq = 1"], 1),
        (
            [
                "UPDATE audit SET seq = 99 WHERE seq = 2",
                "UPDATE audit SET seq = 2 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 99",
            ],
            2,
        ),
    ],
    ids=["edited", "re-dated", "removed", "tail cut", "head cut", "reordered"],
)
def test_tampering_is_found_and_named(service, ctx, statements, first):
    """An edited, removed or reordered row breaks the chain, and the report names the first such row."""
    _fill(service, ctx)
    _tamper(service, *statements)
    assert _breaks(service)[0] == first


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_changes(service, ctx, statement):
    """By ordinary means no row can be changed or removed at all."""
    _fill(service, ctx)
    with pytest.raises(DBAPIError, match="append-only"), service.database.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("table", ["public_changes", "clarification_versions"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_what_the_public_read_cannot_be_changed(service, ctx, table, statement):
    """The public log of corrections, and the words of a clarification, are only ever added to."""
    head = factories.clarification(ctx)
    ctx.session.add(PublicChange(clarification_id=head.id, kind="revised", version=1, reason="x", at=ctx.now))
    ctx.session.commit()
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), service.database.engine.begin() as connection:
        connection.execute(text(statement.format(table)))


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("taken", ["id", "the key beside it"])
def test_no_row_is_put_in_the_place_of_another(service, ctx, recursive, taken):
    """SQLite's INSERT OR REPLACE is refused, by its number or another key, whatever a connection leaves switched off."""
    if not service.database.is_sqlite:
        pytest.skip("PostgreSQL has no such statement")
    factories.clarification(ctx)
    ctx.session.commit()
    with service.database.engine.connect() as connection:
        (set_by_us,) = connection.exec_driver_sql("PRAGMA recursive_triggers").one()
        assert set_by_us == 1
        raw = connection.connection.driver_connection
        names = [row[1] for row in raw.execute("PRAGMA table_info(clarification_versions)")]
        changed = {"title": "'Diganti'"} | ({} if taken == "id" else {"id": "id + 1000"})
        values = ", ".join(changed.get(name, name) for name in names)
        connection.rollback()
        raw.execute(f"PRAGMA recursive_triggers = {recursive}")
        try:
            with pytest.raises(sqlite3.IntegrityError, match="clarification_versions is append-only"):
                raw.execute(
                    f"INSERT OR REPLACE INTO clarification_versions SELECT {values} FROM clarification_versions"
                )
        finally:
            raw.execute("PRAGMA recursive_triggers = ON")


@pytest.mark.parametrize("moment", ["rows_in_order", "head"])
def test_a_step_during_the_walk_is_no_finding(service, ctx, monkeypatch, moment):
    """Steps that others take between two readings of the walk are not seen by it, and nothing is said to be missing."""
    _fill(service, ctx)
    read = getattr(audit_rows, moment)

    def meanwhile(session):
        found = list(read(session)) if moment == "rows_in_order" else None
        with service.database.write() as other:
            audit.append(context_for(service, other, SERVICE), "claim.take", "claim", 99)
        return read(session) if found is None else found

    monkeypatch.setattr(audit_rows, moment, meanwhile)
    with service.database.read() as session:
        report = audit.verify(session, service.vault.audit_key)
    assert (report.n_rows, report.breaks) == (6, ())


def _loosen(connection, table):
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        return
    for verb in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))


@pytest.fixture
def approved(service, sign_up):
    """A published clarification and an approved campaign on it, each by two people through the desk; their numbers."""

    def act(actor, work):
        with service.database.write() as session:
            return work(context_for(service, session, actor))

    writer = sign_up("penulis", Role.CHECKER, Role.MANAGER)
    second = sign_up("penyetuju", Role.APPROVER)

    def published(ctx):
        claim = factories.claim(ctx, author_id=writer.user_id, approver_id=second.user_id, verdict=VerdictLabel.FALSE)
        words = Prepared(title=carrying.TITLE, body=carrying.BODY, verdict=VerdictLabel.FALSE, topic="keamanan_digital")
        return library.publish(ctx, claim, words, []).id

    clarification_id = act(second, published)
    window = campaign_drafts.Window(Topic.DIGITAL_SAFETY, START, START + timedelta(days=3), 1_000)
    new = campaign_drafts.NewCampaign(window, clarification_id)
    campaign_id = act(writer, lambda ctx: campaign_drafts.create(ctx, new).id)
    at = act(writer, lambda ctx: campaigns.submit(ctx, campaign_id, political=False)).submitted_at
    act(second, lambda ctx: campaigns.approve(ctx, campaign_id, political=False, submitted_at=at))
    return clarification_id, campaign_id


def test_captions_cannot_be_changed(service, approved):
    """By ordinary means no caption is changed or removed, approved or not."""
    for statement in ("UPDATE captions SET text = 'x'", "DELETE FROM captions"):
        with pytest.raises(DBAPIError, match="captions is append-only"), service.database.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("table", "statement", "entity"),
    [
        ("clarification_versions", "UPDATE clarification_versions SET body = 'Isi lain.'", "clarification"),
        ("clarification_versions", 'UPDATE clarification_versions SET sources = \'[{"url": "x"}]\'', "clarification"),
        (None, "UPDATE clarifications SET issuer = 'Lembaga Lain'", "clarification"),
        (None, "UPDATE clarifications SET verdict = 'benar'", "clarification"),
        ("captions", "UPDATE captions SET text = 'Kata lain.' WHERE variant = 1", "campaign"),
        ("captions", "DELETE FROM captions WHERE variant = 1", "campaign"),
        (None, "UPDATE campaigns SET body = 'Isi lain.'", "campaign"),
        (None, 'UPDATE campaigns SET official_posts = \'{"x": "https://x.com/lain/1"}\'', "campaign"),
    ],
)
def test_words_changed_behind_the_chain_are_found(service, approved, table, statement, entity):
    """What two people approved carries its hash in the chain: edited with the trigger dropped, it is named."""
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact
    with service.database.engine.begin() as connection:
        if table:
            _loosen(connection, table)
        connection.execute(text(statement))
    with service.database.read() as session:
        (found,) = audit.verify(session, service.vault.audit_key).breaks
        row = session.get(AuditRow, found.seq)
    assert found.what.startswith(f"{entity} ")
    assert "is no longer what was recorded" in found.what
    assert (row.entity, row.action in audit.APPROVALS) == (entity, True)


def test_words_that_two_people_revise_are_no_finding(service, approved, sign_up):
    """A revision through the desk is approved anew, and the chain goes by the newest approval."""
    clarification_id, _ = approved
    sources = (
        library.SourceWords("https://bank.example/a", "A", "Bank Contoh", EvidenceKind.AFFECTED_AGENCY),
        library.SourceWords("https://media.example/b", "B", "Media Contoh", EvidenceKind.INDEPENDENT),
    )
    words = library.NewWords("Bank Contoh tidak membagikan kuota", "Abaikan.", sources, "Diringkas", False)
    for name, role, step in (
        ("pengusul", Role.CHECKER, lambda ctx: library.propose(ctx, clarification_id, words, 1)),
        ("pemutus", Role.APPROVER, lambda ctx: library.revise(ctx, library.revisions(ctx, clarification_id)[0].id)),
    ):
        actor = sign_up(name, role)
        with service.database.write() as session:
            step(context_for(service, session, actor))
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).intact


def test_a_step_that_fails_leaves_no_row(service):
    """The row stands in the step's own transaction: rolled back together."""
    with pytest.raises(RuntimeError), service.database.write() as session:
        audit.append(context_for(service, session, SERVICE), "claim.take", "claim", 1)
        raise RuntimeError
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).n_rows == 0
