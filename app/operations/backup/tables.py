"""The tables of an archive, as records: written from a snapshot, read into a new database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select, table

from app.crypto import forgotten_on
from app.errors import OperatorError
from app.models import Base
from app.operations.backup.archive import ArchiveDamaged, ArchiveWriter
from app.operations.backup.arrival import ArrivingRows
from app.operations.backup.values import find_column, find_kind, read_value, write_value
from app.store import Db

_ROWS_AT_ONCE = 500


class LayerAstray(OperatorError):
    """A stored key lies under another day's layer than its row says; `kith drill` tells which."""


def list_portable_tables() -> Iterator[Table]:
    """Yield the tables that an archive holds, referenced ones first; sessions stay behind."""
    for one in Base.metadata.sorted_tables:
        if "only" not in one.info:
            yield one


# -- out of a database


def write_tables(
    writing: ArchiveWriter, connection: Connection, days: set[int], progress: Callable[[int], None]
) -> int:
    """Write all tables; return how many rows they have.

    ``days``: the days whose shred keys the archive holds. LayerAstray.
    """
    rows, tables = 0, list(list_portable_tables())
    for one in tables:
        for count in _write_table(writing, connection, one, days):
            rows += count
            progress(rows)
    writing.add({"tables": len(tables), "rows": rows})
    return rows


def _write_table(
    writing: ArchiveWriter, connection: Connection, source: Table, days: set[int]
) -> Iterator[int]:
    """Write one table; yield 1 for each row."""
    columns = list(source.columns)
    kinds = [find_kind(column) for column in columns]
    layered = [place for place, kind in enumerate(kinds) if kind == "layer"]
    names = [[column.name, kind] for column, kind in zip(columns, kinds, strict=True)]
    writing.add({"table": source.name, "columns": names})
    count = 0
    for row in connection.execute(select(source).execution_options(yield_per=_ROWS_AT_ONCE)):
        if any(
            row[place] is not None and forgotten_on(row[place]) not in days for place in layered
        ):
            raise LayerAstray
        writing.add([write_value(kind, value) for kind, value in zip(kinds, row, strict=True)])
        count += 1
        yield 1
    writing.add({"rows": count})


# -- into a database


def read_tables(
    db: Db, records: Iterator[Any], arriving: ArrivingRows, progress: Callable[[int], None]
) -> int:
    """Store the tables of an archive to its end; return how many rows it has. ArchiveDamaged."""
    done = 0
    for record in records:
        if "table" not in record:
            if record.get("rows") != done or next(records, None) is not None:
                raise ArchiveDamaged
            return done
        for count in _read_table(db, record, records, arriving):
            done += count
            progress(done)
    raise ArchiveDamaged


def _read_table(
    db: Db, record: Mapping[str, Any], records: Iterator[Any], arriving: ArrivingRows
) -> Iterator[int]:
    """Store one table; yield 1 for each row that was read."""
    name, kinds = record["table"], dict(record["columns"])
    target = table(name, *(find_column(column, kind) for column, kind in kinds.items()))
    layers = [column for column, kind in kinds.items() if kind == "layer"]
    waiting: list[dict[str, Any]] = []
    for count, line in enumerate(records):
        if isinstance(line, dict):
            if waiting:
                db.execute(insert(target), waiting)
            if line.get("rows") != count:
                raise ArchiveDamaged
            return
        read = zip(kinds.items(), line, strict=True)
        row = arriving.prepare(
            name, {column: read_value(kind, value) for (column, kind), value in read}, layers
        )
        waiting += [row] if row else []
        yield 1
        if len(waiting) >= _ROWS_AT_ONCE:
            db.execute(insert(target), waiting)
            waiting = []
    raise ArchiveDamaged
