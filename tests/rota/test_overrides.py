from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.errors import BadRequest, Forbidden, NotFound
from app.models import ShiftOverride
from app.rota.overrides import (
    ChangedTurn,
    forget_old_overrides,
    join_shift,
    override_turn,
    restore_turn,
)
from app.rota.rota import ShiftTurn
from app.rota.shifts import ShiftFull, TwoPlaces
from tests.premises import Premises
from tests.rota.desk import NINE, TODAY, TOMORROW, add, on_duty


def override(
    premises: Premises, shift: UUID, wanted: ChangedTurn, at: datetime = TOMORROW, by: str = "crane"
) -> ShiftTurn:
    with premises.writing() as db:
        return override_turn(db, premises.principal(by), shift, at, wanted, premises.now)


def join(premises: Premises, shift: UUID, handle: str, at: datetime | None = None) -> None:
    with premises.writing() as db:
        join_shift(db, premises.principal(handle), shift, at, premises.now)


def kept(premises: Premises) -> int:
    with premises.reading() as db:
        return len(db.scalars(select(ShiftOverride)).all())


def test_one_occurrence_is_covered_cancelled_and_put_back(premises: Premises) -> None:
    shift = add(premises, "heron")
    heron, plover = [premises.id("heron")], [premises.id("plover")]
    turn = override(premises, shift, ChangedTurn(away=heron, extra=plover))
    assert list(turn.members) == plover
    assert (on_duty(premises, TODAY), on_duty(premises, TOMORROW)) == (["heron"], ["plover"])
    override(premises, shift, ChangedTurn(cancelled=True))
    assert on_duty(premises, TOMORROW) == []
    with premises.writing() as db:
        restore_turn(db, premises.principal("crane"), shift, TOMORROW, premises.now)
    assert on_duty(premises, TOMORROW) == ["heron"]
    assert premises.log()[-1] == "shift.overridden"


def test_a_moved_occurrence_keeps_its_name_until_it_is_put_back(premises: Premises) -> None:
    shift = add(premises, "heron")
    later = ChangedTurn(starts_at=NINE.replace(hour=18), duration=timedelta(hours=1))
    turn = override(premises, shift, later, TODAY)
    assert (turn.on, turn.end - turn.start) == (NINE, timedelta(hours=1))
    assert on_duty(premises, turn.start) == ["heron"]
    assert override(premises, shift, ChangedTurn(), turn.start).start == TODAY
    assert kept(premises) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        ChangedTurn(duration=timedelta(minutes=1)),
        ChangedTurn(duration=timedelta(days=8)),
        ChangedTurn(starts_at=NINE + timedelta(days=70)),
        ChangedTurn(starts_at=datetime(1969, 1, 1)),
        ChangedTurn(extra=[UUID(int=1)]),
    ],
)
def test_an_override_that_cannot_be_is_refused(premises: Premises, wanted: ChangedTurn) -> None:
    shift = add(premises, "heron")
    with pytest.raises(BadRequest):
        override(premises, shift, wanted)
    assert kept(premises) == 0


def test_an_occurrence_that_is_none_is_refused(premises: Premises) -> None:
    shift = add(premises, "heron")
    with pytest.raises(BadRequest):
        override(premises, shift, ChangedTurn(cancelled=True), TOMORROW + timedelta(minutes=30))


def test_nobody_is_put_in_two_places_at_once(premises: Premises) -> None:
    add(premises, "plover")
    shift = add(premises, "heron")
    with pytest.raises(TwoPlaces):
        override(premises, shift, ChangedTurn(extra=[premises.id("plover")]))


def test_only_coordinators_override(premises: Premises) -> None:
    shift = add(premises, "heron")
    with pytest.raises(Forbidden):
        override(premises, shift, ChangedTurn(cancelled=True), by="heron")


# -- joining


def test_members_join_once_or_for_good_until_it_is_full(premises: Premises) -> None:
    shift = add(premises, people=2, role="dispatcher")
    join(premises, shift, "heron", TOMORROW)
    join(premises, shift, "heron", TOMORROW)
    join(premises, shift, "plover")
    join(premises, shift, "plover")
    assert on_duty(premises, TODAY) == ["plover"]
    assert on_duty(premises, TOMORROW) == ["plover", "heron"]
    with pytest.raises(ShiftFull):
        join(premises, shift, "wren", TOMORROW)
    join(premises, shift, "wren")
    with pytest.raises(ShiftFull):
        join(premises, shift, "heron")


def test_only_who_has_the_role_joins(premises: Premises) -> None:
    shift = add(premises, role="dispatcher")
    with pytest.raises(NotFound):
        join(premises, shift, "finch")


def test_joining_two_shifts_at_once_is_refused(premises: Premises) -> None:
    add(premises, "heron")
    shift = add(premises, role="dispatcher")
    for at in (None, TODAY):
        with pytest.raises(TwoPlaces):
            join(premises, shift, "heron", at)


def test_what_is_over_or_cancelled_is_not_joined(premises: Premises) -> None:
    shift = add(premises, role="dispatcher")
    override(premises, shift, ChangedTurn(cancelled=True))
    with pytest.raises(BadRequest):
        join(premises, shift, "heron", TOMORROW)
    premises.clock.advance(timedelta(days=3))
    with pytest.raises(BadRequest):
        join(premises, shift, "heron", TODAY)


# -- old ones


def test_old_overrides_are_forgotten_moved_ones_later(premises: Premises) -> None:
    shift = add(premises, "heron", rule="FREQ=DAILY;COUNT=2")
    override(premises, shift, ChangedTurn(cancelled=True), TODAY)
    override(premises, shift, ChangedTurn(starts_at=NINE + timedelta(days=10)), TOMORROW)
    for days, left in ((0, 2), (2, 1), (11, 0)):
        with premises.writing() as db:
            forget_old_overrides(db, NINE + timedelta(days=days))
        assert kept(premises) == left
