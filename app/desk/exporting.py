"""A case as a sealed file, for the caller who asks what is kept, or for the caller's counsel.

What the caller said and agreed to, what was written to them, the facts, dates and documents of the
case; not the desk's notes, nobody of the desk, no number: the file leaves our protection, and may
be opened on a phone that is searched. It is made while somebody waits for it and kept nowhere.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app import audit
from app.access import Principal
from app.cases import (
    AttachmentContent,
    check_consent,
    open_attachment,
    read_attachment,
    spell_safe_hours,
)
from app.crypto import is_code, lock_file
from app.desk.case_file import CaseFile
from app.desk.copy_text import NOT_KEPT, CopyReader, write_copy_text
from app.desk.quotes import is_unseen
from app.desk.reading import read_case
from app.errors import BadRequest, CaseClosed, PayloadTooLarge
from app.models import DetentionDetails
from app.organisation import find_zone
from app.store import Db

LARGEST_COPY = 32 << 20
COPY_NAME = "case"
_SUFFIXES: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
}
_DATE = ("kind", "state", "starts_at", "ends_at", "place", "meeting_place")
_MESSAGE = ("at", "direction", "channel", "body", "status")
_CONSENT = ("scope", "granted", "methods", "at")


@dataclass(frozen=True)
class OpenedCopy:
    """A case opened for a copy: for people, for programs, and its documents by their new names."""

    text: str = field(repr=False)
    told: Mapping[str, Any] = field(repr=False)
    documents: Mapping[str, AttachmentContent] = field(repr=False)


def open_copy(
    db: Db, principal: Principal, case_id: UUID, reader: CopyReader, now: datetime
) -> OpenedCopy:
    """Open the case; reading it and the copy stand in the audit log.

    NotFound, CaseErased, CaseClosed for whoever may not open it, ReasonMissing for the archive,
    ConsentMissing for counsel, PayloadTooLarge.
    """
    file = read_case(db, principal, case_id, now)
    if not file.opened:
        raise CaseClosed
    if reader == "counsel":
        check_consent(db, file.line.case, "legal")
    if sum(one.size for one in file.attachments) > LARGEST_COPY:
        raise PayloadTooLarge
    kept = [one for one in file.attachments if one.fault is None]
    opened = [open_attachment(db, principal, case_id, one.id, now) for one in kept]
    documents = {_file_name(place, one): one for place, one in enumerate(opened, 1)}
    names = {one.row.id: name for name, one in documents.items()}
    audit.record(db, "case.exported", principal.member_id, case_id, now)
    zone = find_zone(db, file.line.values.region)
    text = write_copy_text(file, names, reader, zone, now)
    return OpenedCopy(text, _told(file, names, zone, now), documents)


def seal_copy(db: Db, opened: OpenedCopy, code: str) -> bytes:
    """Return the copy sealed under ``code``; nobody's writing waits for that. BadRequest.

    The code has to be of the form of ``new_code``.
    """
    if not is_code(code):
        raise BadRequest("The code has 26 letters and digits, from A to Z and from 2 to 7.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # sounds and pictures are compressed already
        archive.writestr(f"{COPY_NAME}.txt", opened.text)
        archive.writestr(f"{COPY_NAME}.json", _write_json(opened.told))
        for name, content in opened.documents.items():
            archive.writestr(name, read_attachment(db, content, 0, content.size))
    return lock_file(code, packed.getvalue())


def _file_name(place: int, attachment: AttachmentContent) -> str:
    return f"attachments/{place}.{_SUFFIXES.get(attachment.content_type, 'bin')}"


def _told(
    file: CaseFile, files: Mapping[UUID, str], zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """Return the case for programs: codes, and instants with the offset of ``time_zone``."""
    values = file.line.values
    told: dict[str, Any] = {
        "reference": values.reference,
        "made_at": now,
        "time_zone": zone.key,
        "situation": values.situation,
        "language": values.language,
        "region": values.region,
        "outcome": values.outcome,
        "fields": {name: value for name, value in file.fields.items() if value is not None},
        "messages": [_choose(message, _MESSAGE) for message in file.messages],
        "dates": [_choose(event, _DATE) for event in file.events],
        "detentions": [_tell_stay(stay) for _, stay in file.episodes],
        "calls": [{"at": call.at, "direction": call.direction} for call in file.calls],
        "consents": [
            {**_choose(said, _CONSENT), "hours": spell_safe_hours(said.hours)}
            for said in file.consents
        ],
        "attachments": [
            {"file": files.get(one.id, NOT_KEPT), "at": one.at, "size": one.size}
            for one in file.attachments
        ],
    }
    return told


def _tell_stay(stay: DetentionDetails) -> dict[str, Any]:
    return {
        "place": stay.place,
        "from": stay.since,
        "to": stay.until,
        "reviews": [{"at": one.at, "outcome": one.outcome} for one in stay.reviews],
        "next_review": stay.next_review,
    }


def _choose(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _write_json(told: Mapping[str, Any]) -> str:
    """Return what is told as JSON. What would move the cursor or the eye stays an escape."""
    zone = ZoneInfo(told["time_zone"])

    def spell(value: Any) -> str:
        at = value.astimezone(zone) if isinstance(value, datetime) else value
        return str(at.isoformat())

    written = json.dumps(told, ensure_ascii=False, indent=2, default=spell)
    return "".join(
        json.dumps(mark)[1:-1] if mark != "\n" and is_unseen(mark) else mark for mark in written
    )
