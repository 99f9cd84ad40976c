"""The job table: enqueue, claim under a lease, finish, retry. Payloads are opaque ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import (
    Select,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    union_all,
    update,
)

from app.models import Job, JobState, table
from app.store.db import Db
from app.store.row_ids import make_row_id
from app.store.statements import Query, insert_new_rows, insert_rows, update_rows

# Long enough for the slowest handler, short enough that a dead worker's jobs move on.
LEASE = timedelta(seconds=60)
# No job is scheduled further ahead, so that ``run_at`` never tells when something happens.
FURTHEST = timedelta(hours=1)
_JOBS = table(Job)


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this owner may work on until its lease ends."""

    id: UUID
    kind: str
    ref: UUID | None
    attempts: int
    lease_until: datetime
    owner: UUID


def new_job(
    kind: str,
    ref: UUID | None,
    now: datetime,
    *,
    priority: int = 2,
    delay: timedelta = timedelta(0),
    lane: bytes | None = None,
    position: int = 0,
) -> dict[str, Any]:
    """Return the columns of a new job, for ``add_jobs``, which gives it its id."""
    if delay > FURTHEST:
        raise ValueError("a job is never scheduled more than an hour ahead")
    return {
        "kind": kind,
        "ref": ref,
        "state": JobState.QUEUED,
        "priority": priority,
        "run_at": now + delay,
        "attempts": 0,
        "lane": lane,
        "position": position,
    }


def add_jobs(db: Db, rows: Sequence[dict[str, Any]]) -> None:
    """Add jobs to this transaction, and wake the worker once it is committed."""
    if rows:
        ids = [{"id": make_row_id(db, Job, row["run_at"])} for row in rows]
        insert_rows(db, _JOBS, [one | row for one, row in zip(ids, rows, strict=True)])
        db.info["work"] = True


def hurry_lanes(db: Db, rows: Sequence[dict[str, Any]]) -> None:
    """Let what is before these urgent jobs in their lanes be as urgent as they are."""
    for priority in sorted({job["priority"] for job in rows}):
        lanes = {job["lane"] for job in rows if job["priority"] == priority}
        # Put so that no database walks all that is queued, rather than these few lanes.
        ahead = (Job.lane.in_(lanes), Job.state != JobState.RUNNING, Job.priority > priority)
        db.execute(update(Job).where(*ahead).values(priority=priority))


def _first_of_lane(job: Any) -> Any:
    earlier = _JOBS.alias("earlier")
    ahead = (earlier.c.lane == job.c.lane, earlier.c.position < job.c.position)
    return ~exists(literal_column("1")).select_from(earlier).where(*ahead)


_COLUMNS = [_JOBS.c[name] for name in ("id", "kind", "ref", "attempts", "priority", "run_at")]
_FREE = and_(_JOBS.c.state == JobState.QUEUED, _JOBS.c.run_at <= bindparam("now"))
_LOST = and_(_JOBS.c.state == JobState.RUNNING, _JOBS.c.lease_until < bindparam("now"))
_MOST_URGENT = (_JOBS.c.priority, _JOBS.c.run_at)


def _choice(which: Any) -> Select[Any]:
    some = select(*_COLUMNS).where(which, _first_of_lane(_JOBS)).order_by(*_MOST_URGENT)
    return some.limit(bindparam("limit")).with_for_update(skip_locked=True)


# Two queries, since no index serves both; each walks only what it takes.
_CHOICES = [Query(_choice(which)) for which in (_FREE, _LOST)]
_KIND_CHOICES = [
    Query(_choice(and_(_JOBS.c.kind == bindparam("kind"), which))) for which in (_FREE, _LOST)
]


def claim_jobs(
    db: Db, owner: UUID, now: datetime, limit: int, kinds: Sequence[str] | None = None
) -> list[ClaimedJob]:
    """Take up to ``limit`` due jobs, urgent ones first, and those whose owner's lease ran out.

    Of each lane only the first: what comes after it waits until it is done. With ``kinds`` only
    those.
    """
    found: list[Any] = []
    if kinds is None:
        for choice in _CHOICES:
            found += choice.rows(db, now=now, limit=limit)
    else:
        for kind, choice in product(kinds, _KIND_CHOICES):
            found += choice.rows(db, kind=kind, now=now, limit=limit)
    chosen = sorted(found, key=lambda job: (job.priority, job.run_at))[:limit]
    until = now + LEASE
    held = {"state": JobState.RUNNING, "owner": owner, "lease_until": until}
    update_rows(db, _JOBS, [{**held, "attempts": job.attempts + 1, "id": job.id} for job in chosen])
    return [ClaimedJob(job.id, job.kind, job.ref, job.attempts + 1, until, owner) for job in chosen]


