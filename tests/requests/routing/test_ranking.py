from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.requests.routing.exclusions import find_exclusion
from app.requests.routing.facts import Candidate, Need
from app.requests.routing.ranking import MOST_REACHED, find_reachable, rank_people
from app.requests.routing.steps import TIMINGS, LadderStep, list_steps
from tests.requests.routing.people import hours, somebody, wanted


def asked(request: Need, people: list[Candidate], step: LadderStep) -> list[int]:
    return [one.member_id.int for one in rank_people(request, people, step)]


# -- the ladder


def test_a_request_is_relaxed_step_by_step_and_ends_at_the_desk() -> None:
    assert list_steps(wanted()) == (
        LadderStep.CLOSE,
        LadderStep.NEIGHBOURS,
        LadderStep.INTERPRETED,
        LadderStep.ANYONE,
        LadderStep.DESK,
    )


def test_no_step_asks_for_an_interpreter_who_needs_an_interpreter() -> None:
    assert LadderStep.INTERPRETED not in list_steps(wanted(kind="interpreter"))


@pytest.mark.parametrize(
    ("tier", "minutes", "parallel"), [(0, 3, 3), (1, 15, 2), (2, 240, 1), (3, 1440, 1)]
)
def test_the_more_urgent_the_shorter_an_offer_stands(
    tier: int, minutes: int, parallel: int
) -> None:
    assert TIMINGS[tier].timeout == timedelta(minutes=minutes)
    assert TIMINGS[tier].parallel == parallel


@pytest.mark.parametrize(
    ("facts", "first_step"),
    [
        ({}, LadderStep.CLOSE),
        ({"regions": frozenset({"laval"})}, LadderStep.NEIGHBOURS),
        ({"languages": frozenset({"en"})}, LadderStep.INTERPRETED),
        ({"languages": frozenset({"en"}), "regions": frozenset({"laval"})}, LadderStep.INTERPRETED),
        ({"regions": frozenset({"toronto"})}, LadderStep.ANYONE),
        ({"regions": frozenset()}, LadderStep.ANYONE),
        ({"skills": frozenset()}, LadderStep.ANYONE),
    ],
)
def test_each_step_accepts_a_little_less(facts: dict[str, Any], first_step: LadderStep) -> None:
    request = wanted(skills=frozenset({"court"}))
    member = somebody(**{"skills": frozenset({"court"})} | facts)
    reached = [
        step for step in list_steps(request)[:-1] if find_exclusion(request, member, step) is None
    ]
    assert reached[0] == first_step
    assert reached == list(list_steps(request)[list_steps(request).index(first_step) : -1])


# -- who is never asked


@pytest.mark.parametrize(
    ("request_facts", "facts", "reason"),
    [
        ({}, {"roles": frozenset({"auditor"})}, "not an accompanier"),
        ({"kind": "legal"}, {}, "not a legal contact"),
        ({"minor": True}, {"vetted": False}, "not vetted yet, and this is about a minor"),
        ({"wishes": frozenset({"woman"})}, {}, "the caller's wish: woman"),
        (
            {"wishes": frozenset({"not community:haiti"})},
            {"skills": frozenset({"community:haiti"})},
            "the caller's wish: not community:haiti",
        ),
        ({}, {"away": True}, "away"),
        ({}, {"load": 4}, "has done 4 of 4 this week"),
        (
            {"window": hours(0)},
            {"busy": (hours(5), hours(1))},
            "on another assignment at that time",
        ),
        (
            {"kind": "interpreter", "languages": ("ht", "en")},
            {"roles": frozenset({"interpreter"})},
            "does not speak English",
        ),
    ],
)
def test_some_are_asked_at_no_step_and_the_desk_sees_why(
    request_facts: dict[str, Any], facts: dict[str, Any], reason: str
) -> None:
    request, member = wanted(**request_facts), replace(somebody(), **facts)
    assert {find_exclusion(request, member, step) for step in list_steps(request)[:-1]} == {reason}
    assert not any(rank_people(request, [member], step) for step in list_steps(request))


@pytest.mark.parametrize("role", ["accompanier", "dispatcher", "coordinator"])
def test_a_conflict_of_interest_holds_even_at_the_desk(role: str) -> None:
    member = somebody(1, role)
    request = wanted(conflicted=frozenset({member.member_id}))
    for step in list_steps(request):
        assert (
            find_exclusion(request, member, step) == "has a conflict of interest, or was ruled out"
        )
    assert not find_reachable(request, [member])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (LadderStep.CLOSE, "needs an interpreter for Haitian Creole"),
        (LadderStep.INTERPRETED, "far away"),
        (LadderStep.ANYONE, None),
    ],
)
def test_who_is_too_far_for_a_step_is_told_apart(step: LadderStep, reason: str | None) -> None:
    far = somebody(languages=frozenset({"en"}), regions=frozenset({"vancouver"}))
    assert find_exclusion(wanted(), far, step) == reason


