"""Writing briefs: what each kind may read, and when the desk writes a brief that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    SCOPE_OF_KIND,
    check_consent,
    find_tree_ids,
    has_agreed,
    open_case_keys,
    read_case_values,
)
from app.crypto import CaseKeys
from app.errors import BadRequest, Forbidden
from app.models import RUNNING, Brief, BriefContent, Case, Event, Request, RequestState
from app.requests.accompaniments import ACCOMPANIMENT
from app.requests.assignments import find_assignment
from app.requests.briefs import finish_brief_task, list_brief_holders, store_brief
from app.requests.candidates import find_people, make_need
from app.requests.interpreter_texts import reseal_texts
from app.requests.lifecycle import start_seeking
from app.requests.locks import lock_request, lock_request_with_case, share_cases
from app.requests.request_facts import RequestFacts, check_request, list_shared_fields
from app.requests.routing.ranking import find_reachable
from app.store import Db
from app.vault import CASE_FIELDS, EVENT_PLACE, find_field, read_sheet


def write_brief(
    db: Db,
    principal: Principal,
    request_id: UUID,
    now: datetime,
    share: Sequence[str] | None = None,
) -> Request:
    """Write a request's brief, or write it anew with other fields. NotFound, ConsentMissing.

    Once a member has accepted, it is sealed to them alone; before, to all whom the ladder could
    ask. BadRequest for a request that is over.
    """
    principal.require(Permission.CASES)
    case, request = lock_request_with_case(db, principal, request_id)
    if request.state not in RUNNING:
        raise BadRequest("This request is over, so nobody would read its brief.")
    values = db.keys.read_values(request)
    check_consent(db, case, values.kind)
    if share is not None:
        asked = RequestFacts(values.kind, share=share)
        check_request(db, asked, now)
        db.keys.write_values(request, replace(values, shares=list_shared_fields(db, asked)))
    _write(db, principal, case, open_case_keys(db, principal, case), request, now)
    audit.record(db, "brief.written", principal.member_id, case.id, now)
    return request


def complete_briefs(db: Db, principal: Principal, case: Case, now: datetime) -> None:
    """Write the briefs that the requests of a case lack, as far as consents allow.

    For requests of the desk that change the locked case; call it before rows other than the case
    are locked. Does nothing for a member who has no key of the case yet.
    """
    lacking = _list_lacking(db, case)
    if len(lacking) > 1:
        share_cases(db, find_tree_ids(db, case.id))
    written = []
    for request_id in lacking:
        request = lock_request(db, request_id)
        if request is None or request.state not in RUNNING or not _lacks_readers(db, request, now):
            continue
        owner = db.get_one(Case, request.case_id)
        scope = SCOPE_OF_KIND.get(db.keys.read_values(request).kind)
        if scope is not None and not has_agreed(db, owner.id, scope):
            continue
        try:
            keys = open_case_keys(db, principal, owner)
        except Forbidden:
            break
        _write(db, principal, owner, keys, request, now)
        written.append(owner.id)
    for case_id in written:
        audit.record(db, "brief.written", principal.member_id, case_id, now)


def _list_lacking(db: Db, case: Case) -> list[UUID]:
    """Return the requests of a case's tree that have no brief, or nobody to read it."""
    tree = find_tree_ids(db, case.id)
    query = select(Request.id).where(
        Request.case_id.in_(tree),
        Request.state.in_(RUNNING),
        or_(
            Request.state == RequestState.UNFILLED,
            Request.id.not_in(select(Brief.request_id).where(Brief.case_id.in_(tree))),
        ),
    )
    return list(db.scalars(query.order_by(Request.id)))


def _lacks_readers(db: Db, request: Request, now: datetime) -> bool:
    """Return whether a request has no brief, or none for some member whom the ladder could ask."""
    holders = list_brief_holders(db, request.id)
    return holders is None or bool(_find_readers(db, request, now) - holders)


def _find_readers(db: Db, request: Request, now: datetime) -> set[UUID]:
    wanted = make_need(db, request, db.keys.read_values(request))
    people = find_people(db, request.urgency, now)
    reached = find_reachable(wanted, [person.candidate for person in people.values()])
    return {one.member_id for one in reached}


def _write(
    db: Db,
    principal: Principal,
    case: Case,
    keys: Mapping[int, CaseKeys],
    request: Request,
    now: datetime,
) -> None:
    """Seal a brief; where nobody was found, ask again, since members may have joined."""
    asks_again = request.state == RequestState.UNFILLED and _lacks_readers(db, request, now)
    seal_brief(db, case, keys, request, now)
    finish_brief_task(db, request.id, principal.member_id)
    if asks_again:
        start_seeking(db, request, now)


def seal_brief(
    db: Db, case: Case, keys: Mapping[int, CaseKeys], request: Request, now: datetime
) -> None:
    """Seal a request's brief to its holder, or else to all whom the ladder could ask."""
    content = _make_content(db, case, keys, request)
    assignment = find_assignment(db, request)
    if assignment is not None:
        store_brief(db, request, content, [assignment.member_id], now, pending=False)
        reseal_texts(db, request, keys)
        return
    store_brief(db, request, content, _find_readers(db, request, now), now)


def _make_content(
    db: Db, case: Case, keys: Mapping[int, CaseKeys], request: Request
) -> BriefContent:
    """Return exactly what the kind may read: times and languages, and what each needs beside."""
    values = db.keys.read_values(request)
    content = BriefContent(
        kind=values.kind,
        languages=values.languages,
        starts_at=values.starts_at,
        ends_at=values.ends_at,
        needed_by=values.needed_by,
    )
    if values.kind == "interpreter":
        return content
    sheet = read_sheet(db, CASE_FIELDS, case, keys) or {}
    content = replace(
        content,
        reference=read_case_values(db, case).reference,
        fields={name: value for name in values.shares if (value := sheet.get(name))},
    )
    if values.kind != ACCOMPANIMENT:
        return content
    place = _find_meeting_place(db, keys, case, request)
    return replace(content, meeting_place=place, together=values.companion is not None)


def _find_meeting_place(
    db: Db, keys: Mapping[int, CaseKeys], case: Case, request: Request
) -> str | None:
    event = db.get(Event, request.event_id) if request.event_id else None
    if event is None or event.case_id != case.id:  # these keys do not open a merged case's date
        return None
    place = find_field(db, EVENT_PLACE, event, keys)
    return (place.meeting_place or place.place) if place else None
