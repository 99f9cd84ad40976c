"""Making, changing and removing shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete

from app import audit
from app.access import Permission, Principal
from app.cases import make_code_name
from app.errors import BadRequest, OfferTaken
from app.models import Shift
from app.rota.rota import Rota, Slot, find_clash
from app.rota.rules import clean_rule
from app.rota.shift_rows import load_rota, lock_shift, store_shift
from app.rota.wall_time import find_instant, read_wall_time, show_wall_time
from app.store import Db, ReadVersion, check_version
from app.vault import read_roster

# What a shift may ask of people; the first that all its members have is the one that is guessed.
SHIFT_ROLES = ("dispatcher", "accompanier", "legal", "interpreter", "coordinator")
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=7)
MOST_IN_SHIFT = 50
# How far ahead a member is looked for in two places at once.
_LOOK_AHEAD = timedelta(days=366)
_EARLIEST, _LATEST = timedelta(days=366), timedelta(days=2 * 366)


class TwoPlaces(BadRequest):
    """Somebody would be in two shifts at once. Change one of them, or leave that person out."""


class ShiftFull(OfferTaken):
    """This shift has everybody it needs."""


@dataclass(frozen=True)
class ShiftFacts:
    """A shift as a coordinator asks for it.

    ``starts_at`` is wall-clock time, or an instant. ``people`` None is as many as ``members``,
    ``role`` None the first of ``SHIFT_ROLES`` that all of them have.
    """

    rule: str
    starts_at: datetime
    duration: timedelta
    members: Sequence[UUID] = ()
    people: int | None = None
    fallback: bool = False
    role: str | None = None


@dataclass(frozen=True)
class ShiftChanges:
    """What to change about a shift, as in ``ShiftFacts``; None stays as it is."""

    rule: str | None = None
    starts_at: datetime | None = None
    duration: timedelta | None = None
    members: Sequence[UUID] | None = None
    people: int | None = None
    fallback: bool | None = None
    role: str | None = None


def add_shift(db: Db, principal: Principal, wanted: ShiftFacts, now: datetime) -> UUID:
    """Put a shift into the rota. BadRequest, RuleRefused, TwoPlaces."""
    principal.require(Permission.ROTA_OF_ALL)
    shift_id = uuid4()
    slot = _as_slot(db, shift_id, make_code_name(), wanted)
    _refuse_far_start(db, slot, now)
    refuse_two_places(load_rota(db).having(slot), slot, now)
    blob = db.keys.new_values(Shift, shift_id, slot.values, now)
    db.add(Shift(id=shift_id, version=1, **blob))
    db.flush()
    audit.record(db, "shift.made", principal.member_id, shift_id, now)
    return shift_id


def change_shift(
    db: Db,
    principal: Principal,
    shift_id: UUID,
    version: ReadVersion,
    changes: ShiftChanges,
    now: datetime,
) -> None:
    """Replace parts of a shift. StaleVersion, and as for ``add_shift``.

    Overrides stay where the new rule still has their occurrence.
    """
    principal.require(Permission.ROTA_OF_ALL)
    row, slot = lock_shift(db, shift_id)
    check_version(row.version, version)
    before = ShiftFacts(
        slot.rule.text,
        slot.rule.first,
        slot.duration,
        slot.members,
        slot.people,
        slot.fallback,
        slot.role,
    )
    given = {name: value for name, value in vars(changes).items() if value is not None}
    if changes.members is not None and changes.people is None:
        given["people"] = max(slot.people, len(set(changes.members)))
    after = _as_slot(db, shift_id, slot.name, replace(before, **given))
    if changes.starts_at is not None:
        _refuse_far_start(db, after, now)
    refuse_two_places(load_rota(db).having(after), after, now)
    store_shift(db, row, after)
    audit.record(db, "shift.changed", principal.member_id, shift_id, now)


def remove_shift(db: Db, principal: Principal, shift_id: UUID, now: datetime) -> None:
    """Take a shift out of the rota, with its overrides, swaps and notes."""
    principal.require(Permission.ROTA_OF_ALL)
    lock_shift(db, shift_id)
    db.execute(delete(Shift).where(Shift.id == shift_id))
    audit.record(db, "shift.removed", principal.member_id, shift_id, now)


# -- checking


def _as_slot(db: Db, shift_id: UUID, name: str, wanted: ShiftFacts) -> Slot:
    first = read_wall_time(wanted.starts_at, db.zone)
    check_length(wanted.duration)
    members = tuple(dict.fromkeys(wanted.members))
    people = max(len(members), 1) if wanted.people is None else wanted.people
    if not max(len(members), 1) <= people <= MOST_IN_SHIFT:
        raise BadRequest(f"A shift needs as many people as are in it, and at most {MOST_IN_SHIFT}.")
    return Slot(
        id=shift_id,
        name=name,
        rule=clean_rule(wanted.rule, first, db.zone),
        duration=wanted.duration,
        people=people,
        fallback=wanted.fallback,
        role=_find_role(db, members, wanted.role),
        members=members,
    )


def check_length(duration: timedelta) -> None:
    """Raise BadRequest for a shift that is too short or too long."""
    if not SHORTEST <= duration <= LONGEST:
        raise BadRequest("A shift lasts between a quarter of an hour and seven days.")


def _refuse_far_start(db: Db, slot: Slot, now: datetime) -> None:
    if not -_EARLIEST <= slot.rule.first - show_wall_time(now, db.zone) <= _LATEST:
        raise BadRequest("A shift begins within the next two years, or began within the last one.")


def _find_role(db: Db, members: Sequence[UUID], role: str | None) -> str:
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


def _roles_of(db: Db, members: Sequence[UUID]) -> list[tuple[str, ...]]:
    listed = read_roster(db).by_id
    if not all(member in listed for member in members):
        raise BadRequest("Somebody of these is no member.")
    return [listed[member].roles for member in members]


def refuse_two_places(rota: Rota, slot: Slot, now: datetime) -> None:
    """Raise TwoPlaces where a member of a shift would do another one at the same time.

    It looks a year ahead of the shift's beginning.
    """
    begin = max(now, find_instant(slot.rule.first, rota.zone))
    if find_clash(rota, slot, now, begin + _LOOK_AHEAD):
        raise TwoPlaces
