"""Texts on their way out: queued with what caused them, sent once, and honest about doubt.

``sending`` is committed before the carrier is called. After a crash or a time-out in that state
the carrier's own list is asked; what cannot be settled is *uncertain* and shown to a person,
never sent again by the machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update

from app import carrier_traces, consent, flood, jobs, spending
from app.clock import Clock
from app.db import Database, Db
from app.jobs import Claimed
from app.models import Job, Message, Outgoing, rounded, table
from app.telephony import (
    Accepted,
    BadNumber,
    Carrier,
    CarrierBusy,
    CarrierUnreachable,
    CredentialsRefused,
    DeliveryStatus,
    MessageStatus,
    OptedOut,
    OutgoingText,
    Refused,
    from_carrier,
    later,
)
from app.telephony.segments import measure

log = structlog.get_logger()

# Texts of these tiers overtake what waits.
_URGENT = 1
# How often the carrier's list is asked about a text of unknown fate before a person is told.
_LOOKS = 4
_LOOK_AGAIN = timedelta(seconds=20)
# Callbacks get lost. A text the carrier took over and fell silent about is asked for after this
# long; what it cannot tell within a day is for a person to know.
_SILENCE = timedelta(minutes=10)
_PATIENCE = timedelta(days=1)


@dataclass(frozen=True)
class Draft:
    """A text to queue. ``message_id`` is the message whose status follows it, if any."""

    to: str = field(repr=False)
    body: str = field(repr=False)
    case_id: UUID | None
    message_id: UUID | None
    purpose: str  # script, reply, notice, alert, test
    urgency: int
    # When what it answers arrived, if that was not just now.
    answers: datetime | None = None


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


def queue(
    db: Db, drafts: Sequence[Draft], now: datetime, more_jobs: Sequence[dict[str, Any]] = ()
) -> None:
    """Write drafts and the jobs that send them (and other jobs with them) into this transaction."""
    if not drafts:
        jobs.enqueue(db, more_jobs)
        return
    rows = [_row(db, draft, now) for draft in drafts]
    db.execute(insert(table(Outgoing)), rows)
    sends = [
        jobs.row(
            "send",
            row["id"],
            now,
            priority=draft.urgency,
            lane=db.keys.number_lookup(draft.to),
            position=db.keys.order.next(now),
        )
        for row, draft in zip(rows, drafts, strict=True)
    ]
    # What is already waiting for the same phone must not hold an urgent text back.
    jobs.hurry(db, [send for send in sends if send["priority"] <= _URGENT])
    jobs.enqueue(db, [*sends, *more_jobs])


def queue_test(db: Db, number: str, body: str, now: datetime) -> UUID:
    """Queue the operator's test text, also while sealed; return the id of its row."""
    row = _row(db, Draft(number, body, None, None, "test", 2), now)
    db.execute(insert(table(Outgoing)), [row])
    jobs.enqueue(db, [jobs.row("send", row["id"], now)])
    return cast("UUID", row["id"])


def cancel(db: Db, number: str, case_ids: Sequence[UUID] = ()) -> int:
    """Drop every text that waits for this phone or in these cases; return how many there were."""
    waiting = select(Job.ref).where(Job.kind == "send", Job.lane == db.keys.number_lookup(number))
    theirs = or_(Outgoing.id.in_(waiting), Outgoing.case_id.in_(case_ids))
    query = select(Outgoing).where(theirs, Outgoing.state == "queued")
    rows = db.scalars(query.order_by(Outgoing.id).with_for_update()).all()
    for row in rows:
        _settled(db, row, "refused")
    db.execute(delete(Job).where(Job.ref.in_([row.id for row in rows])))
    return len(rows)


def _row(db: Db, draft: Draft, now: datetime) -> dict[str, Any]:
    row_id, written_at = uuid4(), draft.answers or now
    # The exact time decides whether it is still an answer; a plain column would tell too much.
    values = {"to": draft.to, "body": draft.body, "written_at": written_at.isoformat()}
    return {
        "id": row_id,
        "case_id": draft.case_id,
        "message_id": draft.message_id,
        "state": "queued",
        "purpose": draft.purpose,
        "segments": measure(draft.body).segments,
        "queued_at": rounded(written_at),
        **db.keys.new_row("outgoing", row_id, values, now),
    }


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
            _settled(db, row, "refused")
            jobs.finish(db, job.id)
            return None
        _mark(db, row, "sending")
    return _Text(row.id, values["to"], values["body"], row.purpose, row.queued_at, doubtful)


