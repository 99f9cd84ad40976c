"""Handing texts to the carrier, each once.

``sending`` is committed before the carrier is called. After a crash or a time-out in that state
the carrier's own list is asked; what cannot be settled is *uncertain* and shown to a person,
never sent again by the machine.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from app import carrier_traces, consent, flood, jobs, spending
from app.clock import Clock
from app.db import Database, Db
from app.jobs import Claimed
from app.models import Outgoing
from app.outgoing.states import mark, settled
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
    from_carrier,
    later,
)

log = structlog.get_logger()

# How often the carrier's list is asked about a text of unknown fate before a person is told.
_LOOKS = 4
_LOOK_AGAIN = timedelta(seconds=20)


class Pacer:
    """Spaces texts to what the sender's number may send, in segments per second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, segments: int) -> None:
        """Block until ``segments`` may go out."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + segments / self._rate
        if start > now:
            time.sleep(start - now)


# -- sending


def send(
    database: Database,
    carrier: Carrier,
    pacer: Pacer,
    status_url: str,
    job: Claimed,
    clock: Clock,
) -> None:
    """Send one queued text, or find out what became of it."""
    _wait_for_turn(database, pacer, job)
    with database.transaction() as db:
        text = _take(db, job, clock())
    if text is None:
        return
    if text.doubtful:
        _settle(database, carrier, job, text, clock)
        return
    callback = f"{status_url}?id={text.id}"
    try:
        accepted = carrier.send(OutgoingText(text.to, text.body, callback))
    except CarrierUnreachable as error:
        _unreached(database, job, text, error, clock())
    except (CarrierBusy, CredentialsRefused) as error:
        _try_later(database, job, text, error, clock())
    except (OptedOut, BadNumber, Refused) as error:
        _refused(database, job, text, error, clock())
    else:
        with database.transaction() as db:
            _accepted(db, text.id, accepted, clock())
            jobs.finish(db, job.id)


def _wait_for_turn(database: Database, pacer: Pacer, job: Claimed) -> None:
    """Wait before the text is marked, so that a crash while waiting leaves no doubt about it."""
    with database.snapshot() as db:
        waiting = (Outgoing.id == job.ref, Outgoing.state == "queued")
        segments = db.scalar(select(Outgoing.segments).where(*waiting))
    if segments is not None:
        pacer.wait(segments)


@dataclass(frozen=True)
class _Text:
    id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    purpose: str
    queued_at: datetime
    doubtful: bool


def _take(db: Db, job: Claimed, now: datetime) -> _Text | None:
    """Mark the text as *sending*, or drop the job where there is nothing left to send."""
    row = db.get(Outgoing, job.ref, with_for_update=True)
    if row is None or row.sid_lookup is not None or row.state not in ("queued", "sending"):
        jobs.finish(db, job.id)
        return None
    values = db.keys.open_row("outgoing", row)
    doubtful = row.state == "sending"
    if not doubtful:
        written_at = datetime.fromisoformat(values["written_at"])
        refusal = consent.last_gate(db, row, values["to"], written_at, now)
        if refusal is None and spending.holds_back(db, row, now):
            refusal = "over-budget"
        if refusal is not None:
            log.info("text.refused", reason=refusal)
            settled(db, row, "refused")
            jobs.finish(db, job.id)
            return None
        mark(db, row, "sending")
    return _Text(row.id, values["to"], values["body"], row.purpose, row.queued_at, doubtful)


def _accepted(db: Db, text_id: UUID, accepted: Accepted, now: datetime) -> None:
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None:  # else a callback was faster
        row.sid_lookup = db.keys.sid_lookup(accepted.sid)
        settled(db, row, later("sending", accepted.status))
        carrier_traces.note(db, [accepted.sid], now)
        spending.count(db, [row], now)


def _unreached(
    database: Database, job: Claimed, text: _Text, error: CarrierUnreachable, now: datetime
) -> None:
    log.warning("carrier.unreachable", maybe_sent=error.maybe_sent, code=error.code)
    with database.transaction() as db:
        if error.maybe_sent:
            jobs.postpone(db, job.id, now + _LOOK_AGAIN, attempts=0)
        else:
            _requeue(db, text.id)
            jobs.postpone(db, job.id, now + jobs.backoff(job.attempts))


def _try_later(
    database: Database,
    job: Claimed,
    text: _Text,
    error: CarrierBusy | CredentialsRefused,
    now: datetime,
) -> None:
    log.error("carrier.refused", error=type(error).__name__, code=error.code)
    pause = jobs.backoff(job.attempts)
    if isinstance(error, CarrierBusy) and error.retry_after:
        pause = min(timedelta(seconds=error.retry_after), jobs.FURTHEST)
    with database.transaction() as db:
        _requeue(db, text.id)
        if error.code == flood.REPLY_LOOP and text.purpose == "script":
            flood.silence(db, text.to, now)
            settled(db, db.get_one(Outgoing, text.id), "refused")
            jobs.finish(db, job.id)
        else:
            jobs.postpone(db, job.id, now + pause)


def _requeue(db: Db, text_id: UUID) -> None:
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None and row.state == "sending":
        mark(db, row, "queued")


def _refused(
    database: Database,
    job: Claimed,
    text: _Text,
    error: OptedOut | BadNumber | Refused,
    now: datetime,
) -> None:
    log.warning("text.refused", error=type(error).__name__, code=error.code)
    with database.transaction() as db:
        row = db.get_one(Outgoing, text.id, with_for_update=True)
        row.error_code = error.code
        if isinstance(error, OptedOut):
            consent.suppress(db, text.to, "stop", now)
        settled(db, row, "refused" if isinstance(error, OptedOut) else "failed")
        jobs.finish(db, job.id)


def _settle(database: Database, carrier: Carrier, job: Claimed, text: _Text, clock: Clock) -> None:
    """Ask the carrier's list what became of a text that may have been sent."""
    try:
        found = _find(database, carrier, text)
    except (CarrierUnreachable, CarrierBusy, CredentialsRefused, Refused):
        found = None
    now = clock()
    with database.transaction() as db:
        if found is not None:
            _accepted(db, text.id, found, now)
            jobs.finish(db, job.id)
        elif job.attempts < _LOOKS:
            jobs.postpone(db, job.id, now + _LOOK_AGAIN * job.attempts)
        else:
            row = db.get_one(Outgoing, text.id, with_for_update=True)
            if row.sid_lookup is None:
                settled(db, row, "uncertain")
            jobs.finish(db, job.id)


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
            return Accepted(message.sid, from_carrier(message.status) or "sent")
    return None
