"""Who is on duty: by the wall clock, on every night of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.models import ShiftOverrideValues
from app.rota.rota import (
    Rota,
    Slot,
    find_clash,
    find_duty,
    find_turn_at,
    find_unfilled,
    list_turns,
)
from app.rota.rules import clean_rule

TORONTO, SANTIAGO = ZoneInfo("America/Toronto"), ZoneInfo("America/Santiago")
ANNA, BO, CY = (UUID(int=n) for n in (1, 2, 3))
# The nights on which clocks go forward and back, in the north and in the south.
NIGHTS = [
    (TORONTO, datetime(2026, 3, 8)),
    (TORONTO, datetime(2026, 11, 1)),
    (SANTIAGO, datetime(2026, 9, 6)),
    (SANTIAGO, datetime(2026, 4, 5)),
]
MIDNIGHT = datetime(2026, 1, 1)
HOUR = timedelta(hours=1)


def slot(
    first: datetime,
    hours: float,
    *members: UUID,
    rule: str = "FREQ=DAILY",
    number: int = 1,
    people: int = 1,
    fallback: bool = False,
    zone: ZoneInfo = TORONTO,
) -> Slot:
    kept = clean_rule(rule, first, zone)
    length = timedelta(hours=hours)
    return Slot(
        id=UUID(int=number),
        name=f"n{number}",
        rule=kept,
        duration=length,
        people=people,
        fallback=fallback,
        role="x",
        members=members,
    )


def rota(*slots: Slot, zone: ZoneInfo = TORONTO, **changes: ShiftOverrideValues) -> Rota:
    return Rota(zone, slots, {slots[0].id: {c.on: c for c in changes.values()}} if changes else {})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def who(rota: Rota, text: str) -> list[UUID]:
    return find_duty(rota, at(text)).members()


# -- daylight saving


@given(
    night=st.sampled_from(NIGHTS),
    cuts=st.sets(st.integers(0, 95), min_size=1, max_size=6),
    minute=st.integers(-1440, 2880),
)
@settings(max_examples=60)
def test_shifts_that_follow_each_other_leave_nobody_out_and_nobody_twice(
    night: tuple[ZoneInfo, datetime], cuts: set[int], minute: int
) -> None:
    zone, day = night
    points = sorted(cuts)
    ends = [*points[1:], points[0] + 96]
    slots = [
        slot(MIDNIGHT + a * HOUR / 4, (b - a) / 4, UUID(int=n + 9), number=n + 9, zone=zone)
        for n, (a, b) in enumerate(zip(points, ends, strict=True))
    ]
    moment = day.replace(tzinfo=zone).astimezone(UTC) + timedelta(minutes=minute)
    assert len(find_duty(rota(*slots, zone=zone), moment).members()) == 1


def test_nine_oclock_stays_nine_oclock() -> None:
    morning = rota(slot(datetime(2026, 3, 1, 9), 8, ANNA))
    for day in ("2026-03-07T09:00-05:00", "2026-03-09T09:00-04:00", "2026-11-02T09:00-05:00"):
        assert who(morning, day) == [ANNA]
        assert find_duty(morning, at(day) - timedelta(seconds=1)).members() == []


def test_a_night_shift_ends_when_the_clock_says_so_on_both_nights() -> None:
    night = rota(slot(datetime(2026, 1, 1, 22), 8, ANNA))
    lengths = [
        turn.end - turn.start
        for day in ("2026-03-08T05:00-04:00", "2026-11-01T05:00-05:00", "2026-06-01T05:00-04:00")
        for turn in find_duty(night, at(day)).turns
    ]
    assert lengths == [7 * HOUR, 9 * HOUR, 8 * HOUR]


# -- once different


def test_one_occurrence_is_cancelled_moved_or_done_by_somebody_else() -> None:
    daily = slot(datetime(2026, 1, 1, 9), 4, ANNA)
    days = [datetime(2026, 1, n, 9) for n in (2, 3, 4)]
    changed = rota(
        daily,
        off=ShiftOverrideValues(on=days[0], cancelled=True),
        moved=ShiftOverrideValues(on=days[1], starts_at=datetime(2026, 2, 1, 20), duration=HOUR),
        covered=ShiftOverrideValues(on=days[2], away=(ANNA,), extra=(BO,)),
    )
    assert [who(changed, f"2026-01-0{n}T10:00-05:00") for n in (1, 2, 3, 4)] == [
        [ANNA],
        [],
        [],
        [BO],
    ]
    assert who(changed, "2026-02-01T20:30-05:00") == [ANNA]
    for moment in ("2026-01-03T09:00-05:00", "2026-02-01T20:00-05:00"):
        turn = find_turn_at(changed, daily, at(moment))
        assert turn
        assert turn.on == days[1]


def test_a_change_of_what_no_longer_occurs_does_nothing() -> None:
    monday = slot(datetime(2026, 1, 5, 9), 4, ANNA, rule="FREQ=WEEKLY;BYDAY=MO")
    stale = ShiftOverrideValues(on=datetime(2026, 1, 6, 9), starts_at=datetime(2026, 1, 7, 9))
    assert who(rota(monday, stale=stale), "2026-01-07T10:00-05:00") == []


# -- people


def test_the_fallback_group_is_apart() -> None:
    both = rota(
        slot(MIDNIGHT, 24, ANNA), slot(MIDNIGHT, 24, BO, CY, number=2, people=2, fallback=True)
    )
    duty = find_duty(both, at("2026-05-01T12:00Z"))
    assert duty.members() == [ANNA]
    assert duty.members(fallback=True) == [BO, CY]


def test_a_shift_needs_as_many_as_it_says() -> None:
    thin = rota(slot(datetime(2026, 1, 1, 9), 4, ANNA, people=3), slot(MIDNIGHT, 1, BO, number=2))
    short = find_unfilled(thin, at("2026-01-05T00:00Z"), at("2026-01-07T00:00Z"))
    assert [turn.missing for turn in short] == [2, 2]


def test_somebody_in_two_places_at_once_is_noticed() -> None:
    day = slot(datetime(2026, 1, 1, 9), 8, ANNA, BO, people=2)
    until = at("2026-02-01T00:00Z")
    begin = at("2026-01-01T00:00Z")

    def clashes(other: Slot) -> bool:
        return find_clash(rota(day, other), other, begin, until) is not None

    assert clashes(slot(datetime(2026, 1, 1, 16), 8, ANNA, number=2))
    assert not clashes(slot(datetime(2026, 1, 1, 17), 8, ANNA, number=2))
    assert not clashes(slot(datetime(2026, 1, 1, 16), 8, CY, number=2))
    assert not clashes(slot(datetime(2026, 1, 1, 16), 8, ANNA, number=2, fallback=True))
    assert clashes(slot(datetime(2026, 1, 1, 22), 30, CY, number=2))


def test_a_rota_that_never_ends_is_looked_at_far_from_its_beginning() -> None:
    hourly = rota(slot(MIDNIGHT, 1, ANNA, rule="FREQ=HOURLY"))
    assert who(hourly, "2126-05-01T12:30Z") == [ANNA]
    assert len(list_turns(hourly, at("2126-05-01T12:00Z"), at("2126-05-02T12:00Z"))) == 24
