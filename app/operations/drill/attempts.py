"""Trying every key on every sealed cell, and each key that opens on the rest.

A seed that opens becomes a key in its turn: for all cells or, where it belongs to one case or row,
for that one. The context of a cell follows from its table's columns by one rule (``_context``). A
test opens everything with a full set of keys, so that it notices a table which breaks the rule.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from app.crypto import (
    BriefKeys,
    CaseKeys,
    Context,
    KeyPair,
    MemberKeys,
    OperationalKeys,
    Purpose,
    SealBroken,
    Secret,
    Suite,
    open_sealed,
    read_epoch,
    read_suite,
    unlock,
)
from app.operations.drill.cells import Cell, find_purpose, read_cells
from app.operations.drill.keys import FoundKey

_SEED_BYTES = 32


@dataclass(frozen=True)
class OpenedCell:
    """A value that opened: where it is, what it says, and which keys it took."""

    cell: Cell = field(repr=False)
    plaintext: Secret = field(repr=False)
    by: tuple[str, ...]


@dataclass
class DrillOutcome:
    """What became of all cells: opened, closed, never sealed; and all that hold keys."""

    opened: list[OpenedCell] = field(default_factory=list)
    closed: Counter[tuple[str, str]] = field(default_factory=Counter)
    bare: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: list[Cell] = field(default_factory=list, repr=False)


class _Key:
    """One secret in every use it could have; each is derived when first needed, and kept."""

    def __init__(self, name: str, secret: Secret) -> None:
        self.name, self.secret = name, secret
        self._for_column: dict[str, tuple[Secret, ...]] = {}

    @cached_property
    def pairs(self) -> tuple[KeyPair, ...]:
        """What a layer could be sealed to."""
        return (KeyPair(self.secret), MemberKeys(self.secret).pair)

    @cached_property
    def _for_any(self) -> tuple[Secret, ...]:
        return (
            self.secret,
            OperationalKeys(self.secret).wrap_key,
            MemberKeys(self.secret).totp_key,
        )

    def for_cell(self, cell: Cell) -> tuple[Secret, ...]:
        """Return what a symmetric layer of this cell could lie under."""
        column = f"{cell.table}.{cell.column}"
        if column not in self._for_column:
            kinds = (CaseKeys(self.secret), BriefKeys(self.secret))
            self._for_column[column] = tuple(keys.field_key(column) for keys in kinds)
        return self._for_any + self._for_column[column]


def open_everything(
    connection: Connection,
    deployment: UUID,
    keys: Iterable[FoundKey],
    progress: Callable[[int], None] = lambda _: None,
) -> DrillOutcome:
    """Try all keys, and what they open, on all cells."""
    return _Attempt(deployment, keys, progress).run(connection)


class _Attempt:
    """The keys in hand while the cells are gone through."""

    def __init__(
        self, deployment: UUID, keys: Iterable[FoundKey], progress: Callable[[int], None]
    ) -> None:
        self._deployment, self._progress = deployment, progress
        unique = {key.secret: key.where for key in keys}
        self._for_all = [_Key(where, secret) for secret, where in unique.items()]
        self._for_one: dict[object, list[_Key]] = defaultdict(list)
        self._outcome, self._tried = DrillOutcome(), 0

    def run(self, connection: Connection) -> DrillOutcome:
        """Go through the cells with keys in them until nothing more opens, then the others."""
        self._outcome.keys = list(read_cells(connection, forgetting=True))
        waiting, known = self._outcome.keys, -1
        while known != len(self._for_all):
            known = len(self._for_all)
            waiting = [cell for cell in waiting if not self._try(cell)]
        self._count_closed(waiting)
        values = read_cells(connection, forgetting=False)
        self._count_closed(cell for cell in values if not self._try(cell))
        return self._outcome

    def _count_closed(self, closed: Iterable[Cell]) -> None:
        self._outcome.closed.update((cell.table, cell.column) for cell in closed)

    def _try(self, cell: Cell) -> bool:
        self._tried += 1
        self._progress(self._tried)
        content, by = cell.blob, []
        while (purpose := find_purpose(content)) is not None:
            layer = self._open_layer(cell, content, purpose)
            if layer is None:
                return False
            name, content = layer
            by.append(name)
        if not by:
            self._outcome.bare[cell.table, cell.column] += 1
        else:
            self._outcome.opened.append(OpenedCell(cell, Secret(content), tuple(by)))
            if len(content) == _SEED_BYTES:
                self._add_key(cell, Secret(content))
        return True

    def _add_key(self, cell: Cell, secret: Secret) -> None:
        key = _Key(f"{cell.table}.{cell.column}", secret)
        if cell.scope is None:
            self._for_all.append(key)
        else:
            self._for_one[cell.scope].append(key)

    def _open_layer(self, cell: Cell, blob: bytes, purpose: Purpose) -> tuple[str, bytes] | None:
        context = _context(self._deployment, cell, purpose)
        to_public_key = read_suite(blob) is Suite.HPKE
        for key in self._keys_for(cell):
            uses: Iterable[Any] = key.pairs if to_public_key else key.for_cell(cell)
            for use in uses:
                try:
                    open_with: Any = open_sealed if to_public_key else unlock
                    return key.name, open_with(use, purpose, read_epoch(blob), context, blob)
                except SealBroken:
                    continue
        return None

    def _keys_for(self, cell: Cell) -> Iterator[_Key]:
        yield from self._for_one.get((cell.table, cell.id), ())
        for name in ("request_id", "case_id"):
            if cell.row.get(name) is not None:
                yield from self._for_one.get(cell.row[name], ())
        yield from self._for_all


def _context(deployment: UUID, cell: Cell, purpose: Purpose) -> Context:
    """Return the context of one layer: by the rule that all tables follow."""
    row, column = cell.row, cell.column
    if purpose is Purpose.FORGETTING or column == "op_key":
        parents = () if purpose is Purpose.FORGETTING else cell.parents
        return Context(deployment, cell.table, column, cell.id, parents=parents)
    if column == "op_values":
        version = row["op_version"]
        return Context(deployment, cell.table, column, cell.id, version, parents=cell.parents)
    case = row.get("case_id")
    epoch = row.get(f"{column}_epoch", row.get("epoch", row.get("team_epoch", 0)))
    sealed_to_case = case is not None and not cell.forgetting
    version = row.get(f"{column}_version", 1 if sealed_to_case else 0)
    return Context(deployment, cell.table, column, cell.id, version, case, epoch, cell.parents)
