"""Who a ladder asks next, look by look."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.requests.routing.facts import Candidate, Need
from app.requests.routing.search import LadderSearch
from app.requests.routing.steps import list_steps
from tests.requests.routing.people import somebody, wanted

CLOSE = somebody(1)
NEAR = somebody(2, regions=frozenset({"laval"}))
MUTE = somebody(3, languages=frozenset({"en"}))
FAR = somebody(4, regions=frozenset({"vancouver"}))
DESK = somebody(5, "dispatcher")
LAST = len(list_steps(wanted())) - 1


def search(*people: Candidate, need: Need | None = None, **how: Any) -> LadderSearch:
    usual: dict[str, Any] = {"step": 0, "asked": set(), "pending": []}
    return LadderSearch(need or wanted(), {one.member_id: one for one in people}, **usual | how)


def order(one: LadderSearch) -> list[int]:
    """Everybody whom a ladder asks if nobody answers in time."""
    found = []
    while member_id := one.choose_next():
        found.append(member_id.int)
        one.pending.clear()
    return found


def test_each_step_comes_after_the_one_before_and_the_desk_last() -> None:
    assert order(search(DESK, FAR, MUTE, NEAR, CLOSE)) == [1, 2, 3, 4, 5]


def test_the_desk_waits_for_members_who_still_think() -> None:
    ladder = search(CLOSE, DESK)
    assert ladder.choose_next() == CLOSE.member_id
    assert ladder.choose_next() is None
    assert ladder.step == LAST
    ladder.pending.clear()
    assert ladder.choose_next() == DESK.member_id


def test_the_desk_is_asked_beside_others_of_the_desk() -> None:
    other = somebody(6, "dispatcher")
    ladder = search(DESK, other, step=LAST, pending=[LAST], asked={DESK.member_id})
    assert ladder.choose_next() == other.member_id


def test_a_ladder_never_goes_down_again() -> None:
    assert search(CLOSE, step=LAST).choose_next() is None


def test_nobody_is_asked_twice() -> None:
    assert search(CLOSE, asked={CLOSE.member_id}).choose_next() is None


def test_below_the_desk_only_who_can_read_the_brief_is_asked() -> None:
    assert order(search(CLOSE, NEAR, DESK, holders={NEAR.member_id})) == [2, 5]


def test_without_a_brief_everybody_is_asked() -> None:
    assert order(search(CLOSE, NEAR, holders=None)) == [1, 2]


def test_the_plan_for_a_surge_comes_first_whatever_the_step() -> None:
    assert order(search(CLOSE, FAR, planned=FAR.member_id)) == [4, 1]


def test_a_plan_is_advice_only() -> None:
    absent = UUID(int=99)
    assert order(search(CLOSE, planned=absent)) == [1]
    assert order(search(CLOSE, FAR, planned=FAR.member_id, asked={FAR.member_id})) == [1]
    busy = somebody(7, weekly_cap=1, load=1)
    assert order(search(CLOSE, busy, planned=busy.member_id)) == [1]
