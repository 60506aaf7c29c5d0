"""Many rows in one go: COPY and arrays where PostgreSQL is behind, one prepared statement where SQLite is.

The object mapper spends most of its time on one row at a time, and a batch of intake writes tens of thousands. What is
given up for the speed: rows are tuples in the order of the named columns, every column that has no default in the
database has to be named, and objects that the session holds already do not notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from typing import cast as known_as

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.sql import SQL, Composable, Identifier
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    any_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db import packed
from serving.db.dialect import is_postgresql
from serving.db.tables import Base

Row = tuple[Any, ...]
Numbers = npt.NDArray[np.int64]
Column = InstrumentedAttribute[int]

# What COPY calls the types of which SQLAlchemy writes more than the driver knows.
_COPIED_AS = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "FLOAT": "float8", "BIGINT": "int8", "INTEGER": "int4"}


def _table(model: type[Base]) -> Table:
    return known_as("Table", model.__table__)  # every model here is one table


@contextmanager
def _driver(session: Session) -> Iterator[psycopg.Connection[Any]]:
    """Give the driver's own connection; its errors come as SQLAlchemy's, which is what callers and doors know.

    Raises:
        DBAPIError: whatever the database refused; it carries no statement and no values.
    """
    try:
        yield known_as("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from error


@contextmanager
def beside(session: Session, work: Callable[[], None]) -> Iterator[None]:
    """Let ``work`` use the session in a thread of its own while the block computes, and wait for it at the end.

    The block may not touch the session. SQLite works in this process, so there is nothing to wait for and ``work`` is
    done first.

    Raises:
        Exception: whatever ``work`` raised, unless the block raised before.
    """
    if not is_postgresql(session):
        work()
        yield
        return
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        yield
        working.result()


def among(session: Session, column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Give the condition that a column holds one of any number of values, as a statement that is always the same.

    A list of placeholders would be compiled anew for each length, and neither database takes any number of them.
    """
    if is_postgresql(session):
        return column == any_(literal(list(values), ARRAY(column.type)))
    listed = func.json_each(literal(json.dumps(list(values)))).table_valued("value")
    return column.in_(select(listed.c.value))


def largest_by_key(session: Session, columns: tuple[Column, Column], wanted: Numbers, most: int) -> Numbers:
    """Give int64 (n, 2): key and value for each wanted key, of each the ``most`` largest values; an index has both."""
    key, value = columns
    if not is_postgresql(session):
        one = select(value).where(key == bindparam("wanted")).order_by(value.desc()).limit(most)
        pairs = [(at, found) for at in wanted.tolist() for found in session.scalars(one, {"wanted": at})]
        return np.array(pairs, np.int64).reshape(-1, 2)
    template = SQL(
        "SELECT string_agg(int8send(asked) || int8send(found.value), ''::bytea) FROM unnest(%s::int8[]) AS asked,"
        " LATERAL (SELECT {value} AS value FROM {table} WHERE {key} = asked ORDER BY {value} DESC LIMIT %s) AS found"
    )
    table = Identifier(known_as("Table", key.table).name)
    query = template.format(key=Identifier(key.key), value=Identifier(value.key), table=table)
    with _driver(session) as driver:
        row = driver.cursor(binary=True).execute(query, (packed.numbers(wanted), most)).fetchone()
    return _unpacked(row[0] if row else None, 2)


def found_by_pair(
    session: Session,
    keys: tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]],
    columns: Sequence[InstrumentedAttribute[Any]],
    wanted: Sequence[tuple[str, str]],
) -> list[Row]:
    """Give both keys and ``columns`` of each row whose two keys are wanted; they are unique together.

    Each pair is looked up by itself. Asked for one key and a list of the other, PostgreSQL reads all rows of the one
    key wherever its statistics are older than the table, and that is all posts of a source for every batch.
    """
    if not wanted:
        return []
    first, second = keys
    if not is_postgresql(session):
        found: list[Row] = []
        for one in dict.fromkeys(pair[0] for pair in wanted):
            others = [pair[1] for pair in wanted if pair[0] == one]
            query = select(first, second, *columns).where(first == one, among(session, second, others))
            found.extend(map(tuple, session.execute(query)))
        return found
    arrays = [
        literal(list(column), ARRAY(key.type)) for key, column in zip(keys, zip(*wanted, strict=True), strict=True)
    ]
    asked = func.unnest(*arrays).table_valued("first", "second", name="asked").render_derived()
    there = select(*columns).where(first == asked.c.first, second == asked.c.second).limit(1).lateral()
    query = select(asked.c.first, asked.c.second, *there.c).join_from(asked, there, true())
    return [tuple(row) for row in session.execute(query)]


