from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.errors import BadRequest, Forbidden, NotFound, StaleVersion
from app.members.accounts import remove_member
from app.rota.rota import Slot, list_turns
from app.rota.shift_rows import load_rota, read_shift_versions
from app.rota.shifts import ShiftChanges, TwoPlaces, change_shift, remove_shift
from app.rota.visibility import find_shift, show_slot, show_turn
from tests.premises import Premises
from tests.rota.desk import NINE, TODAY, TOMORROW, add, on_duty


def change(premises: Premises, shift: UUID, version: int = 1, **changes: Any) -> Slot:
    with premises.writing() as db:
        crane = premises.principal("crane")
        change_shift(db, crane, shift, version, ShiftChanges(**changes), premises.now)
        return find_shift(db, crane, shift)[0]


def seen_by(premises: Premises, handle: str) -> dict[UUID, list[UUID]]:
    who = premises.principal(handle)
    with premises.reading() as db:
        shown = [show_slot(who, slot) for slot in load_rota(db).slots]
    return {slot.id: list(slot.members) for slot in shown if slot}


def test_a_shift_recurs_on_the_wall_in_summer_too(premises: Premises) -> None:
    add(premises, "heron")
    july = datetime(2026, 7, 15, 13, tzinfo=UTC)
    for at in (TODAY, july, july + timedelta(hours=7, minutes=59)):
        assert on_duty(premises, at) == ["heron"]
    for at in (
        TODAY - timedelta(seconds=1),
        july - timedelta(seconds=1),
        july + timedelta(hours=8),
    ):
        assert on_duty(premises, at) == []


def test_an_instant_in_any_zone_is_the_wall_clock_here(premises: Premises) -> None:
    shift = add(premises, "heron", starts_at=datetime.fromisoformat("2026-01-15T23:00:00+09:00"))
    with premises.reading() as db:
        slot, version = find_shift(db, premises.principal("heron"), shift)
    assert (slot.rule.first, version) == (NINE, 1)


def test_without_a_role_it_is_the_first_that_all_have(premises: Premises) -> None:
    roles = {}
    for hour, handles in ((1, ("wren", "heron")), (9, ("wren", "crane")), (17, ("finch",))):
        shift = add(premises, *handles, hour=hour)
        with premises.reading() as db:
            roles[handles[-1]] = find_shift(db, premises.principal("crane"), shift)[0].role
    assert roles == {"heron": "dispatcher", "crane": "coordinator", "finch": "accompanier"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "FREQ=MINUTELY"},
        {"rule": "nonsense"},
        {"starts_at": datetime(1999, 1, 1, 9, tzinfo=UTC)},
        {"starts_at": datetime(1, 1, 1)},
        {"starts_at": NINE + timedelta(days=3 * 366)},
        {"duration": timedelta(0)},
        {"duration": timedelta(hours=-8)},
        {"duration": timedelta(days=30)},
        {"duration": timedelta(hours=30)},
        {"people": 0},
        {"people": 51},
        {"role": "cook"},
        {"role": "legal"},
    ],
)
def test_a_shift_that_cannot_be_is_refused(
    shared_premises: Premises, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest):
        add(shared_premises, "heron", **wrong)


def test_nobody_is_put_in_two_places_at_once(premises: Premises) -> None:
    add(premises, "heron")
    with pytest.raises(TwoPlaces):
        add(premises, "heron", hour=16)
    add(premises, "heron", hour=16, fallback=True)
    add(premises, "heron", hour=17)


def test_a_change_replaces_what_it_names_and_makes_room_for_more(premises: Premises) -> None:
    shift = add(premises, "heron")
    both = [premises.id("heron"), premises.id("plover")]
    slot = change(premises, shift, members=both, duration=timedelta(hours=4))
    assert (slot.members, slot.people) == (tuple(both), 2)
    assert (slot.duration, slot.rule.first, slot.role) == (timedelta(hours=4), NINE, "dispatcher")
    with pytest.raises(StaleVersion):
        change(premises, shift, people=3)
    with premises.reading() as db:
        assert read_shift_versions(db) == {shift: 2}


def test_a_removed_shift_is_gone(premises: Premises) -> None:
    shift = add(premises, "heron")
    with premises.writing() as db:
        remove_shift(db, premises.principal("crane"), shift, premises.now)
    with premises.reading() as db, pytest.raises(NotFound):
        find_shift(db, premises.principal("crane"), shift)
    assert premises.log()[-2:] == ["shift.made", "shift.removed"]


def test_a_removed_member_is_in_no_shift_any_more(premises: Premises) -> None:
    shift = add(premises, "heron")
    with premises.writing() as db:
        crane, heron = premises.principal("crane"), premises.id("heron")
        remove_member(db, premises.sessions, crane, heron, None, premises.now)
    assert on_duty(premises, TODAY) == []
    assert seen_by(premises, "crane") == {shift: []}


def test_only_coordinators_plan(premises: Premises) -> None:
    shift = add(premises, "heron")
    with premises.writing() as db:
        heron = premises.principal("heron")
        with pytest.raises(Forbidden):
            change_shift(db, heron, shift, 1, ShiftChanges(people=2), premises.now)
        with pytest.raises(Forbidden):
            remove_shift(db, heron, shift, premises.now)


# -- visibility


def test_others_see_their_own_part_and_what_lacks_people(premises: Premises) -> None:
    mine = add(premises, "finch", role="accompanier", people=2)
    lacking = add(premises, role="accompanier", hour=18)
    desk = add(premises, "heron")
    finch, heron = premises.id("finch"), premises.id("heron")
    assert seen_by(premises, "finch") == {mine: [finch], lacking: []}
    assert seen_by(premises, "plover") == {desk: [heron]}
    assert seen_by(premises, "crane") == {mine: [finch], lacking: [], desk: [heron]}
    assert seen_by(premises, "owl") == {}


def test_in_an_open_turn_they_see_how_many_it_lacks_and_no_colleague(premises: Premises) -> None:
    add(premises, "finch", role="accompanier", people=3)
    premises.redeem(premises.invite("accompanier"))
    with premises.reading() as db:
        [turn] = list_turns(load_rota(db), TODAY, TOMORROW)
    shown = show_turn(premises.principal("finch"), turn)
    assert shown
    assert (shown.members, shown.missing) == ((premises.id("finch"),), 0)
    assert show_turn(premises.principal("owl"), turn) is None
