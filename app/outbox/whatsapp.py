"""WhatsApp lets a text in for a day after the phone wrote there; afterwards only a template.

A template is a text with a gap that WhatsApp has approved for this organisation. Where there is
none, a text is held until the phone writes again, and the desk is told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.models import Case, CaseValues, Outgoing, OutgoingState, OutgoingValues
from app.outbox.states import fail_text, mark_queued
from app.store import Db, add_jobs, new_job
from app.telephony import is_same_phone

# The carrier's window, less what a text may need from our last look to WhatsApp.
WINDOW = timedelta(hours=24) - timedelta(minutes=2)
# A text that was held so long says what may not be true any more.
HELD_FOR = timedelta(days=3)


def is_window_open(values: CaseValues, now: datetime) -> bool:
    """Return whether WhatsApp lets any text in to a case's phone."""
    last = values.find_last_text("whatsapp")
    return last is not None and now - last < WINDOW


def needs_template(db: Db, row: Outgoing, text: OutgoingValues, now: datetime) -> bool:
    """Return whether WhatsApp lets a text in as a template only.

    Where no case says when the phone wrote, the text is one that answers it at once.
    """
    if text.channel != "whatsapp" or row.case_id is None:
        return False
    values = db.keys.read_values(db.get_one(Case, row.case_id))
    return is_same_phone(text.to, values.number) and not is_window_open(values, now)


def release_held_texts(db: Db, case_ids: Collection[UUID], now: datetime) -> None:
    """Queue what was held for these cases: their phones have written on WhatsApp."""
    query = select(Outgoing).where(
        Outgoing.case_id.in_(case_ids), Outgoing.state == OutgoingState.HELD
    )
    for row in db.scalars(query.order_by(Outgoing.queued_at, Outgoing.id).with_for_update()):
        mark_queued(db, row)
        to = db.keys.read_values(row).to
        lane, position = db.keys.number_lookup(to), db.order.next(now)
        add_jobs(db, [new_job("send", row.id, now, priority=1, lane=lane, position=position)])


def give_up_held_texts(db: Db, now: datetime) -> None:
    """Refuse what was held too long; the desk is told again."""
    old = (Outgoing.state == OutgoingState.HELD, Outgoing.queued_at < now - HELD_FOR)
    for row in db.scalars(select(Outgoing).where(*old).with_for_update()):
        fail_text(db, row, OutgoingState.REFUSED, now)
