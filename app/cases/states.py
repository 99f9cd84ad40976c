"""The states of a case: one function for each step, and nobody sets a state anywhere else."""

from __future__ import annotations

from typing import Protocol

from app.models import CASE_TRANSITIONS, LIVE_STATES, CaseState, check_step


class HasState(Protocol):
    """A case: its row, or the case that a batch of texts is changing."""

    state: CaseState


def is_live(case: HasState) -> bool:
    """Return whether the desk works on a case."""
    return case.state in LIVE_STATES


def mark_open(case: HasState) -> None:
    """A person has taken the case, the caller has written again, or the archive reopened it."""
    _move(case, CaseState.OPEN)


def mark_answered(case: HasState) -> None:
    """The desk has answered: the case waits for the caller."""
    _move(case, CaseState.WAITING)


def mark_closed(case: HasState) -> None:
    """The case is over."""
    _move(case, CaseState.CLOSED)


def mark_erased(case: HasState) -> None:
    """The case is gone for good."""
    _move(case, CaseState.ERASED)


def _move(case: HasState, to: CaseState) -> None:
    check_step(CASE_TRANSITIONS, case.state, to)
    case.state = to
