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
from app.cases import make_code_name
from app.errors import BadRequest, NotFound, OfferTaken, StaleVersion
from app.models import Member, MemberState, Shift, ShiftOverride
from app.rota.rota import Rota, Slot, SlotChange, Turn, find_clash, find_turn_at
from app.rota.rules import Recurrence, clean_rule, find_instant, show_wall_time
from app.store import Db

# What a shift may ask of people, in the order in which it is guessed from who is in it.
SHIFT_ROLES = ("dispatcher", "accompanier", "legal", "interpreter", "coordinator")
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=7)
MOST_IN_SHIFT = 50
# Somebody in two places at once is looked for so far ahead.
_LOOK_AHEAD = timedelta(days=366)
_EARLIEST, _LATEST = timedelta(days=366), timedelta(days=2 * 366)
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2500


class TwoPlaces(BadRequest):
    """Somebody would be in two shifts at once. Change one of them, or leave that person out."""


class ShiftFull(OfferTaken):
    """This shift has everybody it needs."""


@dataclass(frozen=True)
class ShiftFacts:
    """A shift as somebody wants it; ``starts_at`` is wall-clock time, or an instant."""

    rule: str
    starts_at: datetime
    duration: timedelta
    members: Sequence[UUID] = ()
    people: int | None = None
    fallback: bool = False
    role: str | None = None


# -- reading


def load_rota(db: Db) -> Rota:
    """Return the whole rota; whoever left is in no shift any more. Sealed."""
    present = set(db.scalars(select(Member.id).where(Member.state != MemberState.REMOVED)))
    slots = tuple(_slot(db, row, present) for row in db.scalars(select(Shift).order_by(Shift.id)))
    changes: dict[UUID, dict[datetime, SlotChange]] = {}
    for row in db.scalars(select(ShiftOverride)):
        change = _change(db, row, present)
        changes.setdefault(row.shift_id, {})[change.on] = change
    return Rota(db.zone, slots, changes)


def read_shift_versions(db: Db) -> dict[UUID, int]:
    """Return each shift's version."""
    return dict(db.execute(select(Shift.id, Shift.version)).all())


def _slot(db: Db, row: Shift, present: Collection[UUID]) -> Slot:
    values = db.keys.open_row("shifts", row)
    return Slot(
        id=row.id,
        name=values["name"],
        rule=Recurrence(values["rule"], datetime.fromisoformat(values["starts_at"])),
        duration=timedelta(seconds=values["duration_s"]),
        people=values["people"],
        fallback=values["fallback"],
        role=values["role"],
        members=_ids(values["members"], present),
    )


def _change(db: Db, row: ShiftOverride, present: Collection[UUID]) -> SlotChange:
    values = db.keys.open_row("shift_overrides", row)
    moved, length = values["starts_at"], values["duration_s"]
    return SlotChange(
        on=datetime.fromisoformat(values["on"]),
        cancelled=values["cancelled"],
        starts_at=datetime.fromisoformat(moved) if moved else None,
        duration=timedelta(seconds=length) if length else None,
        away=_ids(values["away"], present),
        extra=_ids(values["extra"], present),
    )


def _ids(values: Sequence[str], present: Collection[UUID]) -> tuple[UUID, ...]:
    return tuple(member for member in map(UUID, values) if member in present)


def find_shift_turn(rota: Rota, shift_id: UUID, at: datetime) -> Turn:
    """Return the turn of a shift that begins at an instant; BadRequest where none does."""
    slot = rota.slot(shift_id)
    if slot is None:
        raise NotFound
    turn = find_turn_at(rota, slot, at)
    if turn is None:
        raise BadRequest("This shift does not begin then. Look the time up in the rota.")
    return turn


# -- making and changing


def add_shift(db: Db, principal: Principal, wanted: ShiftFacts, now: datetime) -> UUID:
    """Put a shift into the rota. BadRequest, RuleRefused, TwoPlaces."""
    principal.require(Permission.ROTA_OF_ALL)
    shift_id = uuid4()
    slot = _as_slot(db, shift_id, make_code_name(), wanted)
    _refuse_far_start(db, slot, now)
    refuse_two_places(load_rota(db).having(slot), slot, now)
    db.add(Shift(id=shift_id, version=1, **db.keys.new_row("shifts", shift_id, _values(slot), now)))
    db.flush()
    audit.record(db, "shift.made", principal.member_id, shift_id, now)
    return shift_id


