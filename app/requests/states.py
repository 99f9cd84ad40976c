"""The states of requests, offers and assignments: one function for each step.

Nothing else sets a state. WrongStep where the tables of transitions do not allow a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

from app.models import (
    ASSIGNMENT_TRANSITIONS,
    OFFER_TRANSITIONS,
    REQUEST_TRANSITIONS,
    Assignment,
    AssignmentState,
    Offer,
    OfferState,
    Request,
    RequestState,
    check_step,
)

S = TypeVar("S", bound=StrEnum)


class _HasState(Protocol[S]):
    state: S


def _move(row: _HasState[S], to: S, transitions: Mapping[S, frozenset[S]]) -> None:
    check_step(transitions, row.state, to)
    row.state = to


# -- requests: the version rises with each step that a member of the desk may act on


def mark_request_open(request: Request) -> None:
    """Asking begins anew, from the first step of the ladder on."""
    _move(request, RequestState.OPEN, REQUEST_TRANSITIONS)
    request.step = 0
    request.version += 1


def mark_request_offered(request: Request) -> None:
    """At least one member is asked."""
    _move(request, RequestState.OFFERED, REQUEST_TRANSITIONS)


def mark_request_unfilled(request: Request) -> None:
    """Everybody was asked in vain."""
    _move(request, RequestState.UNFILLED, REQUEST_TRANSITIONS)


def mark_request_assigned(request: Request) -> None:
    """A member has taken it."""
    _move(request, RequestState.ASSIGNED, REQUEST_TRANSITIONS)
    request.version += 1


def mark_request_done(request: Request) -> None:
    """It is over, and a member had it."""
    _move(request, RequestState.DONE, REQUEST_TRANSITIONS)
    request.version += 1


def mark_request_cancelled(request: Request) -> None:
    """Nobody is needed any more."""
    _move(request, RequestState.CANCELLED, REQUEST_TRANSITIONS)
    request.version += 1


# -- offers


def mark_offer_accepted(offer: Offer) -> None:
    """The member said yes in time, before anybody else."""
    _move(offer, OfferState.ACCEPTED, OFFER_TRANSITIONS)


def mark_offer_declined(offer: Offer) -> None:
    """The member said no, or gave the request back."""
    _move(offer, OfferState.DECLINED, OFFER_TRANSITIONS)


def mark_offer_expired(offer: Offer) -> None:
    """The member did not answer in time."""
    _move(offer, OfferState.EXPIRED, OFFER_TRANSITIONS)


def mark_offer_withdrawn(offer: Offer) -> None:
    """The desk or the machine took the offer back."""
    _move(offer, OfferState.WITHDRAWN, OFFER_TRANSITIONS)


# -- assignments


def mark_assignment_over(assignment: Assignment, state: AssignmentState) -> None:
    """An assignment that was active has ended, or its holder reports later how it ended."""
    _move(assignment, state, ASSIGNMENT_TRANSITIONS)
