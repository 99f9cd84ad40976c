"""The quick measurement before a change goes in: whether the service got slower.

All servers are started once and take turns of a second each; those whose turn it is not are
stopped meanwhile. The service runs without its worker, whose work of before would fall into
anybody's turn. What looks like a loss is measured again before it counts.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import load, machine, report
from bench.carrier import agreeable_carrier
from bench.contestants import Workplace, contestants
from bench.measure import Load, Run, VoidRunError, await_first_answer, take_turn

WATCHED = ("bare", "kith-sqlite", "kith-postgresql")
_ROUNDS, _SECONDS, _CONNECTIONS = 5, 1.0, 16
# More rounds, where the first ones look like a loss.
_AGAIN = 2
# No server is faster; the files of texts are cut for it. What stores nothing may see texts again.
_BARE_PER_SECOND, _MOST_PER_SECOND = 5_000, 2_000


@dataclass
class _Server:
    name: str
    place: Workplace
    file: Path
    pid: int = 0
    used: int = 1

    def turn(self, number: int) -> Run:
        """Measure one turn, in which only this server runs."""
        wanted = Load(self.file, _CONNECTIONS, _SECONDS, 0)
        os.killpg(self.pid, signal.SIGCONT)
        try:
            run = take_turn(self.name, self.pid, self.place, wanted, number, self.used)
        finally:
            os.killpg(self.pid, signal.SIGSTOP)
        if self.name != "bare":
            self.used += run.requests + _CONNECTIONS
        return run

    def provide(self, turns: int) -> None:
        """Write texts for so many turns; those of a shorter file come first."""
        if self.name == "bare":
            load.write_load(int(_BARE_PER_SECOND * _SECONDS), self.file, self.place.webhook)
        else:
            count = int(_MOST_PER_SECOND * _SECONDS) * turns
            load.write_load(count, self.file, self.place.webhook)


def measure(folder: Path) -> list[Run]:
    """Return what some rounds showed; more rounds where the first look like a loss."""
    runs: list[Run] = []
    with _servers(folder) as servers:
        for number in range(-1, _ROUNDS * (1 + _AGAIN)):
            if number >= _ROUNDS and number % _ROUNDS == 0:
                if not _lost(runs):
                    break
                for server in servers:
                    server.provide(1 + number + _ROUNDS)
            start = number % len(servers)
            for server in (*servers[start:], *servers[:start]):
                run = _turn(server, number)
                if run is not None and number >= 0:  # the one before is for warming up
                    runs.append(run)
    return [run for run in runs if _round_is_whole(runs, run.round)]


def _lost(runs: Sequence[Run]) -> bool:
    whole = [run for run in runs if _round_is_whole(runs, run.round)]
    return bool(report.losses(report.summarise(whole), report.read_baseline()))


def _round_is_whole(runs: Sequence[Run], number: int) -> bool:
    return sum(run.round == number for run in runs) == len(WATCHED)


def _turn(server: _Server, number: int) -> Run | None:
    try:
        return server.turn(number)
    except VoidRunError as void:
        print(f"round {number + 1} {server.name}: void, {void}", file=sys.stderr)
        return None


@contextmanager
def _servers(folder: Path) -> Iterator[list[_Server]]:
    with agreeable_carrier() as carrier, ExitStack() as stack:
        yield [stack.enter_context(_started(name, folder, carrier)) for name in WATCHED]


@contextmanager
def _started(name: str, folder: Path, carrier: str) -> Iterator[_Server]:
    own = Path(tempfile.mkdtemp(dir=folder))
    own.chmod(0o755)  # PostgreSQL runs as another user if this runs as root
    place = Workplace(own, machine.free_port(), carrier)
    try:
        server = _Server(name, place, own / "load")
        server.provide(1 + _ROUNDS)
        launch = contestants()[name](place)
        command = launch.command if name == "bare" else (*launch.command, "--no-worker")
        with machine.running(command, launch.environment, own / "log") as process:
            await_first_answer(place, server.file, process, own / "log")
            server.pid = process.pid
            os.killpg(process.pid, signal.SIGSTOP)
            try:
                yield server
            finally:
                os.killpg(process.pid, signal.SIGCONT)
    finally:
        place.close()
