"""Statements that are made once, and from then on go to the driver as they are.

Taking a text in runs the same dozen of statements again and again. To work out, each time anew,
how a statement reads and how its values travel takes longer than the database needs to carry it
out. Here both are worked out once; transactions, errors and events stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import make_dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BindParameter, Column, CompoundSelect, Select, Table, bindparam
from sqlalchemy.exc import DBAPIError

from app.store.mac_updates import add_new_macs
from app.store.row_macs import add_macs

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.orm import Session


Row = Mapping[str, Any]
_Statement = Select[Any] | CompoundSelect[Any]
# Lists of values are filled up to one of these lengths, so that few statements serve all.
_LENGTHS = (1, 2, 4, 8, 16, 32, 64)


@lru_cache(maxsize=64)  # the rows of a batch share a few
def _as_text(instant: datetime) -> str:
    """Return an instant as ``app.models.Instant`` keeps it on SQLite: UTC, without its zone."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


# How values reach SQLite's driver, which knows neither; PostgreSQL's takes them as they are.
_ON_SQLITE: dict[type, Callable[[Any], Any]] = {UUID: attrgetter("hex"), datetime: _as_text}


def _values(values: Iterable[Any], *, on_sqlite: bool) -> tuple[Any, ...]:
    if not on_sqlite:
        return tuple(values)
    ways = _ON_SQLITE
    return tuple([v if (way := ways.get(type(v))) is None else way(v) for v in values])


def _way_in(db: Session) -> tuple[Connection, bool]:
    connection = db.connection()
    return connection, connection.dialect.name == "sqlite"


# -- writing


@contextmanager
def write_together(db: Session) -> Iterator[None]:
    """Let what is written inside go to the database in one go, where its driver can.

    The errors are those that each statement would have raised, at the latest at the end.
    """
    connection, on_sqlite = _way_in(db)
    if on_sqlite:
        yield
        return
    driver = connection.dialect.dbapi
    assert driver is not None  # noqa: S101  # there is one wherever there is a connection
    raw: Any = connection.connection.driver_connection
    try:
        with raw.pipeline():
            yield
    except driver.Error as error:
        raise DBAPIError.instance(
            "several at once", None, error, driver.Error, dialect=connection.dialect
        ) from error


def insert_rows(db: Session, table: Table, rows: Sequence[Row], *, then: str = "") -> None:
    """Insert rows that name the same columns in the same order, in one statement.

    ``then`` is what follows the values, the same for both kinds of database.
    """
    if rows:
        connection, on_sqlite = _way_in(db)
        rows = add_macs(getattr(db, "keys", None), table, rows)
        statement = _insert(table.name, tuple(rows[0]), 1, on_sqlite=on_sqlite) + then
        values = [_values(row.values(), on_sqlite=on_sqlite) for row in rows]
        connection.exec_driver_sql(statement, values)


def insert_new_rows(db: Session, table: Table, rows: Sequence[Row], key: Column[Any]) -> set[Any]:
    """Insert the rows whose primary key is not taken; return the keys of those inserted.

    A row that another transaction is inserting is waited for, so two processes never both win.
    """
    connection, on_sqlite = _way_in(db)
    rows = add_macs(getattr(db, "keys", None), table, rows)
    way = _way_back(key, connection.dialect)
    inserted: set[Any] = set()
    for start in range(0, len(rows), _LENGTHS[-1]):
        part = rows[start : start + _LENGTHS[-1]]
        statement = _insert(table.name, tuple(part[0]), len(part), on_sqlite=on_sqlite)
        statement += f" ON CONFLICT DO NOTHING RETURNING {key.name}"
        values = _values((value for row in part for value in row.values()), on_sqlite=on_sqlite)
        found = connection.exec_driver_sql(statement, values).scalars()
        inserted.update(value if way is None else way(value) for value in found)
    return inserted


