"""A caller's ERASE dialogue, and erasing a case.

The sender of a text can be forged, so the phone is asked to send back a code; three tries, the
same dialogue for every number, known or not. Erasing deletes every wrap of the case's keys: what
stays in the database opens to nothing at once, in its copies within a week.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from app import audit
from app.calls import forget_calls
from app.cases import lock_tree, mark_erased
from app.errors import CaseHeld
from app.models import (
    Alert,
    Attachment,
    AttachmentPart,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseSheet,
    Consent,
    Denial,
    DetentionEpisode,
    Event,
    Job,
    Message,
    Note,
    Outgoing,
    Task,
    rounded,
)
from app.outbox import release_pictures
from app.requests import forget_requests, lock_requests
from app.store import Db
from app.vault import bury_case

# What belongs to one case and goes with it.
_OF_A_CASE = (
    Task,
    Event,
    DetentionEpisode,
    Denial,
    Alert,
    AttachmentPart,
    Attachment,
    CaseGrant,
    CaseEpoch,
    CaseSheet,
    Consent,
    Note,
    Message,
)


def erase_tree(db: Db, case: Case, now: datetime, actor: UUID | None = None) -> None:
    """Erase a case and what was merged with it. CaseHeld."""
    cases = lock_tree(db, case)
    if any(one.held for one in cases):
        raise CaseHeld
    lock_requests(db, [one.id for one in cases])
    for one in cases:
        _erase_one(db, one, now)
        audit.record(db, "case.erased", actor, one.id, now)


def erase_restored_cases(db: Db, case_ids: Collection[UUID], now: datetime) -> int:
    """Erase cases that a restored copy brought back; return how many there were.

    A hold that the copy remembers had been lifted before the case was erased.
    """
    present = db.scalars(select(Case.id).where(Case.state != "erased"))
    back = [case_id for case_id in present if case_id in case_ids]
    for case_id in back:
        case = db.get_one(Case, case_id, with_for_update=True)
        _erase_one(db, case, now)
        case.held = False
        audit.record(db, "case.erased", None, case.id, now)
    return len(back)


def _erase_one(db: Db, case: Case, now: datetime) -> None:
    queued = select(Outgoing.id).where(Outgoing.case_id == case.id, Outgoing.state == "queued")
    db.execute(delete(Job).where(Job.ref.in_(queued)))
    db.execute(delete(Outgoing).where(Outgoing.case_id == case.id, Outgoing.state == "queued"))
    db.execute(update(Outgoing).where(Outgoing.case_id == case.id).values(message_id=None))
    release_pictures(db, case.id, now)
    forget_calls(db, case.id, now)
    forget_requests(db, case, now)
    for table in _OF_A_CASE:
        db.execute(delete(table).where(table.case_id == case.id))
    mark_erased(case)
    case.closed_at = rounded(now)
    case.op_key = case.op_values = case.number_lookup = case.reference_lookup = None
    case.assigned_to = case.last_message_at = None
    case.waiting, case.unread = False, 0
    db.flush()
    bury_case(db, case.id)
