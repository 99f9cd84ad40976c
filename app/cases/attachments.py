"""Recordings, pictures and documents of a case, sealed piece by piece.

Each has a key of its own, sealed to the case's public key; anybody can add one, only who opens the
case opens it. Its parts are a quarter of a megabyte each: a part is bound to the attachment and to
its number, and the sealed details say how many there are, so that none can be moved or left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import delete, func, insert, select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case, open_case_keys
from app.crypto import CaseKeys, SealBroken, Secret, new_seed
from app.errors import BadRequest, NotFound, PayloadTooLarge
from app.keyring import Keyring
from app.models import Attachment, AttachmentDetails, AttachmentPart, Case
from app.store import Db, position_after
from app.vault import (
    ATTACHMENT_DETAILS,
    ATTACHMENT_KEY,
    ATTACHMENT_PART,
    SealedPlace,
    find_public_key,
    lock_field,
    open_field,
    read_field,
    seal_columns,
    seal_field,
)

# With its length before it, a whole part fills pages of 4 kB, to which the last one is padded.
PART_SIZE = (1 << 18) - 4
LARGEST_ATTACHMENT = 16 << 20
VOICEMAIL_TYPE = "audio/wav"
# What a colleague's computer can show without running anything of it.
ATTACHMENT_TYPES = (
    VOICEMAIL_TYPE,
    "audio/mpeg",
    "audio/ogg",
    "audio/mp4",
    "image/jpeg",
    "image/png",
    "application/pdf",
)


class AttachmentSealer:
    """Seals what is added to it, piece by piece; the plaintext is nowhere kept."""

    def __init__(self, keys: Keyring, case: Case, attachment_id: UUID | None = None) -> None:
        """Take the case as it is now; ``attachment_id`` where doing it twice is doing it once."""
        self.id, self.case_id, self.epoch = attachment_id or uuid4(), case.id, case.epoch
        self.size, self.parts = 0, list[bytes]()
        self.key, self._keys = new_seed(), keys
        self._digest, self._rest = hashlib.sha256(), bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next bytes. PayloadTooLarge."""
        self.size += len(piece)
        if self.size > LARGEST_ATTACHMENT:
            raise PayloadTooLarge
        self._digest.update(piece)
        self._rest += piece
        while len(self._rest) >= PART_SIZE:
            self._seal(bytes(self._rest[:PART_SIZE]))
            del self._rest[:PART_SIZE]

    def finish(self) -> None:
        """Seal what is left; the last part is the shorter one."""
        self._seal(bytes(self._rest))
        self._rest.clear()

    def _seal(self, piece: bytes) -> None:
        place = _part(self.id, len(self.parts), self.case_id, self.epoch)
        self.parts.append(lock_field(self._keys, ATTACHMENT_PART, place, piece, self.key))

    def is_stored(self, db: Db) -> bool:
        """Whether what lies in the database opens, whole, to what was added."""
        again, count = hashlib.sha256(), 0
        try:
            for body in _bodies(db, self.id):
                place = _part(self.id, count, self.case_id, self.epoch)
                again.update(open_field(db.keys, ATTACHMENT_PART, place, body, self.key))
                count += 1
        except SealBroken:
            return False
        return count == len(self.parts) and again.digest() == self._digest.digest()


def _part(attachment_id: UUID, number: int, case_id: UUID, epoch: int) -> SealedPlace:
    return SealedPlace(make_part_id(attachment_id, number), epoch, case_id)


def make_part_id(attachment_id: UUID, number: int) -> UUID:
    """Return the id of a part, which says whose it is and which."""
    return uuid5(attachment_id, str(number))


def store_attachment(
    db: Db,
    case: Case,
    sealer: AttachmentSealer,
    content_type: str,
    now: datetime,
    *,
    author: UUID | None = None,
    call_id: UUID | None = None,
) -> None:
    """Add what was sealed to its case, in place of an earlier try."""
    db.execute(delete(AttachmentPart).where(AttachmentPart.attachment_id == sealer.id))
    db.execute(delete(Attachment).where(Attachment.id == sealer.id))
    case.last_position = position_after(case.last_position, now)
    details = AttachmentDetails(
        content_type=content_type, size=sealer.size, parts=len(sealer.parts), at=now
    )
    public = find_public_key(db, case.id, sealer.epoch)
    place = SealedPlace(sealer.id, sealer.epoch, case.id)
    db.add(
        Attachment(
            id=sealer.id,
            case_id=case.id,
            call_id=call_id,
            author_id=author,
            epoch=sealer.epoch,
            position=case.last_position,
            key=seal_field(db.keys, ATTACHMENT_KEY, place, sealer.key, public),
            **seal_columns(db, ATTACHMENT_DETAILS, case, sealer.id, details),
        )
    )
    db.flush()
    for number, body in enumerate(sealer.parts):
        values = {
            "id": make_part_id(sealer.id, number),
            "attachment_id": sealer.id,
            "case_id": case.id,
            "epoch": sealer.epoch,
            "number": number,
            "body": body,
        }
        db.execute(insert(AttachmentPart), [values])


