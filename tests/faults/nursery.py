"""Starts and kills processes of Kith, by giving orders to `tests.faults.forking`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]


class Nursery:
    """The starting process, seen from the one that gives orders. Safe to use from many threads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forking"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self._alive: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def start(
        self, what: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> int:
        """Start ``kith``, ``simulator`` or a mutant with these arguments; return its number."""
        order = {"start": what, "arguments": list(arguments), "log": str(log)}
        pid = int(self._ask({**order, "environment": dict(environment)}))
        self._alive.add(pid)
        return pid

    def kill(self, pid: int, number: int = signal.SIGKILL) -> int:
        """Send a signal, wait for the end, and return the exit code (-9 for a SIGKILL)."""
        self._alive.discard(pid)
        return int(self._ask({"kill": pid, "signal": int(number)}))

    def clear(self) -> None:
        """Kill whatever still runs."""
        for pid in tuple(self._alive):
            self.kill(pid)

    def _ask(self, order: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
