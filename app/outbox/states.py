"""The states of a queued text, which the message it belongs to follows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.models import Message, Outgoing
from app.store import Db, add_jobs, new_job

# The caller has not got the words, or nobody knows.
NOT_HEARD = frozenset(("failed", "refused", "uncertain", "undelivered"))
# The job that lets a case wait for the desk again, by the text's id.
UNHEARD_JOB = "unheard"


def mark_text(db: Db, row: Outgoing, state: str) -> None:
    """Bring a text and its message into a state."""
    row.state = state
    if row.message_id is not None:
        db.execute(update(Message).where(Message.id == row.message_id).values(status=state))
    db.flush()


def settle_text(db: Db, row: Outgoing, state: str) -> None:
    """Reach a state in which number and text are no longer needed."""
    row.op_key = row.op_values = row.shred_day = None
    mark_text(db, row, state)


def fail_text(db: Db, row: Outgoing, state: str, now: datetime) -> None:
    """Reach one of ``NOT_HEARD``; the desk learns of it where a person wrote the text."""
    settle_text(db, row, state)
    if row.purpose == "reply":
        tell_desk_unheard(db, [row.id], now)


def tell_desk_unheard(db: Db, outgoing_ids: Collection[UUID], now: datetime) -> None:
    """Have the cases of these replies wait again: their callers have heard nothing."""
    add_jobs(db, [new_job(UNHEARD_JOB, one, now, priority=0) for one in outgoing_ids])
