"""The job table: enqueue, claim under a lease, finish, retry. Payloads are opaque ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from sqlalchemy import and_, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import aliased

from app.db import Db
from app.models import Job, table
from app.statements import insert_new, insert_rows

# Long enough for the slowest handler, short enough that a dead worker's jobs move on.
LEASE = timedelta(seconds=60)
# No job is scheduled further ahead, so that ``run_at`` never tells when something happens.
FURTHEST = timedelta(hours=1)
_JOBS = table(Job)


@dataclass(frozen=True)
class Claimed:
    """A job that this owner may work on until its lease ends."""

    id: UUID
    kind: str
    ref: UUID | None
    attempts: int
    lease_until: datetime


def row(
    kind: str,
    ref: UUID | None,
    now: datetime,
    *,
    priority: int = 2,
    delay: timedelta = timedelta(0),
    lane: bytes | None = None,
    position: int = 0,
) -> dict[str, Any]:
    """Return the columns of a new job, for set-based inserts."""
    if delay > FURTHEST:
        raise ValueError("a job is never scheduled more than an hour ahead")
    return {
        "id": uuid4(),
        "kind": kind,
        "ref": ref,
        "state": "queued",
        "priority": priority,
        "run_at": now + delay,
        "attempts": 0,
        "lane": lane,
        "position": position,
    }


def enqueue(db: Db, rows: Sequence[dict[str, Any]]) -> None:
    """Add jobs to this transaction, and wake the worker once it is committed."""
    if rows:
        insert_rows(db, _JOBS, rows)
        db.info["work"] = True


def hurry(db: Db, rows: Sequence[dict[str, Any]]) -> None:
    """Let what is before these urgent jobs in their lanes be as urgent as they are."""
    for priority in sorted({job["priority"] for job in rows}):
        lanes = {job["lane"] for job in rows if job["priority"] == priority}
        # Put so that no database walks all that is queued, rather than these few lanes.
        ahead = (Job.lane.in_(lanes), Job.state != "running", Job.priority > priority)
        db.execute(update(Job).where(*ahead).values(priority=priority))


def _due(now: datetime) -> Any:
    return and_(
        Job.run_at <= now,
        or_(Job.state == "queued", and_(Job.state == "running", Job.lease_until < now)),
    )


def _first_of_lane() -> Any:
    earlier = aliased(Job)
    return ~exists().where(earlier.lane == Job.lane, earlier.position < Job.position)


def claim(
    db: Db, owner: UUID, now: datetime, limit: int, kinds: Sequence[str] | None = None
) -> list[Claimed]:
    """Take up to ``limit`` due jobs, urgent ones first, and those whose owner's lease ran out.

    Of each lane only the first: what comes after it waits until it is done. With ``kinds`` only
    those, for a worker that cannot read the rest while sealed.
    """
    chosen = (
        select(Job.id)
        .where(_due(now), _first_of_lane(), _of(kinds))
        .order_by(Job.priority, Job.run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = db.execute(
        update(Job)
        .where(Job.id.in_(chosen.scalar_subquery()))
        .values(state="running", owner=owner, lease_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job.id, Job.kind, Job.ref, Job.attempts, Job.lease_until, Job.priority)
        .execution_options(synchronize_session=False)
    ).all()
    ordered = sorted(claimed, key=lambda job: job.priority)
    return [Claimed(j.id, j.kind, j.ref, j.attempts, j.lease_until) for j in ordered]


def finish(db: Db, job_id: UUID) -> None:
    """Remove a job that is done."""
    db.execute(delete(Job).where(Job.id == job_id))


def postpone(db: Db, job_id: UUID, until: datetime, *, attempts: int | None = None) -> None:
    """Give a job back, to be taken up again at ``until``."""
    values: dict[str, Any] = {
        "state": "queued",
        "run_at": until,
        "owner": None,
        "lease_until": None,
    }
    if attempts is not None:
        values["attempts"] = attempts
    db.execute(update(Job).where(Job.id == job_id).values(**values))
    db.info["work"] = True


def release_all(db: Db) -> None:
    """Give back what a dead process held. Only where this process is the only one (SQLite)."""
    db.execute(
        update(Job)
        .where(Job.state == "running")
        .values(state="queued", owner=None, lease_until=None)
    )


def backoff(attempts: int) -> timedelta:
    """Return the pause after ``attempts`` failures: 5 s, doubled each time, at most an hour."""
    return min(timedelta(seconds=5 * 2 ** min(attempts - 1, 12)), FURTHEST)


def _of(kinds: Sequence[str] | None) -> Any:
    return true() if kinds is None else Job.kind.in_(kinds)


def next_due(db: Db, kinds: Sequence[str] | None = None) -> datetime | None:
    """Return when the next job that may be taken is due, or None."""
    free = select(func.min(Job.run_at)).where(Job.state == "queued", _first_of_lane(), _of(kinds))
    queued = db.scalar(free)
    leased = db.scalar(select(func.min(Job.lease_until)).where(Job.state == "running", _of(kinds)))
    return min((at for at in (queued, leased) if at is not None), default=None)


def any_due(db: Db, now: datetime, kinds: Sequence[str] | None = None) -> bool:
    """Return whether something should have been done by ``now`` and is not."""
    due = and_(
        Job.run_at <= now, Job.state.in_(("queued", "running")), _first_of_lane(), _of(kinds)
    )
    return db.scalar(select(Job.id).where(due).limit(1)) is not None


def hasten(db: Db, kind: str, now: datetime) -> None:
    """Have a recurring job done now, rather than when it is its turn."""
    planted = Job.id == _id_of(kind)
    db.execute(update(Job).where(planted, Job.state == "queued").values(run_at=now))
    db.info["work"] = True


def _id_of(kind: str) -> UUID:
    return uuid5(NAMESPACE_OID, kind)


def plant(db: Db, kinds: Iterable[str], now: datetime) -> None:
    """Make sure that each recurring job has its one row."""
    ids = {_id_of(kind): kind for kind in kinds}
    present = set(db.scalars(select(Job.id).where(Job.id.in_(ids))))
    rows = [
        {**row(kind, None, now, priority=3), "id": i}
        for i, kind in sorted(ids.items())
        if i not in present
    ]
    if rows:  # unless another worker that starts at this moment was faster
        insert_new(db, _JOBS, rows, _JOBS.c.id)
        db.info["work"] = True