def _as_slot(db: Db, shift_id: UUID, name: str, wanted: ShiftFacts) -> Slot:
    zone = db.zone
    first = read_wall_time(wanted.starts_at, zone)
    if not SHORTEST <= wanted.duration <= LONGEST:
        raise BadRequest("A shift lasts between a quarter of an hour and seven days.")
    members = tuple(dict.fromkeys(wanted.members))
    people = max(len(members), 1) if wanted.people is None else wanted.people
    if not max(len(members), 1) <= people <= MOST_IN_SHIFT:
        raise BadRequest(f"A shift needs as many people as are in it, and at most {MOST_IN_SHIFT}.")
    role = _role(db, members, wanted.role)
    rule = clean_rule(wanted.rule, first, zone)
    return Slot(shift_id, name, rule, wanted.duration, people, wanted.fallback, role, members)


def read_wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a given time as wall-clock time to the minute, be it one or an instant. BadRequest."""
    if not _EARLIEST_YEAR <= at.year <= _LATEST_YEAR:
        raise BadRequest("Nobody makes a rota for that year.")
    wall = show_wall_time(at, zone) if at.tzinfo else at
    return wall.replace(second=0, microsecond=0, fold=0)


def _refuse_far_start(db: Db, slot: Slot, now: datetime) -> None:
    if not -_EARLIEST <= slot.rule.first - show_wall_time(now, db.zone) <= _LATEST:
        raise BadRequest("A shift begins within the next two years, or began within the last one.")


def _role(db: Db, members: Sequence[UUID], role: str | None) -> str:
    """Return the role a shift asks for: the given one, or the first that all its members have."""
    if role is None:
        held = _roles_of(db, members)
        role = next((one for one in SHIFT_ROLES if all(one in roles for roles in held)), "")
    check_shift_role(db, members, role)
    return role


def check_shift_role(db: Db, members: Sequence[UUID], role: str) -> None:
    """Raise BadRequest unless all of these are members with this role."""
    if role not in SHIFT_ROLES or any(role not in roles for roles in _roles_of(db, members)):
        raise BadRequest(f"Everybody in a shift has its role, one of: {', '.join(SHIFT_ROLES)}.")


def _roles_of(db: Db, members: Sequence[UUID]) -> list[list[str]]:
    query = select(Member.roles).where(Member.id.in_(members), Member.state != MemberState.REMOVED)
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
    begin = max(now, find_instant(slot.rule.first, rota.zone))
    if find_clash(rota, slot, now, begin + _LOOK_AHEAD):
        raise TwoPlaces


def change_shift(
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
    row, slot = lock_shift(db, shift_id)
    if row.version != version:
        raise StaleVersion(row.version)
    before = ShiftFacts(
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
    refuse_two_places(load_rota(db).having(after), after, now)
    store_shift(db, row, after)
    audit.record(db, "shift.changed", principal.member_id, shift_id, now)


def lock_shift(db: Db, shift_id: UUID) -> tuple[Shift, Slot]:
    """Return a shift, held until the end of this transaction: the last place goes to one person."""
    row = db.get(Shift, shift_id, with_for_update=True)
    if row is None:
        raise NotFound
    slot = load_rota(db).slot(shift_id)
    if slot is None:
        raise NotFound
    return row, slot


def store_shift(db: Db, row: Shift, slot: Slot) -> None:
    """Rewrite a shift; what it lacks is told anew."""
    db.keys.replace_values("shifts", row, _values(slot))
    row.version += 1
    db.flush()


def reset_told(db: Db, row: Shift) -> None:
    """Let the coordinators hear again of what a shift lacks."""
    values = db.keys.open_row("shifts", row)
    if values["warned_until"]:
        db.keys.replace_values("shifts", row, {**values, "warned_until": None})


def remove_shift(db: Db, principal: Principal, shift_id: UUID, now: datetime) -> None:
    """Take a shift out of the rota, with everything about it."""
    principal.require(Permission.ROTA_OF_ALL)
    lock_shift(db, shift_id)
    db.execute(delete(Shift).where(Shift.id == shift_id))
    audit.record(db, "shift.removed", principal.member_id, shift_id, now)
