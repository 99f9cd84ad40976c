"""Keeping the rota: making and changing shifts, exceptions, signing oneself up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.codenames import code_name
from app.db import Db
from app.errors import BadRequest, NotFound, OfferTaken, StaleVersion
from app.models import Member, Shift, ShiftOverride
from app.shifts.rota import Change, Rota, Slot, Turn, clash, turn_at
from app.shifts.rules import Rule, clean, instant, wall_time

# What a shift may ask of people, in the order in which it is guessed from who is in it.
ROLES = ("dispatcher", "accompanier", "legal", "interpreter", "coordinator")
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=7)
MOST_PEOPLE = 50
# Somebody in two places at once is looked for so far ahead.
_LOOK_AHEAD = timedelta(days=366)
_EARLIEST, _LATEST = timedelta(days=366), timedelta(days=2 * 366)
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2500


class TwoPlaces(BadRequest):
    """Somebody would be in two shifts at once. Change one of them, or leave that person out."""


class ShiftFull(OfferTaken):
    """This shift has everybody it needs."""


@dataclass(frozen=True)
class Wanted:
    """A shift as somebody wants it; ``starts_at`` is wall-clock time, or an instant."""

    rule: str
    starts_at: datetime
    duration: timedelta
    members: Sequence[UUID] = ()
    people: int | None = None
    fallback: bool = False
    role: str | None = None


# -- reading


def load(db: Db) -> Rota:
    """Return the whole rota; whoever left is in no shift any more. Sealed."""
    present = set(db.scalars(select(Member.id).where(Member.state != "removed")))
    slots = tuple(_slot(db, row, present) for row in db.scalars(select(Shift).order_by(Shift.id)))
    changes: dict[UUID, dict[datetime, Change]] = {}
    for row in db.scalars(select(ShiftOverride)):
        change = _change(db, row, present)
        changes.setdefault(row.shift_id, {})[change.on] = change
    return Rota(db.keys.zone, slots, changes)


def versions(db: Db) -> dict[UUID, int]:
    """Return each shift's version."""
    return dict(db.execute(select(Shift.id, Shift.version)).all())


def _slot(db: Db, row: Shift, present: Collection[UUID]) -> Slot:
    values = db.keys.open_row("shifts", row)
    return Slot(
        id=row.id,
        name=values["name"],
        rule=Rule(values["rule"], datetime.fromisoformat(values["starts_at"])),
        duration=timedelta(seconds=values["duration_s"]),
        people=values["people"],
        fallback=values["fallback"],
        role=values["role"],
        members=_ids(values["members"], present),
    )


def _change(db: Db, row: ShiftOverride, present: Collection[UUID]) -> Change:
    values = db.keys.open_row("shift_overrides", row)
    moved, length = values["starts_at"], values["duration_s"]
    return Change(
        on=datetime.fromisoformat(values["on"]),
        cancelled=values["cancelled"],
        starts_at=datetime.fromisoformat(moved) if moved else None,
        duration=timedelta(seconds=length) if length else None,
        away=_ids(values["away"], present),
        extra=_ids(values["extra"], present),
    )


def _ids(values: Sequence[str], present: Collection[UUID]) -> tuple[UUID, ...]:
    return tuple(member for member in map(UUID, values) if member in present)


def turn_of(rota: Rota, shift_id: UUID, at: datetime) -> Turn:
    """Return the turn of a shift that begins at an instant; BadRequest where none does."""
    slot = rota.slot(shift_id)
    if slot is None:
        raise NotFound
    turn = turn_at(rota, slot, at)
    if turn is None:
        raise BadRequest("This shift does not begin then. Look the time up in the rota.")
    return turn


# -- making and changing


def add(db: Db, principal: Principal, wanted: Wanted, now: datetime) -> UUID:
    """Put a shift into the rota. BadRequest, RuleRefused, TwoPlaces."""
    principal.require(Permission.ROTA_OF_ALL)
    shift_id = uuid4()
    slot = _as_slot(db, shift_id, code_name(), wanted)
    _refuse_far_start(db, slot, now)
    refuse_two_places(load(db).having(slot), slot, now)
    db.add(Shift(id=shift_id, version=1, **db.keys.new_row("shifts", shift_id, _values(slot), now)))
    db.flush()
    audit.record(db, "shift.made", principal.member_id, shift_id, now)
    return shift_id


def _as_slot(db: Db, shift_id: UUID, name: str, wanted: Wanted) -> Slot:
    zone = db.keys.zone
    first = as_wall(wanted.starts_at, zone)
    if not SHORTEST <= wanted.duration <= LONGEST:
        raise BadRequest("A shift lasts between a quarter of an hour and seven days.")
    members = tuple(dict.fromkeys(wanted.members))
    people = max(len(members), 1) if wanted.people is None else wanted.people
    if not max(len(members), 1) <= people <= MOST_PEOPLE:
        raise BadRequest(f"A shift needs as many people as are in it, and at most {MOST_PEOPLE}.")
    role = _role(db, members, wanted.role)
    rule = clean(wanted.rule, first, zone)
    return Slot(shift_id, name, rule, wanted.duration, people, wanted.fallback, role, members)


