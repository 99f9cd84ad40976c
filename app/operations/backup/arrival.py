"""The rows of an archive on their way into a new database.

Erased cases stay erased: no row that refers to one is even written. Texts that were on their way
become *uncertain*, since we do not know what the carrier did in the meantime. Every stored key
moves under a fresh forgetting layer, so that the archive's shred keys never reach a disk again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from app.crypto import SealBroken, day_number, forgotten_on, is_same, remember
from app.keyring import Keyring
from app.models import TEXTS_ON_THEIR_WAY, Base, OutgoingState
from app.outbox import UNHEARD_JOB
from app.store import find_vouched

Row = dict[str, Any]
_BLANK_WHEN_ERASED = ("op_key", "op_values", "number_lookup", "reference_lookup")


class ArrivingRows:
    """Decides about the rows of one archive; tables come in the order of their references."""

    def __init__(
        self, keys: Keyring, shred: Mapping[int, bytes], erased: Collection[UUID], now: datetime
    ) -> None:
        self._keys, self._shred, self._now = keys, shred, now
        self._erased = frozenset(erased)
        # What is not there, by table: rows that refer to it go too, or lose the reference.
        self._gone: dict[str, set[Any]] = {"cases": set(erased)}
        self.uncertain = 0

    def prepare(self, table: str, row: Row, layers: Collection[str]) -> Row | None:
        """Return the row as it is to be stored, or None where it is not.

        ``layers`` names the columns that hold keys under the forgetting layer. A row whose MAC was
        right has the right one again; one that was damaged stays so. SealBroken.
        """
        before = dict(row)
        changed = self._change(table, row, layers)
        if changed is not None and changed != before:
            self._vouch_again(table, before, changed)
        return changed

    def _vouch_again(self, table: str, before: Row, row: Row) -> None:
        known = Base.metadata.tables.get(table)
        vouched = None if known is None else find_vouched(known)
        if vouched is None or "row_mac" not in row:
            return
        if is_same(vouched.make_mac(self._keys, before), before["row_mac"]):
            row["row_mac"] = vouched.make_mac(self._keys, row)

    def _change(self, table: str, row: Row, layers: Collection[str]) -> Row | None:
        """Do what ``prepare`` says, but for the MAC."""
        if self._goes(table, row):
            self._gone.setdefault(table, set()).add(row.get("id"))
            return None
        if table == "cases" and row["id"] in self._erased:
            row.update(dict.fromkeys(_BLANK_WHEN_ERASED))
        for column in layers:
            if row[column] is not None:
                row[column] = self._under_fresh_layer(table, column, row)
        if layers and row["shred_day"] is not None:
            row["shred_day"] = day_number(self._now)
        if table == "messages" and row["status"] in TEXTS_ON_THEIR_WAY:
            row["status"] = OutgoingState.UNCERTAIN.value
        if table == "outgoing" and row["state"] in TEXTS_ON_THEIR_WAY:
            self._give_up(row)
        return row

    def _goes(self, table: str, row: Row) -> bool:
        if table == "jobs":
            if row["kind"] == "send":  # what it could send is uncertain now: the desk is told
                done = {"owner": None, "lease_until": None, "lane": None}
                row.update(kind=UNHEARD_JOB, state="queued", priority=0, run_at=self._now, **done)
            return False
        for column, target, optional in _references(table):
            if row.get(column) in self._gone.get(target, ()):
                if not optional or (table == "outgoing" and row["state"] == OutgoingState.QUEUED):
                    return True
                row[column] = None
        return False

    def _under_fresh_layer(self, table: str, column: str, row: Row) -> bytes:
        day, context = forgotten_on(row[column]), self._keys.context(table, column, row["id"])
        if day not in self._shred:
            raise SealBroken
        inner = remember(self._shred[day], day, context, row[column])
        return self._keys.forget(table, column, row["id"], inner, self._now)

    def _give_up(self, row: Row) -> None:
        """Leave it to a person what becomes of a text. They need neither its words nor its number.

        The carrier's copy is deleted by its trace.
        """
        row.update(
            state=OutgoingState.UNCERTAIN.value,
            op_key=None,
            op_values=None,
            shred_day=None,
            segments=None,
        )
        self.uncertain += 1


@cache
def _references(table: str) -> tuple[tuple[str, str, bool], ...]:
    """Return a table's references: column, table it points to, and whether it may be empty."""
    known = Base.metadata.tables.get(table)
    return tuple(
        (column.name, key.column.table.name, bool(column.nullable))
        for column in (known.columns if known is not None else ())
        for key in column.foreign_keys
    )
