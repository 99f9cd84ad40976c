"""Nobody is in two places, and nobody is sent to a date that has moved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.desk.date_changes import change_date
from app.errors import OfferExpired
from app.models import Event
from app.requests.assignments import read_brief
from app.requests.date_effects import DATE_CHANGED_TEXT
from app.requests.decisions import accept_offer
from app.requests.new_requests import raise_request
from app.requests.reports import ReportFacts, file_report
from app.requests.request_facts import RequestFacts
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, raised


def _with_event(hall: Hall, case: str, date: str, kind: str = "accompaniment") -> Any:
    with hall.database.transaction() as db:
        asked = RequestFacts(kind, UUID(date))
        request = raise_request(db, hall.principal("heron"), UUID(case), asked, hall.clock())
    hall.work()
    return request


def _change(hall: Hall, date: str, **changes: Any) -> None:
    with hall.database.transaction() as db:
        version = db.get_one(Event, UUID(date)).version
        desk = hall.principal("heron")
        change_date(db, desk, UUID(date), version, changes, hall.clock())
    hall.work()


def test_who_says_yes_is_asked_for_nothing_else_at_that_hour(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    cases = [a_case(hall, urgency=0) for _ in range(3)]
    requests = [_with_event(hall, case, a_date(hall, case)) for case in cases]
    assert all({"finch", "siskin"} <= hall.asked(request) for request in requests)
    hall.accept("finch", requests[0])
    with pytest.raises(OfferExpired):
        hall.accept("finch", requests[1])
    hall.work()
    assert "finch" not in hall.asked(requests[1]) | hall.asked(requests[2])
    hall.accept("siskin", requests[1])
    assert {hall.now(request).state for request in requests[:2]} == {"assigned"}


def test_of_two_answers_of_one_person_at_once_one_holds(postgres_hall: Hall) -> None:
    hall, finch = postgres_hall, postgres_hall.residents["finch"].id
    cases = [a_case(hall, urgency=0) for _ in range(6)]
    requests = [_with_event(hall, case, a_date(hall, case)) for case in cases]
    with hall.database.snapshot() as db:
        asked = [hall.offer(db, "finch", request).id for request in requests]

    def accept(offer_id: UUID) -> bool:
        try:
            with hall.database.transaction() as db:
                accept_offer(db, finch, offer_id, hall.clock())
        except OfferExpired:
            return False
        return True

    with ThreadPoolExecutor(len(asked)) as pool:
        assert sum(pool.map(accept, asked)) == 1


def test_an_interpreter_who_was_needed_before_is_not_looked_for_and_a_lawyer_is(
    hall: Hall,
) -> None:
    case, by = a_case(hall, scopes=("legal",)), hall.clock() + timedelta(hours=1)
    with hall.database.transaction() as db:
        made = {
            kind: raise_request(
                db,
                hall.principal("heron"),
                UUID(case),
                RequestFacts(kind, languages=["fr"], needed_by=by),
                hall.clock(),
            )
            for kind in ("interpreter", "legal")
        }
    hall.work()
    hall.advance(hours=1, minutes=1)
    assert hall.now(made["interpreter"]).state == "cancelled"
    assert hall.now(made["legal"]).state in ("offered", "unfilled")


def test_two_places_of_one_date_are_two_people(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall, urgency=0)
    date = a_date(hall, case)
    first, second = (_with_event(hall, case, date) for _ in range(2))
    hall.accept("finch", first)
    with pytest.raises(OfferExpired):
        hall.accept("finch", second)


def test_a_date_that_moves_takes_those_with_it_who_have_not_answered(hall: Hall) -> None:
    case = a_case(hall)
    date = a_date(hall, case)
    request = _with_event(hall, case, date)
    [before] = hall.asked(request)
    hall.advance(minutes=5)
    later = hall.clock() + timedelta(days=6)
    _change(hall, date, starts_at=later)
    now = hall.now(request)
    assert str(now.event_id) != date
    [handle] = hall.asked(request)
    assert before == handle == "finch"
    assignment = hall.accept("finch", request)
    with hall.database.transaction() as db:
        brief = read_brief(db, hall.principal("finch"), assignment, hall.clock()).brief
    assert brief is not None
    assert brief.starts_at == later


def test_a_date_that_is_off_is_offered_to_nobody(hall: Hall) -> None:
    case = a_case(hall)
    date = a_date(hall, case)
    request = _with_event(hall, case, date)
    _change(hall, date, state="cancelled")
    assert (hall.now(request).state, hall.asked(request)) == ("cancelled", set())
    assert not hall.has_timer(request)


def test_where_they_meet_reaches_who_goes(hall: Hall) -> None:
    hall.profiles({"finch": {"phone": "+15145550151"}})
    case = a_case(hall)
    date = a_date(hall, case)
    assignment = hall.accept("finch", _with_event(hall, case, date))
    _change(hall, date, meeting_place="the back door")
    with hall.database.transaction() as db:
        brief = read_brief(db, hall.principal("finch"), assignment, hall.clock()).brief
    assert brief is not None
    assert brief.meeting_place == "the back door"
    assert DATE_CHANGED_TEXT in hall.texts_to("+15145550151")


def test_who_is_needed_soon_is_looked_for_soon(hall: Hall) -> None:
    """An offer of a day does not outlast a date in an hour: the desk is asked before it."""
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall, urgency=3)
    request = _with_event(hall, case, a_date(hall, case, hours=1))
    assert {"finch", "siskin"} <= hall.asked(request)
    for _ in range(3):
        hall.advance(minutes=3)
    assert hall.asked(request) <= {"heron", "plover", "wren"}
    assert hall.now(request).state in ("offered", "unfilled")


def test_a_conflict_leaves_no_other_request_of_the_case_waiting(hall: Hall) -> None:
    hall.newcomer("hobby", "legal")
    case = a_case(hall, urgency=2, scopes=("legal",))
    requests = [raised(hall, case, "legal") for _ in range(2)]
    asked = [hall.asked(request) for request in requests]
    [handle] = asked[0]
    hall.decline(handle, requests[0], conflict=True)
    for request in requests:
        assert hall.asked(request)
        assert handle not in hall.asked(request)


def test_attendance_is_not_made_up(hall: Hall) -> None:
    case = a_case(hall)
    request = _with_event(hall, case, a_date(hall, case, hours=3))
    assignment = hall.accept("finch", request)
    finch = hall.principal("finch")

    def report(outcome: str) -> str:
        with hall.database.transaction() as db:
            told = ReportFacts(outcome)
            return file_report(db, finch, assignment, told, hall.clock()).state

    hall.advance(hours=4)
    assert report("No-Show") == "no_show"
    other = _with_event(hall, case, a_date(hall, case, days=9))
    assignment = hall.accept("finch", other)
    assert report("the room was empty") == "done", "no word of ours: nobody knows who was there"
