"""What differs once: an occurrence cancelled, moved, covered by others, or joined for once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.crypto import keyed_hash
from app.errors import BadRequest, NotFound
from app.models import Shift, ShiftOverride
from app.rota.rota import Rota, SlotChange, Turn, find_turn_named, is_doing_other
from app.rota.shifts import (
    LONGEST,
    SHORTEST,
    ShiftFull,
    TwoPlaces,
    check_shift_role,
    find_shift_turn,
    load_rota,
    lock_shift,
    read_wall_time,
    refuse_two_places,
    reset_told,
    store_shift,
)
from app.store import Db

_FARTHEST = timedelta(days=62)


@dataclass(frozen=True)
class ChangedTurn:
    """What a coordinator changes about one occurrence; ``None`` leaves its time as it is.

    ``away`` are not there this once, ``extra`` come this once.
    """

    cancelled: bool = False
    starts_at: datetime | None = None
    duration: timedelta | None = None
    away: Sequence[UUID] = ()
    extra: Sequence[UUID] = ()


def override_turn(
    db: Db, principal: Principal, shift_id: UUID, at: datetime, wanted: ChangedTurn, now: datetime
) -> Turn:
    """Change one occurrence, the one that begins at ``at``; return it as it is now.

    It replaces what was changed about it before. BadRequest, TwoPlaces.
    """
    principal.require(Permission.ROTA_OF_ALL)
    row, slot = lock_shift(db, shift_id)
    rota = load_rota(db)
    on = find_shift_turn(rota, shift_id, at).on
    if wanted.duration is not None and not SHORTEST <= wanted.duration <= LONGEST:
        raise BadRequest("A shift lasts between a quarter of an hour and seven days.")
    moved = read_wall_time(wanted.starts_at, rota.zone) if wanted.starts_at else None
    if moved is not None and abs(moved - on) > _FARTHEST:
        raise BadRequest("An occurrence is moved by two months at most.")
    check_shift_role(db, wanted.extra, slot.role)
    changed = SlotChange(
        on, wanted.cancelled, moved, wanted.duration, tuple(wanted.away), tuple(wanted.extra)
    )
    write_exception(db, row, changed, now)
    turn = _checked(load_rota(db), shift_id, on)
    audit.record(db, "shift.overridden", principal.member_id, shift_id, now)
    return turn


def _checked(rota: Rota, shift_id: UUID, on: datetime) -> Turn:
    turn = find_occurrence(rota, shift_id, on)
    if not turn.cancelled and any(is_doing_other(rota, member, turn) for member in turn.members):
        raise TwoPlaces
    return turn


def find_occurrence(rota: Rota, shift_id: UUID, on: datetime) -> Turn:
    """Return the turn of a shift that its rule has at a wall-clock time. NotFound."""
    slot = rota.slot(shift_id)
    turn = find_turn_named(rota, slot, on) if slot else None
    if turn is None:
        raise NotFound
    return turn


def restore_turn(db: Db, principal: Principal, shift_id: UUID, at: datetime, now: datetime) -> None:
    """Let an occurrence be again what the rule says."""
    principal.require(Permission.ROTA_OF_ALL)
    row, _ = lock_shift(db, shift_id)
    turn = find_shift_turn(load_rota(db), shift_id, at)
    db.execute(delete(ShiftOverride).where(ShiftOverride.lookup == _lookup(db, shift_id, turn.on)))
    reset_told(db, row)
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
    db: Db, rota: Rota, row: Shift, turn: Turn, member: UUID, instead_of: UUID | None, now: datetime
) -> None:
    """Let a member do an occurrence, in somebody's place or beside the others. TwoPlaces."""
    if is_doing_other(rota, member, turn):
        raise TwoPlaces
    before = rota.changes.get(row.id, {}).get(turn.on, SlotChange(turn.on))
    away = {*before.away, *([instead_of] if instead_of else [])} - {member}
    extra = [one for one in before.extra if one != instead_of]
    write_exception(db, row, replace(before, away=tuple(away), extra=(*extra, member)), now)


def write_exception(db: Db, row: Shift, change: SlotChange, now: datetime) -> None:
    """Keep what is different about one occurrence, in place of what was."""
    values: dict[str, Any] = {
        "on": change.on.isoformat(),
        "cancelled": change.cancelled,
        "starts_at": change.starts_at.isoformat() if change.starts_at else None,
        "duration_s": int(change.duration.total_seconds()) if change.duration else None,
        "away": sorted(map(str, change.away)),
        "extra": list(map(str, change.extra)),
    }
    lookup = _lookup(db, row.id, change.on)
    known = db.scalar(select(ShiftOverride).where(ShiftOverride.lookup == lookup))
    if known is None:
        new_id = uuid4()
        blob = db.keys.new_row("shift_overrides", new_id, values, now)
        db.add(ShiftOverride(id=new_id, shift_id=row.id, lookup=lookup, **blob))
    else:
        db.keys.replace_values("shift_overrides", known, values)
    reset_told(db, row)
    db.flush()


def _lookup(db: Db, shift_id: UUID, on: datetime) -> bytes:
    name = shift_id.bytes + on.isoformat().encode()
    return keyed_hash(db.keys.integrity, "occurrence", name)


def forget_old_exceptions(db: Db, before: datetime) -> None:
    """Delete what was different before a wall-clock time."""
    for row in db.scalars(select(ShiftOverride)):
        values = db.keys.open_row("shift_overrides", row)
        if max(values["on"], values["starts_at"] or "") < before.isoformat():
            db.delete(row)
