"""The worker: one table of handlers, one of recurring jobs, and the loop that runs both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app import (
    alerts,
    assignments,
    audit,
    backup,
    carrier_traces,
    grants,
    jobs,
    offers,
    outgoing,
    reconciler,
    reminders,
    retention,
    rotation,
    spending,
)
from app.clock import Clock
from app.conversations import Desk, absorb
from app.db import Database, Db
from app.jobs import Claimed
from app.shifts import watching
from app.telephony import Carrier
from app.wake import Waker

log = structlog.get_logger()


@dataclass(frozen=True)
class Tools:
    """What handlers work with."""

    database: Database
    carrier: Carrier
    clock: Clock
    pacer: outgoing.Pacer
    status_url: str
    desk: Desk
    waker: Waker


Handler = Callable[[Tools, Claimed], None]


def _absorb(tools: Tools, job: Claimed) -> None:
    """Merge what came in while the server was sealed."""
    with tools.database.transaction() as db:
        absorbed = absorb(db, tools.desk, tools.clock())
        jobs.finish(db, job.id)
    log.info("server.absorbed", cases=absorbed)


def _alert(tools: Tools, job: Claimed) -> None:
    """Page the next people about a case."""
    with tools.database.transaction() as db:
        alerts.step(db, job, tools.clock())


def _offers(tools: Tools, job: Claimed) -> None:
    """Ask the next people about a request."""
    with tools.database.transaction() as db:
        offers.step(db, job, tools.clock())


def _overdue(tools: Tools, now: datetime) -> None:
    """Raise alerts for targets that are nearly missed."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            alerts.look_for_overdue(db, now)
            alerts.drop_old(db, now)


def _spending(tools: Tools, now: datetime) -> None:
    """Tell when the month's cap comes near."""
    with tools.database.transaction() as db:
        reached = spending.tell(db, now)
        if reached:
            body = f"Desk: texts have cost {reached} % of this month's limit."
            alerts.tell_coordinators(db, body, now)


def _watch_reading(tools: Tools, now: datetime) -> None:
    """Tell two coordinators of somebody who opens unusually many cases."""
    with tools.database.transaction() as db:
        for member_id in audit.mass_reading(db, now) if db.keys.is_open else ():
            audit.record(db, audit.UNUSUAL, None, member_id, now)
            body = "Desk: somebody opened very many notes within an hour. Please look at the log."
            alerts.tell_coordinators(db, body, now, but=member_id)