def _mark(db: Db, row: Outgoing, state: str) -> None:
    row.state = state
    if row.message_id is not None:
        db.execute(update(Message).where(Message.id == row.message_id).values(status=state))
    db.flush()


def _settled(db: Db, row: Outgoing, state: str) -> None:
    """Reach a state in which number and text are no longer needed."""
    row.op_key = row.op_values = row.shred_day = None
    _mark(db, row, state)


def _accepted(db: Db, text_id: UUID, accepted: Accepted, now: datetime) -> None:
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None:  # else a callback was faster
        row.sid_lookup = db.keys.sid_lookup(accepted.sid)
        _settled(db, row, later("sending", accepted.status))
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
            _settled(db, db.get_one(Outgoing, text.id), "refused")
            jobs.finish(db, job.id)
        else:
            jobs.postpone(db, job.id, now + pause)


def _requeue(db: Db, text_id: UUID) -> None:
    row = db.get_one(Outgoing, text_id, with_for_update=True)
    if row.sid_lookup is None and row.state == "sending":
        _mark(db, row, "queued")


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
        _settled(db, row, "refused" if isinstance(error, OptedOut) else "failed")
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
                _settled(db, row, "uncertain")
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


# -- callbacks


@dataclass(frozen=True)
class StatusUpdate:
    """A status callback: which text (by our id, if it came along), and what the carrier says."""

    outgoing_id: UUID | None
    status: DeliveryStatus


def follow(db: Db, updates: Sequence[StatusUpdate], now: datetime) -> None:
    """Apply callbacks, which come late, twice and in any order: a status never goes back."""
    new: dict[str, Outgoing] = {}
    for item in updates:
        row = _called_back(db, item)
        if row is None or item.status.status is None:
            continue
        if row.sid_lookup is None:
            row.sid_lookup = db.keys.sid_lookup(item.status.sid)
            row.op_key = row.op_values = row.shred_day = None
            new[item.status.sid] = row
        row.error_code = item.status.error_code or row.error_code
        _mark(db, row, later(cast("MessageStatus", row.state), item.status.status))
    carrier_traces.note(db, new, now)
    spending.count(db, list(new.values()), now)


def _called_back(db: Db, item: StatusUpdate) -> Outgoing | None:
    lookup = db.keys.sid_lookup(item.status.sid)
    query = select(Outgoing).with_for_update()
    if item.outgoing_id is not None:
        row = db.scalar(query.where(Outgoing.id == item.outgoing_id))
        if row is not None and row.sid_lookup in (None, lookup):
            return row
        return None
    return db.scalar(query.where(Outgoing.sid_lookup == lookup))


# -- callbacks that never came


def catch_up(database: Database, carrier: Carrier, now: datetime) -> None:
    """Ask the carrier about texts it took over and told no more of. CarrierError."""
    with database.snapshot() as db:
        query = select(Outgoing.sid_lookup, Outgoing.queued_at)
        silent = dict(db.execute(query.where(_silent(now - _SILENCE))).all())
        keys = db.keys
    if not silent:
        return
    updates = [
        StatusUpdate(
            None, DeliveryStatus(message.sid, from_carrier(message.status), message.error_code)
        )
        for message in carrier.recent("outbound", since=min(silent.values()))
        if keys.sid_lookup(message.sid) in silent
    ]
    with database.transaction() as db:
        follow(db, updates, now)
        for row in db.scalars(select(Outgoing).where(_silent(now - _PATIENCE)).with_for_update()):
            _mark(db, row, "uncertain")


def _silent(since: datetime) -> ColumnElement[bool]:
    return and_(
        Outgoing.state == "sending",
        Outgoing.sid_lookup.is_not(None),
        Outgoing.queued_at <= since,
    )
