"""The jobs by which a call goes on: what the machine decided, and the one running deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from app.calls.actions import CallAction, Cancel, Check, Keep, Listen, Move, Ring
from app.models import Job
from app.store import Db, add_jobs, new_job

RING, CANCEL, MOVE, LOOK, KEEP, DEADLINE = (
    "voice-ring",
    "voice-cancel",
    "voice-move",
    "voice-look",
    "voice-keep",
    "voice-deadline",
)
# All of them are of one crew.
CALL_JOBS = (RING, CANCEL, MOVE, LOOK, KEEP, DEADLINE)


def queue_actions(db: Db, call_id: UUID, actions: Iterable[CallAction], now: datetime) -> None:
    """Have the worker do what is to be done about a call."""
    add_jobs(db, [_job(call_id, action, now) for action in actions])


def replace_deadline(db: Db, call_id: UUID, deadline: datetime | None, now: datetime) -> None:
    """Let a call have this deadline alone, or none."""
    db.execute(delete(Job).where(Job.kind == DEADLINE, Job.ref == call_id))
    if deadline is not None:
        delay = max(deadline - now, timedelta(0))
        add_jobs(db, [new_job(DEADLINE, call_id, now, priority=0, delay=delay)])


def _job(call_id: UUID, action: CallAction, now: datetime) -> dict[str, Any]:
    match action:
        case Ring(leg=leg):
            return new_job(RING, leg, now, priority=0)
        case Cancel(leg=leg):
            return new_job(CANCEL, leg, now, priority=1)
        case Move(leg=leg):
            return new_job(MOVE, leg or call_id, now, priority=0)
        case Check() | Listen():
            return new_job(LOOK, call_id, now, priority=1)
        case Keep():
            return new_job(KEEP, call_id, now, priority=2)