def update_rows(
    db: Session, table: Table, rows: Sequence[Row], known: Mapping[Any, Row] | None = None
) -> None:
    """Update rows by their ``id``, the last of their columns; all name the same ones.

    ``known``: the vouched columns of these rows by ``id``, where they were read and checked before.
    """
    rows = add_new_macs(db, table, rows, known)
    if rows:
        connection, on_sqlite = _way_in(db)
        statement = _update(table.name, tuple(rows[0]), on_sqlite=on_sqlite)
        values = [_values(row.values(), on_sqlite=on_sqlite) for row in rows]
        connection.exec_driver_sql(statement, values)


@cache
def _insert(table: str, columns: tuple[str, ...], count: int, *, on_sqlite: bool) -> str:
    marks = ", ".join(["?" if on_sqlite else "%s"] * len(columns))
    rows = ", ".join([f"({marks})"] * count)
    # Names are those of the models; values only ever go in by their marks.
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}"  # noqa: S608


@cache
def _update(table: str, columns: tuple[str, ...], *, on_sqlite: bool) -> str:
    mark = "?" if on_sqlite else "%s"
    *changed, key = columns
    changes = ", ".join(f"{column} = {mark}" for column in changed)
    return f"UPDATE {table} SET {changes} WHERE {key} = {mark}"  # noqa: S608  # as above


# -- reading


def _way_back(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    way: Callable[[Any], Any] | None
    way = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return way


class Query:
    """A query whose parameters go by name. Rows are small records."""

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, db: Session, **given: Any) -> list[Any]:
        """Run it and return its rows."""
        connection, on_sqlite = _way_in(db)
        dialect = connection.dialect
        if dialect.name not in self._made:
            self._made[dialect.name] = _Made(self._statement, dialect)
        return self._made[dialect.name].rows(connection, given, on_sqlite=on_sqlite)


class Lookup:
    """A query that takes a list of values, and other parameters by name.

    ``build`` gets the list's parameters and returns the statement. Rows are small records.
    """

    def __init__(self, build: Callable[[list[BindParameter[Any]]], _Statement]) -> None:
        self._build = build
        self._made: dict[tuple[str, int], _Made] = {}

    def rows(self, db: Session, wanted: Collection[Any], **others: Any) -> list[Any]:
        """Return the rows for ``wanted``, none for nothing; of many, in several goes."""
        listed, most = list(wanted), _LENGTHS[-1]
        connection, on_sqlite = _way_in(db)
        found: list[Any] = []
        for start in range(0, len(listed), most):
            part = listed[start : start + most]
            length = next(length for length in _LENGTHS if length >= len(part))
            part += [part[-1]] * (length - len(part))
            given = {_wanted(at): value for at, value in enumerate(part)} | others
            made = self._for(connection.dialect, length)
            found += made.rows(connection, given, on_sqlite=on_sqlite)
        return found

    def _for(self, dialect: Dialect, length: int) -> _Made:
        if (dialect.name, length) not in self._made:
            statement = self._build([bindparam(_wanted(number)) for number in range(length)])
            self._made[dialect.name, length] = _Made(statement, dialect)
        return self._made[dialect.name, length]


def _wanted(number: int) -> str:
    return f"wanted_{number}"


class _Made:
    """A query as one kind of database gets it."""

    def __init__(self, statement: _Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql, self._constants = compiled.string, dict(compiled.params)
        # The parameters in the order of their marks; None where the driver takes them by name.
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        columns = list(statement.selected_columns)
        self._record: Any = make_dataclass("Record", [str(c.key) for c in columns], slots=True)
        self._ways = [_way_back(column, dialect) for column in columns]

    def rows(self, connection: Connection, given: Row, *, on_sqlite: bool) -> list[Any]:
        """Run it and return its rows."""
        values: Any = {**self._constants, **given}
        if self._order is not None:
            values = _values((values[name] for name in self._order), on_sqlite=on_sqlite)
        result = connection.exec_driver_sql(self._sql, values)
        ways, record = self._ways, self._record
        return [
            record(*[v if way is None else way(v) for way, v in zip(ways, row, strict=True)])
            for row in result.all()
        ]


def as_values(row: Any) -> dict[str, Any]:
    """Return a row of ``Query`` or ``Lookup`` as values by column."""
    return {name: getattr(row, name) for name in row.__slots__}
