"""Kill Kith again and again while phones text and the desk answers; then count what is left.

``python -m tests.faults.killing --rounds 200 --seed 7 --database postgresql``

On SQLite the whole service, worker inside, is killed; on PostgreSQL service and separate worker in
turn. The carrier is a process of its own and lives on. What must hold afterwards: every text whose
webhook was answered 200, and every reply that was answered 202, is there once and opens; no phone
got a text more often than the desk is told, but for those it is told are uncertain; nothing stays
on its way for ever.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests import postgres
from tests.faults import ledger
from tests.faults.installation import Desk, Installation, NotReady, build
from tests.faults.ledger import Book, Findings
from tests.faults.nursery import Nursery

_PHONES = 4
_TEXTS_PER_PHONE = 6
Faults = tuple[dict[str, Any], ...]
# A text goes out, and nobody tells the service: neither an answer nor any callback.
UNTOLD: Faults = (
    {"kind": "api-timeout-after-accept", "delay_s": 0.05},
    {"kind": "status-lost", "count": 3},
)
# What makes the moments interesting: doubt about a send, repeats, and a busy carrier.
_FAULTS: tuple[Faults, ...] = (
    UNTOLD,
    ({"kind": "api-timeout", "delay_s": 0.05},),
    ({"kind": "api-429", "delay_s": 1},),
    ({"kind": "webhook-duplicate", "delay_s": 1.5},),
    ({"kind": "webhook-duplicate"},),
    ({"kind": "status-duplicate"},),
    ({"kind": "status-lost"},),
    ({"kind": "status-reorder"},),
)
_LONGEST_RUN_S = 0.35
_LONGEST_WAIT_S = 3.0


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: of what, at which moment, and how long after its round began."""

    victim: str
    moment: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.victim} {self.moment} ({self.seconds:.3f} s)"


@dataclass(frozen=True)
class Outcome:
    """A finished run."""

    seed: int
    database: str
    kills: tuple[Kill, ...]
    findings: Findings
    starts_s: tuple[float, ...]
    seconds: float

    def __str__(self) -> str:
        moments = Counter(f"{kill.victim} {kill.moment}" for kill in self.kills)
        starts = sorted(self.starts_s) or [0.0]
        return "\n".join(
            (
                f"seed {self.seed}, {self.database}, {self.seconds:.0f} s",
                f"{len(self.kills)} kills: "
                + ", ".join(f"{count} × {moment}" for moment, count in sorted(moments.items())),
                "kill points: " + "; ".join(map(str, self.kills)),
                f"ready again within {starts[len(starts) // 2]:.2f} s (median), {starts[-1]:.2f} s",
                str(self.findings),
            )
        )


@dataclass
class _Run:
    """What one run of the loop holds together."""

    kith: Installation
    book: Book
    chance: random.Random
    program: str
    moments: tuple[str, ...]
    faults: tuple[Faults, ...]
    alive: dict[str, int] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    desk_works: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def apart(self) -> bool:
        """Whether the worker is a process of its own."""
        return not self.kith.database_url.startswith("sqlite")


# The desk's part costs most: on SQLite it has to sign in anew after each kill.
EVERY_MOMENT = (
    *2 * ("after a 200", "while running", "while starting"),
    "after a 202",
)


def kill_again_and_again(
    kith: Installation,
    *,
    rounds: int,
    seed: int,
    program: str = "kith",
    moments: tuple[str, ...] = EVERY_MOMENT,
    faults: tuple[Faults, ...] = _FAULTS,
) -> Outcome:
    """Run the loop on a new ``kith`` and return what came of it."""
    began = time.monotonic()
    run = _Run(kith, Book(), random.Random(seed), program, moments, faults)
    kith.start_carrier("--no-fallback")
    with _traffic(run):
        for number in range(rounds):
            _one_round(run, number)
    _settle(run)
    findings = ledger.check(kith, run.book)
    database = "PostgreSQL" if run.apart else "SQLite"
    seconds = time.monotonic() - began
    return Outcome(seed, database, tuple(run.kills), findings, tuple(run.starts_s), seconds)


# -- killing


def _one_round(run: _Run, number: int) -> None:
    victim = ("service", "worker")[number % 2] if run.apart else "service"
    moment = run.chance.choice(run.moments)
    if run.chance.random() < 0.5:
        for fault in run.chance.choice(run.faults):
            run.kith.network.ask("POST", "/faults", fault)
    if run.apart or moment == "after a 202":
        run.desk_works.set()
    began = time.monotonic()
    fresh = "service" not in run.alive
    _start_missing(run)
    if moment == "while starting":
        time.sleep(run.chance.uniform(0.0, 2 * _LONGEST_RUN_S))
    else:
        run.kith.wait_for_service()
        if fresh:
            run.starts_s.append(time.monotonic() - began)
        _wait_for(run, moment)
    run.kith.nursery.kill(run.alive.pop(victim))
    run.desk_works.clear()
    run.kills.append(Kill(victim, moment, time.monotonic() - began))


