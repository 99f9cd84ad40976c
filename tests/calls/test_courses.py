"""Calls and their legs go from state to state as the tables allow, and in no other way."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from app.calls.courses import LASTS, CallCourse, Leg
from app.models import CALL_TRANSITIONS, LEG_TRANSITIONS, CallState, LegState, WrongStep

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CALL, LEG = UUID(int=1, version=4), UUID(int=2, version=4)


@pytest.mark.parametrize(("before", "after"), [*product(CallState, CallState)])
def test_a_call_takes_the_steps_of_the_table_alone(before: CallState, after: CallState) -> None:
    call = CallCourse(CALL, before, NOW)
    if before != after and after not in CALL_TRANSITIONS[before]:
        with pytest.raises(WrongStep):
            call.entering(after, NOW)
    else:
        entered = call.entering(after, NOW)
        assert entered.state == after
        assert entered.deadline == (NOW + LASTS[after] if after in LASTS else None)


@pytest.mark.parametrize(("before", "after"), [*product(LegState, LegState)])
def test_a_leg_takes_the_steps_of_the_table_alone(before: LegState, after: LegState) -> None:
    leg = Leg(LEG, "desk", None, before)
    call = CallCourse(CALL, CallState.RINGING, NOW, legs=(leg,))
    if before != after and after not in LEG_TRANSITIONS[before]:
        with pytest.raises(WrongStep):
            call.with_leg(leg, after)
    else:
        assert [one.state for one in call.with_leg(leg, after).legs] == [after]


def test_every_state_but_the_last_has_an_end_in_time() -> None:
    assert set(LASTS) == set(CallState) - {CallState.ENDED}


def test_from_every_state_a_call_can_end() -> None:
    ending = {CallState.ENDED}
    for _ in CallState:
        ending |= {state for state, after in CALL_TRANSITIONS.items() if after & ending}
    assert ending == set(CallState)
