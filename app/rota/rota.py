"""The rota, pure: when shifts come about, who is on duty, which turns lack people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from app.models import ShiftOverrideValues, ShiftValues, operational
from app.rota.rules import list_starts
from app.rota.wall_time import find_instant, show_wall_time

# Clocks go back by less: what began before that is found on the second round too.
_SLACK = timedelta(hours=3)


@operational
class Slot(ShiftValues):
    """A recurring shift with its id."""

    id: UUID

    @property
    def values(self) -> ShiftValues:
        """The same without the id, as it is stored."""
        return ShiftValues(**{one.name: getattr(self, one.name) for one in fields(ShiftValues)})


@dataclass(frozen=True)
class ShiftTurn:
    """One occurrence of a slot: from ``start`` until before ``end``, two instants in UTC.

    ``on`` is its wall-clock start by the rule. It names the turn, also where that was moved.
    """

    slot: Slot
    on: datetime
    start: datetime
    end: datetime
    members: tuple[UUID, ...]
    cancelled: bool = False

    @property
    def missing(self) -> int:
        """How many people it still needs."""
        return 0 if self.cancelled else max(self.slot.people - len(self.members), 0)

    def overlaps(self, other: ShiftTurn) -> bool:
        """Whether both last at some instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Rota:
    """All slots, the overrides by slot and occurrence, and the organisation's zone."""

    zone: ZoneInfo
    slots: tuple[Slot, ...] = ()
    changes: Mapping[UUID, Mapping[datetime, ShiftOverrideValues]] = field(default_factory=dict)

    def slot(self, slot_id: UUID) -> Slot | None:
        """Return a slot by its id."""
        return next((slot for slot in self.slots if slot.id == slot_id), None)

    def having(self, slot: Slot) -> Rota:
        """Return the same rota with this slot in place of the one of its id, or added."""
        others = tuple(other for other in self.slots if other.id != slot.id)
        return replace(self, slots=(*others, slot))


@dataclass(frozen=True)
class Duty:
    """The turns that go on at one instant."""

    turns: tuple[ShiftTurn, ...]

    def members(
        self, roles: Collection[str] | None = None, *, fallback: bool = False
    ) -> list[UUID]:
        """Return the members on duty (or in the fallback group), in slots of these roles or any."""
        return list(
            dict.fromkeys(
                member
                for turn in self.turns
                if turn.slot.fallback is fallback and (roles is None or turn.slot.role in roles)
                for member in turn.members
            )
        )


def find_duty(rota: Rota, at: datetime) -> Duty:
    """Return the turns at an instant: those that began at or before it, and end after it."""
    return Duty(tuple(list_turns(rota, at, at + timedelta(microseconds=1))))


def list_turns(
    rota: Rota, since: datetime, until: datetime, *, cancelled: bool = False
) -> list[ShiftTurn]:
    """Return the turns that last at some instant from ``since`` until before ``until``, by start.

    Cancelled ones only if asked for.
    """
    found = chain.from_iterable(_turns_of(rota, slot, since, until) for slot in rota.slots)
    return sorted(
        (turn for turn in found if cancelled or not turn.cancelled),
        key=lambda turn: (turn.start, turn.slot.fallback, turn.slot.name),
    )


def _turns_of(rota: Rota, slot: Slot, since: datetime, until: datetime) -> Iterator[ShiftTurn]:
    changes = rota.changes.get(slot.id, {})
    earliest = show_wall_time(since, rota.zone) - slot.duration - _SLACK
    by_rule = list_starts(slot.rule, earliest, show_wall_time(until, rota.zone) + _SLACK)
    # A moved occurrence may lie in another week than the rule has it.
    moved = [on for on, change in changes.items() if change.starts_at or change.duration]
    for on in chain((on for on in by_rule if on not in moved), moved):
        turn = _turn(rota.zone, slot, changes.get(on, ShiftOverrideValues(on=on)))
        lasts = turn.start < until and turn.end > since and turn.start < turn.end
        if lasts and (on not in moved or is_occurrence(slot, on)):
            yield turn


def is_occurrence(slot: Slot, on: datetime) -> bool:
    """Whether the slot's rule has an occurrence at this wall-clock time."""
    return next(list_starts(slot.rule, on, on + timedelta(seconds=1)), None) is not None


def _turn(zone: ZoneInfo, slot: Slot, change: ShiftOverrideValues) -> ShiftTurn:
    start = change.starts_at or change.on
    end = start + (change.duration or slot.duration)
    members = dict.fromkeys((*slot.members, *change.extra))
    return ShiftTurn(
        slot,
        change.on,
        find_instant(start, zone),
        find_instant(end, zone),
        tuple(member for member in members if member not in change.away),
        change.cancelled,
    )


def find_turn_named(rota: Rota, slot: Slot, on: datetime) -> ShiftTurn | None:
    """Return the turn of a slot that its rule has at a wall-clock time, as it was changed."""
    change = rota.changes.get(slot.id, {}).get(on, ShiftOverrideValues(on=on))
    return _turn(rota.zone, slot, change) if is_occurrence(slot, on) else None


def find_turn_at(rota: Rota, slot: Slot, at: datetime) -> ShiftTurn | None:
    """Return the turn of a slot that begins at an instant, by its rule or as it was changed."""
    day = timedelta(days=1)
    changes = rota.changes.get(slot.id, {})
    wall = show_wall_time(at, rota.zone)
    by_rule = list_starts(slot.rule, wall - day, wall + day)
    for on in dict.fromkeys((*by_rule, *(on for on in changes if is_occurrence(slot, on)))):
        turn = _turn(rota.zone, slot, changes.get(on, ShiftOverrideValues(on=on)))
        if at in (turn.start, find_instant(on, rota.zone)):
            return turn
    return None


def find_clash(
    rota: Rota, slot: Slot, since: datetime, until: datetime
) -> tuple[ShiftTurn, ShiftTurn] | None:
    """Return two turns that a member would do at once, one of them of ``slot``, or None.

    To be in the fallback group during a shift of one's own is no clash.
    """
    mine = _people_of(rota, slot)
    near = tuple(
        other
        for other in rota.slots
        if other.fallback is slot.fallback and mine & _people_of(rota, other)
    )
    known = list_turns(replace(rota, slots=near), since, until)
    for member in mine:
        latest: ShiftTurn | None = None
        for turn in (turn for turn in known if member in turn.members):
            if latest and latest.overlaps(turn) and slot.id in (latest.slot.id, turn.slot.id):
                return latest, turn
            latest = turn if latest is None or turn.end > latest.end else latest
    return None


def _people_of(rota: Rota, slot: Slot) -> set[UUID]:
    changes: Iterable[ShiftOverrideValues] = rota.changes.get(slot.id, {}).values()
    return {*slot.members, *chain.from_iterable(change.extra for change in changes)}


def is_doing_other(rota: Rota, member: UUID, turn: ShiftTurn) -> bool:
    """Whether a member already does something else, of the same kind, during a turn."""
    return any(
        member in other.members
        for other in list_turns(rota, turn.start, turn.end)
        if other.slot.fallback is turn.slot.fallback
        and (other.slot.id, other.on) != (turn.slot.id, turn.on)
    )


def find_unfilled(rota: Rota, since: datetime, until: datetime) -> list[ShiftTurn]:
    """Return the turns that last in this time and have fewer people than they need."""
    return [turn for turn in list_turns(rota, since, until) if turn.missing]
