"""The solver's process, from outside: started, asked, ended."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from array import array
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

_PROGRAM = Path(__file__).with_name("solving.py")
_PATIENCE_S = 60.0  # starting takes a second or two, 500 × 200 a tenth of one


class Problem(TypedDict):
    """Whole numbers, beside the costs, which are requests × people.

    ``unserved`` is the price of leaving a request out, ``places`` how many each person can take,
    ``each`` how much more every further one costs than the one before. A person must not get a
    request where that would cost ``never`` or more.
    """

    unserved: list[int]
    places: list[int]
    each: int
    never: int


class SolverFailed(Exception):
    """The plan could not be computed: its process ended, or took a minute.

    Plan one by one instead, and tell the operator.
    """


class Solver:
    """A process that solves assignment problems for as long as a ``with`` block lasts.

    It begins to load when the block is entered, so enter it before reading what to plan with.
    """

    def __enter__(self) -> Self:
        # -I and no environment: it needs neither our folder on its path nor our secrets.
        self._process = subprocess.Popen(  # noqa: S603  # our own file, by its whole path
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1"},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process, for whoever measures it."""
        return self._process.pid

    def __call__(self, problem: Problem, costs: Iterable[Iterable[int]]) -> list[int]:
        """Return each request's person by index, or -1. SolverFailed."""
        question = json.dumps(problem).encode() + b"\n"
        numbers = array("i", chain.from_iterable(costs)).tobytes()
        patience = threading.Timer(_PATIENCE_S, self._process.kill)
        patience.start()
        try:
            return self._ask(question + numbers)
        finally:
            patience.cancel()

    def _ask(self, question: bytes) -> list[int]:
        assert self._process.stdin is not None  # noqa: S101  # for the type checker: both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SolverFailed from error
        answer = self._process.stdout.readline()
        if not answer:
            raise SolverFailed
        chosen: list[int] = json.loads(answer)
        return chosen