def _rota(tools: Tools, now: datetime) -> None:
    """Tell the coordinators two days ahead of shifts that lack people; put away what is over."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            watching.put_away(db, now)
            lacking = watching.untold(db, now)
            if lacking and alerts.tell_coordinators(db, watching.said(lacking), now, urgency=2):
                watching.note_told(db, lacking)


def _renew_case_epochs(database: Database, now: datetime) -> None:
    renewed = grants.renew_case_epochs(database, now)
    if renewed:
        log.info("case_epochs.renewed", cases=renewed)


HANDLERS: Mapping[str, Handler] = {
    "absorb": _absorb,
    "alert": _alert,
    "offers": _offers,
    "send": lambda tools, job: outgoing.send(
        tools.database, tools.carrier, tools.pacer, tools.status_url, job, tools.clock
    ),
}


@dataclass(frozen=True)
class Recurring:
    """Something done again and again: every timer of the product is in the table below."""

    every: timedelta
    run: Callable[[Tools, datetime], object]


RECURRING: Mapping[str, Recurring] = {
    "archives": Recurring(
        timedelta(minutes=30), lambda tools, now: backup.look_after(tools.database, now)
    ),
    "assignments": Recurring(
        timedelta(minutes=15), lambda tools, now: assignments.sweep(tools.database, now)
    ),
    "audit-checkpoint": Recurring(
        timedelta(minutes=15), lambda tools, now: retention.checkpoint_audit(tools.database, now)
    ),
    "carrier-copies": Recurring(
        timedelta(minutes=1),
        lambda tools, now: carrier_traces.clear(tools.database, tools.carrier, now),
    ),
    "carrier-list": Recurring(
        timedelta(minutes=3),
        lambda tools, now: reconciler.reconcile(tools.database, tools.carrier, tools.desk, now),
    ),
    grants.EPOCHS_JOB: Recurring(
        timedelta(minutes=5), lambda tools, now: _renew_case_epochs(tools.database, now)
    ),
    "events": Recurring(
        timedelta(minutes=5),
        lambda tools, now: reminders.sweep(tools.database, tools.desk.script.texts, now),
    ),
    "forgetting": Recurring(
        timedelta(minutes=30), lambda tools, now: retention.renew_forgetting(tools.database, now)
    ),
    "index-key": Recurring(
        timedelta(minutes=5), lambda tools, now: rotation.ratchet_if_due(tools.database, now)
    ),
    "lost-callbacks": Recurring(
        timedelta(minutes=5),
        lambda tools, now: outgoing.catch_up(tools.database, tools.carrier, now),
    ),
    "overdue": Recurring(timedelta(minutes=1), _overdue),
    "reading": Recurring(timedelta(minutes=5), _watch_reading),
    "rota": Recurring(timedelta(minutes=30), _rota),
    "spending": Recurring(timedelta(minutes=5), _spending),
    "wake": Recurring(
        timedelta(minutes=1), lambda tools, now: tools.waker(tools.database, tools.carrier, now)
    ),
    "sweep": Recurring(
        timedelta(minutes=30), lambda tools, now: retention.sweep(tools.database, now)
    ),
}


def _readable(db: Db) -> tuple[str, ...] | None:
    """Return the kinds of job that can be done while sealed, or None for all once open."""
    return None if db.keys.is_open else tuple(RECURRING)


class Worker:
    """Runs due jobs on a few threads until it is stopped."""

    _THREADS = 4
    _POLL_S = 0.5

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._owner: UUID = uuid4()
        self._stopping = False
        self._busy = 0
        self._changed = threading.Condition()
        self._woken = False
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.last_loop: float | None = None

    def start(self) -> None:
        """Plant the recurring jobs and begin."""
        tools = self._tools
        with tools.database.transaction() as db:
            if tools.database.on_sqlite:
                jobs.release_all(db)
            jobs.plant(db, RECURRING, tools.clock())
        tools.database.wake = self.wake
        tools.clock.on_advance(lambda _now: self.wake())
        self._thread.start()

    def stop(self) -> None:
        """Finish what runs, take up nothing more."""
        self._stopping = True
        self.wake()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the loop turned within the last half minute."""
        return self.last_loop is not None and time.monotonic() - self.last_loop < 30

    def wake(self) -> None:
        """Look for due jobs now."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def drain(self, timeout_s: float = 60.0) -> bool:
        """Wait until nothing is due or running; return whether that came about in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.wake()
            with self._tools.database.snapshot() as db:
                due = jobs.any_due(db, self._tools.clock(), _readable(db))
            with self._changed:
                if not due and not self._busy:
                    return True
                self._changed.wait(0.02)
        return False

    def _run(self) -> None:
        with ThreadPoolExecutor(self._THREADS, thread_name_prefix="job") as pool:
            while not self._stopping:
                self.last_loop = time.monotonic()
                with self._changed:
                    free = self._THREADS - self._busy
                    self._woken = False
                claimed = self._claim(free) if free else []
                for job in claimed:
                    with self._changed:
                        self._busy += 1
                    pool.submit(self._work, job)
                if not claimed:
                    self._rest()

    def _rest(self) -> None:
        with self._changed:
            if not self._woken:
                self._changed.wait(self._POLL_S)

    def _claim(self, free: int) -> list[Claimed]:
        tools = self._tools
        try:
            with tools.database.snapshot() as db:
                due = jobs.next_due(db, _readable(db))
            now = tools.clock()
            if due is None or due > now:
                return []
            with tools.database.transaction() as db:
                return jobs.claim(db, self._owner, now, free, _readable(db))
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)
            time.sleep(self._POLL_S)  # the database is away; nothing is lost, the jobs wait
            return []

    def _work(self, job: Claimed) -> None:
        try:
            self._perform(job)
        except Exception as error:  # noqa: BLE001  # one job's failure must not end the worker
            log.error(
                "job.failed", kind=job.kind, attempts=job.attempts, error=type(error).__name__
            )
            self._give_back(job)
        finally:
            with self._changed:
                self._busy -= 1
                self._woken = True  # the next of its lane may be free now
                self._changed.notify_all()

    def _perform(self, job: Claimed) -> None:
        tools = self._tools
        if job.kind in RECURRING:
            recurring = RECURRING[job.kind]
            recurring.run(tools, tools.clock())
            with tools.database.transaction() as db:
                jobs.postpone(db, job.id, tools.clock() + recurring.every, attempts=0)
        else:
            HANDLERS[job.kind](tools, job)

    def _give_back(self, job: Claimed) -> None:
        try:
            with self._tools.database.transaction() as db:
                jobs.postpone(db, job.id, self._tools.clock() + jobs.backoff(job.attempts))
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)  # the lease will run out
