"""Requests that nobody takes: when everybody is asked again, and what coordinators hear."""

from __future__ import annotations

from app.requests.timers import plan_timer
from tests.requests.hall import Hall
from tests.requests.people import a_case, raised


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
