"""The worker: the loop that takes up what is due, and has it done by a few threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.store import (
    ClaimedJob,
    claim_jobs,
    find_due_kinds,
    find_retry_pause,
    has_overdue_job,
    plant_recurring_jobs,
    postpone_job,
    release_all_jobs,
)
from app.worker.crews import ALWAYS, WorkerCrew, make_crews
from app.worker.duties import RECURRING
from app.worker.handlers import HANDLERS
from app.worker.tools import WorkerTools

log = structlog.get_logger()


class Worker:
    """Runs due jobs on a few threads until it is stopped."""

    _POLL_S = 0.5
    _PRESSED_S = 1.0

    def __init__(self, tools: WorkerTools) -> None:
        self._tools = tools
        self._owner: UUID = uuid4()
        self._stopping = False
        self._crews = make_crews(tools.pacer.together)
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
                release_all_jobs(db)
            plant_recurring_jobs(db, RECURRING, tools.clock())
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
            with self._changed:
                if any(self._busy.values()):
                    self._changed.wait(0.2)  # whoever finishes says so, and the next is taken up
                    continue
            self.wake()
            with self._tools.database.snapshot() as db:
                kinds = {kind for crew in self._at_work() for kind in crew.kinds}
                due = has_overdue_job(db, self._tools.clock(), kinds)
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

    def _claim(self, free: Mapping[WorkerCrew, int]) -> list[tuple[WorkerCrew, list[ClaimedJob]]]:
        """Take what is due for the threads that are free: a crew's shares, of one kind each."""
        tools = self._tools
        crews = [crew for crew in self._at_work() if free[crew] and self._may_begin(crew)]
        if not crews:
            return []
        try:
            now = tools.clock()
            with tools.database.snapshot() as db:
                due = find_due_kinds(db, now, [kind for crew in crews for kind in crew.kinds])
            if not due:
                return []
            with tools.database.transaction() as db:
                return [
                    (crew, share)
                    for crew in crews
                    if (kinds := [kind for kind in crew.kinds if kind in due])
                    for share in _shares(
                        crew, claim_jobs(db, self._owner, now, free[crew] * crew.together, kinds)
                    )
                ]
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)
            time.sleep(self._POLL_S)  # the database is away; nothing is lost, the jobs wait
            return []

    def _at_work(self) -> tuple[WorkerCrew, ...]:
        keys = self._tools.database.keys
        return self._crews if keys is not None and keys.is_open else ALWAYS

    def _may_begin(self, crew: WorkerCrew) -> bool:
        """Return whether a crew may begin: some give way to texts that pour in, for a while."""
        now = time.monotonic()
        pressed = now - self._tools.database.pressed_at < self._PRESSED_S
        return not pressed or now - self._began[crew] >= crew.gives_way_s

    def _work(self, crew: WorkerCrew, claimed: list[ClaimedJob]) -> None:
        try:
            self._perform(claimed)
        finally:
            with self._changed:
                self._busy[crew] -= 1
                self._woken = True  # the next of its lane may be free now
                self._changed.notify_all()

    def _perform(self, claimed: list[ClaimedJob]) -> None:
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

    def _do(self, claimed: list[ClaimedJob]) -> None:
        tools, job = self._tools, claimed[0]
        if job.kind in RECURRING:
            recurring = RECURRING[job.kind]
            recurring.run(tools, tools.clock())
            with tools.database.transaction() as db:
                postpone_job(db, job, tools.clock() + recurring.every, attempts=0)
        else:
            HANDLERS[job.kind](tools, claimed)

    def _give_back(self, job: ClaimedJob) -> None:
        try:
            with self._tools.database.transaction() as db:
                postpone_job(db, job, self._tools.clock() + find_retry_pause(job.attempts))
        except (SQLAlchemyError, OSError) as error:
            log.error("worker.database", error=type(error).__name__)  # the lease will run out


def _shares(crew: WorkerCrew, claimed: list[ClaimedJob]) -> Iterator[list[ClaimedJob]]:
    """Share jobs out: one kind to a thread, evenly, and no more than it takes together."""
    by_kind: dict[str, list[ClaimedJob]] = {}
    for job in claimed:
        by_kind.setdefault(job.kind, []).append(job)
    for alike in by_kind.values():
        size = min(crew.together, -(-len(alike) // crew.threads))
        yield from (alike[start : start + size] for start in range(0, len(alike), size))
