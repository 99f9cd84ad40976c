"""A case goes from state to state by the table, and in no other way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from app.cases.states import (
    HasState,
    is_live,
    mark_answered,
    mark_closed,
    mark_erased,
    mark_open,
)
from app.models import CASE_TRANSITIONS, CaseState, WrongStep

STEPS: dict[CaseState, Callable[[HasState], None]] = {
    CaseState.OPEN: mark_open,
    CaseState.WAITING: mark_answered,
    CaseState.CLOSED: mark_closed,
    CaseState.ERASED: mark_erased,
}


@dataclass
class Something:
    """What has a state."""

    state: CaseState


@pytest.mark.parametrize(("before", "after"), list(product(CaseState, STEPS)))
def test_every_step_is_allowed_or_refused_by_the_table(before: CaseState, after: CaseState) -> None:
    case = Something(before)
    if after == before or after in CASE_TRANSITIONS[before]:
        STEPS[after](case)
        assert case.state is after
    else:
        with pytest.raises(WrongStep):
            STEPS[after](case)
        assert case.state is before


def test_nothing_becomes_new_again() -> None:
    assert not [state for state, to in CASE_TRANSITIONS.items() if CaseState.NEW in to]


def test_nothing_comes_back_once_it_is_erased() -> None:
    assert not CASE_TRANSITIONS[CaseState.ERASED]


@pytest.mark.parametrize("state", list(CaseState))
def test_the_desk_works_on_cases_that_are_neither_closed_nor_erased(state: CaseState) -> None:
    assert is_live(Something(state)) == (state not in (CaseState.CLOSED, CaseState.ERASED))
