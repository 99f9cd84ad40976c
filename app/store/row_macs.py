"""Row MACs: whoever can write to the database can delete rows, and change none unnoticed.

Every row of a vouched table (see ``app.models.base``) carries an HMAC under the integrity key over
its table, its plain columns and its sealed values. It is written with each insert and update of a
transaction, and checked with each mapped row that a transaction reads. A row that does not verify
is damaged: it is left out of what was read, and ``Db.damaged`` names it.

Columns read alone are not checked; where such a query decides something, ``verify_rows`` does it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, FromClause, Table

from app.crypto import SealBroken, is_same, keyed_hash
from app.keyring import Keyring

_LABEL = "row"


class RowDamaged(SealBroken):
    """A row was changed, moved or made by somebody who does not hold the integrity key."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


def _encode_instant(value: datetime) -> bytes:
    return b"d" + value.astimezone(UTC).isoformat(timespec="microseconds").encode()


_ENCODE: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"-",
    bytes: lambda value: b"b" + value,
    UUID: lambda value: b"u" + value.bytes,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"i%d" % value,
    str: lambda value: b"s" + value.encode(),
    float: lambda value: b"r" + repr(value).encode(),
    datetime: _encode_instant,
    date: lambda value: b"a" + value.isoformat().encode(),
    memoryview: lambda value: b"b" + bytes(value),
}


def _encode(value: Any) -> bytes:
    """Return one column's value as bytes; the first says of which type it is."""
    encode = _ENCODE.get(type(value))
    if encode is not None:
        return encode(value)
    if isinstance(value, str):  # a member of a StrEnum
        return b"s" + str.__str__(value).encode()
    if isinstance(value, bytes):  # a secret
        return b"b" + bytes(value)
    return b"j" + json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class VouchedTable:
    """What the MAC of one table's rows covers, in the order of its columns."""

    table: Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    defaults: Mapping[str, Any]
    ahead: bytes
    has_layer: bool

    def make_mac(self, keys: Keyring, values: Mapping[str, Any]) -> bytes:
        """Return the MAC of a row with these values by column; those left out are empty."""
        parts = [self.ahead]
        for name in self.columns:
            part = _encode(values.get(name))
            parts.append(len(part).to_bytes(4, "big"))
            parts.append(part)
        return keyed_hash(keys.integrity, _LABEL, b"".join(parts))

    def is_true(self, keys: Keyring, values: Mapping[str, Any]) -> bool:
        """Return whether a row is as this deployment wrote it, within the last week."""
        mac = values.get("row_mac")
        if mac is None or not is_same(self.make_mac(keys, values), bytes(mac)):
            return False
        day = values.get("shred_day") if self.has_layer else None
        return day is None or keys.has_shred_day(day)

    def find_key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the primary key of a row."""
        return tuple(values[name] for name in self.key)

    def touches(self, names: Iterable[str]) -> bool:
        """Return whether a change of these columns changes the MAC."""
        return not set(names).isdisjoint(self.columns)


@cache
def find_vouched(table: FromClause) -> VouchedTable | None:
    """Return what the MAC of a table's rows covers; None where they carry none."""
    if not isinstance(table, Table) or "row_mac" not in table.c:
        return None  # a restore names bare columns: it copies rows with their MACs
    covered = tuple(column.name for column in table.c if _is_covered(column))
    defaults = {
        column.name: column.default.arg
        for column in table.c
        if column.default is not None and column.default.is_scalar
    }
    key = tuple(column.name for column in table.primary_key)
    ahead = table.name.encode() + b"\0"
    return VouchedTable(table, covered, key, defaults, ahead, "shred_day" in table.c)


def _is_covered(column: Column[Any]) -> bool:
    """Values of the machine lie under keys of their own, which ``op_version`` is bound to."""
    info = column.info
    if info["vault"] == "plain":
        return not info["harmless"]
    return info["vault"] == "sealed" and not info.get("forgetting")


def add_macs(keys: Keyring | None, table: Table, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows that are about to be inserted, with their MACs where the table has them."""
    vouched = find_vouched(table)
    if vouched is None or keys is None or not rows or "row_mac" in rows[0]:
        return rows
    return [{**row, "row_mac": vouched.make_mac(keys, {**vouched.defaults, **row})} for row in rows]


def verify_rows(keys: Keyring, table: Table, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the keys of the rows that do not verify; each names all vouched columns."""
    vouched = find_vouched(table)
    if vouched is None:
        return []
    return [vouched.find_key(row) for row in rows if not vouched.is_true(keys, row)]
