"""What holders report, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.cases.date_rules import DateFacts
from app.desk.handling import claim_case
from app.desk.reminders import sweep_reminders
from app.errors import BadRequest, NotFound
from app.models import Event, Report, Request
from app.requests.reports import ReportFacts, file_report
from app.texts.catalogue import load_texts
from tests.requests.deeds import read, report, state_of, with_event
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, raised
from tests.requests.test_endings import count


@pytest.mark.parametrize(
    ("outcome", "assignment", "request_state"),
    [
        ("attended", "attended", "done"),
        ("no_show", "no_show", "done"),
        ("adjourned", "done", "done"),
        ("cancelled", "cancelled", "offered"),
    ],
)
def test_a_report_ends_the_assignment(
    hall: Hall, outcome: str, assignment: str, request_state: str
) -> None:
    hall.newcomer("siskin", "accompanier")
    request = raised(hall)
    [handle] = hall.asked(request)
    taken = hall.accept(handle, request)
    report(hall, handle, taken, ReportFacts(outcome))
    assert (state_of(hall, taken), hall.now(request).state) == (assignment, request_state)


def test_who_gives_it_back_is_not_asked_again_and_the_next_can_take_it(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    request = raised(hall)
    [handle] = hall.asked(request)
    report(hall, handle, hall.accept(handle, request), ReportFacts("cancelled", "I fell ill"))
    other = ({"finch", "siskin"} - {handle}).pop()
    assert hall.asked(request) == {other}
    assert state_of(hall, hall.accept(other, request)) == "active"


def test_what_is_reported_is_for_the_desk_to_read(hall: Hall) -> None:
    case = a_case(hall)
    taken = hall.accept("finch", raised(hall, case))
    report(hall, "finch", taken, ReportFacts("attended", "she was calm"))
    [told] = read(hall, case).reports
    assert (told.body.outcome, told.body.notes) == ("attended", "she was calm")
    assert told.author_id == hall.residents["finch"].id


def test_the_next_date_is_added_and_asked_for_in_one_step(hall: Hall) -> None:
    case = a_case(hall)
    first = a_date(hall, case)
    taken = hall.accept("finch", raised(hall, case, event_id=UUID(first)))
    starts_at = hall.clock() + timedelta(days=30)
    report(
        hall, "finch", taken, ReportFacts("adjourned", next_event=DateFacts("hearing", starts_at))
    )
    with hall.database.snapshot() as db:
        event = db.scalars(select(Event).where(Event.follows == UUID(first))).one()
        request = db.scalars(select(Request).where(Request.event_id == event.id)).one()
    assert hall.now(request).state == "offered"
    assert hall.asked(request) == {"finch"}
    assert [due.task.kind for due in read(hall, case).tasks] == ["brief"]
    with hall.database.transaction() as db:
        claim_case(db, hall.principal("heron"), UUID(case), hall.clock())
    assert read(hall, case).tasks == []


def test_a_next_date_that_is_learnt_after_the_report_is_still_told(hall: Hall) -> None:
    case = a_case(hall)
    first = a_date(hall, case)
    taken = hall.accept("finch", raised(hall, case, event_id=UUID(first)))
    starts_at = hall.clock() + timedelta(days=30)
    report(hall, "finch", taken, ReportFacts("atended"))
    report(
        hall, "finch", taken, ReportFacts("adjourned", next_event=DateFacts("hearing", starts_at))
    )
    with hall.database.snapshot() as db:
        event = db.scalars(select(Event).where(Event.follows == UUID(first))).one()
        asked = db.scalars(select(Request).where(Request.event_id == event.id)).one()
    assert asked.state == "offered"


def test_a_next_date_in_the_past_is_refused_and_nothing_is_reported(hall: Hall) -> None:
    case = a_case(hall)
    taken = hall.accept("finch", raised(hall, case))
    told = ReportFacts("adjourned", next_event=DateFacts("hearing", hall.clock()))
    with pytest.raises(BadRequest):
        report(hall, "finch", taken, told)
    assert (state_of(hall, taken), count(hall, Report)) == ("active", [0])


def test_nobody_reports_on_what_is_anothers(hall: Hall) -> None:
    taken = hall.accept("finch", raised(hall))
    with pytest.raises(NotFound):
        report(hall, "heron", taken, ReportFacts("attended"))


@pytest.mark.parametrize(
    ("hours", "outcome", "state"),
    [
        (3, "attended", "occurred"),
        (3, "adjourned", "tentative"),
        (3, "no_show", "tentative"),
        (0, "attended", "tentative"),
    ],
)
def test_a_date_at_which_somebody_was_has_occurred(
    hall: Hall, hours: int, outcome: str, state: str
) -> None:
    case = a_case(hall)
    date = a_date(hall, case, hours=1)
    taken = hall.accept("finch", raised(hall, case, event_id=UUID(date)))
    hall.advance(hours=hours)
    sweep_reminders(hall.database, load_texts(), hall.clock())
    report(hall, "finch", taken, ReportFacts(outcome))
    [event] = read(hall, case).events
    assert event.state == state
    tasks = [due.task.kind for due in read(hall, case).tasks]
    assert ("occurred" in tasks) == (hours > 0 and state != "occurred")


def test_attendance_is_not_made_up(hall: Hall) -> None:
    case = a_case(hall)
    request = with_event(hall, case, a_date(hall, case, hours=3))
    assignment = hall.accept("finch", request)
    finch = hall.principal("finch")

    def report(outcome: str) -> str:
        with hall.database.transaction() as db:
            told = ReportFacts(outcome)
            return file_report(db, finch, assignment, told, hall.clock()).state

    hall.advance(hours=4)
    assert report("No-Show") == "no_show"
    other = with_event(hall, case, a_date(hall, case, days=9))
    assignment = hall.accept("finch", other)
    assert report("the room was empty") == "done", "no word of ours: nobody knows who was there"
