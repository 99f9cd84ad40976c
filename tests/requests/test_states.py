"""Every step between states: those in the tables are taken, all others are refused."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import pytest

from app import requests
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
    WrongStep,
)
from app.requests import states

MARK_REQUEST = {
    RequestState.OPEN: states.mark_request_open,
    RequestState.OFFERED: states.mark_request_offered,
    RequestState.ASSIGNED: states.mark_request_assigned,
    RequestState.UNFILLED: states.mark_request_unfilled,
    RequestState.DONE: states.mark_request_done,
    RequestState.CANCELLED: states.mark_request_cancelled,
}
MARK_OFFER = {
    OfferState.ACCEPTED: states.mark_offer_accepted,
    OfferState.DECLINED: states.mark_offer_declined,
    OfferState.EXPIRED: states.mark_offer_expired,
    OfferState.WITHDRAWN: states.mark_offer_withdrawn,
}


@pytest.mark.parametrize(("before", "after"), [*product(RequestState, RequestState)])
def test_a_request_takes_each_step_of_its_table_and_no_other(
    before: RequestState, after: RequestState
) -> None:
    request = Request(state=before, step=3, version=1)
    if after == before or after in REQUEST_TRANSITIONS[before]:
        MARK_REQUEST[after](request)
        assert request.state is after
    else:
        with pytest.raises(WrongStep):
            MARK_REQUEST[after](request)
        assert request.state is before


@pytest.mark.parametrize(("before", "after"), [*product(OfferState, MARK_OFFER)])
def test_an_offer_takes_each_step_of_its_table_and_no_other(
    before: OfferState, after: OfferState
) -> None:
    offer = Offer(state=before)
    if after == before or after in OFFER_TRANSITIONS[before]:
        MARK_OFFER[after](offer)
        assert offer.state is after
    else:
        with pytest.raises(WrongStep):
            MARK_OFFER[after](offer)
        assert offer.state is before


@pytest.mark.parametrize(("before", "after"), [*product(AssignmentState, AssignmentState)])
def test_an_assignment_takes_each_step_of_its_table_and_no_other(
    before: AssignmentState, after: AssignmentState
) -> None:
    assignment = Assignment(state=before)
    if after == before or after in ASSIGNMENT_TRANSITIONS[before]:
        states.mark_assignment_over(assignment, after)
        assert assignment.state is after
    else:
        with pytest.raises(WrongStep):
            states.mark_assignment_over(assignment, after)
        assert assignment.state is before


def test_nothing_leads_back_to_an_offer_that_waits() -> None:
    assert not any(OfferState.PENDING in after for after in OFFER_TRANSITIONS.values())


def test_the_desk_sees_by_the_version_that_asking_began_anew() -> None:
    request = Request(state=RequestState.UNFILLED, step=3, version=1)
    states.mark_request_open(request)
    assert (request.step, request.version) == (0, 2)


def test_nobody_else_in_the_room_sets_a_state() -> None:
    setters = {
        path.stem
        for path in Path(requests.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "state"
        if isinstance(node.ctx, ast.Store)
    }
    assert setters == {"states"}
