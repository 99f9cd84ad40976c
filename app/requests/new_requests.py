"""New requests: the desk's have a brief at once, the machine's wait for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from app import audit
from app.access import Permission, Principal
from app.cases import check_consent, find_case, open_case_keys, read_case_values
from app.crypto import CaseKeys
from app.errors import ConsentMissing
from app.models import Case, Event, Request, RequestState, RequestValues, rounded
from app.requests.accompaniments import ACCOMPANIMENT, check_room
from app.requests.brief_writer import complete_briefs, seal_brief
from app.requests.briefs import ask_for_brief
from app.requests.lifecycle import start_seeking
from app.requests.request_facts import RequestFacts, check_request, make_request_values
from app.store import Db
from app.vault import CASE_FIELDS, read_sheet

# A case with a flag or field of this name is about a minor.
_MINOR = "minor"


def raise_request(
    db: Db, principal: Principal, case_id: UUID, asked: RequestFacts, now: datetime
) -> Request:
    """Ask for a person, and seal the brief to all members whom the ladder could ask.

    Nobody goes with a minor alone: then this makes two requests and returns the first. BadRequest,
    ConsentMissing, CaseClosed, CaseErased, NotFound.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    check_request(db, asked, now)
    check_consent(db, case, asked.kind)
    keys = open_case_keys(db, principal, case)
    values = make_request_values(db, case, asked, now)
    values = replace(values, minor=asked.minor or _is_minor(db, case, keys))
    _check_room(db, asked, minor=values.minor)
    made = _put(db, case, values, asked.event_id, principal.member_id, now)
    for request in made:
        seal_brief(db, case, keys, request, now)
    complete_briefs(db, principal, case, now)
    for _ in made:
        audit.record(db, "request.raised", principal.member_id, case.id, now)
    return made[0]


def raise_without_brief(
    db: Db, case: Case, asked: RequestFacts, now: datetime, *, consented: bool = True
) -> Request | None:
    """Ask for a person where nobody holds the case's keys; None where consent is missing.

    The holder sees coarse facts until the desk writes the brief. With ``consented`` False the
    consent may still be missing, and the brief waits for it, too.
    """
    if consented:
        try:
            check_consent(db, case, asked.kind)
        except ConsentMissing:
            return None
    made = _put(db, case, make_request_values(db, case, asked, now), asked.event_id, None, now)
    for request in made:
        ask_for_brief(db, request, now)
    for _ in made:
        audit.record(db, "request.raised", None, case.id, now)
    return made[0]


def _check_room(db: Db, asked: RequestFacts, *, minor: bool) -> None:
    """Raise BadRequest where too many go along to the date already."""
    event = db.get(Event, asked.event_id) if asked.event_id else None
    if event is not None and asked.kind == ACCOMPANIMENT:
        check_room(db, event, 2 if minor else 1)


def _is_minor(db: Db, case: Case, keys: Mapping[int, CaseKeys]) -> bool:
    flagged = _MINOR in read_case_values(db, case).flags
    return flagged or bool((read_sheet(db, CASE_FIELDS, case, keys) or {}).get(_MINOR))


def _put(
    db: Db,
    case: Case,
    values: RequestValues,
    event_id: UUID | None,
    raised_by: UUID | None,
    now: datetime,
) -> list[Request]:
    """Add a request; two for an accompaniment of a minor."""
    first = _put_one(db, case, values, event_id, raised_by, now)
    if not values.minor or values.kind != ACCOMPANIMENT:
        return [first]
    other = replace(values, companion=first.id)
    second = _put_one(db, case, other, event_id, raised_by, now)
    db.keys.write_values(first, replace(db.keys.read_values(first), companion=second.id))
    return [first, second]


def _put_one(
    db: Db,
    case: Case,
    values: RequestValues,
    event_id: UUID | None,
    raised_by: UUID | None,
    now: datetime,
) -> Request:
    """Add a request without a brief, and begin to ask members."""
    request_id = uuid4()
    request = Request(
        id=request_id,
        state=RequestState.OPEN,
        urgency=case.urgency,
        step=0,
        version=0,
        opened_at=rounded(now),
        opened_by=raised_by,
        **db.keys.new_values(Request, request_id, values, now, case_id=case.id, event_id=event_id),
    )
    db.add(request)
    db.flush()
    start_seeking(db, request, now)
    return request
