"""Shifts in the database: reading the whole rota, and holding and writing one shift."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.errors import BadRequest, NotFound
from app.models import Shift, ShiftOverride, ShiftOverrideValues
from app.rota.rota import Rota, ShiftTurn, Slot, find_turn_at
from app.store import Db
from app.vault import read_roster


def load_rota(db: Db) -> Rota:
    """Return the whole rota; only members whom the roster names are in its shifts. Sealed."""
    present = read_roster(db).by_id
    slots = tuple(_slot(db, row, present) for row in db.scalars(select(Shift).order_by(Shift.id)))
    changes: dict[UUID, dict[datetime, ShiftOverrideValues]] = {}
    for row in db.scalars(select(ShiftOverride)):
        change = _change(db, row, present)
        changes.setdefault(row.shift_id, {})[change.on] = change
    return Rota(db.zone, slots, changes)


def _slot(db: Db, row: Shift, present: Collection[UUID]) -> Slot:
    slot = Slot(id=row.id, **vars(db.keys.read_values(row)))
    return replace(slot, members=_those(slot.members, present))


def _change(db: Db, row: ShiftOverride, present: Collection[UUID]) -> ShiftOverrideValues:
    values = db.keys.read_values(row)
    away, extra = _those(values.away, present), _those(values.extra, present)
    return replace(values, away=away, extra=extra)


def _those(members: Collection[UUID], present: Collection[UUID]) -> tuple[UUID, ...]:
    return tuple(member for member in members if member in present)


def read_shift_versions(db: Db) -> dict[UUID, int]:
    """Return each shift's version."""
    return dict(db.execute(select(Shift.id, Shift.version)).all())


def find_shift_turn(rota: Rota, shift_id: UUID, at: datetime) -> ShiftTurn:
    """Return the turn of a shift that begins at an instant. NotFound, BadRequest for none."""
    slot = rota.slot(shift_id)
    if slot is None:
        raise NotFound
    turn = find_turn_at(rota, slot, at)
    if turn is None:
        raise BadRequest("This shift does not begin then. Look the time up in the rota.")
    return turn


def lock_shift(db: Db, shift_id: UUID) -> tuple[Shift, Slot]:
    """Return a shift, held until the end of this transaction: one person gets the last place."""
    row = db.get(Shift, shift_id, with_for_update=True)
    slot = load_rota(db).slot(shift_id) if row else None
    if row is None or slot is None:
        raise NotFound
    return row, slot


def store_shift(db: Db, row: Shift, slot: Slot) -> None:
    """Rewrite a shift; the coordinators hear anew of the people that it lacks."""
    db.keys.write_values(row, replace(slot.values, warned_until=None))
    row.version += 1
    db.flush()


def reset_warning(db: Db, row: Shift) -> None:
    """Let the coordinators hear again of the people that a shift lacks."""
    values = db.keys.read_values(row)
    if values.warned_until:
        db.keys.write_values(row, replace(values, warned_until=None))
