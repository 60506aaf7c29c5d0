"""The chain finds what was done to it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.db.tables import PublicChange
from serving.desk import audit
from tests import factories


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


@pytest.mark.parametrize("table", ["public_changes"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_what_the_public_read_cannot_be_changed(service, ctx, table, statement):
    """The public log of corrections is only ever added to."""
    head = factories.clarification(ctx)
    ctx.session.add(PublicChange(clarification_id=head.id, kind="revised", version=1, reason="x", at=ctx.now))
    ctx.session.commit()
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), service.database.engine.begin() as connection:
        connection.execute(text(statement.format(table)))


def test_a_step_that_fails_leaves_no_row(service):
    """The row stands in the step's own transaction: rolled back together."""
    from serving.deps import context_for
    from serving.desk.context import SERVICE

    with pytest.raises(RuntimeError), service.database.write() as session:
        audit.append(context_for(service, session, SERVICE), "claim.take", "claim", 1)
        raise RuntimeError
    with service.database.read() as session:
        assert audit.verify(session, service.vault.audit_key).n_rows == 0