def _still_held(job: ClaimedJob) -> Any:
    """Match a job only while its lease lasts: a worker that was too slow changes nothing."""
    return and_(Job.id == job.id, Job.owner == job.owner, Job.lease_until == job.lease_until)


def finish_job(db: Db, job: ClaimedJob) -> None:
    """Remove a job that is done, unless another worker has it by now."""
    db.execute(delete(Job).where(_still_held(job)))


def postpone_job(db: Db, job: ClaimedJob, until: datetime, *, attempts: int | None = None) -> None:
    """Give a job back, to be taken again at ``until``, unless another worker has it by now."""
    values: dict[str, Any] = {
        "state": JobState.QUEUED,
        "run_at": until,
        "owner": None,
        "lease_until": None,
    }
    if attempts is not None:
        values["attempts"] = attempts
    db.execute(update(Job).where(_still_held(job)).values(**values))
    db.info["work"] = True


def release_all_jobs(db: Db) -> None:
    """Give back what a dead process held. Only where this process is the only one (SQLite)."""
    db.execute(
        update(Job)
        .where(Job.state == JobState.RUNNING)
        .values(state=JobState.QUEUED, owner=None, lease_until=None)
    )


def find_retry_pause(attempts: int) -> timedelta:
    """Return the pause after ``attempts`` failures: 5 s, doubled each time, at most an hour."""
    return min(timedelta(seconds=5 * 2 ** min(attempts - 1, 12)), FURTHEST)


def _soonest(which: Any, column: Any) -> Query:
    return Query(select(func.min(column).label("at")).where(which))


_QUEUED, _RUNNING = _JOBS.c.state == JobState.QUEUED, _JOBS.c.state == JobState.RUNNING
_NEXT = [
    _soonest(and_(_QUEUED, _first_of_lane(_JOBS)), _JOBS.c.run_at),
    _soonest(_RUNNING, _JOBS.c.lease_until),
]


def find_next_due(db: Db) -> datetime | None:
    """Return when the next job that may be taken is due, or None. Walks all jobs."""
    found = (query.rows(db)[0].at for query in _NEXT)
    return min((at for at in found if at is not None), default=None)


@cache
def _kinds_due(kinds: tuple[str, ...]) -> Query:
    """Return the query that tells which of these kinds have a job that may be taken."""
    return Query(
        union_all(
            *(
                select(literal_column(f"'{kind}'", String).label("kind")).where(
                    exists(literal_column("1"))
                    .select_from(_JOBS)
                    .where(_JOBS.c.kind == kind, which)
                )
                for kind in kinds
                for which in (_FREE, _LOST)
            )
        )
    )


def find_due_kinds(db: Db, now: datetime, kinds: Collection[str]) -> set[str]:
    """Return the kinds of these that have a due job, though another may be ahead in its lane."""
    asked = tuple(sorted(kinds))
    return {row.kind for row in _kinds_due(asked).rows(db, now=now)} if asked else set()


def has_overdue_job(db: Db, now: datetime, kinds: Collection[str] | None = None) -> bool:
    """Return whether a job that may be taken was due before ``now``."""
    of_these = true() if kinds is None else Job.kind.in_(kinds)
    query = select(Job.id).where(Job.run_at <= now, of_these, _first_of_lane(_JOBS))
    return db.scalar(query.limit(1)) is not None


def hasten_job(db: Db, kind: str, now: datetime) -> None:
    """Have a recurring job done now, rather than when it is its turn."""
    planted = Job.id == _id_of(kind)
    db.execute(update(Job).where(planted, Job.state == JobState.QUEUED).values(run_at=now))
    db.info["work"] = True


def _id_of(kind: str) -> UUID:
    return uuid5(NAMESPACE_OID, kind)


def plant_recurring_jobs(db: Db, kinds: Iterable[str], now: datetime) -> None:
    """Make sure that each recurring job has its one row."""
    ids = {_id_of(kind): kind for kind in kinds}
    present = set(db.scalars(select(Job.id).where(Job.id.in_(ids))))
    rows = [
        {**new_job(kind, None, now, priority=3), "id": i}
        for i, kind in sorted(ids.items())
        if i not in present
    ]
    if rows:  # unless another worker that starts at this moment was faster
        insert_new_rows(db, _JOBS, rows, _JOBS.c.id)
        db.info["work"] = True
