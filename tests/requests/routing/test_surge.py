"""Everything open and everybody at once. One solver process serves all of these tests."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.requests.routing.exclusions import find_exclusion
from app.requests.routing.facts import Candidate, Need, do_overlap
from app.requests.routing.prices import NEVER, compute_costs
from app.requests.routing.ranking import find_reachable, list_sides, rank_people
from app.requests.routing.solver import Solver, SolverFailed
from app.requests.routing.steps import LadderStep, list_steps
from app.requests.routing.surge import (
    MOST_EACH,
    MOST_REQUESTS,
    SurgePlan,
    assign_all,
    assign_one_by_one,
)
from tests.requests.routing.people import hours, somebody, wanted


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with Solver() as running:
        yield running


def pairs(plan: SurgePlan) -> dict[int, int]:
    return {one.request_id.int - 1_000: one.member_id.int for one in plan.chosen}


# -- what a plan is good for


def test_together_serves_the_request_that_one_by_one_would_leave_out(solver: Solver) -> None:
    requests = [wanted(1), wanted(2, kind="accompaniment", wishes=frozenset({"woman"}))]
    people = [
        somebody(1, skills=frozenset({"woman"}), weekly_cap=1, on_duty=True),
        somebody(2, weekly_cap=1),
    ]
    assert pairs(assign_one_by_one(requests, people)) == {1: 1}
    assert pairs(assign_all(requests, people, solver)) == {1: 2, 2: 1}


def test_the_most_urgent_is_served_whatever_it_costs_the_others(solver: Solver) -> None:
    requests = [wanted(1, tier=3), wanted(2, tier=1), wanted(3, tier=0, region="vancouver")]
    plan = assign_all(requests, [somebody(1, weekly_cap=1)], solver)
    assert pairs(plan) == {3: 1}
    assert plan.score[:4] == (0, 1, 0, 1)
    assert {one.reason for one in plan.left_out} == {"everybody qualified is needed elsewhere"}


def test_work_goes_round_among_equals(solver: Solver) -> None:
    people = [somebody(number, weekly_cap=None) for number in range(1, 5)]
    plan = assign_all([wanted(number) for number in range(12)], people, solver)
    assert set(Counter(pairs(plan).values()).values()) == {3}


def test_who_did_more_this_week_gets_less_now(solver: Solver) -> None:
    people = [somebody(1, load=3, weekly_cap=9), somebody(2, weekly_cap=9)]
    plan = assign_all([wanted(number) for number in range(5)], people, solver)
    assert Counter(pairs(plan).values()) == {2: 4, 1: 1}


def test_nobody_is_in_two_places_at_once(solver: Solver) -> None:
    requests = [wanted(number, window=hours(number)) for number in range(4)]
    people = [somebody(1, on_duty=True, weekly_cap=9), somebody(2, weekly_cap=9)]
    plan = assign_all(requests, people, solver)
    assert len(plan.chosen) == 4
    assert pairs(plan)[0] != pairs(plan)[1]


def test_a_person_takes_as_many_as_a_day_has_room_for(solver: Solver) -> None:
    requests = [wanted(number) for number in range(MOST_EACH + 2)]
    assert len(assign_all(requests, [somebody(weekly_cap=None)], solver).chosen) == MOST_EACH


def test_a_plan_gives_its_reasons(solver: Solver) -> None:
    (chosen,) = assign_all([wanted()], [somebody(load=1)], solver).chosen
    assert chosen.reasons == ("speaks Haitian Creole", "same region", "1 of 4 this week")


def test_the_two_who_go_with_a_minor_are_two(solver: Solver) -> None:
    first, second = (wanted(number, minor=True) for number in (1, 2))
    requests = [
        replace(first, companion=second.request_id),
        replace(second, companion=first.request_id),
    ]
    assert len(assign_all(requests, [somebody(1)], solver).chosen) == 1
    assert set(pairs(assign_all(requests, [somebody(1), somebody(2)], solver)).values()) == {1, 2}


# -- what is left out


def test_a_minor_whom_only_one_would_go_with_is_for_a_coordinator(solver: Solver) -> None:
    (left_out,) = assign_all([wanted(minor=True)], [somebody(1), somebody(2)], solver).left_out
    assert left_out.reason == "about a minor: two people go together, a coordinator chooses them"


@pytest.mark.parametrize("people", [[], [somebody(away=True)], [somebody(1, "legal")]])
def test_without_anybody_everything_is_left_out(solver: Solver, people: list[Candidate]) -> None:
    (left_out,) = assign_all([wanted()], people, solver).left_out
    assert left_out.reason == "nobody qualified is free"


def test_nothing_open_is_a_plan_too(solver: Solver) -> None:
    assert assign_all([], [somebody()], solver) == SurgePlan((), (), (0, 0, 0, 0, 0))


def test_more_than_can_be_planned_at_once_waits_for_the_next_plan() -> None:
    plan = assign_one_by_one([wanted(number) for number in range(MOST_REQUESTS + 1)], [])
    assert plan.left_out[-1].reason == "more than 1000 at once: planned with the next"


# -- the solver's process


def test_without_a_solver_one_is_started_and_ended_for_the_plan() -> None:
    assert pairs(assign_all([wanted(1)], [somebody(1)])) == {1: 1}


def test_a_solver_that_died_is_said_to_have_failed() -> None:
    with Solver() as solver:
        solver._process.send_signal(signal.SIGKILL)
        solver._process.wait()
        with pytest.raises(SolverFailed):
            assign_all([wanted()], [somebody()], solver)


# -- whatever is asked, and of whomever

_LANGUAGES = st.frozensets(st.sampled_from(["en", "fr", "ht"]), max_size=2)
_REGION = st.sampled_from(["montreal", "laval", "toronto", "other"])
_TAGS = st.frozensets(st.sampled_from(["court", "woman"]), max_size=2)
_WINDOW = st.none() | st.builds(hours, st.integers(0, 5))
_CANDIDATES = st.lists(
    st.builds(
        somebody,
        st.integers(1, 40),
        st.sampled_from(["accompanier", "legal", "interpreter", "dispatcher"]),
        languages=_LANGUAGES,
        regions=st.frozensets(_REGION, max_size=2),
        skills=_TAGS,
        weekly_cap=st.none() | st.integers(0, 3),
        load=st.integers(0, 3),
        on_duty=st.booleans(),
        busy=st.lists(st.builds(hours, st.integers(0, 5)), max_size=1).map(tuple),
        away=st.booleans(),
        vetted=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.member_id,
)
_WANTED = st.lists(
    st.builds(
        wanted,
        st.integers(1, 40),
        st.sampled_from(["accompaniment", "legal", "interpreter"]),
        tier=st.integers(0, 3),
        languages=_LANGUAGES.map(sorted).map(tuple),
        region=st.none() | _REGION,
        skills=_TAGS,
        window=_WINDOW,
        wishes=st.frozensets(st.sampled_from(["woman", "not court"]), max_size=1),
        conflicted=st.frozensets(st.integers(1, 40).map(lambda n: somebody(n).member_id)),
        minor=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.request_id,
)
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(_WANTED, _CANDIDATES, st.randoms())
def test_rank_asks_whom_nothing_excludes_and_every_step_adds_to_the_one_before(
    requests: list[Need], people: list[Candidate], lot: random.Random
) -> None:
    shuffled = lot.sample(people, len(people))
    for request in requests:
        before: set[UUID] = set()
        reached = {one.member_id for one in find_reachable(request, people)}
        assert not reached & request.conflicted
        for step in list_steps(request):
            ranked = rank_people(request, people, step)
            assert ranked == rank_people(request, shuffled, step)
            asked = {one.member_id for one in ranked}
            assert asked == {
                one.member_id for one in people if find_exclusion(request, one, step) is None
            }
            assert asked <= reached
            assert before <= asked or step is LadderStep.DESK
            before = asked


@few
@given(_WANTED, _CANDIDATES)
def test_a_pair_costs_in_a_plan_what_it_costs_in_a_ranking(
    requests: list[Need], people: list[Candidate]
) -> None:
    for request, row in zip(requests, compute_costs(requests, people), strict=True):
        for person, cost in zip(people, row, strict=True):
            if find_exclusion(request, person, LadderStep.ANYONE) is None:
                assert cost == sum(side.cost for side in list_sides(request, person))
            else:
                assert cost >= NEVER


@few
@given(requests=_WANTED, people=_CANDIDATES, lot=st.randoms())
def test_a_plan_breaks_no_rule_and_is_never_worse_than_one_by_one(
    solver: Solver, requests: list[Need], people: list[Candidate], lot: random.Random
) -> None:
    plan = assign_all(requests, people, solver)
    asked = {one.request_id: one for one in requests}
    known = {one.member_id: one for one in people}
    assert plan.score <= assign_one_by_one(requests, people).score
    assert len(plan.chosen) + len(plan.left_out) == len(requests)
    for one in plan.chosen:
        assert (
            find_exclusion(asked[one.request_id], known[one.member_id], LadderStep.ANYONE) is None
        )
    for member, count in Counter(one.member_id for one in plan.chosen).items():
        cap = known[member].weekly_cap
        assert cap is None or known[member].load + count <= cap
    for one, other in combinations(plan.chosen, 2):
        first, second = asked[one.request_id].window, asked[other.request_id].window
        if one.member_id == other.member_id and first and second:
            assert not do_overlap(first, second)
    again = assign_all(lot.sample(requests, len(requests)), lot.sample(people, len(people)), solver)
    assert again == plan
