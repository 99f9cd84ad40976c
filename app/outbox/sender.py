"""Handing texts to the carrier, each once.

``sending`` is committed before the carrier is called. After a crash or a time-out in that state
the carrier's own list is asked; what cannot be settled is *uncertain* and shown to a person,
never sent again by the machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import func, select

from app.clock import Clock
from app.models import NOT_HEARD, TEXTS_ON_THEIR_WAY, Outgoing, OutgoingState
from app.outbox.budget import count_texts, is_held_back
from app.outbox.carrier_copies import note_copies
from app.outbox.flood import REPLY_LOOP, silence_number
from app.outbox.gate import find_gate_refusal
from app.outbox.states import apply_news, fail_text, mark_queued, mark_sending, settle_text
from app.outbox.suppressions import suppress_number
from app.store import FURTHEST, ClaimedJob, Database, Db, find_retry_pause, finish_job, postpone_job
from app.telephony import (
    Accepted,
    BadNumber,
    Carrier,
    CarrierBusy,
    CarrierUnreachable,
    CredentialsRefused,
    OptedOut,
    OutgoingText,
    Refused,
    translate_status,
)

log = structlog.get_logger()

# How often the carrier's list is asked about a text of unknown fate before a person is told.
_LOOKS = 4
_LOOK_AGAIN = timedelta(seconds=20)


# A thread that takes several texts at once lets go of the rest when the carrier is this slow.
_LONGEST_S = 20.0
# How far ahead a thread takes texts, and how many at most.
_AHEAD_S, _TOGETHER = 0.25, 4

# What is written down of one text, once the carrier has spoken.
SendOutcome = Callable[[Db, datetime], None]


class Pacer:
    """Spaces texts to what the sender's number may send, in segments per second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    @property
    def together(self) -> int:
        """How many texts a thread may take at once, so that none waits long once taken."""
        return max(1, min(_TOGETHER, int(self._rate * _AHEAD_S)))

    def wait(self, segments: int) -> None:
        """Block until ``segments`` may go out."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + segments / self._rate
        if start > now:
            time.sleep(start - now)


@dataclass(frozen=True)
class _Text:
    job: ClaimedJob
    id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    purpose: str
    queued_at: datetime
    doubtful: bool


def send_texts(
    database: Database,
    carrier: Carrier,
    pacer: Pacer,
    status_url: str,
    claimed: Sequence[ClaimedJob],
    clock: Clock,
) -> None:
    """Send queued texts of different phones, or find out what became of them.

    That they are being sent is one commit, what came of it another. Where something unforeseen
    happens in between, what was not handed over is queued again, and the rest stays in doubt.
    """
    _wait_for_turn(database, pacer, claimed)
    with database.transaction() as db:
        # Locked in the order in which everybody locks them.
        jobs_in_order = sorted(claimed, key=lambda job: str(job.ref))
        texts = [text for job in jobs_in_order if (text := _take(db, job, clock())) is not None]
    if not texts:
        return
    outcomes: list[SendOutcome] = []
    untried, as_foreseen = list(texts), False
    until = time.monotonic() + _LONGEST_S
    try:
        while untried and time.monotonic() < until:
            text = untried.pop(0)
            if text.doubtful:
                outcomes.append(_settle(database, carrier, text))
            else:
                outcomes.append(_hand_over(carrier, status_url, text))
        as_foreseen = True
    finally:
        with database.transaction() as db:
            for record in outcomes:
                record(db, clock())
            for text in untried:
                _requeue(db, text.id)
                if as_foreseen:  # else the worker, who holds the jobs, does each alone
                    postpone_job(db, text.job, clock())


def _wait_for_turn(database: Database, pacer: Pacer, claimed: Sequence[ClaimedJob]) -> None:
    """Wait before texts are marked, so that a crash while waiting leaves no doubt about them."""
    with database.snapshot() as db:
        theirs = Outgoing.id.in_([job.ref for job in claimed])
        waiting = Outgoing.state == OutgoingState.QUEUED
        segments = db.scalar(select(func.sum(Outgoing.segments)).where(theirs, waiting))
    if segments:
        pacer.wait(int(segments))


def _take(db: Db, job: ClaimedJob, now: datetime) -> _Text | None:
    """Mark a text as *sending*, or drop the job where there is nothing left to send."""
    row = db.get(Outgoing, job.ref, with_for_update=True)
    if row is None or row.sid_lookup is not None or row.state not in TEXTS_ON_THEIR_WAY:
        finish_job(db, job)
        return None
    values = db.keys.read_values(row)
    doubtful = row.state == OutgoingState.SENDING
    if not doubtful:
        refusal = find_gate_refusal(db, row, values.to, values.written_at, now)
        if refusal is None and is_held_back(db, row, now):
            refusal = "over-budget"
        if refusal is not None:
            log.info("text.refused", reason=refusal)
            fail_text(db, row, OutgoingState.REFUSED, now)
            finish_job(db, job)
            return None
        mark_sending(db, row)
    return _Text(job, row.id, values.to, values.body, row.purpose, row.queued_at, doubtful)


def _hand_over(carrier: Carrier, status_url: str, text: _Text) -> SendOutcome:
    """Hand a text to the carrier; return what to write down."""
    callback = f"{status_url}?id={text.id}"
    try:
        accepted = carrier.send(OutgoingText(text.to, text.body, callback))
    except CarrierUnreachable as error:
        return partial(_unreached, text, error)
    except (CarrierBusy, CredentialsRefused) as error:
        return partial(_try_later, text, error)
    except (OptedOut, BadNumber, Refused) as error:
        return partial(_refused, text, error)
    return partial(_accepted, text, accepted)


# -- what came of it


def _accepted(text: _Text, accepted: Accepted, db: Db, now: datetime) -> None:
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    if row.sid_lookup is None:  # else a callback was faster
        row.sid_lookup = db.keys.sid_lookup(accepted.sid)
        state = apply_news(row.state, accepted.status)
        if state in NOT_HEARD:  # found in the carrier's list: whoever would have told us is lost
            fail_text(db, row, state, now)
        else:
            settle_text(db, row, state)
        note_copies(db, [accepted.sid], now)
        count_texts(db, [row], now)
    finish_job(db, text.job)


def _unreached(text: _Text, error: CarrierUnreachable, db: Db, now: datetime) -> None:
    log.warning("carrier.unreachable", maybe_sent=error.maybe_sent, code=error.code)
    if error.maybe_sent:
        postpone_job(db, text.job, now + _LOOK_AGAIN, attempts=0)
    else:
        _requeue(db, text.id)
        postpone_job(db, text.job, now + find_retry_pause(text.job.attempts))


def _try_later(text: _Text, error: CarrierBusy | CredentialsRefused, db: Db, now: datetime) -> None:
    log.error("carrier.refused", error=type(error).__name__, code=error.code)
    pause = find_retry_pause(text.job.attempts)
    if isinstance(error, CarrierBusy) and error.retry_after:
        pause = min(timedelta(seconds=error.retry_after), FURTHEST)
    _requeue(db, text.id)
    if error.code == REPLY_LOOP and text.purpose == "script":
        silence_number(db, text.to, now)
        settle_text(db, db.get_one(Outgoing, text.id), OutgoingState.REFUSED)
        finish_job(db, text.job)
    else:
        postpone_job(db, text.job, now + pause)


def _requeue(db: Db, text_id: UUID) -> None:
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None and row.state == OutgoingState.SENDING:
        mark_queued(db, row)


def _refused(text: _Text, error: OptedOut | BadNumber | Refused, db: Db, now: datetime) -> None:
    log.warning("text.refused", error=type(error).__name__, code=error.code)
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    row.error_code, state = error.code, OutgoingState.FAILED
    if isinstance(error, OptedOut):
        suppress_number(db, text.to, "stop", now)
        state = OutgoingState.REFUSED
    if row.sid_lookup is None:  # else it was sent, by another process that took this one for dead
        fail_text(db, row, state, now)
    finish_job(db, text.job)


# -- doubt


def _settle(database: Database, carrier: Carrier, text: _Text) -> SendOutcome:
    """Ask the carrier's list what became of a text that may have been sent."""
    try:
        found = _find(database, carrier, text)
    except (CarrierUnreachable, CarrierBusy, CredentialsRefused, Refused):
        found = None
    if found is not None:
        return partial(_accepted, text, found)
    return partial(_not_found, text)


def _not_found(text: _Text, db: Db, now: datetime) -> None:
    if text.job.attempts < _LOOKS:
        postpone_job(db, text.job, now + _LOOK_AGAIN * text.job.attempts)
        return
    row = db.get_one(Outgoing, text.id, with_for_update=True)
    if row.sid_lookup is None:
        fail_text(db, row, OutgoingState.UNCERTAIN, now)
    finish_job(db, text.job)


def _find(database: Database, carrier: Carrier, text: _Text) -> Accepted | None:
    # The queueing time is rounded down to five minutes, which also covers clocks that differ.
    listed = carrier.recent("outbound", to=text.to, since=text.queued_at)
    for message in listed:
        if message.body != text.body:
            continue
        with database.snapshot() as db:
            lookup = db.keys.sid_lookup(message.sid)
            taken = db.scalar(select(Outgoing.id).where(Outgoing.sid_lookup == lookup))
        if taken is None:
            return Accepted(message.sid, translate_status(message.status) or "sent")
    return None
