"""What the tests are lent: a PostgreSQL database that a test before may have used is as good as a new one."""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import TEMPLATE
from tests.postgres import Contents

WRITTEN = (
    "INSERT INTO ministries (code, name) VALUES ('contoh', 'Kementerian Contoh')",
    "UPDATE audit_head SET seq = seq + 7",
    "INSERT INTO audit VALUES (1, now(), NULL, 'uji', 'uji', NULL, '{}', repeat('0', 64), repeat('1', 64))",
)
REBUILT = (
    "ALTER TABLE ministries ADD COLUMN extra text",
    "ALTER TABLE audit DISABLE TRIGGER USER",
    "CREATE SCHEMA beside",
    "CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
)


def held(postgres, name):
    """What a database of the server holds."""
    with psycopg.connect(postgres.address(name)) as connection:
        return Contents.of(connection)


def test_a_database_given_back_is_lent_as_it_first_was(stock, postgres):
    """Rows, guarded ones too, and numbers drawn are as in the template, and it is the same database."""
    with stock.lent() as name:
        with psycopg.connect(postgres.address(name)) as connection:
            for statement in WRITTEN:
                connection.execute(statement)
        assert held(postgres, name) != held(postgres, TEMPLATE)
    with stock.lent() as again:
        assert again == name
        assert held(postgres, again) == held(postgres, TEMPLATE)


@pytest.mark.parametrize("statement", REBUILT)
def test_a_database_whose_parts_were_changed_is_not_lent_again(stock, postgres, statement):
    """A table, trigger, schema or function that a test made or changed goes with its database."""
    with stock.lent() as name, psycopg.connect(postgres.address(name), autocommit=True) as connection:
        connection.execute(statement)
    with stock.lent() as another:
        assert another != name
        assert held(postgres, another) == held(postgres, TEMPLATE)


def test_what_a_test_left_open_ends_with_it(stock, postgres):
    """A transaction that nobody ended holds nothing up, and nothing of it stays."""
    with stock.lent() as name:
        left = psycopg.connect(postgres.address(name))
        left.execute(WRITTEN[0])
    with stock.lent() as again:
        assert held(postgres, again) == held(postgres, TEMPLATE)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