def whole_numbers(session: Session, query: Select[*tuple[Any, ...]]) -> Numbers:
    """Give the rows of a query of k whole numbers, none of them null, as int64 (n, k), in any order.

    PostgreSQL hands them over as one value, for a row costs the driver as much as it costs the database to find it.
    """
    k = len(query.selected_columns)
    if not is_postgresql(session):
        return np.array([tuple(row) for row in session.execute(query)], np.int64).reshape(-1, k)
    nothing = literal(b"", LargeBinary)
    row: ColumnElement[bytes] = nothing
    for column in query.subquery().c:
        row = row.concat(func.int8send(cast(column, BigInteger), type_=LargeBinary))
    together = func.string_agg(row, nothing, type_=LargeBinary)
    return _unpacked(session.scalar(select(together)), k)


def _unpacked(together: bytes | None, k: int) -> Numbers:
    """Read rows of k whole numbers that PostgreSQL sent as one value; none where there are no rows."""
    return np.frombuffer(together or b"", ">i8").reshape(-1, k).astype(np.int64)


# ---- writing -----------------------------------------------------------------------------------------------------


def add_rows(session: Session, model: type[Base], names: Sequence[str], rows: Sequence[Row] | Numbers) -> None:
    """Insert rows: values of the columns ``names``, in this order; int64 (n, k) where all are whole numbers."""
    if not len(rows):
        return
    table = _table(model)
    if not is_postgresql(session):
        session.execute(insert(table), _named(names, rows))
        return
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(Identifier(table.name), _listed(names))
    kinds = _kinds(session, table, names)
    with _driver(session) as driver, driver.cursor() as cursor, cursor.copy(statement) as copy:
        if set(kinds) == {"int8"}:
            copy.write(packed.copied(np.array(rows, np.int64)))
            return
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def add_missing(session: Session, model: type[Base], names: Sequence[str], rows: Sequence[Row] | Numbers) -> None:
    """Insert rows as ``add_rows`` does, but pass over those that are there: ``names`` are the primary key."""
    if not len(rows):
        return
    table = _table(model)
    if not is_postgresql(session):
        session.execute(sqlite_insert(table).on_conflict_do_nothing(), _named(names, rows))
        return
    kinds = _kinds(session, table, names)
    template = SQL("INSERT INTO {table} ({all}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING")
    written = template.format(table=Identifier(table.name), all=_listed(names), arrays=_arrays(kinds))
    with _driver(session) as driver:
        driver.execute(written, _columns(kinds, rows))


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
    kinds = _kinds(session, table, ("id", *names))
    template = SQL("UPDATE {table} SET {new} FROM unnest({arrays}) AS given ({names}) WHERE {table}.id = given.id")
    written = template.format(
        table=Identifier(table.name),
        new=SQL(", ").join(SQL("{} = {}").format(Identifier(name), Identifier("given", name)) for name in names),
        arrays=_arrays(kinds),
        names=_listed(("id", *names)),
    )
    with _driver(session) as driver:
        driver.execute(written, _columns(kinds, rows))


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
    kinds = _kinds(session, table, (*keys, *names))
    template = SQL(
        "INSERT INTO {table} ({all}) SELECT * FROM unnest({arrays}) ON CONFLICT ({keys}) DO UPDATE SET {sums}"
    )
    written = template.format(
        table=Identifier(table.name),
        all=_listed((*keys, *names)),
        arrays=_arrays(kinds),
        keys=_listed(keys),
        sums=SQL(", ").join(
            SQL("{} = {} + {}").format(Identifier(name), Identifier(table.name, name), Identifier("excluded", name))
            for name in names
        ),
    )
    with _driver(session) as driver:
        driver.execute(written, _columns(kinds, rows))


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


def _named(names: Sequence[str], rows: Sequence[Row] | Numbers) -> list[dict[str, Any]]:
    values = rows.tolist() if isinstance(rows, np.ndarray) else rows
    return [dict(zip(names, row, strict=True)) for row in values]


def _columns(kinds: Sequence[str], rows: Sequence[Row] | Numbers) -> list[packed.Packed | list[Any]]:
    if isinstance(rows, np.ndarray):
        return [packed.numbers(column) for column in rows.T]
    return [packed.array(kind, column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]


def _arrays(kinds: Sequence[str]) -> Composable:
    return SQL(", ").join(SQL("%s::{}[]").format(Identifier(kind)) for kind in kinds)


def _kinds(session: Session, table: Table, names: Sequence[str]) -> list[str]:
    """Name the types by which the driver sends columns; it knows no lengths."""
    dialect = session.get_bind().dialect
    written = (table.c[name].type.compile(dialect) for name in names)
    return [_COPIED_AS.get(found, found.partition("(")[0].lower()) for found in written]
