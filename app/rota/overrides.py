"""One occurrence that differs: cancelled, moved, covered by others, or joined for once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.crypto import keyed_hash
from app.errors import BadRequest, NotFound
from app.models import Shift, ShiftOverride, ShiftOverrideValues
from app.rota.rota import Rota, ShiftTurn, find_turn_named, is_doing_other
from app.rota.shift_rows import (
    find_shift_turn,
    load_rota,
    lock_shift,
    reset_warning,
    store_shift,
)
from app.rota.shifts import ShiftFull, TwoPlaces, check_length, check_shift_role, refuse_two_places
from app.rota.wall_time import read_wall_time
from app.store import Db

_FARTHEST = timedelta(days=62)


@dataclass(frozen=True)
class ChangedTurn:
    """What a coordinator changes about one occurrence; ``None`` leaves its time as it is.

    ``starts_at`` is wall-clock time, or an instant. ``away`` are not there this once, ``extra``
    come this once.
    """

    cancelled: bool = False
    starts_at: datetime | None = None
    duration: timedelta | None = None
    away: Sequence[UUID] = ()
    extra: Sequence[UUID] = ()


def override_turn(
    db: Db, principal: Principal, shift_id: UUID, at: datetime, wanted: ChangedTurn, now: datetime
) -> ShiftTurn:
    """Change the occurrence that begins at ``at``, and return it as it is now.

    This replaces an earlier override of it. BadRequest, TwoPlaces.
    """
    principal.require(Permission.ROTA_OF_ALL)
    row, slot = lock_shift(db, shift_id)
    rota = load_rota(db)
    on = find_shift_turn(rota, shift_id, at).on
    if wanted.duration is not None:
        check_length(wanted.duration)
    moved = read_wall_time(wanted.starts_at, rota.zone) if wanted.starts_at else None
    if moved is not None and abs(moved - on) > _FARTHEST:
        raise BadRequest("An occurrence is moved by two months at most.")
    check_shift_role(db, wanted.extra, slot.role)
    override = ShiftOverrideValues(
        on=on,
        cancelled=wanted.cancelled,
        starts_at=moved,
        duration=wanted.duration,
        away=tuple(sorted(wanted.away)),
        extra=tuple(wanted.extra),
    )
    write_override(db, row, override, now)
    turn = _find_possible_turn(load_rota(db), shift_id, on)
    audit.record(db, "shift.overridden", principal.member_id, shift_id, now)
    return turn


def _find_possible_turn(rota: Rota, shift_id: UUID, on: datetime) -> ShiftTurn:
    """Return the turn that the rule has at a wall-clock time. NotFound, TwoPlaces."""
    slot = rota.slot(shift_id)
    turn = find_turn_named(rota, slot, on) if slot else None
    if turn is None:
        raise NotFound
    if not turn.cancelled and any(is_doing_other(rota, member, turn) for member in turn.members):
        raise TwoPlaces
    return turn


def restore_turn(db: Db, principal: Principal, shift_id: UUID, at: datetime, now: datetime) -> None:
    """Let an occurrence be again as the rule has it."""
    principal.require(Permission.ROTA_OF_ALL)
    row, _ = lock_shift(db, shift_id)
    turn = find_shift_turn(load_rota(db), shift_id, at)
    db.execute(delete(ShiftOverride).where(ShiftOverride.lookup == _lookup(db, shift_id, turn.on)))
    reset_warning(db, row)
    audit.record(db, "shift.overridden", principal.member_id, shift_id, now)


def join_shift(
    db: Db, principal: Principal, shift_id: UUID, at: datetime | None, now: datetime
) -> None:
    """Join a shift that lacks people: once, or for good without ``at``. ShiftFull, TwoPlaces."""
    principal.require(Permission.ROTA)
    row, slot = lock_shift(db, shift_id)
    if slot.role not in principal.roles:
        raise NotFound
    if at is None:
        _join_for_good(db, principal, row, now)
    else:
        _join_once(db, principal, row, at, now)
    audit.record(db, "shift.signed_up", principal.member_id, shift_id, now)


def _join_for_good(db: Db, principal: Principal, row: Shift, now: datetime) -> None:
    rota, me = load_rota(db), principal.member_id
    slot = rota.slot(row.id)
    if slot is None or me in slot.members:
        return
    if len(slot.members) >= slot.people:
        raise ShiftFull
    joined = replace(slot, members=(*slot.members, me))
    refuse_two_places(rota.having(joined), joined, now)
    store_shift(db, row, joined)


def _join_once(db: Db, principal: Principal, row: Shift, at: datetime, now: datetime) -> None:
    rota, me = load_rota(db), principal.member_id
    turn = find_shift_turn(rota, row.id, at)
    if turn.cancelled or turn.end <= now:
        raise BadRequest("This shift is over, or was cancelled.")
    if me in turn.members:
        return
    if not turn.missing:
        raise ShiftFull
    cover_turn(db, rota, row, turn, me, None, now)


def cover_turn(
    db: Db,
    rota: Rota,
    row: Shift,
    turn: ShiftTurn,
    member: UUID,
    instead_of: UUID | None,
    now: datetime,
) -> None:
    """Let a member do an occurrence, in a colleague's place or beside the others. TwoPlaces."""
    if is_doing_other(rota, member, turn):
        raise TwoPlaces
    before = rota.changes.get(row.id, {}).get(turn.on, ShiftOverrideValues(on=turn.on))
    away = {*before.away, *([instead_of] if instead_of else [])} - {member}
    extra = [one for one in before.extra if one != instead_of]
    override = replace(before, away=tuple(sorted(away)), extra=(*extra, member))
    write_override(db, row, override, now)


def write_override(db: Db, row: Shift, override: ShiftOverrideValues, now: datetime) -> None:
    """Store what differs about one occurrence, in place of an earlier override of it."""
    lookup = _lookup(db, row.id, override.on)
    known = db.scalar(select(ShiftOverride).where(ShiftOverride.lookup == lookup))
    if known is None:
        new_id = uuid4()
        blob = db.keys.new_values(ShiftOverride, new_id, override, now, shift_id=row.id)
        db.add(ShiftOverride(id=new_id, lookup=lookup, **blob))
    else:
        db.keys.write_values(known, override)
    reset_warning(db, row)
    db.flush()


def _lookup(db: Db, shift_id: UUID, on: datetime) -> bytes:
    name = shift_id.bytes + on.isoformat().encode()
    return keyed_hash(db.keys.integrity, "occurrence", name)


def forget_old_overrides(db: Db, before: datetime) -> None:
    """Delete the overrides of occurrences before a wall-clock time."""
    for row in db.scalars(select(ShiftOverride)):
        values = db.keys.read_values(row)
        if max(values.on, values.starts_at or values.on) < before:
            db.delete(row)
