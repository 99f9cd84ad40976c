"""Files of a case (recordings, pictures, documents): the desk lists, adds and opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app import audit
from app.access import Permission, Principal
from app.cases.archive import open_archive
from app.cases.attachment_sealer import (
    AttachmentSealer,
    place_part,
    read_body,
    store_attachment,
)
from app.cases.case import find_case, open_case_keys
from app.cases.states import is_live
from app.crypto import CaseKeys, SealBroken, Secret
from app.errors import NotFound
from app.media import UNKNOWN_TYPE, CleanFile, find_media_type
from app.models import Attachment, AttachmentDetails, AttachmentPart, Case
from app.store import Db, show_rows
from app.vault import ATTACHMENT_DETAILS, ATTACHMENT_KEY, ATTACHMENT_PART, open_field, read_field


def add_attachment(
    db: Db, principal: Principal, case_id: UUID, file: CleanFile, now: datetime
) -> Attachment:
    """Attach a file, which ``clean_file`` wrote anew, to a live case. NotFound, CaseClosed."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    sealer = AttachmentSealer(db.keys, case)
    sealer.add(file.content)
    sealer.finish(file.thumbnail)
    store_attachment(db, case, sealer, file.content_type, now, author=principal.member_id)
    audit.record(db, "attachment.added", principal.member_id, case.id, now)
    return db.get_one(Attachment, sealer.id)


@dataclass(frozen=True)
class AttachedFile:
    """What the desk sees of a file before anybody opens it. ``size`` is in bytes.

    ``author`` is the member who added it; None for a file that came from the caller. ``call`` or
    ``message`` is what it came with. ``fault`` says why a file was not kept: then there is nothing
    to open.
    """

    id: UUID
    author: UUID | None
    call: UUID | None
    content_type: str
    size: int
    parts: int
    at: datetime
    message: UUID | None = None
    thumbnail: bool = False
    fault: str | None = None


def list_attachments(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[AttachedFile]:
    """Return the files of some cases in the order they came, without their content."""
    query = select(Attachment).where(Attachment.case_id.in_(keys)).order_by(Attachment.position)

    def describe(row: Attachment) -> AttachedFile:
        return describe_attachment(row, read_field(db, ATTACHMENT_DETAILS, row, keys[row.case_id]))

    return show_rows(db, query, describe)


def describe_attachment(row: Attachment, details: AttachmentDetails) -> AttachedFile:
    """Return a file as the desk sees it."""
    return AttachedFile(
        row.id,
        row.author_id,
        row.call_id,
        details.content_type,
        details.size,
        details.parts,
        details.at,
        row.message_id,
        details.thumbnail,
        details.fault,
    )


@dataclass(frozen=True)
class AttachmentContent:
    """An attachment opened for one request; ``key`` opens its parts.

    ``content_type`` is what its first bytes are, whatever was stored.
    """

    row: Attachment
    key: Secret = field(repr=False)
    content_type: str
    size: int
    parts: int
    thumbnail: bool


def open_attachment(
    db: Db, principal: Principal, case_id: UUID, attachment_id: UUID, now: datetime
) -> AttachmentContent:
    """Open an attachment of a case, and write that down.

    NotFound, also for a file that was not kept; CaseErased, Forbidden; ReasonMissing where it
    belongs to a closed case.
    """
    case = find_case(db, principal, case_id)
    row = db.get(Attachment, attachment_id)
    if row is None or row.case_id not in _tree(db, case):
        raise NotFound
    owner = db.get_one(Case, row.case_id)
    if is_live(owner):
        keys = open_case_keys(db, principal, owner)
    else:
        keys = open_archive(db, principal, case, [owner], now)[owner.id]
    details = read_field(db, ATTACHMENT_DETAILS, row, keys)
    if details.fault is not None:
        raise NotFound
    key = read_field(db, ATTACHMENT_KEY, row, keys)
    of = AttachmentPart.attachment_id == row.id
    stored = db.scalar(select(func.count()).select_from(AttachmentPart).where(of))
    if stored != details.parts + details.thumbnail:
        raise SealBroken
    audit.record(db, "attachment.read", principal.member_id, case.id, now)
    sealed = AttachmentContent(
        row, key, UNKNOWN_TYPE, details.size, details.parts, details.thumbnail
    )
    return replace(sealed, content_type=find_media_type(_open_part(db, sealed, 0)))


def _tree(db: Db, case: Case) -> set[UUID]:
    merged = db.scalars(select(Case).where(Case.merged_into == case.id))
    return {case.id, *(one.id for one in merged)}


def read_attachment(db: Db, content: AttachmentContent, start: int, end: int) -> bytes:
    """Return the bytes from ``start`` until before ``end``. SealBroken.

    All of it is verified before a byte of it leaves, also where a few are asked for.
    """
    at, found = 0, bytearray()
    for number in range(content.parts):
        piece = _open_part(db, content, number)
        found += piece[max(0, start - at) : max(0, end - at)]
        at += len(piece)
    if at != content.size:
        raise SealBroken
    return bytes(found)


def read_thumbnail(db: Db, content: AttachmentContent) -> bytes:
    """Return the small picture of an attachment. NotFound where it has none; SealBroken."""
    if not content.thumbnail:
        raise NotFound
    return _open_part(db, content, content.parts)


def _open_part(db: Db, content: AttachmentContent, number: int) -> bytes:
    row = content.row
    place = place_part(row.id, number, row.case_id, row.epoch)
    return open_field(db.keys, ATTACHMENT_PART, place, read_body(db, row.id, number), content.key)
