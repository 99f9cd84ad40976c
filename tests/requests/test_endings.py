"""Requests that end early: by the desk, by the caller, with their case."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.errors import CaseClosed, CaseErased
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
from app.requests.reports import ReportFacts
from tests.requests.deeds import brief_of, end, read, report, say
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, a_date, raised

CALLED_OFF = "Desk: what you had taken on was called off. Thank you."
OVER = "Desk: thank you, this one is over."


def count(hall: Hall, *tables: type[Base]) -> list[int]:
    with hall.database.snapshot() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


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


def test_consent_taken_back_takes_the_brief_the_request_and_the_assignment(hall: Hall) -> None:
    case = a_case(hall, scopes=("accompanier", "legal"))
    gone, stays = raised(hall, case), raised(hall, case, "legal")
    assignment_id = hall.accept("finch", gone)
    say(hall, case, "accompanier", granted=False)
    assert hall.now(gone).state == "cancelled"
    assert hall.now(stays).state == "offered"
    assert brief_of(hall, "finch", assignment_id) is None
    assert not hall.has_timer(gone)
    with hall.database.snapshot() as db:
        assert db.scalars(select(Brief.request_id)).all() == [stays.id]
        assert set(db.scalars(select(BriefWrap.request_id))) == {stays.id}
