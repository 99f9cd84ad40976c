"""The timer of a request: its one job, for as long as its state is in ``SEEKING``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from app.models import Job, Request
from app.store import FURTHEST, Db, add_jobs, new_job

REQUEST_JOB = "offers"


def plan_timer(db: Db, request: Request, now: datetime, at: datetime) -> None:
    """Let the ladder look at a request at ``at``, and within the hour in any case."""
    drop_timers(db, [request.id])
    delay = min(max(at - now, timedelta(0)), FURTHEST)
    add_jobs(db, [new_job(REQUEST_JOB, request.id, now, priority=request.urgency, delay=delay)])


def drop_timers(db: Db, request_ids: Collection[UUID]) -> None:
    """Delete the timers of some requests."""
    db.execute(delete(Job).where(Job.kind == REQUEST_JOB, Job.ref.in_(request_ids)))


def hurry_requests(db: Db, request_ids: Collection[UUID], now: datetime) -> None:
    """Let the ladder look at other requests at once, but for those that a worker has just now."""
    theirs = (Job.kind == REQUEST_JOB, Job.ref.in_(request_ids), Job.state == "queued")
    free = select(Job.id).where(*theirs).with_for_update(skip_locked=True)
    db.execute(update(Job).where(Job.id.in_(list(db.scalars(free)))).values(run_at=now))
