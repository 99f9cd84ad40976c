"""How long a holder may open the brief."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk.closing import close_case
from app.desk.date_changes import change_date
from app.errors import NotFound
from app.members import MemorySessions
from app.members.accounts import remove_member
from app.models import Event
from app.requests.candidates import is_elsewhere
from tests.requests.deeds import brief_of, opened, reported, say
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, raised


def test_nobody_reads_an_assignment_that_is_anothers(hall: Hall) -> None:
    assignment_id = hall.accept("finch", raised(hall))
    for handle in ("owl", "heron", "wren"):
        with pytest.raises(NotFound):
            brief_of(hall, handle, assignment_id)


@pytest.mark.parametrize(
    ("kind", "who", "outcome"),
    [
        ("accompaniment", "finch", "no_show"),
        ("accompaniment", "finch", "cannot go"),
        ("legal", "owl", "attended"),
        ("interpreter", "starling", "done"),
    ],
)
def test_after_the_report_nothing_is_left_to_open(
    hall: Hall, kind: str, who: str, outcome: str
) -> None:
    case, languages = a_case(hall, scopes=("accompanier", "legal")), ("fr", "en")
    request = raised(hall, case, kind, languages=languages, share=("subject_name",))
    assignment_id = hall.accept(who, request)
    assert opened(hall, who) == {"briefs", "brief_wraps"}
    reported(hall, who, assignment_id, outcome)
    assert opened(hall, who, operational=True) == set()
    assert brief_of(hall, who, assignment_id) is None


def test_who_went_along_looks_something_up_for_a_day_after_the_report(hall: Hall) -> None:
    request = raised(hall, share=("subject_name",))
    assignment_id = hall.accept("finch", request)
    reported(hall, "finch", assignment_id)
    assert hall.now(request).state == "done"
    assert opened(hall, "owl", operational=True) == set()
    assert brief_of(hall, "finch", assignment_id) is not None
    hall.advance(hours=23)
    reported(hall, "finch", assignment_id)  # a second report makes it no longer
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=1)
    assert opened(hall, "finch", operational=True) == set()
    assert brief_of(hall, "finch", assignment_id) is None


@pytest.mark.parametrize("end", ["refused", "closed", "removed"])
def test_a_reporters_day_ends_with_the_callers_agreement(hall: Hall, end: str) -> None:
    case = a_case(hall)
    assignment_id = hall.accept("finch", raised(hall, case, share=("subject_name",)))
    reported(hall, "finch", assignment_id)
    desk, now = hall.principal("wren"), hall.clock()
    if end == "refused":
        say(hall, case, "accompanier", granted=False)
    with hall.database.transaction() as db:
        if end == "closed":
            close_case(db, desk, UUID(case), "supported", now)
        if end == "removed":
            finch = hall.residents["finch"].id
            remove_member(db, MemorySessions(), hall.principal("crane"), finch, "finch", now)
    assert opened(hall, "finch", operational=True) == set()


def test_a_day_after_the_report_is_never_longer_than_a_day_after_the_date(hall: Hall) -> None:
    case = a_case(hall)
    request = raised(hall, case, event_id=UUID(a_date(hall, case, hours=10)))
    assignment_id = hall.accept("finch", request)
    hall.advance(hours=34)
    reported(hall, "finch", assignment_id)
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=2)
    assert opened(hall, "finch") == set()


def test_an_accompaniers_access_ends_a_day_after_the_event(hall: Hall) -> None:
    case = a_case(hall)
    request = raised(hall, case, event_id=UUID(a_date(hall, case, hours=10)))
    assignment_id = hall.accept("finch", request)
    hall.advance(hours=35)  # it is taken to last two hours
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=1)
    assert opened(hall, "finch") == set()
    assert brief_of(hall, "finch", assignment_id) is None
    assert hall.now(request).state == "done"


def test_a_date_that_lasts_longer_keeps_whoever_took_it_for_longer(hall: Hall) -> None:
    case = a_case(hall)
    date = UUID(a_date(hall, case, hours=1))
    assignment_id = hall.accept("finch", raised(hall, case, event_id=date))
    with hall.database.transaction() as db:
        desk, now = hall.principal("heron"), hall.clock()
        ends_at = now + timedelta(hours=6)  # it was taken to last two hours
        change_date(db, desk, date, db.get_one(Event, date).version, {"ends_at": ends_at}, now)
    with hall.database.snapshot() as db:
        finch, hour = hall.residents["finch"].id, timedelta(hours=1)
        assert is_elsewhere(db, finch, (now + 4 * hour, now + 6 * hour))
    hall.advance(hours=29)
    assert brief_of(hall, "finch", assignment_id) is not None
    hall.advance(hours=1)
    assert brief_of(hall, "finch", assignment_id) is None
