"""Attachments of a case: voicemails, and what the desk adds; heard and seen only by who may."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.access import Permission
from app.api.answers import RecordOut
from app.api.deps import VisitDep, needs
from app.api.headers import LARGEST_FILE
from app.api.state import Visit
from app.cases import add_attachment, open_attachment, read_attachment, read_thumbnail
from app.errors import BadRequest, PayloadTooLarge, Throttled
from app.media import (
    FAULT_WORDS,
    UNKNOWN_TYPE,
    CleanerFailed,
    CleanFile,
    FileFault,
    FileRefused,
    clean_file,
    find_media_type,
)

router = APIRouter(prefix="/v1/cases", tags=["cases"])
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
# Nothing in a file may run or load anything, should a browser take it for a page.
_SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Browsers show no PDF in a sandbox; their viewers are one.
_OWN_VIEWER = "application/pdf"


# When to try again where files cannot be opened at this moment.
_PAUSE_S = 10


class AttachmentOut(RecordOut):
    """What is attached, without its content.

    `fault` says why a file that came was not kept: then there is nothing to open.
    """

    id: UUID
    content_type: str
    size: int
    at: datetime
    author: UUID | None = None
    call: UUID | None = None
    message: UUID | None = None
    thumbnail: bool = False
    fault: FileFault | None = None


class _InMemory(MultiPartParser):
    """Reads a form with a file in it; nothing of it ever lies in a temporary file."""

    spool_max_size = LARGEST_FILE


async def _sent(request: Request) -> bytes:
    """Return the content of the file: the field ``file`` of a form, or the whole body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return await request.body()
    form = await parse_upload(request)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequest("Send the file as the field called file.")
        return await file.read()
    finally:
        await form.close()


async def parse_upload(request: Request) -> FormData:
    """Return a form with at most one file in it, which lies in memory only. BadRequest."""
    try:
        return await _InMemory(request.headers, request.stream(), max_files=1).parse()
    except (MultiPartException, KeyError) as error:
        raise BadRequest from error


def clean_upload(content: bytes) -> CleanFile:
    """Return an uploaded file as it may be kept. BadRequest, PayloadTooLarge, Throttled."""
    try:
        return clean_file(content)
    except FileRefused as refused:
        if refused.fault == FileFault.LARGE:
            raise PayloadTooLarge from None
        raise BadRequest(f"Not kept: {FAULT_WORDS[refused.fault]}") from None
    except CleanerFailed:
        raise Throttled(_PAUSE_S, busy=True) from None


@router.post(
    "/{case_id}/attachments",
    status_code=201,
    dependencies=[needs(Permission.CASES)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
def add(case_id: UUID, visit: VisitDep, content: Annotated[bytes, Depends(_sent)]) -> AttachmentOut:
    """Attach a picture (JPEG, PNG, WebP, GIF), a PDF or a sound of at most 16 MB.

    Its bytes tell its type. It is opened in a process of its own and written anew: without EXIF,
    place, author, script or attached file. 400 says why a file is not kept; 503: try again.
    """
    file = clean_upload(content)
    with visit.transaction() as db:
        row = add_attachment(db, visit.principal, case_id, file, visit.now)
        return AttachmentOut(
            id=row.id,
            content_type=file.content_type,
            size=len(file.content),
            at=visit.now,
            author=row.author_id,
            thumbnail=bool(file.thumbnail),
        )


@router.get(
    "/{case_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={
        status: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
        for status in (200, 206, 416)
    },
)
def read(case_id: UUID, attachment_id: UUID, visit: VisitDep, request: Request) -> Response:
    """Return an attachment, or the part of it that ``Range`` asks for. Stands in the audit log.

    Its bytes decide its type: a sound, JPEG, PNG or PDF is shown; anything else is
    `application/octet-stream`, to be saved. One of a closed case needs the archive, and a reason
    given before at `/break-glass`: else 409 `case-closed`.
    """
    return ranged(visit, case_id, attachment_id, request.headers.get("range"))


@router.get(
    "/{case_id}/attachments/{attachment_id}/thumbnail",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {"schema": {"type": "string"}}}}},
)
def thumbnail(case_id: UUID, attachment_id: UUID, visit: VisitDep) -> Response:
    """Return the small picture (JPEG) of a picture. Stands in the audit log as reading it does."""
    return small(visit, case_id, attachment_id)


def small(visit: Visit, case_id: UUID, attachment_id: UUID) -> Response:
    """Return the thumbnail of an attachment; NotFound where it has none."""
    with visit.transaction() as db:
        found = open_attachment(db, visit.principal, case_id, attachment_id, visit.now)
        body = read_thumbnail(db, found)
    kind = find_media_type(body)
    return Response(body, media_type=kind, headers=_careful(kind, attachment_id))


def ranged(visit: Visit, case_id: UUID, attachment_id: UUID, asked: str | None) -> Response:
    """Return the asked bytes of an attachment: 200, 206, or 416 for a range it does not have."""
    with visit.transaction() as db:
        found = open_attachment(db, visit.principal, case_id, attachment_id, visit.now)
        span = _span(asked, found.size)
        if span is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{found.size}"})
        start, end = span
        body = read_attachment(db, found, start, end)
    headers = {"Accept-Ranges": "bytes", **_careful(found.content_type, attachment_id)}
    if asked is None or (start, end) == (0, found.size):
        return Response(body, media_type=found.content_type, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return Response(body, 206, media_type=found.content_type, headers=headers)


def _careful(content_type: str, attachment_id: UUID) -> dict[str, str]:
    """Return the headers that keep a file from being anything but what its bytes are."""
    shown = "attachment" if content_type == UNKNOWN_TYPE else "inline"
    headers = {
        "Content-Disposition": f'{shown}; filename="{attachment_id}"',
        "X-Content-Type-Options": "nosniff",
    }
    if content_type != _OWN_VIEWER:
        headers["Content-Security-Policy"] = _SANDBOX
    return headers


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
