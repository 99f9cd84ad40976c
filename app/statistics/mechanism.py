"""The process that draws, from outside: started, asked, ended."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

from app.errors import Refusal

_PROGRAM = Path(__file__).with_name("drawing.py")
_PATIENCE_S = 60.0  # starting takes a second or two, drawing a tenth of one


class MeasuredTable(TypedDict):
    """The exact counts of one table, and thousandths of ε."""

    milli: int
    counts: list[int]


class Question(TypedDict):
    """Whole numbers: what to measure, and which cells together are so much more than others.

    Cells are counted through all tables.
    """

    measured: list[MeasuredTable]
    equal: list[tuple[list[int], list[int], int]]


class Drawn(TypedDict):
    """What came out: signed noisy counts, and the whole numbers that add up."""

    noisy: list[list[int]]
    estimates: list[list[int]]


class MechanismFailed(Refusal):
    """The figures could not be drawn: the process for it ended. Nothing was spent; try again."""

    slug = "sealed"


class Mechanism:
    """A process that draws for as long as a ``with`` block lasts. MechanismFailed.

    Entering waits until it has loaded, so that no transaction is open meanwhile.
    """

    def __enter__(self) -> Self:
        # -I and no environment: it needs neither our folder on its path nor our secrets.
        self._process = subprocess.Popen(  # noqa: S603  # our own file, by its whole path
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            self._answered()
        except BaseException:
            self.__exit__(None, None, None)
            raise
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

    def __call__(self, question: Question) -> Drawn:
        """Draw once. MechanismFailed."""
        assert self._process.stdin is not None  # noqa: S101  # for the type checker: a pipe
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise MechanismFailed from error
        drawn: Drawn = self._answered()
        _check(question["measured"], drawn)
        return drawn

    def _answered(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  # for the type checker: a pipe
        patience = threading.Timer(_PATIENCE_S, self._process.kill)
        patience.start()
        try:
            line = self._process.stdout.readline()
        finally:
            patience.cancel()
        if not line:
            raise MechanismFailed
        return json.loads(line)


def _check(asked: Sequence[MeasuredTable], drawn: Drawn) -> None:
    sizes = [len(table["counts"]) for table in asked]
    if any([len(t) for t in drawn[which]] != sizes for which in ("noisy", "estimates")):
        raise MechanismFailed
