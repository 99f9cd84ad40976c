"""The MACs of rows that statements change: read anew, checked, and written again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Table, and_, bindparam, false, or_, select, update

from app.keyring import Keyring
from app.store.row_macs import VouchedTable, find_vouched

_MANY = 200


def find_keys(session: Any) -> Keyring | None:
    """Return the keys of a transaction; None where rows are only copied."""
    return getattr(session, "keys", None)


def vouch_again(
    connection: Connection, keys: Keyring, vouched: VouchedTable, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write the MACs of rows that were true before a statement changed them."""
    for start in range(0, len(rows), _MANY):
        part = rows[start : start + _MANY]
        now = read_rows(connection, vouched, match_keys(vouched, part))
        matched = and_(*(vouched.table.c[name] == bindparam(f"key_{name}") for name in vouched.key))
        changed = [
            {"made": vouched.make_mac(keys, row)}
            | {f"key_{name}": row[name] for name in vouched.key}
            for row in now
        ]
        if changed:
            connection.execute(
                update(vouched.table).where(matched).values(row_mac=bindparam("made")), changed
            )


def overwrite_row(db: Any, table: Table, row_id: UUID, values: Mapping[str, Any]) -> None:
    """Write values into a row, if it is there, and vouch for it as it is then, damaged or not.

    Only where ``values`` replace all of it that anybody uses.
    """
    keys, vouched = find_keys(db), find_vouched(table)
    if keys is None or vouched is None:
        raise TypeError(table.name)
    connection = db.connection()
    connection.execute(update(table).where(table.c.id == row_id).values(**values))
    vouch_again(connection, keys, vouched, [(row_id,)])


def add_new_macs(
    db: Any,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    known: Mapping[Any, Mapping[str, Any]] | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Return changes by ``id``, the last of their columns, with the MACs of the rows they make.

    ``known`` holds the rows as they were read, locked and checked; else they are read now. Changes
    of damaged rows are left out.
    """
    keys, vouched = find_keys(db), find_vouched(table)
    if keys is None or vouched is None or not rows or not vouched.touches(rows[0]):
        return rows
    if known is None:
        where = table.c.id.in_([row["id"] for row in rows])
        known = {
            row["id"]: row
            for row in read_rows(db.connection(), vouched, where)
            if is_noted_true(db, vouched, keys, row)
        }
    return [
        {"row_mac": vouched.make_mac(keys, {**known[row["id"]], **row}), **row}
        for row in rows
        if row["id"] in known
    ]


def match_keys(vouched: VouchedTable, keys: Sequence[tuple[Any, ...]]) -> Any:
    """Return the condition that matches these primary keys."""
    columns = [vouched.table.c[name] for name in vouched.key]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(
        false(), *(and_(*(c == v for c, v in zip(columns, key, strict=True))) for key in keys)
    )


def read_rows(
    connection: Connection,
    vouched: VouchedTable,
    where: Any,
    given: Mapping[str, Any] | None = None,
) -> list[Mapping[str, Any]]:
    """Lock and return rows with all that their MACs cover, by column.

    Other transactions may still add rows that refer to them: their keys do not change.
    """
    names = dict.fromkeys((*vouched.key, *vouched.columns, "row_mac"))
    wanted = select(*(vouched.table.c[name] for name in names)).with_for_update(key_share=True)
    if where is not None:
        wanted = wanted.where(where)
    known = {
        name: value for name, value in (given or {}).items() if name in wanted.compile().params
    }
    return cast("list[Mapping[str, Any]]", list(connection.execute(wanted, known).mappings()))


def lock_rows(db: Any, table: Table, where: Any) -> tuple[list[Mapping[str, Any]], list[Any]]:
    """Lock rows; return those that verify, and the ids of those that do not."""
    keys, vouched = find_keys(db), find_vouched(table)
    if keys is None or vouched is None:
        raise TypeError(table.name)
    true, damaged = [], []
    for row in read_rows(db.connection(), vouched, where):
        if is_noted_true(db, vouched, keys, row):
            true.append(row)
        else:
            damaged.append(row["id"])
    return true, damaged


def is_row_true(db: Any, table: Table, row: Mapping[str, Any]) -> bool:
    """Return whether a row that names all vouched columns verifies; note it where it does not."""
    keys, vouched = find_keys(db), find_vouched(table)
    return keys is None or vouched is None or is_noted_true(db, vouched, keys, row)


def is_noted_true(
    session: Any, vouched: VouchedTable, keys: Keyring, row: Mapping[str, Any]
) -> bool:
    """Return whether a row verifies; note it in the transaction where it does not."""
    if vouched.is_true(keys, row):
        return True
    session.note_damage(vouched.table.name, vouched.find_key(row))
    return False
