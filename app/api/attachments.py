"""Attachments of a case: voicemails, and what the desk adds; heard and seen only by who may."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app import attachments
from app.access import Permission
from app.api.deps import VisitDep, needs
from app.api.state import Visit

router = APIRouter(prefix="/v1/cases", tags=["cases"])
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
# Only these are shown in a page; anything else is saved.
_INLINE = ("audio/", "image/")


class AttachmentOut(BaseModel):
    """What is attached, without its content."""

    id: UUID
    content_type: str
    size: int
    at: datetime
    author: UUID | None = None
    call: UUID | None = None


async def _content(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/{case_id}/attachments",
    status_code=201,
    dependencies=[needs(Permission.CASES)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in attachments.KINDS
            },
        }
    },
)
def add(
    case_id: UUID,
    visit: VisitDep,
    request: Request,
    content: Annotated[bytes, Depends(_content)],
) -> AttachmentOut:
    """Attach a sound, a picture or a PDF of at most 16 MB; the body is the file itself."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    with visit.transaction() as db:
        row = attachments.add(db, visit.principal, case_id, kind, content, visit.now)
        return AttachmentOut(
            id=row.id, content_type=kind, size=len(content), at=visit.now, author=row.author_id
        )


@router.get("/{case_id}/attachments/{attachment_id}", response_class=Response)
def read(case_id: UUID, attachment_id: UUID, visit: VisitDep, request: Request) -> Response:
    """Return an attachment, or the part of it that ``Range`` asks for. Stands in the audit log."""
    return ranged(visit, case_id, attachment_id, request.headers.get("range"))


def ranged(visit: Visit, case_id: UUID, attachment_id: UUID, asked: str | None) -> Response:
    """Return the asked bytes of an attachment: 200, 206, or 416 for a range it does not have."""
    with visit.transaction() as db:
        found = attachments.opened(db, visit.principal, case_id, attachment_id, visit.now)
        span = _span(asked, found.size)
        if span is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{found.size}"})
        start, end = span
        body = attachments.read(db, found, start, end)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": _disposition(found.content_type, attachment_id),
    }
    if asked is None or (start, end) == (0, found.size):
        return Response(body, media_type=found.content_type, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return Response(body, 206, media_type=found.content_type, headers=headers)


def _disposition(content_type: str, attachment_id: UUID) -> str:
    shown = "inline" if content_type.startswith(_INLINE) else "attachment"
    return f'{shown}; filename="{attachment_id}"'


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """Return start and end of what is asked for; all of it where the header says nothing to us."""
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None
