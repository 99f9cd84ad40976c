"""What came of handing a text to the carrier, written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.models import NOT_HEARD, Outgoing, OutgoingState
from app.outbox.budget import count_texts
from app.outbox.carrier_copies import note_copies
from app.outbox.flood import REPLY_LOOP, silence_number
from app.outbox.member_phones import NOT_RECEIVED, note_unreached_phone
from app.outbox.states import apply_news, fail_text, hold_text, mark_queued, settle_text
from app.outbox.suppressions import suppress_number
from app.store import FURTHEST, ClaimedJob, Db, find_retry_pause, finish_job, postpone_job
from app.telephony import (
    Accepted,
    BadNumber,
    CarrierBusy,
    CarrierUnreachable,
    Channel,
    CredentialsRefused,
    OptedOut,
    Refused,
    make_address,
)

log = structlog.get_logger()

# Writes down what came of one text, once the carrier has spoken.
SendOutcome = Callable[[Db, datetime], None]
# WhatsApp's window is closed, whatever we thought.
OUTSIDE_WINDOW = 63016
# The carrier's list is asked after this long about a text that it may have.
LOOK_AGAIN = timedelta(seconds=20)


@dataclass(frozen=True)
class TakenText:
    """A text that is being sent. ``doubtful``: it may have been sent before."""

    job: ClaimedJob
    id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    purpose: str
    queued_at: datetime
    doubtful: bool
    channel: Channel = "sms"
    # The carrier's id of the template that the words fill, where WhatsApp lets in nothing else.
    template: str | None = None

    @property
    def address(self) -> str:
        """Where the carrier sends it."""
        return make_address(self.to, self.channel)


def note_accepted(text: TakenText, accepted: Accepted, db: Db, now: datetime) -> None:
    """The carrier has it."""
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    if row.sid_lookup is None:  # else a callback was faster
        count_texts(db, [row], now)
        row.sid_lookup = db.keys.sid_lookup(accepted.sid)
        state = apply_news(row.state, accepted.status)
        if state in NOT_HEARD:  # the carrier's list says so: its callback got lost
            fail_text(db, row, state, now)
        else:
            settle_text(db, row, state)
        note_copies(db, [accepted.sid], now)
    finish_job(db, text.job)


def note_unreached(text: TakenText, error: CarrierUnreachable, db: Db, now: datetime) -> None:
    """The carrier did not answer: it may have the text, or certainly has not."""
    log.warning("carrier.unreachable", maybe_sent=error.maybe_sent, code=error.code)
    if error.maybe_sent:
        postpone_job(db, text.job, now + LOOK_AGAIN, attempts=0)
    else:
        requeue_text(db, text.id)
        postpone_job(db, text.job, now + find_retry_pause(text.job.attempts))


def note_busy(
    text: TakenText, error: CarrierBusy | CredentialsRefused, db: Db, now: datetime
) -> None:
    """The carrier takes nothing at the moment. Machines that talk to each other are left alone."""
    log.error("carrier.refused", error=type(error).__name__, code=error.code)
    pause = find_retry_pause(text.job.attempts)
    if isinstance(error, CarrierBusy) and error.retry_after:
        pause = min(timedelta(seconds=error.retry_after), FURTHEST)
    requeue_text(db, text.id)
    if error.code == REPLY_LOOP and text.purpose == "script":
        silence_number(db, text.to, now)
        settle_text(db, db.get_one(Outgoing, text.id), OutgoingState.REFUSED)
        finish_job(db, text.job)
    else:
        postpone_job(db, text.job, now + pause)


def requeue_text(db: Db, text_id: UUID) -> None:
    """Put a text back that was taken and certainly not sent."""
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None and row.state == OutgoingState.SENDING:
        mark_queued(db, row)


def note_refused(
    text: TakenText, error: OptedOut | BadNumber | Refused, db: Db, now: datetime
) -> None:
    """The carrier refuses this text for good."""
    log.warning("text.refused", error=type(error).__name__, code=error.code)
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    row.error_code, state = error.code, OutgoingState.FAILED
    if isinstance(error, BadNumber) or error.code in NOT_RECEIVED:
        note_unreached_phone(db, text.to, error.code or 0, now)
    if isinstance(error, OptedOut):
        suppress_number(db, text.to, "stop", now)
        state = OutgoingState.REFUSED
    if row.sid_lookup is None:  # else another process, which took this one for dead, sent it
        if error.code == OUTSIDE_WINDOW:
            hold_text(db, row, now)
        else:
            fail_text(db, row, state, now)
    finish_job(db, text.job)
