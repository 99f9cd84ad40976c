"""What a brief shows to each kind, and when the desk writes one that is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.desk.handling import claim_case
from app.desk.reading import read_case
from app.desk.replying import StatedConsent, record_consent, send_reply
from app.models import Brief, BriefContent, Task, TeamWrap
from app.requests.brief_writer import write_brief
from app.requests.briefs import list_brief_holders
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from tests.requests.deeds import bare, brief_of, opened
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, raised


def test_an_accompanier_is_shown_time_place_and_name_and_what_was_shared(hall: Hall) -> None:
    case = a_case(hall)
    share = ("subject_name", "client_id", "hearing_office")
    request = raised(hall, case, event_id=UUID(a_date(hall, case)), share=share)
    brief = brief_of(hall, "finch", hall.accept("finch", request))
    assert brief is not None
    assert brief.reference
    assert replace(brief, reference=None) == BriefContent(
        kind="accompaniment",
        languages=("fr",),
        starts_at=hall.clock() + timedelta(days=3),
        meeting_place="main door",
        fields={"subject_name": "Amina", "hearing_office": "Guy-Favreau"},
    )


def test_a_legal_contact_is_shown_the_fields_that_were_shared(hall: Hall) -> None:
    case = a_case(hall, scopes=("legal",))
    request = raised(hall, case, "legal", share=("client_id", "notes_legal"))
    brief = brief_of(hall, "owl", hall.accept("owl", request))
    assert brief is not None
    assert brief.fields == {"client_id": "55-1234", "notes_legal": "appeal"}
    assert brief.meeting_place is None


def test_an_interpreter_is_shown_languages_and_time_alone(hall: Hall) -> None:
    case = a_case(hall, scopes=())
    asked = {"languages": ("fr", "en"), "share": ("subject_name",)}
    request = raised(hall, case, "interpreter", event_id=UUID(a_date(hall, case)), **asked)
    brief = brief_of(hall, "starling", hall.accept("starling", request))
    starts_at = hall.clock() + timedelta(days=3)
    assert brief == BriefContent(kind="interpreter", languages=("fr", "en"), starts_at=starts_at)


def test_a_brief_can_be_written_anew_with_other_fields(hall: Hall) -> None:
    request = raised(hall, share=("subject_name",))
    assignment_id = hall.accept("finch", request)
    with hall.database.transaction() as db:
        write_brief(db, hall.principal("heron"), request.id, hall.clock(), ["hearing_office"])
    brief = brief_of(hall, "finch", assignment_id)
    assert brief is not None
    assert brief.fields == {"hearing_office": "Guy-Favreau"}


def test_a_brief_is_sealed_to_the_desk_too_and_to_no_coordinator(hall: Hall) -> None:
    request = raised(hall)
    with hall.database.snapshot() as db:
        holders = list_brief_holders(db, request.id)
    names = {resident.id: handle for handle, resident in hall.residents.items()}
    assert {names[one] for one in holders or ()} == {"finch", "heron", "plover", "wren"}


# -- briefs that come later


def test_the_machines_request_shows_nothing_until_the_desk_works_on_the_case(hall: Hall) -> None:
    case = a_case(hall)
    request = bare(hall, case)
    assert request is not None
    assignment_id = hall.accept("finch", request)
    assert brief_of(hall, "finch", assignment_id) is None
    assert opened(hall, "finch", operational=True) == set()
    with hall.database.transaction() as db:
        claim_case(db, hall.principal("heron"), UUID(case), hall.clock())
    brief = brief_of(hall, "finch", assignment_id)
    assert brief is not None
    assert brief.fields == {}
    assert opened(hall, "owl", "starling") == set()


def test_reading_a_case_writes_no_brief(hall: Hall) -> None:
    case = a_case(hall)
    bare(hall, case)
    with hall.database.transaction() as db:
        file = read_case(db, hall.principal("heron"), UUID(case), hall.clock())
        assert [due.task.kind for due in file.tasks] == ["brief"]
    with hall.database.snapshot() as db:
        assert db.scalars(select(Brief.id)).all() == []


@pytest.mark.parametrize("act", ["claim", "reply", "ask", "consent", "brief"])
def test_whatever_the_desk_does_in_a_case_writes_the_briefs_it_lacks(hall: Hall, act: str) -> None:
    case, desk, now = a_case(hall, number="+15145550190"), hall.principal("heron"), hall.clock()
    with hall.database.transaction() as db:
        record_consent(db, desk, UUID(case), StatedConsent("contact", True, ("text",), "any"), now)
    request = bare(hall, case)
    assert request is not None
    with hall.database.transaction() as db:
        if act == "claim":
            claim_case(db, desk, UUID(case), now)
        if act == "reply":
            send_reply(db, desk, UUID(case), "Somebody will come.", now)
        if act == "ask":
            raise_request(db, desk, UUID(case), RequestFacts("interpreter"), now)
        if act == "consent":
            record_consent(db, desk, UUID(case), StatedConsent("legal", True), now)
        if act == "brief":
            write_brief(db, desk, request.id, now)
    with hall.database.snapshot() as db:
        assert list_brief_holders(db, request.id)
        assert db.scalars(select(Task.id).where(Task.state == "open")).all() == []


def test_a_colleague_who_waits_for_the_teams_key_takes_a_case_all_the_same(hall: Hall) -> None:
    case = a_case(hall)
    request = bare(hall, case)
    assert request is not None
    heron = hall.principal("heron")
    with hall.database.transaction() as db:
        db.execute(delete(TeamWrap).where(TeamWrap.member_id == heron.member_id))
        assert claim_case(db, heron, UUID(case), hall.clock()).assigned_to == heron.member_id
    with hall.database.snapshot() as db:
        assert list_brief_holders(db, request.id) is None
