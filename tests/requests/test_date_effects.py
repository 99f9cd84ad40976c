"""Requests follow their date, or are told, or end with it."""

from __future__ import annotations

from datetime import timedelta

from app.requests.assignments import read_brief
from app.texts import MemberNotice, MemberText
from tests.requests.deeds import change, with_event
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date


def test_a_date_that_moves_takes_those_with_it_who_have_not_answered(hall: Hall) -> None:
    case = a_case(hall)
    date = a_date(hall, case)
    request = with_event(hall, case, date)
    [before] = hall.asked(request)
    hall.advance(minutes=5)
    later = hall.clock() + timedelta(days=6)
    change(hall, date, starts_at=later)
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
    request = with_event(hall, case, date)
    change(hall, date, state="cancelled")
    assert (hall.now(request).state, hall.asked(request)) == ("cancelled", set())
    assert not hall.has_timer(request)


def test_where_they_meet_reaches_who_goes(hall: Hall) -> None:
    hall.profiles({"finch": {"phone": "+15145550151"}})
    case = a_case(hall)
    date = a_date(hall, case)
    assignment = hall.accept("finch", with_event(hall, case, date))
    change(hall, date, meeting_place="the back door")
    with hall.database.transaction() as db:
        brief = read_brief(db, hall.principal("finch"), assignment, hall.clock()).brief
    assert brief is not None
    assert brief.meeting_place == "the back door"
    assert MemberNotice(MemberText.DATE_CHANGED).write("en") in hall.texts_to("+15145550151")
