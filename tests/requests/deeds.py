"""What members and the desk do in tests of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app.cases.case import find_case
from app.desk import closing
from app.desk.case_file import CaseFile
from app.desk.date_changes import change_date
from app.desk.reading import read_case
from app.desk.replying import StatedConsent, record_consent
from app.models import Assignment, BriefContent, Event, Offer, OfferValues, Request
from app.requests.assignments import read_brief
from app.requests.new_requests import raise_request, raise_without_brief
from app.requests.reports import ReportFacts, file_report
from app.requests.request_facts import RequestFacts
from tests.requests.hall import Hall


def brief_of(hall: Hall, handle: str, assignment_id: UUID) -> BriefContent | None:
    with hall.database.transaction() as db:
        return read_brief(db, hall.principal(handle), assignment_id, hall.clock()).brief


def opened(hall: Hall, *handles: str, operational: bool = False) -> set[str]:
    """The sealed columns of briefs and cases that open with these members' passphrases."""
    outcome = hall.plunder(*handles, operational=operational)
    sealed = {one.cell.table for one in outcome.opened if one.cell.word == "sealed"}
    return sealed - {"members", "team_wraps"}


def say(hall: Hall, case_id: str, scope: str, *, granted: bool, why: str | None = None) -> None:
    with hall.database.transaction() as db:
        said = StatedConsent(scope, granted, override_reason=why)
        record_consent(db, hall.principal("heron"), UUID(case_id), said, hall.clock())


def reported(hall: Hall, who: str, assignment_id: UUID, outcome: str = "attended") -> None:
    with hall.database.transaction() as db:
        told = ReportFacts(outcome, "it went as it went")
        file_report(db, hall.principal(who), assignment_id, told, hall.clock())


def bare(hall: Hall, case_id: str, kind: str = "accompaniment") -> Request | None:
    with hall.database.transaction() as db:
        case = find_case(db, hall.principal("heron"), UUID(case_id))
        request = raise_without_brief(db, case, RequestFacts(kind), hall.clock())
    hall.work()
    return request


def report(hall: Hall, handle: str, assignment_id: UUID, told: ReportFacts) -> None:
    with hall.database.transaction() as db:
        file_report(db, hall.principal(handle), assignment_id, told, hall.clock())
    hall.work()


def read(hall: Hall, case_id: str) -> CaseFile:
    with hall.database.transaction() as db:
        return read_case(db, hall.principal("heron"), UUID(case_id), hall.clock())


def state_of(hall: Hall, assignment_id: UUID) -> str:
    with hall.database.snapshot() as db:
        return db.get_one(Assignment, assignment_id).state


def end(hall: Hall, case: str, how: str, *more: Any) -> None:
    with hall.database.transaction() as db:
        getattr(closing, how)(db, hall.principal("heron"), UUID(case), *more, hall.clock())
    hall.work()


def offer_to(hall: Hall, request: Request, member_ids: list[UUID]) -> list[UUID]:
    """Offer a request to many at once, more than any tier would."""
    now, ids = hall.clock(), []
    with hall.database.transaction() as db:
        for member_id in member_ids:
            ids.append(uuid4())
            whom = {"request_id": request.id, "member_id": member_id}
            values = db.keys.new_values(Offer, ids[-1], OfferValues(code="0000"), now, **whom)
            until = now + timedelta(hours=1)
            db.add(
                Offer(id=ids[-1], step=0, state="pending", made_at=now, expires_at=until, **values)
            )
    return ids


def with_event(hall: Hall, case: str, date: str, kind: str = "accompaniment") -> Any:
    with hall.database.transaction() as db:
        asked = RequestFacts(kind, UUID(date))
        request = raise_request(db, hall.principal("heron"), UUID(case), asked, hall.clock())
    hall.work()
    return request


def change(hall: Hall, date: str, **changes: Any) -> None:
    with hall.database.transaction() as db:
        version = db.get_one(Event, UUID(date)).version
        desk = hall.principal("heron")
        change_date(db, desk, UUID(date), version, changes, hall.clock())
    hall.work()