def as_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a given time as wall-clock time to the minute, be it one or an instant. BadRequest."""
    if not _EARLIEST_YEAR <= at.year <= _LATEST_YEAR:
        raise BadRequest("Nobody makes a rota for that year.")
    wall = wall_time(at, zone) if at.tzinfo else at
    return wall.replace(second=0, microsecond=0, fold=0)


def _refuse_far_start(db: Db, slot: Slot, now: datetime) -> None:
    if not -_EARLIEST <= slot.rule.first - wall_time(now, db.keys.zone) <= _LATEST:
        raise BadRequest("A shift begins within the next two years, or began within the last one.")


def _role(db: Db, members: Sequence[UUID], role: str | None) -> str:
    """Return the role a shift asks for: the given one, or the first that all its members have."""
    if role is None:
        held = _roles_of(db, members)
        role = next((one for one in ROLES if all(one in roles for roles in held)), "")
    check_role(db, members, role)
    return role


def check_role(db: Db, members: Sequence[UUID], role: str) -> None:
    """Raise BadRequest unless all of these are members with this role."""
    if role not in ROLES or any(role not in roles for roles in _roles_of(db, members)):
        raise BadRequest(f"Everybody in a shift has its role, one of: {', '.join(ROLES)}.")


def _roles_of(db: Db, members: Sequence[UUID]) -> list[list[str]]:
    query = select(Member.roles).where(Member.id.in_(members), Member.state != "removed")
    held = list(db.scalars(query))
    if len(held) != len(set(members)):
        raise BadRequest("Somebody of these is no member.")
    return held


def _values(slot: Slot, warned_until: str | None = None) -> dict[str, Any]:
    return {
        "name": slot.name,
        "rule": slot.rule.text,
        "starts_at": slot.rule.first.isoformat(),
        "duration_s": int(slot.duration.total_seconds()),
        "people": slot.people,
        "fallback": slot.fallback,
        "role": slot.role,
        "members": [str(member) for member in slot.members],
        "warned_until": warned_until,
    }


def refuse_two_places(rota: Rota, slot: Slot, now: datetime) -> None:
    """Raise TwoPlaces where somebody in a shift would be in another at the same time."""
    begin = max(now, instant(slot.rule.first, rota.zone))
    if clash(rota, slot, now, begin + _LOOK_AHEAD):
        raise TwoPlaces


def change(
    db: Db,
    principal: Principal,
    shift_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> None:
    """Replace parts of a shift (the fields of ``Wanted``). StaleVersion, and as for ``add``.

    Exceptions stay where the new rule still has their occurrence.
    """
    principal.require(Permission.ROTA_OF_ALL)
    row, slot = locked(db, shift_id)
    if row.version != version:
        raise StaleVersion(row.version)
    before = Wanted(
        slot.rule.text,
        slot.rule.first,
        slot.duration,
        slot.members,
        slot.people,
        slot.fallback,
        slot.role,
    )
    if "members" in changes and "people" not in changes:
        changes = {**changes, "people": max(slot.people, len(set(changes["members"])))}
    after = _as_slot(db, shift_id, slot.name, replace(before, **changes))
    if "starts_at" in changes:
        _refuse_far_start(db, after, now)
    refuse_two_places(load(db).having(after), after, now)
    store(db, row, after)
    audit.record(db, "shift.changed", principal.member_id, shift_id, now)


def locked(db: Db, shift_id: UUID) -> tuple[Shift, Slot]:
    """Return a shift, held until the end of this transaction: the last place goes to one person."""
    row = db.get(Shift, shift_id, with_for_update=True)
    if row is None:
        raise NotFound
    slot = load(db).slot(shift_id)
    if slot is None:
        raise NotFound
    return row, slot


def store(db: Db, row: Shift, slot: Slot) -> None:
    """Rewrite a shift; what it lacks is told anew."""
    db.keys.replace_values("shifts", row, _values(slot))
    row.version += 1
    db.flush()


def tell_anew(db: Db, row: Shift) -> None:
    """Let the coordinators hear again of what a shift lacks."""
    values = db.keys.open_row("shifts", row)
    if values["warned_until"]:
        db.keys.replace_values("shifts", row, {**values, "warned_until": None})


def remove(db: Db, principal: Principal, shift_id: UUID, now: datetime) -> None:
    """Take a shift out of the rota, with everything about it."""
    principal.require(Permission.ROTA_OF_ALL)
    locked(db, shift_id)
    db.execute(delete(Shift).where(Shift.id == shift_id))
    audit.record(db, "shift.removed", principal.member_id, shift_id, now)
