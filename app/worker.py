"""The worker: one table of handlers, one of recurring jobs, and the loop that runs both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    requests,
    retention,
    rotation,
    spending,
)
from app.clock import Clock
from app.conversations import Desk, absorb
from app.db import Database
from app.jobs import Claimed
from app.shifts import watching
from app.statistics import accumulator, exports
from app.statistics.releasing import PRINT_JOB
from app.telephony import Carrier
from app.voice import calls, carrying, lost_calls
from app.voice.line import Line
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
    line: Line


# Does several jobs of one kind, in one transaction where that is more than one.
Handler = Callable[[Tools, Sequence[Claimed]], None]


def _absorb(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Merge what came in while the server was sealed."""
    with tools.database.transaction() as db:
        absorbed = absorb(db, tools.desk, tools.clock())
        for job in claimed:
            jobs.finish(db, job)
    log.info("server.absorbed", cases=absorbed)


def _alerts(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Page the next people about cases."""
    with tools.database.transaction() as db:
        alerts.step(db, claimed, tools.clock())


def _offers(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Ask the next people about requests; each alone, for a request is locked before the log."""
    for job in claimed:
        with tools.database.transaction() as db:
            offers.step(db, job, tools.clock())


def _print(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Make the files of releases; each is made in a process of its own."""
    for job in claimed:
        if job.ref is not None:
            exports.print_due(tools.database, job.ref)
        with tools.database.transaction() as db:
            jobs.finish(db, job)


def _send(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Send texts, or find out what became of them."""
    outgoing.send(
        tools.database, tools.carrier, tools.pacer, tools.status_url, claimed, tools.clock
    )


def _calls(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Ring phones, move callers, keep voicemails, and hold every call to its deadline."""
    crew = carrying.Crew(tools.database, tools.carrier, tools.clock, tools.line)
    carrying.carry_out(crew, claimed)


def _overdue(tools: Tools, now: datetime) -> None:
    """Raise alerts for targets that are nearly missed."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            alerts.look_for_overdue(db, now)
            alerts.drop_old(db, now)


def _lawyers(tools: Tools, now: datetime) -> None:
    """Ask for lawyers where nobody of the desk looks; apart from alerts, which must not wait."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            requests.ask_for_legal(db, now)


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


def _surge(tools: Tools, now: datetime) -> None:
    """Plan for all requests at once, where very many look for somebody."""
    plan = offers.plan_surge(tools.database, now)
    if plan is not None:
        log.info("surge.planned", requests=len(plan.chosen), left_out=len(plan.left_out))


def _freeze(tools: Tools, now: datetime) -> None:
    """Count the cases of each month that is over, once for good."""
    for month in accumulator.freeze_due(tools.database, now):
        log.info("statistics.frozen", month=month)


def _renew_case_epochs(database: Database, now: datetime) -> None:
    renewed = grants.renew_case_epochs(database, now)
    if renewed:
        log.info("case_epochs.renewed", cases=renewed)


HANDLERS: Mapping[str, Handler] = {
    "absorb": _absorb,
    "alert": _alerts,
    "offers": _offers,
    PRINT_JOB: _print,
    "send": _send,
    **dict.fromkeys(calls.KINDS, _calls),
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
    "carrier-calls": Recurring(
        timedelta(minutes=3),
        lambda tools, now: lost_calls.reconcile(tools.database, tools.carrier, now),
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
    "lawyers": Recurring(timedelta(minutes=1), _lawyers),
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
    "surge": Recurring(timedelta(minutes=5), _surge),
    "statistics": Recurring(timedelta(minutes=15), _freeze),
    "sweep": Recurring(
        timedelta(minutes=30), lambda tools, now: retention.sweep(tools.database, now)
    ),
}


@dataclass(frozen=True)
class Crew:
    """Threads for some kinds of job, so that no kind waits for another's carrier or rate.

    ``together``: how many jobs of a kind a thread takes at once. ``gives_way_s``: for how long it
    waits at most, while texts pour in, before it begins again.
    """

    kinds: tuple[str, ...]
    threads: int
    together: int = 1
    gives_way_s: float = 0.0


def crews(texts_together: int) -> tuple[Crew, ...]:
    """Return who does what; ``texts_together`` is how many texts a thread sends at once."""
    return (
        Crew(("absorb", "alert"), threads=1, together=64, gives_way_s=0.5),
        Crew(("offers",), threads=1),
        Crew((PRINT_JOB,), threads=1),
        Crew(("send",), threads=4, together=texts_together),
        # One for each phone that may ring at once: all of them ring within the second.
        Crew(calls.KINDS, threads=10),
        HOUSEKEEPING,
    )


# The only ones at work while sealed, as far as they can.
HOUSEKEEPING = Crew(tuple(RECURRING), threads=2, gives_way_s=30)


class Worker:
    """Runs due jobs on a few threads until it is stopped."""

    _POLL_S = 0.5
    _PRESSED_S = 1.0

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._owner: UUID = uuid4()
        self._stopping = False
        self._crews = crews(tools.pacer.together)
        self._busy = dict.fromkeys(self._crews, 0)
        self._changed = threading.Condition()
        self._woken = False
        self._began = dict.fromkeys(self._crews, float("-inf"))
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
                kinds = {kind for crew in self._at_work() for kind in crew.kinds}
                due = jobs.any_due(db, self._tools.clock(), kinds)
            with self._changed:
                if not due and not any(self._busy.values()):
                    return True
                self._changed.wait(0.02)
        return False

    def _run(self) -> None:
        threads = sum(crew.threads for crew in self._crews)
        with ThreadPoolExecutor(threads, thread_name_prefix="job") as pool:
            while not self._stopping:
                self.last_loop = time.monotonic()
                with self._changed:
                    free = {crew: max(0, crew.threads - n) for crew, n in self._busy.items()}
                    self._woken = False
                taken = self._claim(free)
                for crew, claimed in taken:
                    self._began[crew] = time.monotonic()
                    with self._changed:
                        self._busy[crew] += 1
                    pool.submit(self._work, crew, claimed)
                if not taken:
                    self._rest()

    def _rest(self) -> None:
        with self._changed:
            if not self._woken:
                self._changed.wait(self._POLL_S)

    def _claim(self, free: Mapping[Crew, int]) -> list[tuple[Crew, list[Claimed]]]:
        """Take what is due for the threads that are free: a crew's shares, of one kind each."""
        tools = self._tools
        crews = [crew for crew in self._at_work() if free[crew] and self._may_begin(crew)]
        if not crews:
            return []
        try:
            now = tools.clock()
            with tools.database.snapshot() as db:
                due = jobs.due(db, now, [kind for crew in crews for kind in crew.kinds])
            if not due:
                return []
            with tools.database.transaction() as db:
                return [
                    (crew, share)
                    for crew in crews
                    if (kinds := [kind for kind in crew.kinds if kind in due])
                    for share in _shares(
                        crew, jobs.claim(db, self._owner, now, free[crew] * crew.together, kinds)
                    )
                ]
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)
            time.sleep(self._POLL_S)  # the database is away; nothing is lost, the jobs wait
            return []

    def _at_work(self) -> tuple[Crew, ...]:
        keys = self._tools.database.keys
        return self._crews if keys is not None and keys.is_open else (HOUSEKEEPING,)

    def _may_begin(self, crew: Crew) -> bool:
        """Return whether a crew may begin: some give way to texts that pour in, for a while."""
        now = time.monotonic()
        pressed = now - self._tools.database.pressed_at < self._PRESSED_S
        return not pressed or now - self._began[crew] >= crew.gives_way_s

    def _work(self, crew: Crew, claimed: list[Claimed]) -> None:
        try:
            self._perform(claimed)
        finally:
            with self._changed:
                self._busy[crew] -= 1
                self._woken = True  # the next of its lane may be free now
                self._changed.notify_all()

    def _perform(self, claimed: list[Claimed]) -> None:
        try:
            self._do(claimed)
        except Exception as error:  # noqa: BLE001  # one job's failure must not end the worker
            if len(claimed) > 1:
                log.warning("jobs.alone", kind=claimed[0].kind, error=type(error).__name__)
                for job in claimed:
                    self._perform([job])
                return
            job = claimed[0]
            log.error(
                "job.failed", kind=job.kind, attempts=job.attempts, error=type(error).__name__
            )
            self._give_back(job)

    def _do(self, claimed: list[Claimed]) -> None:
        tools, job = self._tools, claimed[0]
        if job.kind in RECURRING:
            recurring = RECURRING[job.kind]
            recurring.run(tools, tools.clock())
            with tools.database.transaction() as db:
                jobs.postpone(db, job, tools.clock() + recurring.every, attempts=0)
        else:
            HANDLERS[job.kind](tools, claimed)

    def _give_back(self, job: Claimed) -> None:
        try:
            with self._tools.database.transaction() as db:
                jobs.postpone(db, job, self._tools.clock() + jobs.backoff(job.attempts))
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)  # the lease will run out


def _shares(crew: Crew, claimed: list[Claimed]) -> Iterator[list[Claimed]]:
    """Share jobs out: one kind to a thread, evenly, and no more than it takes together."""
    by_kind: dict[str, list[Claimed]] = {}
    for job in claimed:
        by_kind.setdefault(job.kind, []).append(job)
    for alike in by_kind.values():
        size = min(crew.together, -(-len(alike) // crew.threads))
        yield from (alike[start : start + size] for start in range(0, len(alike), size))
