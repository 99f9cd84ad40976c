"""Hand-over notes: one shift leaves them for the next, and the desk alone reads them.

They may be about cases, so they are sealed as notes of cases are, to people: each has a random key
of its own, and that key is sealed to the desk team's current key, under the forgetting layer. The
note goes with its key, from all copies of the database within a week.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit
from app.access import DESK, Permission, Principal
from app.crypto import new_seed
from app.errors import BadRequest, Forbidden, NotFound
from app.models import HandoverNote, NoteBody, Shift, rounded
from app.store import Db
from app.vault import (
    HANDOVER_BODY,
    HANDOVER_KEY,
    Recipient,
    lock_field,
    open_team_keys,
    read_field,
    read_roster,
    unwrap_key,
    wrap_key,
)

LONGEST_HANDOVER = 20_000
HANDOVER_LIFE = timedelta(days=14)
_NEWEST = 20


@dataclass(frozen=True)
class ShiftNote:
    """One note, opened."""

    id: UUID
    author: UUID
    at: datetime
    body: str = field(repr=False)


def write_handover(db: Db, principal: Principal, shift_id: UUID, body: str, now: datetime) -> UUID:
    """Leave a note for the desk's next shift; it stays for a fortnight. BadRequest, NotFound."""
    principal.require(Permission.CASES)
    if db.get(Shift, shift_id) is None:
        raise NotFound
    if not body.strip() or len(body) > LONGEST_HANDOVER:
        raise BadRequest("A note has between 1 and 20000 characters.")
    note_id, key = uuid4(), new_seed()
    desk = read_roster(db).teams[DESK]
    to = Recipient(desk.public, desk.epoch)
    parents = {"shift_id": shift_id, "author_id": principal.member_id}
    place = HANDOVER_BODY.place(note_id, desk.epoch, version=0, **parents)
    db.add(
        HandoverNote(
            at=rounded(now),
            team_epoch=desk.epoch,
            body=lock_field(db.keys, HANDOVER_BODY, place, NoteBody(body=body, at=now), key),
            **wrap_key(db, HANDOVER_KEY, note_id, key, to, now, parents),
        )
    )
    db.flush()
    audit.record(db, "handover.written", principal.member_id, shift_id, now)
    return note_id


def read_handovers(db: Db, principal: Principal, shift_id: UUID, now: datetime) -> list[ShiftNote]:
    """Open the newest notes of a shift, newest first; this is recorded. NotFound, Forbidden.

    Those from before the member came to the desk are left out: they hold no key of that time.
    """
    principal.require(Permission.CASES)
    if db.get(Shift, shift_id) is None:
        raise NotFound
    newest = select(HandoverNote).where(HandoverNote.shift_id == shift_id)
    rows = db.scalars(newest.order_by(HandoverNote.at.desc(), HandoverNote.id).limit(_NEWEST))
    opened = [note for row in rows if (note := _open(db, principal, row))]
    if opened:
        audit.record(db, "handover.read", principal.member_id, shift_id, now)
    return sorted(opened, key=lambda note: note.at, reverse=True)


def _open(db: Db, principal: Principal, row: HandoverNote) -> ShiftNote | None:
    try:
        team = open_team_keys(db, principal, DESK, row.team_epoch)
    except Forbidden:
        return None
    key = unwrap_key(db, HANDOVER_KEY, row, team.pair, row.team_epoch)
    content = read_field(db, HANDOVER_BODY, row, {row.team_epoch: key})
    return ShiftNote(row.id, row.author_id, content.at, content.body)


def forget_old_handovers(db: Db, now: datetime) -> None:
    """Delete notes that have had their fortnight."""
    db.execute(delete(HandoverNote).where(HandoverNote.at < now - HANDOVER_LIFE))
