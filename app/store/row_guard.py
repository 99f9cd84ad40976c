"""Row MACs of statements: what a transaction selects is checked, what it writes carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Insert, Select, Table, Update, event
from sqlalchemy.engine import Result
from sqlalchemy.orm import ORMExecuteState, Session

from app.keyring import Keyring
from app.store.mac_updates import find_keys, is_noted_true, match_keys, read_rows, vouch_again
from app.store.mapped_rows import install_mapped_rows
from app.store.row_macs import RowDamaged, VouchedTable, add_macs, find_vouched


def install_row_guard(session: type[Session]) -> None:
    """Let every transaction of this kind write MACs, and check them."""
    event.listen(session, "do_orm_execute", _guard)
    install_mapped_rows()


def _guard(state: ORMExecuteState) -> Result[Any] | None:
    keys = find_keys(state.session)
    if keys is None:
        return None
    if isinstance(state.statement, Select):
        return _guard_select(state)
    if isinstance(state.statement, Insert):
        return _guard_insert(state, keys)
    if isinstance(state.statement, Update):
        return _guard_update(state, keys)
    return None


def _guard_select(state: ORMExecuteState) -> Result[Any] | None:
    """Leave damaged rows out of a result; where nothing else is in it, raise RowDamaged."""
    if state.is_column_load or state.is_relationship_load or not _yields_rows(state.statement):
        return None
    frozen = state.invoke_statement().freeze()
    damaged = state.session.info.get("damaged_objects")
    if not damaged:
        return cast("Result[Any]", frozen())
    rows = [tuple(row) for row in frozen()]
    for value in {value for row in rows for value in row if id(value) in damaged}:
        if value in state.session:  # else whoever asks for it by its key gets it, unchecked
            state.session.expunge(value)
    whole: Any = [row for row in rows if not any(id(value) in damaged for value in row)]
    if rows and not whole:
        raise RowDamaged(state.session.last_damage)  # type: ignore[attr-defined]
    return cast("Result[Any]", frozen.with_new_rows(whole)())


def _yields_rows(statement: Any) -> bool:
    return any(
        found.get("entity") is not None and found["expr"] is found["entity"]
        for found in statement.column_descriptions
    )


def _guard_insert(state: ORMExecuteState, keys: Keyring) -> Result[Any] | None:
    statement = cast("Insert", state.statement)
    table, given = cast("Table", statement.table), state.parameters
    if find_vouched(table) is None:
        return None
    if given:
        rows = [given] if isinstance(given, Mapping) else list(given)
        macs = [{"row_mac": row["row_mac"]} for row in add_macs(keys, table, rows)]
        return state.invoke_statement(params=macs[0] if isinstance(given, Mapping) else macs)
    [row] = add_macs(keys, table, [statement.compile().params])
    return state.invoke_statement(statement=statement.values(row_mac=row["row_mac"]))


def _guard_update(state: ORMExecuteState, keys: Keyring) -> Result[Any] | None:
    statement = cast("Update", state.statement)
    vouched = find_vouched(cast("Table", statement.table))
    if vouched is None:
        return None
    given = [] if state.parameters is None else state.parameters
    many = [given] if isinstance(given, Mapping) else list(given)
    changed = _list_changed(statement, many, vouched)
    if not vouched.touches(changed):
        return None
    if changed & set(vouched.key) and "row_mac" not in changed:
        raise TypeError(f"a new key of {vouched.table.name} needs a new MAC: see add_macs")
    connection = state.session.connection()
    read = _read_matching(connection, vouched, statement, many)
    true = [
        vouched.find_key(row) for row in read if is_noted_true(state.session, vouched, keys, row)
    ]
    if not many and connection.dialect.name == "postgresql":
        # A row that another transaction has just committed would be changed without its MAC. Lists
        # of parameters name the rows that they change.
        statement = statement.where(match_keys(vouched, [vouched.find_key(row) for row in read]))
    result: Result[Any] = state.invoke_statement(statement=statement)
    if not isinstance(result, CursorResult) or result.returns_rows:
        result = result.freeze()()
    vouch_again(connection, keys, vouched, true)
    return result


def _list_changed(
    statement: Update, given: Sequence[Mapping[str, Any]], vouched: VouchedTable
) -> set[str]:
    values: Mapping[Any, Any] = statement._values or {}  # noqa: SLF001  # there is no other way
    changed: set[str] = {getattr(column, "key", column) for column in values}
    if not changed and given:  # by primary key: the rest of the names are what changes
        changed = set(given[0]) - set(vouched.key)
    return changed


def _read_matching(
    connection: Connection,
    vouched: VouchedTable,
    statement: Update,
    given: Sequence[Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    where = statement.whereclause
    if where is None and given:
        return read_rows(
            connection, vouched, match_keys(vouched, [vouched.find_key(row) for row in given])
        )
    found: list[Mapping[str, Any]] = []
    for row in given or [{}]:
        found += read_rows(connection, vouched, where, row)
    return found
