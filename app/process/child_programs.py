"""A program of ours in a process of its own: started, asked, ended.

Solvers, figures and pictures need much memory, and are needed rarely. Such a program gets neither
our environment nor our folder on its path: it has none of our secrets and none of our modules.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PATIENCE_S = 60.0  # starting takes a second or two, answering seldom more than one


class ChildProgram:
    """A process that runs ``program`` for as long as a ``with`` block lasts.

    It answers in lines of JSON. ``failed`` is raised where it has ended, or takes a minute.
    """

    def __init__(self, program: Path, failed: type[Exception]) -> None:
        self._program, self._failed = program, failed

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  # our own file, by its whole path
            [sys.executable, "-I", str(self._program)],
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
        """The id of the process, to measure it by."""
        return self._process.pid

    def answer(self) -> Any:
        """Wait for the next line that the program says by itself."""
        return self._patiently(self._line)

    def ask(self, question: bytes) -> Any:
        """Say something to the program; return its answer."""
        return self._patiently(lambda: self._asked(question))

    def _patiently(self, do: Callable[[], Any]) -> Any:
        patience = threading.Timer(_PATIENCE_S, self._process.kill)
        patience.start()
        try:
            return do()
        finally:
            patience.cancel()

    def _asked(self, question: bytes) -> Any:
        assert self._process.stdin is not None  # noqa: S101  # for the type checker: a pipe
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failed from error
        return self._line()

    def _line(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  # for the type checker: a pipe
        line = self._process.stdout.readline()
        if not line:
            raise self._failed
        try:
            return json.loads(line)
        except ValueError as error:  # it was ended in the middle of a word
            raise self._failed from error


class ProgramEnded(Exception):
    """A program ended without an answer, was too slow, or said too much.

    ``signal`` is what ended it, where that was one.
    """

    def __init__(self, signal: int | None) -> None:
        super().__init__(signal)
        self.signal = signal


def run_program(
    program: Path, arguments: Sequence[str], said: bytes, patience_s: float, longest: int
) -> bytes:
    """Run ``program`` once with ``said`` as its input; return all of its output. ProgramEnded."""
    with subprocess.Popen(  # noqa: S603  # our own file, by its whole path
        [sys.executable, "-I", str(program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    ) as process:
        patience = threading.Timer(patience_s, process.kill)
        speaker = threading.Thread(target=_say, args=(process, said), daemon=True)
        patience.start()
        speaker.start()
        try:
            assert process.stdout is not None  # noqa: S101  # for the type checker: a pipe
            answer = process.stdout.read(longest + 1)
            if len(answer) > longest:
                process.kill()
            status = process.wait()
        finally:
            process.kill()
            patience.cancel()
            speaker.join()
    if status != 0 or len(answer) > longest:
        raise ProgramEnded(-status if status < 0 else None)
    return answer


def _say(process: subprocess.Popen[bytes], said: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  # for the type checker: a pipe
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(said)
