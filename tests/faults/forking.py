"""Starts processes of Kith in a tenth of the usual time, by forking this one that has it imported.

What runs in a child is the real command line: only Python's start and the imports are spared.
Orders come from standard input, one JSON object a line, and each is answered by a line; when the
input ends, so do the children.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from app import cli
from app.cli import serving
from app.simulator.__main__ import main as simulate
from tests.faults import mutants

# Imported by the command line when it is needed, so here already.
__all__ = ["serving"]


def main() -> None:
    """Start and kill what the orders say."""
    programs = {"kith": _kith, "simulator": simulate, **mutants.PROGRAMS}
    children: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer = _fork(programs[order["start"]], order)
            children.add(answer)
        else:
            answer = _end(order["kill"], order["signal"])
            children.discard(order["kill"])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in children:
        _end(pid, signal.SIGKILL)


def _kith(arguments: list[str]) -> None:
    sys.argv = ["kith", *arguments]
    cli.main()


def _end(pid: int, number: int) -> int:
    with suppress(ProcessLookupError):  # a child that ended by itself waits to be counted
        os.kill(pid, number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fork(program: Callable[[list[str]], None], order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(program, order)
    return pid


def _become(program: Callable[[list[str]], None], order: Mapping[str, Any]) -> NoReturn:
    with Path(order["log"]).open("ab") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update(order["environment"])
    code = 1
    try:
        program(order["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(code)  # the parent's input and clean-up are not this process's


if __name__ == "__main__":
    main()
