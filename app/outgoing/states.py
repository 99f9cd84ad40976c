"""The states of a queued text, which the message it belongs to follows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app import jobs
from app.db import Db
from app.models import Message, Outgoing

# The caller has not got the words, or nobody knows.
NOT_HEARD = frozenset(("failed", "refused", "uncertain", "undelivered"))
# The job that lets a case wait for the desk again, by the text's id.
UNHEARD = "unheard"


def mark(db: Db, row: Outgoing, state: str) -> None:
    """Bring a text and its message into a state."""
    row.state = state
    if row.message_id is not None:
        db.execute(update(Message).where(Message.id == row.message_id).values(status=state))
    db.flush()


def settled(db: Db, row: Outgoing, state: str) -> None:
    """Reach a state in which number and text are no longer needed."""
    row.op_key = row.op_values = row.shred_day = None
    mark(db, row, state)


def came_to_nothing(db: Db, row: Outgoing, state: str, now: datetime) -> None:
    """Reach one of ``NOT_HEARD``; the desk learns of it where a person wrote the text."""
    settled(db, row, state)
    if row.purpose == "reply":
        tell_desk(db, [row.id], now)


def tell_desk(db: Db, outgoing_ids: Collection[UUID], now: datetime) -> None:
    """Have the cases of these replies wait again: their callers have heard nothing."""
    jobs.enqueue(db, [jobs.row(UNHEARD, one, now, priority=0) for one in outgoing_ids])
