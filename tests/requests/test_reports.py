"""How a request ends: by a report, with its case, by the desk, or by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.cases.dates import DateFacts
from app.desk import closing
from app.desk.handling import claim_case
from app.desk.reading import CaseFile, read_case
from app.desk.reminders import sweep_reminders
from app.errors import BadRequest, CaseClosed, CaseErased, NotFound
from app.models import (
    Assignment,
    Base,
    Brief,
    BriefWrap,
    Conflict,
    Event,
    Offer,
    Report,
    Request,
    Task,
)
from app.requests.endings import cancel_request
from app.requests.reports import ReportFacts, file_report
from app.texts.catalogue import load_texts
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, a_date, raised

CALLED_OFF = "Desk: what you had taken on was called off. Thank you."
OVER = "Desk: thank you, this one is over."


def report(hall: Hall, handle: str, assignment_id: UUID, told: ReportFacts) -> None:
    with hall.database.transaction() as db:
        file_report(db, hall.principal(handle), assignment_id, told, hall.clock())
    hall.work()


def count(hall: Hall, *tables: type[Base]) -> list[int]:
    with hall.database.snapshot() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def read(hall: Hall, case_id: str) -> CaseFile:
    with hall.database.transaction() as db:
        return read_case(db, hall.principal("heron"), UUID(case_id), hall.clock())


def state_of(hall: Hall, assignment_id: UUID) -> str:
    with hall.database.snapshot() as db:
        return db.get_one(Assignment, assignment_id).state


# -- reports


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


def test_who_does_not_report_is_asked_to_when_their_time_is_over(hall: Hall) -> None:
    case = a_case(hall)
    hall.profiles({"finch": {"phone": PHONES["finch"]}})
    taken = hall.accept("finch", raised(hall, case, event_id=UUID(a_date(hall, case, hours=1))))
    hall.advance(hours=27)
    assert state_of(hall, taken) == "done"
    assert "Desk: please report on what you took on. Sign in to do so." in hall.texts_to(
        PHONES["finch"]
    )
    assert [due.task.kind for due in read(hall, case).tasks] == ["report"]
    report(hall, "finch", taken, ReportFacts("attended", "sorry, late"))
    assert [due.task.kind for due in read(hall, case).tasks] == []
    assert len(read(hall, case).reports) == 1
    assert state_of(hall, taken) == "attended"


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
    assert event["state"] == state
    tasks = [due.task.kind for due in read(hall, case).tasks]
    assert ("occurred" in tasks) == (hours > 0 and state != "occurred")


# -- cases that end


@pytest.fixture
def busy(hall: Hall) -> tuple[Hall, str]:
    """A case with a request that somebody took and reported on, one taken, and one pending."""
    hall.profiles({"finch": {"phone": PHONES["finch"]}})
    case = a_case(hall, scopes=("accompanier", "legal"))
    event = UUID(a_date(hall, case))
    done = hall.accept("finch", raised(hall, case, event_id=event))
    report(hall, "finch", done, ReportFacts("attended", "well"))
    hall.accept("finch", raised(hall, case))
    hall.decline("owl", raised(hall, case, "legal"), conflict=True)
    return hall, case


def end(hall: Hall, case: str, how: str, *more: Any) -> None:
    with hall.database.transaction() as db:
        getattr(closing, how)(db, hall.principal("heron"), UUID(case), *more, hall.clock())
    hall.work()


def test_closing_a_case_ends_its_requests_and_calls_people_off(busy: tuple[Hall, str]) -> None:
    hall, case = busy
    end(hall, case, "close_case", "supported")
    with hall.database.snapshot() as db:
        assert set(db.scalars(select(Request.state))) == {"done", "cancelled"}
        assert "active" not in set(db.scalars(select(Assignment.state)))
        assert "pending" not in set(db.scalars(select(Offer.state)))
    assert count(hall, Brief, BriefWrap) == [0, 0]
    assert CALLED_OFF in hall.texts_to(PHONES["finch"])
    with pytest.raises(CaseClosed):
        raised(hall, case)


def test_of_a_closed_case_the_machine_knows_no_times(busy: tuple[Hall, str]) -> None:
    hall, case = busy
    end(hall, case, "close_case", "supported")
    with hall.database.snapshot() as db:
        for request in db.scalars(select(Request)):
            assert db.keys.read_values(request).window is None
        assert set(db.scalars(select(Assignment.op_values))) == {None}


def test_erasing_a_case_leaves_no_row_of_its_requests(busy: tuple[Hall, str]) -> None:
    hall, case = busy
    end(hall, case, "erase_case")
    tables = (Request, Brief, BriefWrap, Offer, Assignment, Report, Conflict, Task, Event)
    assert count(hall, *tables) == [0] * len(tables)
    with pytest.raises(CaseErased):
        raised(hall, case)


def test_merging_keeps_what_was_asked_for_and_who_must_not_see_it(busy: tuple[Hall, str]) -> None:
    hall, case = busy
    other = a_case(hall, scopes=("legal",))
    end(hall, case, "merge_cases", UUID(other))
    assert len(read(hall, other).requests) == 3
    request = raised(hall, other, "legal")
    assert "owl" not in hall.asked(request)


# -- the desk, and the clock


def test_the_desk_cancels_and_whoever_was_asked_is_told(hall: Hall) -> None:
    hall.profiles({"finch": {"phone": PHONES["finch"]}})
    request = raised(hall)
    with hall.database.transaction() as db:
        cancel_request(db, hall.principal("heron"), request.id, hall.clock())
    assert hall.now(request).state == "cancelled"
    assert hall.asked(request) == set()
    assert OVER in hall.texts_to(PHONES["finch"]), "they had not taken it on yet"
    assert not hall.has_timer(request)


def test_a_date_that_passed_with_nobody_found_ends_the_search(hall: Hall) -> None:
    case = a_case(hall, urgency=1)
    request = raised(hall, case, event_id=UUID(a_date(hall, case, hours=3)))
    for _ in range(6):
        hall.advance(hours=1)
    assert hall.now(request).state == "cancelled"
    assert not hall.has_timer(request)
