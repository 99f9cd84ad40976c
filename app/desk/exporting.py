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
from typing import Any, Literal
from uuid import UUID

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
from app.desk.case_file import CaseFile, RecordedConsent
from app.desk.reading import read_case
from app.errors import BadRequest, CaseClosed, PayloadTooLarge
from app.store import Db

LARGEST_COPY = 32 << 20
COPY_NAME = "case"
CopyReader = Literal["caller", "counsel"]
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


@dataclass(frozen=True)
class OpenedCopy:
    """A case opened for a copy of it: what is told, and its documents by the names they get."""

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
    opened = [open_attachment(db, principal, case_id, one.id, now) for one in file.attachments]
    documents = {_file_name(place, one): one for place, one in enumerate(opened, 1)}
    names = {one.row.id: name for name, one in documents.items()}
    audit.record(db, "case.exported", principal.member_id, case_id, now)
    return OpenedCopy(_told(file, names, now), documents)


def seal_copy(db: Db, opened: OpenedCopy, code: str) -> bytes:
    """Return the copy sealed under ``code``; nobody's writing waits for that. BadRequest.

    The code has to be of the form of ``new_code``.
    """
    if not is_code(code):
        raise BadRequest("The code has 26 letters and digits, from A to Z and from 2 to 7.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # sounds and pictures are compressed already
        archive.writestr(f"{COPY_NAME}.txt", "\n".join(_lines(opened.told)) + "\n")
        archive.writestr(f"{COPY_NAME}.json", json.dumps(opened.told, ensure_ascii=False, indent=2))
        for name, content in opened.documents.items():
            archive.writestr(name, read_attachment(db, content, 0, content.size))
    return lock_file(code, packed.getvalue())


def _file_name(place: int, attachment: AttachmentContent) -> str:
    return f"attachments/{place}.{_SUFFIXES.get(attachment.content_type, 'bin')}"


def _told(file: CaseFile, files: Mapping[UUID, str], now: datetime) -> dict[str, Any]:
    values = file.line.values
    return {
        "reference": values.reference,
        "made_at": _text(now),
        "situation": values.situation,
        "language": values.language,
        "region": values.region,
        "outcome": values.outcome,
        "fields": {name: value for name, value in file.fields.items() if value is not None},
        "messages": [_chosen(message, _MESSAGE) for message in file.messages],
        "dates": [_chosen(event, _DATE) for event in file.events],
        "detentions": [
            {
                "place": stay.place,
                "from": _text(stay.since),
                "to": _text(stay.until),
                "reviews": [{"at": _text(one.at), "outcome": one.outcome} for one in stay.reviews],
                "next_review": _text(stay.next_review),
            }
            for _, stay in file.episodes
        ],
        "calls": [{"at": _text(call.at), "direction": call.direction} for call in file.calls],
        "consents": [_consent(consent) for consent in file.consents],
        "attachments": [
            {"file": files[one.id], "at": _text(one.at), "size": one.size}
            for one in file.attachments
        ],
    }


def _consent(said: RecordedConsent) -> dict[str, Any]:
    return {
        "scope": said.scope,
        "granted": said.granted,
        "methods": list(said.methods),
        "hours": spell_safe_hours(said.hours),
        "at": _text(said.at),
    }


def _chosen(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: _text(getattr(row, name)) for name in names}


def _text(value: Any) -> Any:
    """Return a time or day as text, anything else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _lines(told: Mapping[str, Any]) -> Iterable[str]:
    """Say the same for reading: a heading, then a line for each thing."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _part(name, [f"{_words(key)}: {one}" for key, one in value.items()])
        elif isinstance(value, list):
            yield from _part(name, [_line(one) for one in value])
        elif value is not None:
            yield f"{_words(name)}: {value}"


def _part(name: str, lines: list[str]) -> Iterable[str]:
    yield from ("", _words(name).upper(), *(lines or ["none"]))


def _line(one: Mapping[str, Any]) -> str:
    known = {name: value for name, value in one.items() if value not in (None, [], "")}
    return "; ".join(f"{_words(name)}: {_plain(value)}" for name, value in known.items())


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _line(value)
    return ", ".join(_plain(one) for one in value) if isinstance(value, list) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
