"""Many rows in one go: COPY and arrays where PostgreSQL is behind, one prepared statement where SQLite is.

The object mapper spends most of its time on one row at a time, and a batch of intake writes tens of thousands. What is
given up for the speed: rows are tuples in the order of the named columns, every column that has no default in the
database has to be named, and objects that the session holds already do not notice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, cast

import psycopg
from psycopg.sql import SQL, Composable, Identifier
from sqlalchemy import ColumnElement, Table, any_, bindparam, func, insert, literal, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db.dialect import is_postgresql
from serving.db.tables import Base

Row = tuple[Any, ...]
Column = InstrumentedAttribute[int]

# What COPY calls the types of which SQLAlchemy writes more than the driver knows.
_COPIED_AS = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "FLOAT": "float8", "BIGINT": "int8", "INTEGER": "int4"}


def _table(model: type[Base]) -> Table:
    return cast("Table", model.__table__)  # every model here is one table


def _driver(session: Session) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)


def among(session: Session, column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Give the condition that a column holds one of any number of values, as a statement that is always the same.

    A list of placeholders would be compiled anew for each length, and neither database takes any number of them.
    """
    if is_postgresql(session):
        return column == any_(literal(list(values), ARRAY(column.type)))
    listed = func.json_each(literal(json.dumps(list(values)))).table_valued("value")
    return column.in_(select(listed.c.value))


def largest_by_key(
    session: Session, columns: tuple[Column, Column], wanted: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """Give pairs of key and value for each wanted key, of each the ``most`` largest values; an index has both."""
    key, value = columns
    if not is_postgresql(session):
        one = select(value).where(key == bindparam("wanted")).order_by(value.desc()).limit(most)
        return [(at, found) for at in wanted for found in session.scalars(one, {"wanted": at})]
    asked = func.unnest(literal(list(wanted), ARRAY(key.type))).column_valued("asked")
    newest = select(value.label("value")).where(key == asked).order_by(value.desc()).limit(most).lateral()
    return [(row[0], row[1]) for row in session.execute(select(asked, newest.c.value).join(newest, true()))]


# ---- writing -----------------------------------------------------------------------------------------------------


def add_rows(session: Session, model: type[Base], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows: values of the columns ``names``, in this order."""
    if not rows:
        return
    table = _table(model)
    if not is_postgresql(session):
        session.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(Identifier(table.name), _listed(names))
    with _driver(session).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_copied_as(session, table, name) for name in names])
        for row in rows:
            copy.write_row(row)


def set_columns(session: Session, model: type[Base], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Write the columns ``names`` of rows that are there; each tuple begins with the row's ``id``."""
    if not rows:
        return
    table = _table(model)
    if not is_postgresql(session):
        # A parameter may not have the name of a column that it is compared with.
        changed = update(table).where(table.c.id == bindparam("_id"))
        statement = changed.values({name: bindparam(name) for name in names})
        session.execute(statement, [dict(zip(("_id", *names), row, strict=True)) for row in rows])
        return
    template = SQL("UPDATE {table} SET {new} FROM unnest({arrays}) AS given ({names}) WHERE {table}.id = given.id")
    _driver(session).execute(
        template.format(
            table=Identifier(table.name),
            new=SQL(", ").join(SQL("{} = {}").format(Identifier(name), Identifier("given", name)) for name in names),
            arrays=_arrays(session, table, ("id", *names)),
            names=_listed(("id", *names)),
        ),
        _columns(rows),
    )


def add_to_columns(
    session: Session, model: type[Base], keys: Sequence[str], names: Sequence[str], rows: Sequence[Row]
) -> None:
    """Add to the counts ``names`` of rows that are there, and insert the others; a tuple begins with its ``keys``.

    No two tuples have the same keys.
    """
    if not rows:
        return
    table = _table(model)
    if not is_postgresql(session):
        new = sqlite_insert(table)
        statement = new.on_conflict_do_update(
            index_elements=list(keys), set_={name: table.c[name] + new.excluded[name] for name in names}
        )
        session.execute(statement, [dict(zip((*keys, *names), row, strict=True)) for row in rows])
        return
    template = SQL(
        "INSERT INTO {table} ({all}) SELECT * FROM unnest({arrays}) ON CONFLICT ({keys}) DO UPDATE SET {sums}"
    )
    _driver(session).execute(
        template.format(
            table=Identifier(table.name),
            all=_listed((*keys, *names)),
            arrays=_arrays(session, table, (*keys, *names)),
            keys=_listed(keys),
            sums=SQL(", ").join(
                SQL("{} = {} + {}").format(Identifier(name), Identifier(table.name, name), Identifier("excluded", name))
                for name in names
            ),
        ),
        _columns(rows),
    )


def take_numbers(session: Session, model: type[Base], n: int) -> list[int]:
    """Take ``n`` numbers of a table for rows that this transaction inserts, in rising order.

    PostgreSQL's sequence gives each number once. SQLite has one writer at a time, who goes on after the largest.
    """
    if n == 0:
        return []
    table = _table(model)
    if is_postgresql(session):
        sequence = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
        return sorted(session.scalars(select(sequence).select_from(func.generate_series(1, n))))
    largest = session.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
    return list(range(largest + 1, largest + 1 + n))


def _listed(names: Sequence[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _arrays(session: Session, table: Table, names: Sequence[str]) -> Composable:
    return SQL(", ").join(SQL("%s::{}[]").format(SQL(_copied_as(session, table, name))) for name in names)


def _copied_as(session: Session, table: Table, name: str) -> Any:
    """Name the type by which the driver sends a column; it knows no lengths."""
    found = table.c[name].type.compile(session.get_bind().dialect)
    return _COPIED_AS.get(found, found.partition("(")[0].lower())
