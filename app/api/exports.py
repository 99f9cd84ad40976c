"""A case as a sealed file."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import VisitDep
from app.api.state import Visit
from app.crypto import new_code
from app.desk import COPY_NAME, CopyReader, open_copy, seal_copy

router = APIRouter(prefix="/v1/cases", tags=["cases"])
MEDIA_TYPE = "application/octet-stream"


@router.get(
    "/{case_id}/export",
    response_class=Response,
    responses={
        200: {
            "description": "The sealed file; `kith open` opens it with the code.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "Kith-Code": {
                    "description": "what opens this file: said once, kept nowhere",
                    "schema": {"type": "string"},
                }
            },
        }
    },
)
def export(
    case_id: UUID,
    visit: VisitDep,
    reader: Annotated[
        CopyReader, Query(alias="for", description="counsel needs the consent `legal`")
    ] = "caller",
) -> Response:
    """Return the case as a sealed file, for the caller or counsel. Stands in the audit log.

    In it are the texts, facts, dates, consents and documents; not the desk's notes, no number.
    A closed case needs the archive, and a reason given before at `/break-glass`.
    """
    code = new_code()
    copy = sealed_copy(visit, case_id, reader, code)
    copy.headers["Kith-Code"] = code
    return copy


def sealed_copy(visit: Visit, case_id: UUID, reader: CopyReader, code: str) -> Response:
    """Return the file. Nobody's writing waits while it is packed and sealed."""
    with visit.transaction() as db:
        opened = open_copy(db, visit.principal, case_id, reader, visit.now)
    with visit.snapshot() as db:
        sealed = seal_copy(db, opened, code)
    headers = {"Content-Disposition": f'attachment; filename="{COPY_NAME}.sealed"'}
    return Response(sealed, media_type=MEDIA_TYPE, headers=headers)
