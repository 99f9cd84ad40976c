"""The states of a queued text, which the message it belongs to follows."""

from __future__ import annotations

from sqlalchemy import update

from app.db import Db
from app.models import Message, Outgoing


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