def _start_missing(run: _Run) -> None:
    if "service" not in run.alive:
        options = ["--no-worker"] if run.apart else []
        run.alive["service"] = run.kith.start_service(*options, program=run.program)
    if run.apart and "worker" not in run.alive:
        run.alive["worker"] = run.kith.start_worker(program=run.program)


def _wait_for(run: _Run, moment: str) -> None:
    """Wait for the moment to kill; a 200 or 202 that does not come is waited for a while only."""
    if moment == "while running":
        time.sleep(run.chance.uniform(0.0, _LONGEST_RUN_S))
        return
    happened = run.book.answered if moment == "after a 200" else run.book.replied
    happened.clear()
    happened.wait(_LONGEST_WAIT_S)


# -- traffic


@contextmanager
def _traffic(run: _Run) -> Iterator[None]:
    """Let phones text and a dispatcher reply, from threads, until the block ends."""
    numbers = ledger.numbers()
    lock = threading.Lock()

    def next_number() -> str:
        with lock:
            return next(numbers)

    chances = [random.Random(run.chance.random()) for _ in range(_PHONES)]
    threads = [threading.Thread(target=_texting, args=(run, c, next_number)) for c in chances]
    threads.append(threading.Thread(target=_replying, args=(run,)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        run.over.set()
        for thread in threads:
            thread.join()


def _texting(run: _Run, chance: random.Random, next_number: Callable[[], str]) -> None:
    while not run.over.is_set():
        phone = run.kith.network.phone(next_number())
        for turn in range(chance.randint(1, _TEXTS_PER_PHONE)):
            if run.over.is_set():
                return
            body = ledger.a_text(chance, turn)
            sent = phone.text(body)
            run.book.note_text(phone.number, body, sent.http_status)
            time.sleep(chance.uniform(0.0, 0.08) if sent.http_status else 0.15)


def _replying(run: _Run) -> None:
    """Answer callers as the desk; whenever the service is killed, sign in again if need be."""
    desk, signed_in, turn = Desk(run.kith.port), False, 0
    while not run.over.is_set():
        if not run.desk_works.wait(0.05):
            continue
        try:
            if not signed_in:
                desk.sign_in()
                signed_in = True
            for case in desk.queue(limit=5):
                turn += 1
                body = f"Reply {turn} from the desk."
                status, _ = desk.ask("POST", f"/cases/{case['id']}/messages", {"body": body})
                run.book.note_reply(body, status)
        except (OSError, HTTPException):
            signed_in = signed_in and run.apart  # sessions outlive the service in PostgreSQL only
            time.sleep(0.02)
        except NotReady:
            signed_in = False
        time.sleep(0.1)


# -- settling


def _settle(run: _Run) -> None:
    """Let the clocks run on until nothing is on its way; AssertionError if that never comes."""
    for pid in run.alive.values():
        run.kith.nursery.kill(pid)
    service = run.kith.start_service(program=run.program)  # with a worker inside, on either
    run.kith.wait_for_service()
    run.kith.network.clear_faults()
    for _ in range(20):
        run.kith.advance(180)
        if not ledger.on_its_way(run.kith):
            run.kith.stop(service)
            return
    raise AssertionError(f"still on its way after an hour: {ledger.on_its_way(run.kith)}")


# -- by hand


def main() -> int:
    """Run the loop as the command line says; exit 1 where something was lost or sent twice."""
    options = argparse.ArgumentParser(prog="python -m tests.faults.killing", description=__doc__)
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--program", default="kith", help="or one of tests.faults.mutants")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kith-killing-") as folder,
        Nursery() as nursery,
        database(given.database) as url,
    ):
        kith = build(Path(folder), nursery, url)
        outcome = kill_again_and_again(
            kith, rounds=given.rounds, seed=given.seed, program=given.program
        )
    sys.stdout.write(f"{outcome}\n")
    return 1 if outcome.findings.problems else 0


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """Give the URL of a PostgreSQL that keeps what it promised, or ``None`` for SQLite."""
    if kind == "sqlite":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="kith-postgres-") as folder:
        server = postgres.start(Path(folder), durable=True)
        try:
            yield server.url("postgres")
        finally:
            postgres.kill(server)


if __name__ == "__main__":
    sys.exit(main())
