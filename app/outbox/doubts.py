"""Texts that may have been sent: the carrier's own list settles what became of them."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select

from app.models import Outgoing, OutgoingState
from app.outbox.outcomes import LOOK_AGAIN, SendOutcome, TakenText, note_accepted
from app.outbox.states import fail_text
from app.store import Database, Db, finish_job, postpone_job
from app.telephony import (
    Accepted,
    Carrier,
    CarrierBusy,
    CarrierUnreachable,
    CredentialsRefused,
    Refused,
    is_same_body,
    translate_status,
)

# So often the carrier's list is asked before a person is told.
_LOOKS = 4


def settle_doubt(database: Database, carrier: Carrier, text: TakenText) -> SendOutcome:
    """Ask the carrier's list what became of a text that may have been sent."""
    try:
        found = _find(database, carrier, text)
    except (CarrierUnreachable, CarrierBusy, CredentialsRefused, Refused):
        found = None
    if found is not None:
        return partial(note_accepted, text, found)
    return partial(_not_found, text)


def _not_found(text: TakenText, db: Db, now: datetime) -> None:
    if text.job.attempts < _LOOKS:
        postpone_job(db, text.job, now + LOOK_AGAIN * text.job.attempts)
        return
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    if row.sid_lookup is None:
        fail_text(db, row, OutgoingState.UNCERTAIN, now)
    finish_job(db, text.job)


def _find(database: Database, carrier: Carrier, text: TakenText) -> Accepted | None:
    # The queueing time is rounded down to five minutes, which also covers clocks that differ.
    listed = carrier.recent("outbound", to=text.address, since=text.queued_at)
    for message in listed:
        if not is_same_body(message.body, text.body, framed=text.channel == "whatsapp"):
            continue
        with database.snapshot() as db:
            lookup = db.keys.sid_lookup(message.sid)
            taken = db.scalar(select(Outgoing.id).where(Outgoing.sid_lookup == lookup))
        if taken is None:
            return Accepted(message.sid, translate_status(message.status) or "sent")
    return None
