"""Row MACs of mapped rows: written when a transaction flushes, checked when it loads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper, QueryContext, object_session

from app.models import Base, table
from app.store.mac_updates import find_keys, match_keys, read_rows
from app.store.row_macs import RowDamaged, VouchedTable, find_vouched


def install_mapped_rows() -> None:
    """Let every mapped row carry its MAC, in all transactions that hold keys."""
    event.listen(Base, "load", _check_read, propagate=True)
    event.listen(Base, "refresh", _check_read, propagate=True)
    event.listen(Base, "before_insert", _vouch_new, propagate=True)
    event.listen(Base, "before_update", _vouch_changed, propagate=True)


def _check_read(target: Any, context: QueryContext | None, _names: object = None) -> None:
    if context is not None:  # else it is merged, or a statement of ours has just written it
        _check(target, context.session)


def _check(target: Any, session: Any) -> None:
    keys, vouched = find_keys(session), find_vouched(table(type(target)))
    if keys is None or vouched is None:
        return
    values = vars(target)
    if not vouched.is_true(keys, values):
        session.note_damage(vouched.table.name, vouched.find_key(values))
        # The object is kept with its id: else that could become another's.
        session.info.setdefault("damaged_objects", {})[id(target)] = target


def _vouch_new(_mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    keys, vouched = find_keys(object_session(target)), find_vouched(table(type(target)))
    if keys is None or vouched is None:
        return
    for name, default in vouched.defaults.items():
        if name not in vars(target):
            setattr(target, name, default)
    target.row_mac = vouched.make_mac(keys, vars(target))


def _vouch_changed(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """Look at the row again: another transaction, or a statement of this one, may have changed it.

    Only what this object changed replaces what the row holds now.
    """
    session = object_session(target)
    keys, vouched = find_keys(session), find_vouched(table(type(target)))
    if keys is None or vouched is None or session is None:
        return
    changed = {
        attribute.key: vars(target).get(attribute.key)
        for attribute in mapper.column_attrs
        if session.is_modified(target) and _has_changed(target, attribute.key)
    }
    if not vouched.touches(changed):
        return
    [now] = read_rows(connection, vouched, match_keys(vouched, [_key_of(vouched, target)]))
    if not vouched.is_true(keys, now):
        raise RowDamaged(vouched.table.name)
    target.row_mac = vouched.make_mac(keys, {**now, **changed})


def _has_changed(target: Any, name: str) -> bool:
    return bool(inspect(target).attrs[name].history.has_changes())


def _key_of(vouched: VouchedTable, target: Any) -> tuple[Any, ...]:
    return vouched.find_key(vars(target))
