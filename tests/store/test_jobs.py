"""A job belongs to one worker at a time, and to another once its worker is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.clock import FixedClock
from app.models import JOB_TRANSITIONS, Job, JobState, check_step
from app.store.db import Database, Db
from app.store.jobs import (
    LEASE,
    ClaimedJob,
    add_jobs,
    claim_jobs,
    find_due_kinds,
    finish_job,
    hasten_job,
    new_job,
    plant_recurring_jobs,
    postpone_job,
    release_all_jobs,
)
from app.worker.duties import RECURRING

ONE, ANOTHER = uuid4(), uuid4()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock()


def enqueue(database: Database, now: datetime, count: int = 1) -> None:
    with database.transaction() as db:
        add_jobs(db, [new_job("send", uuid4(), now) for _ in range(count)])


def claim(database: Database, owner: UUID, now: datetime, limit: int = 10) -> Sequence[ClaimedJob]:
    with database.transaction() as db:
        return claim_jobs(db, owner, now, limit)


def test_a_claimed_job_is_nobody_elses(database: Database, now: datetime) -> None:
    enqueue(database, now)
    assert len(claim(database, ONE, now)) == 1
    assert claim(database, ANOTHER, now) == []


def test_who_has_no_hand_free_is_told_that_nothing_is_due(
    database: Database, now: datetime
) -> None:
    enqueue(database, now)
    with database.snapshot() as db:
        assert find_due_kinds(db, now, ["send"]) == {"send"}
        assert find_due_kinds(db, now, []) == set()


def test_a_dead_workers_job_is_taken_up_when_its_lease_ends(
    database: Database, now: datetime
) -> None:
    enqueue(database, now)
    [first] = claim(database, ONE, now)
    assert claim(database, ANOTHER, now + LEASE) == []
    [second] = claim(database, ANOTHER, now + LEASE + timedelta(seconds=1))
    assert (second.id, second.attempts) == (first.id, 2)


def test_a_job_takes_only_the_steps_of_its_table(sqlite_url: str, now: datetime) -> None:
    database, late = Database(sqlite_url), now + 2 * LEASE
    enqueue(database, now)
    held: list[ClaimedJob] = []
    acts: list[Callable[[Db], object]] = [
        lambda db: held.extend(claim_jobs(db, ONE, now, 1)),
        lambda db: held.extend(claim_jobs(db, ANOTHER, late, 1)),
        lambda db: postpone_job(db, held[0], late),
        lambda db: postpone_job(db, held[-1], late),
        release_all_jobs,
        lambda db: hasten_job(db, "send", now),
        lambda db: held.extend(claim_jobs(db, ONE, late, 1)),
        release_all_jobs,
    ]
    seen = set()
    for act in acts:
        with database.transaction() as db:
            before = db.scalars(select(Job.state)).one()
            act(db)
            after = db.scalars(select(Job.state)).one()
        check_step(JOB_TRANSITIONS, before, after)
        seen.add((before, after))
    assert seen == {(one, other) for one in JobState for other in JobState}
    database.close()


def test_many_workers_at_once_share_the_jobs(database: Database, now: datetime) -> None:
    enqueue(database, now, count=60)
    with ThreadPoolExecutor(6) as crowd:
        owners = [uuid4() for _ in range(30)]
        shares = crowd.map(lambda owner: claim(database, owner, now, limit=3), owners)
        taken = [job.id for share in shares for job in share]
    assert len(taken) == len(set(taken))
    taken += [job.id for job in claim(database, ONE, now, limit=60)]
    assert len(taken) == len(set(taken)) == 60


def test_a_restarted_worker_on_sqlite_waits_for_no_lease(sqlite_url: str, now: datetime) -> None:
    database = Database(sqlite_url)
    enqueue(database, now)
    claim(database, ONE, now)
    with database.transaction() as db:
        release_all_jobs(db)
    assert len(claim(database, ANOTHER, now)) == 1
    database.close()


def test_workers_that_start_together_plant_each_recurring_job_once(
    database: Database, now: datetime
) -> None:
    def plant(_: int) -> None:
        with database.transaction() as db:
            plant_recurring_jobs(db, RECURRING, now)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(plant, range(8)))
    with database.snapshot() as db:
        assert db.scalar(select(func.count()).select_from(Job)) == len(RECURRING)


def test_the_first_of_a_lane_holds_the_others_back_until_it_is_done(
    database: Database, now: datetime
) -> None:
    with database.transaction() as db:
        lane = b"a phone"
        rows = [new_job("send", uuid4(), now, lane=lane, position=n) for n in range(3)]
        add_jobs(db, rows[::-1])
    order = []
    while found := claim(database, ONE, now):
        [job] = found
        assert claim(database, ANOTHER, now) == []
        order.append(job.ref)
        with database.transaction() as db:
            finish_job(db, job)
    assert order == [row["ref"] for row in rows]


def test_who_lost_a_lease_neither_ends_the_job_nor_gives_it_back(
    database: Database, now: datetime
) -> None:
    with database.transaction() as db:
        add_jobs(db, [new_job("send", uuid4(), now)])
    [late] = claim(database, ONE, now)
    again = now + LEASE + timedelta(seconds=1)
    [held] = claim(database, ANOTHER, again)
    for act in (finish_job, lambda db, job: postpone_job(db, job, again)):
        with database.transaction() as db:
            act(db, late)
        with database.snapshot() as db:
            job = db.get_one(Job, late.id)
            assert (job.state, job.owner) == ("running", ANOTHER)
    with database.transaction() as db:
        finish_job(db, held)
    with database.snapshot() as db:
        assert db.get(Job, late.id) is None


def test_a_dead_worker_does_not_hold_its_lane_for_ever(database: Database, now: datetime) -> None:
    with database.transaction() as db:
        rows = [new_job("send", uuid4(), now, lane=b"a phone", position=n) for n in range(2)]
        add_jobs(db, rows)
    claim(database, ONE, now)
    later = now + LEASE + timedelta(seconds=1)
    assert [job.ref for job in claim(database, ANOTHER, later)] == [rows[0]["ref"]]