def test_an_assignment_that_ends_when_the_other_starts_is_in_nobodys_way() -> None:
    assert (
        find_exclusion(wanted(window=hours(2)), somebody(busy=(hours(0),)), LadderStep.CLOSE)
        is None
    )


def test_somebody_without_a_weekly_cap_is_never_past_it() -> None:
    assert find_exclusion(wanted(), somebody(weekly_cap=None, load=90), LadderStep.CLOSE) is None


def test_a_request_that_asks_for_nothing_in_particular_is_for_everyone_at_once() -> None:
    request = wanted(languages=(), region=None)
    member = somebody(languages=frozenset(), regions=frozenset())
    assert find_exclusion(request, member, LadderStep.CLOSE) is None


def test_the_same_language_written_in_another_country_is_the_same_language() -> None:
    request = wanted(languages=("pt-BR",))
    assert find_exclusion(request, somebody(languages=frozenset({"pt"})), LadderStep.CLOSE) is None


def test_two_go_with_a_minor_and_one_with_everybody_else() -> None:
    assert wanted(minor=True).people == 2
    assert wanted(minor=True, kind="legal").people == wanted().people == 1


# -- the best first, and why


def test_reasons_are_words_a_volunteer_would_use() -> None:
    (best,) = rank_people(wanted(), [somebody(load=3, on_duty=True)], LadderStep.CLOSE)
    assert best.reasons == ("speaks Haitian Creole", "same region", "on duty", "3 of 4 this week")
    assert best.rank == 1


def test_reasons_say_what_speaks_against_somebody_too() -> None:
    request = wanted(skills=frozenset({"court", "detention"}))
    far = somebody(
        languages=frozenset({"en"}), regions=frozenset(), weekly_cap=None, load=1, vetted=False
    )
    (last,) = rank_people(request, [far], LadderStep.ANYONE)
    assert last.reasons == (
        "needs an interpreter for Haitian Creole",
        "in no region",
        "without court and detention",
        "1 this week",
        "not vetted yet",
    )


def test_a_neighbouring_region_is_named() -> None:
    (member,) = rank_people(
        wanted(), [somebody(regions=frozenset({"laval"}))], LadderStep.NEIGHBOURS
    )
    assert "neighbouring region: Laval" in member.reasons


def test_who_is_near_speaks_the_language_and_did_little_comes_first() -> None:
    people = [
        somebody(1, languages=frozenset({"en"}), on_duty=True),
        somebody(2, regions=frozenset({"toronto"}), on_duty=True),
        somebody(3, regions=frozenset({"laval"}), on_duty=True),
        somebody(4, on_duty=True, vetted=False),
        somebody(5, on_duty=True, load=2),
        somebody(6),
        somebody(7, on_duty=True),
    ]
    assert asked(wanted(), people, LadderStep.ANYONE) == [7, 6, 5, 3, 4, 2, 1]


def test_among_equals_the_lot_falls_anew_for_each_request() -> None:
    people = [somebody(number) for number in range(1, 9)]
    first = {asked(wanted(number), people, LadderStep.CLOSE)[0] for number in range(40)}
    assert len(first) > 4


def test_at_the_desk_dispatchers_come_before_coordinators_and_who_is_there_before_who_is_away() -> (
    None
):
    people = [
        somebody(1, "coordinator", on_duty=True),
        somebody(2, "dispatcher", away=True),
        somebody(3, "dispatcher", load=9),
        somebody(4, "accompanier"),
    ]
    ranked = rank_people(wanted(), people, LadderStep.DESK)
    assert [one.member_id.int for one in ranked] == [3, 1, 2]
    assert [one.reasons[0] for one in ranked] == ["on the desk", "coordinates", "on the desk"]


# -- whom a brief is sealed to


def test_a_brief_reaches_who_may_be_free_tomorrow_after_who_is_free_today() -> None:
    people = [somebody(1, away=True), somebody(2, load=4), somebody(3), somebody(4, "dispatcher")]
    members = [one.member_id.int for one in find_reachable(wanted(), people)]
    assert members[0] == 3
    assert sorted(members[1:3]) == [1, 2]
    assert members[3] == 4


def test_a_brief_goes_to_sixty_four_people_at_most_and_always_to_the_desk() -> None:
    crowd = [somebody(number) for number in range(1, 201)]
    desk = [somebody(number, "dispatcher", "accompanier", load=3) for number in range(300, 320)]
    reached = find_reachable(wanted(), [*crowd, *desk])
    assert [one.rank for one in reached] == list(range(1, MOST_REACHED + 1))
    assert sum(one.member_id.int >= 300 for one in reached) == 8
