"""A sealed copy of a case, for the caller or counsel."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import sealed_copy
from app.cases import check_reason, find_case, is_live, read_case_values
from app.console.errors import PageRoute
from app.console.screens import MemberScreen, MemberScreenDep
from app.console.security import page_headers
from app.crypto import new_code
from app.desk import CopyReader
from app.errors import BadRequest, CaseClosed, ConsentMissing, PayloadTooLarge, Refusal
from app.organisation import find_zone

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)


@router.get("/{case_id}/export")
def ask_export(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Say what a sealed copy holds, and the code that will open it."""
    return _page(screen, case_id)


@router.post("/{case_id}/export")
def export(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Return the case as a file sealed under the code on the page it was asked from."""
    form = screen.form
    reader: CopyReader = "counsel" if form.get("reader") == "counsel" else "caller"
    try:
        copy = sealed_copy(screen.visit, case_id, reader, form.get("code"))
    except (BadRequest, ConsentMissing, PayloadTooLarge) as refusal:
        return _page(screen, case_id, refusal)
    copy.headers.update(page_headers(screen.service.settings))
    return copy


def _page(screen: MemberScreen, case_id: UUID, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        case = find_case(db, visit.principal, case_id, lock_row=False)
        if not is_live(case):
            if not visit.principal.may(Permission.ARCHIVE):
                raise CaseClosed
            check_reason(db, visit.principal, case, visit.now)
        values = read_case_values(db, case)
        case_zone = find_zone(db, values.region)
    return screen.form_page(
        "export.html",
        refusal,
        "reader",
        here=f"/cases/{case_id}",
        case=case,
        reference=values.reference,
        case_zone=case_zone,
        code=new_code(),
        typed=screen.form,
    )
