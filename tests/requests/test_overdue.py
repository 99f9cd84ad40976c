"""Assignments that end by themselves."""

from __future__ import annotations

from uuid import UUID

from app.requests.reports import ReportFacts
from tests.requests.deeds import read, report, state_of
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, a_date, raised


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
