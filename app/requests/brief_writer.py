"""Briefs: which fields are copied for whom, and who writes one that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app import audit
from app.access import Principal
from app.cases import SCOPE_OF_KIND, find_tree_ids, has_agreed, open_case_keys, read_case_values
from app.crypto import CaseKeys
from app.models import SEEKING, Brief, BriefContent, Case, Event, Request
from app.requests.briefs import list_brief_holders, store_brief
from app.requests.candidates import find_people, make_need
from app.requests.lifecycle import (
    find_assignment,
    finish_brief_task,
    lock_request,
    read_request_values,
    share_cases,
    start_seeking,
)
from app.requests.routing.ranking import find_reachable
from app.store import Db
from app.vault import CASE_FIELDS, EVENT_PLACE, find_field, read_sheet


def complete_briefs(db: Db, principal: Principal, case: Case, now: datetime) -> None:
    """Write the briefs that a case's requests lack, since whoever reads the case can.

    Where nobody was found, those who joined since are asked too.
    """
    lacking = _lacking(db, case)
    if len(lacking) > 1:
        share_cases(db, find_tree_ids(db, case.id))
    written = []
    for request_id in lacking:
        request = lock_request(db, request_id)
        if request is None or request.state not in (*SEEKING, "assigned"):
            continue
        if not _lacks(db, request, now):
            continue
        owner = db.get_one(Case, request.case_id)
        scope = SCOPE_OF_KIND.get(read_request_values(db, request)["kind"])
        if scope is None or has_agreed(db, owner.id, scope):
            seal_brief(db, owner, open_case_keys(db, principal, owner), request, now)
            finish_brief_task(db, request.id, principal.member_id)
            if request.state == "unfilled":
                start_seeking(db, request, now)
            written.append(owner.id)
    for case_id in written:
        audit.record(db, "brief.written", principal.member_id, case_id, now)


def _lacking(db: Db, case: Case) -> list[UUID]:
    """Return the requests of a case's tree that have no brief, or have found nobody by it."""
    tree = find_tree_ids(db, case.id)
    query = select(Request.id).where(
        Request.case_id.in_(tree),
        Request.state.in_((*SEEKING, "assigned")),
        or_(
            Request.state == "unfilled",
            Request.id.not_in(select(Brief.request_id).where(Brief.case_id.in_(tree))),
        ),
    )
    return list(db.scalars(query.order_by(Request.id)))


def _lacks(db: Db, request: Request, now: datetime) -> bool:
    """Return whether a request has no brief, or not for everybody who could be asked."""
    holders = list_brief_holders(db, request.id)
    return holders is None or bool(_reached(db, request, now) - holders)


def _reached(db: Db, request: Request, now: datetime) -> set[UUID]:
    wanted = make_need(db, request, read_request_values(db, request))
    people = find_people(db, request.urgency, now)
    reached = find_reachable(wanted, [person.candidate for person in people.values()])
    return {one.member_id for one in reached}


def seal_brief(
    db: Db, case: Case, keys: Mapping[int, CaseKeys], request: Request, now: datetime
) -> None:
    """Write a request's brief: for all who could be asked, or for whoever has it already."""
    values = read_request_values(db, request)
    content = _content(db, case, keys, request, values)
    assignment = find_assignment(db, request)
    if assignment is not None:
        store_brief(db, request, content, [assignment.member_id], now, pending=False)
        return
    store_brief(db, request, content, _reached(db, request, now), now)


def _content(
    db: Db,
    case: Case,
    keys: Mapping[int, CaseKeys],
    request: Request,
    values: Mapping[str, Any],
) -> BriefContent:
    """Return exactly what may be shown: times and languages to all, and to each kind its own."""
    content = BriefContent(
        kind=values["kind"],
        languages=tuple(values["languages"]),
        starts_at=_instant(values.get("starts_at")),
        ends_at=_instant(values.get("ends_at")),
        needed_by=_instant(values.get("needed_by")),
    )
    if content.kind == "interpreter":
        return content
    sheet = read_sheet(db, CASE_FIELDS, case, keys) or {}
    shared = {name: value for name in values["shares"] if (value := sheet.get(name))}
    content = replace(content, reference=read_case_values(db, case).reference, fields=shared)
    if content.kind == "accompaniment":
        place = _meeting_place(db, keys, case, request)
        content = replace(content, meeting_place=place, together=bool(values.get("companion")))
    return content


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _meeting_place(
    db: Db, keys: Mapping[int, CaseKeys], case: Case, request: Request
) -> str | None:
    event = db.get(Event, request.event_id) if request.event_id else None
    if event is None or event.case_id != case.id:  # of a merged case: the desk tells it
        return None
    place = find_field(db, EVENT_PLACE, event, keys)
    return (place.meeting_place or place.place) if place else None
