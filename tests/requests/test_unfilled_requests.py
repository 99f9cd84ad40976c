"""Requests that nobody takes: when everybody is asked again, and what coordinators hear."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.models import Case, Request
from app.requests.lifecycle import start_seeking
from app.requests.locks import lock_request
from app.requests.new_requests import raise_without_brief
from app.requests.request_facts import RequestFacts
from app.requests.surge_plan import SURGE_SIZE
from app.requests.timers import plan_timer
from app.requests.unfilled_requests import LADDER_RETRY, LONGEST_RETRY, find_pause, pause_search
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, raised

ONE = "Desk: nobody was found for a request, now. Please look."


@pytest.mark.parametrize("tier", range(4))
def test_asking_in_vain_goes_slower_and_never_ends(tier: int) -> None:
    pauses = [find_pause(tier, rounds) for rounds in range(1_000)]
    assert pauses[0] == LADDER_RETRY[tier]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_RETRY[tier]


def test_a_request_is_unfilled_again_once_whoever_joined_since_said_no(hall: Hall) -> None:
    request = raised(hall, a_case(hall, urgency=0))
    for _ in range(2):
        hall.advance(minutes=3)
    assert hall.now(request).state == "unfilled"
    hall.newcomer("hobby", "dispatcher")
    with hall.database.transaction() as db:
        plan_timer(db, request, hall.clock(), hall.clock())
    hall.work()
    assert hall.asked(request) == {"hobby"}
    hall.decline("hobby", request)
    assert hall.now(request).state == "unfilled"


# -- what coordinators hear


@pytest.fixture
def many(hall: Hall) -> tuple[Hall, list[Request]]:
    """Twice as many requests as are too many to tell of each, every one in a case of its own."""
    hall.profiles({"crane": {"phone": PHONES["crane"]}})
    made, asked, now = [], RequestFacts("interpreter", languages=("fr",)), hall.clock()
    for case_id in [a_case(hall, urgency=0, scopes=()) for _ in range(SURGE_SIZE * 2)]:
        with hall.database.transaction() as db:
            made.append(raise_without_brief(db, db.get_one(Case, UUID(case_id)), asked, now))
    return hall, [request for request in made if request]


def in_vain(hall: Hall, requests: list[Request]) -> list[str]:
    """Let nobody be left to ask for these requests; return what a coordinator is texted."""
    before = len(hall.texts_to(PHONES["crane"]))
    with hall.database.transaction() as db:
        for request in requests:
            locked = lock_request(db, request.id)
            assert locked is not None
            start_seeking(db, locked, hall.clock())
            pause_search(db, locked, hall.clock())
    return hall.texts_to(PHONES["crane"])[before:]


def test_coordinators_hear_of_each_of_few_and_of_very_many_at_once(
    many: tuple[Hall, list[Request]],
) -> None:
    hall, requests = many
    assert in_vain(hall, requests) == [ONE] * (SURGE_SIZE - 1)
    hall.clock.advance(LADDER_RETRY[0])
    [told] = in_vain(hall, requests)
    assert told == f"Desk: nobody was found for {SURGE_SIZE * 2} requests, now. Please look."


def test_coordinators_hear_for_as_long_as_it_goes_on(many: tuple[Hall, list[Request]]) -> None:
    hall, requests = many
    in_vain(hall, requests)
    told = []
    for _ in range(6):
        hall.clock.advance(timedelta(minutes=5))
        told.append(len(in_vain(hall, requests[:3])))
    assert told == [0, 0, 1, 0, 0, 1]
