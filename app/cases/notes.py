"""What the desk writes: replies, notes, consents. All sealed to the case's public key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case
from app.errors import BadRequest
from app.models import Case, Note, NoteBody
from app.store import Db, position_after
from app.vault import NOTE_BODY, seal_for_case

LONGEST_NOTE = 20_000


def add_note(
    db: Db, principal: Principal, case_id: UUID, body: str, now: datetime, kind: str = "note"
) -> Note:
    """Write a note for the desk. BadRequest."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if not body.strip() or len(body) > LONGEST_NOTE:
        raise BadRequest("A note has between 1 and 20000 characters.")
    row = write_note(db, case, principal.member_id, kind, body, now)
    audit.record(db, "case.noted", principal.member_id, case.id, now)
    return row


def write_note(db: Db, case: Case, author: UUID, kind: str, body: str, now: datetime) -> Note:
    """Add a note to a case, whatever its state; no key of it is needed."""
    note_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    row = Note(
        id=note_id,
        case_id=case.id,
        epoch=case.epoch,
        position=case.last_position,
        author_id=author,
        kind=kind,
        body=seal_for_case(
            db, NOTE_BODY, case, note_id, NoteBody(body=body, at=now), author_id=author
        ),
    )
    db.add(row)
    return row
