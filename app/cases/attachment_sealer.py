"""Sealing a file of a case piece by piece.

Each file has a key of its own, sealed to the public key of its case: everybody can add a file, and
only people who open the case can open it. A part holds a quarter of a megabyte. It is bound to its
file and to its number, and the sealed details count the parts, so nobody can move or drop one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from sqlalchemy import delete, insert

from app.crypto import SealBroken, new_seed
from app.errors import PayloadTooLarge
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
    seal_field,
)

# With its length before it, a whole part fills pages of 4 kB, to which the last one is padded.
PART_SIZE = (1 << 18) - 4
LARGEST_ATTACHMENT = 16 << 20
VOICEMAIL_TYPE = "audio/wav"


class AttachmentSealer:
    """Seals what is added to it, piece by piece; the plaintext is nowhere kept."""

    def __init__(
        self,
        keys: Keyring,
        case: Case,
        attachment_id: UUID | None = None,
        *,
        epoch: int | None = None,
    ) -> None:
        """Take the case as it is now, or as it was in an older ``epoch``.

        ``attachment_id``: where doing it twice is doing it once.
        """
        self.id, self.case_id = attachment_id or uuid4(), case.id
        self.epoch = case.epoch if epoch is None else epoch
        self.size, self.parts, self.thumbnail = 0, list[bytes](), False
        # Why there is no file, where it was not kept; then nothing is added.
        self.fault: str | None = None
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

    def finish(self, thumbnail: bytes = b"") -> None:
        """Seal what is left; the last part is the shorter one. A thumbnail comes behind it."""
        self._seal(bytes(self._rest))
        self._rest.clear()
        self.thumbnail = bool(thumbnail)
        if thumbnail:
            self._digest.update(thumbnail)
            self._seal(thumbnail)

    def describe(self, content_type: str, now: datetime) -> AttachmentDetails:
        """Return what is known of the file without opening it."""
        return AttachmentDetails(
            content_type=content_type,
            size=self.size,
            parts=len(self.parts) - self.thumbnail,
            at=now,
            thumbnail=self.thumbnail,
            fault=self.fault,
        )

    def _seal(self, piece: bytes) -> None:
        place = place_part(self.id, len(self.parts), self.case_id, self.epoch)
        self.parts.append(lock_field(self._keys, ATTACHMENT_PART, place, piece, self.key))

    def is_stored(self, db: Db) -> bool:
        """Whether what lies in the database opens, whole, to what was added."""
        again, count = hashlib.sha256(), 0
        try:
            for body in read_bodies(db, self.id):
                place = place_part(self.id, count, self.case_id, self.epoch)
                again.update(open_field(db.keys, ATTACHMENT_PART, place, body, self.key))
                count += 1
        except SealBroken:
            return False
        return count == len(self.parts) and again.digest() == self._digest.digest()


def place_part(attachment_id: UUID, number: int, case_id: UUID, epoch: int) -> SealedPlace:
    """Return the place to which a part is bound."""
    part_id = make_part_id(attachment_id, number)
    return ATTACHMENT_PART.place(part_id, epoch, attachment_id=attachment_id, case_id=case_id)


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
    message_id: UUID | None = None,
) -> None:
    """Add a sealed file to its case; it replaces what an earlier try left behind."""
    db.execute(delete(AttachmentPart).where(AttachmentPart.attachment_id == sealer.id))
    db.execute(delete(Attachment).where(Attachment.id == sealer.id))
    case.last_position = position_after(case.last_position, now)
    details = sealer.describe(content_type, now)
    public = find_public_key(db, case.id, sealer.epoch)
    key_place = ATTACHMENT_KEY.place(sealer.id, sealer.epoch, case_id=case.id)
    place = ATTACHMENT_DETAILS.place(sealer.id, sealer.epoch, case_id=case.id)
    db.add(
        Attachment(
            id=sealer.id,
            case_id=case.id,
            call_id=call_id,
            message_id=message_id,
            author_id=author,
            epoch=sealer.epoch,
            position=case.last_position,
            key=seal_field(db.keys, ATTACHMENT_KEY, key_place, sealer.key, public),
            details=seal_field(db.keys, ATTACHMENT_DETAILS, place, details, public),
            details_epoch=sealer.epoch,
        )
    )
    db.flush()
    for number, body in enumerate(sealer.parts):
        _store_part(db, sealer, number, body)


def _store_part(db: Db, sealer: AttachmentSealer, number: int, body: bytes) -> None:
    values = {
        "id": make_part_id(sealer.id, number),
        "attachment_id": sealer.id,
        "case_id": sealer.case_id,
        "epoch": sealer.epoch,
        "number": number,
        "body": body,
    }
    db.execute(insert(AttachmentPart), [values])  # a statement each: one part at a time in memory


def read_bodies(db: Db, attachment_id: UUID) -> Iterator[bytes]:
    """Yield the sealed parts of a file in order, its thumbnail last, one at a time."""
    for number in range(LARGEST_ATTACHMENT // PART_SIZE + 2):
        body = read_body(db, attachment_id, number)
        if not body:
            return
        yield body


def read_body(db: Db, attachment_id: UUID, number: int) -> bytes:
    """Return a sealed part of a file; empty where there is no such part."""
    part = db.get(AttachmentPart, make_part_id(attachment_id, number))
    if part is None:
        return b""
    body: bytes = part.body
    db.expunge(part)  # one part at a time is enough to hold
    return body
