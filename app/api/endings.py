"""How a case ends, and how not yet: closing, reopening, erasing, holding, merging."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app import desk
from app.api.casefile import CaseItem, CaseOut, Code, case_out, changed
from app.api.deps import VisitDep, etag
from app.desk import (
    break_glass,
    close_case,
    erase_case,
    hold_case,
    merge_cases,
    reopen_case,
    stop_wish,
)

router = APIRouter(prefix="/v1/cases", tags=["cases"])


class Close(BaseModel):
    """How it ended."""

    outcome: Code


class Hold(BaseModel):
    """Why it must not be erased."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class BreakGlass(BaseModel):
    """Why it has to be opened now."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class Merge(BaseModel):
    """Under which case."""

    into: UUID


@router.post("/{case_id}/break-glass")
def open_in_emergency(
    case_id: UUID, body: BreakGlass, visit: VisitDep, response: Response
) -> CaseOut:
    """Open a closed case with a reason; the coordinators are told at once. Needs the archive.

    The reason is sealed into the case. For an hour the case, its attachments, its export and its
    reopening are then open to you, and to nobody else.
    """
    with visit.transaction() as db:
        file = break_glass(db, visit.principal, case_id, body.reason, visit.now)
        etag(response, file.line.case.version)
        return case_out(file)


@router.post("/{case_id}/close")
def close(case_id: UUID, body: Close, visit: VisitDep, response: Response) -> CaseItem:
    """Close a case: from now on only the archive can open it."""
    with visit.transaction() as db:
        case = close_case(db, visit.principal, case_id, body.outcome, visit.now)
        return changed(db, case, response)


@router.post("/{case_id}/reopen")
def reopen(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Reopen a closed case; needs the archive, and a reason given before at `/break-glass`."""
    with visit.transaction() as db:
        return changed(db, reopen_case(db, visit.principal, case_id, visit.now), response)


@router.post("/{case_id}/erase", status_code=204)
def erase(case_id: UUID, visit: VisitDep) -> Response:
    """Erase a case for good. Copies of the database follow within a week."""
    with visit.transaction() as db:
        erase_case(db, visit.principal, case_id, visit.now)
    return Response(status_code=204)


@router.delete("/{case_id}/erasure", status_code=204)
def stop_erasure(case_id: UUID, visit: VisitDep) -> Response:
    """Keep a case whose caller asked for it to be erased, as long as it waits (`erase_at`)."""
    with visit.transaction() as db:
        stop_wish(db, visit.principal, case_id, visit.now)
    return Response(status_code=204)


@router.post("/{case_id}/hold", status_code=204)
def hold(case_id: UUID, body: Hold, visit: VisitDep) -> Response:
    """Keep a case from being erased."""
    with visit.transaction() as db:
        hold_case(db, visit.principal, case_id, body.reason, visit.now)
    return Response(status_code=204)


@router.delete("/{case_id}/hold", status_code=204)
def lift_hold(case_id: UUID, visit: VisitDep) -> Response:
    """Let a case be erased again."""
    with visit.transaction() as db:
        desk.lift_hold(db, visit.principal, case_id, visit.now)
    return Response(status_code=204)


@router.post("/{case_id}/merge")
def merge(case_id: UUID, body: Merge, visit: VisitDep, response: Response) -> CaseItem:
    """Put this case under another; its conversation is read there."""
    with visit.transaction() as db:
        case = merge_cases(db, visit.principal, case_id, body.into, visit.now)
        return changed(db, case, response)
