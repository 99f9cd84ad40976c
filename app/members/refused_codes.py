"""A right passphrase with a wrong code: somebody may have the passphrase, so its owner hears of it.

The answer to that sign-in is the same as to any other wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app import audit
from app.errors import Unauthenticated
from app.models import AuditEntry, Member
from app.outbox import queue_notice
from app.paging import find_reachable_phone
from app.store import Database, Db
from app.texts import MemberNotice, MemberText

CODE_REFUSED = "session.code_refused"
# Each is in the log; a text says so once in this time, as people mistype codes, too.
TOLD_AGAIN_AFTER = timedelta(hours=12)
SHOWN_FOR = timedelta(days=30)


class CodeRefused(Unauthenticated):
    """The passphrase was right and the code was not; it reads as any other wrong sign-in."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(Unauthenticated().detail)
        self.member_id = member_id


@dataclass(frozen=True)
class RefusedCodes:
    """How often a wrong code came with a member's right passphrase, and when last."""

    count: int = 0
    last_at: datetime | None = None


def note_refused_code(database: Database, refused: CodeRefused, now: datetime) -> None:
    """Record it, and text its owner unless that was done lately. The sign-in wrote nothing."""
    with database.transaction() as db:
        lately = audit.find_entries_since(db, CODE_REFUSED, now - TOLD_AGAIN_AFTER)
        told = any(entry.object == refused.member_id for entry in lately)
        audit.record(db, CODE_REFUSED, None, refused.member_id, now)
        if not told and db.keys.is_open:
            _tell_owner(db, refused.member_id, now)


def _tell_owner(db: Db, member_id: UUID, now: datetime) -> None:
    member = db.get_one(Member, member_id)
    phone = find_reachable_phone(db, member, 0, now) if member.op_values else None
    if phone:
        queue_notice(db, [phone], MemberNotice(MemberText.REFUSED_CODE), now)


def find_refused_codes(db: Db, member_id: UUID, now: datetime) -> RefusedCodes:
    """Return those of the last thirty days."""
    return _count(db, member_id, AuditEntry.at > now - SHOWN_FOR)


def find_refused_since_sign_in(db: Db, member_id: UUID) -> RefusedCodes:
    """Return those since the member signed in last."""
    last = select(func.max(AuditEntry.seq)).where(
        AuditEntry.object == member_id, AuditEntry.kind == "session.started"
    )
    return _count(db, member_id, AuditEntry.seq > func.coalesce(last.scalar_subquery(), 0))


def _count(db: Db, member_id: UUID, since: ColumnElement[bool]) -> RefusedCodes:
    mine = (AuditEntry.object == member_id, AuditEntry.kind == CODE_REFUSED, since)
    counted = db.execute(select(func.count(), func.max(AuditEntry.at)).where(*mine)).one()
    return RefusedCodes(*counted)