def add_attachment(
    db: Db, principal: Principal, case_id: UUID, content_type: str, content: bytes, now: datetime
) -> Attachment:
    """Attach a file to a live case. BadRequest, PayloadTooLarge, CaseClosed."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if content_type not in ATTACHMENT_TYPES or not content:
        raise BadRequest("A sound, a picture (JPEG, PNG) or a PDF can be attached.")
    sealer = AttachmentSealer(db.keys, case)
    sealer.add(content)
    sealer.finish()
    store_attachment(db, case, sealer, content_type, now, author=principal.member_id)
    audit.record(db, "attachment.added", principal.member_id, case.id, now)
    return db.get_one(Attachment, sealer.id)


# -- reading


def list_attachments(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[dict[str, Any]]:
    """Return what is attached to some cases, without the content."""
    query = select(Attachment).where(Attachment.case_id.in_(keys)).order_by(Attachment.position)
    return [
        _describe(row, read_field(db, ATTACHMENT_DETAILS, row, keys[row.case_id]))
        for row in db.scalars(query)
    ]


def _describe(row: Attachment, details: AttachmentDetails) -> dict[str, Any]:
    return {
        "id": row.id,
        "author": row.author_id,
        "call": row.call_id,
        "content_type": details.content_type,
        "size": details.size,
        "parts": details.parts,
        "at": details.at,
    }


@dataclass(frozen=True)
class AttachmentContent:
    """An attachment opened for one request; ``key`` opens its parts."""

    row: Attachment
    key: Secret = field(repr=False)
    content_type: str
    size: int
    parts: int


def open_attachment(
    db: Db, principal: Principal, case_id: UUID, attachment_id: UUID, now: datetime
) -> AttachmentContent:
    """Open an attachment of a case, and write that down. NotFound, CaseErased, Forbidden."""
    case = find_case(db, principal, case_id)
    row = db.get(Attachment, attachment_id)
    if row is None or row.case_id not in _tree(db, case):
        raise NotFound
    owner = db.get_one(Case, row.case_id)
    keys = open_case_keys(db, principal, owner)
    details = read_field(db, ATTACHMENT_DETAILS, row, keys)
    key = read_field(db, ATTACHMENT_KEY, row, keys)
    of = AttachmentPart.attachment_id == row.id
    stored = db.scalar(select(func.count()).select_from(AttachmentPart).where(of))
    if stored != details.parts:
        raise SealBroken
    audit.record(db, "attachment.read", principal.member_id, case.id, now)
    return AttachmentContent(row, key, details.content_type, details.size, details.parts)


def _tree(db: Db, case: Case) -> set[UUID]:
    merged = db.scalars(select(Case.id).where(Case.merged_into == case.id))
    return {case.id, *merged}


def read_attachment(db: Db, content: AttachmentContent, start: int, end: int) -> bytes:
    """Return the bytes from ``start`` until before ``end``. SealBroken.

    All of it is verified before a byte of it leaves, also where a few are asked for.
    """
    row, at, found = content.row, 0, bytearray()
    for number, body in enumerate(_bodies(db, row.id)):
        place = _part(row.id, number, row.case_id, row.epoch)
        piece = open_field(db.keys, ATTACHMENT_PART, place, body, content.key)
        found += piece[max(0, start - at) : max(0, end - at)]
        at += len(piece)
    if at != content.size:
        raise SealBroken
    return bytes(found)


def _bodies(db: Db, attachment_id: UUID) -> Iterator[bytes]:
    for number in range(LARGEST_ATTACHMENT // PART_SIZE + 1):
        part = db.get(AttachmentPart, make_part_id(attachment_id, number))
        if part is None:
            return
        body: bytes = part.body
        db.expunge(part)  # one part at a time is enough to hold
        yield body
