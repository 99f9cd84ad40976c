"""The process that draws, from outside: started, asked, ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self, TypedDict

from app.errors import Refusal
from app.process import ChildProgram

_PROGRAM = Path(__file__).with_name("noise_program.py")


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


class Mechanism(ChildProgram):
    """A process that draws for as long as a ``with`` block lasts. MechanismFailed.

    Entering waits until it has loaded, so that no transaction is open meanwhile.
    """

    def __init__(self) -> None:
        super().__init__(_PROGRAM, MechanismFailed)

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.answer()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __call__(self, question: Question) -> Drawn:
        """Draw once. MechanismFailed."""
        drawn: Drawn = self.ask(json.dumps(question).encode() + b"\n")
        _check(question["measured"], drawn)
        return drawn


def _check(asked: Sequence[MeasuredTable], drawn: Drawn) -> None:
    sizes = [len(table["counts"]) for table in asked]
    if any([len(t) for t in drawn[which]] != sizes for which in ("noisy", "estimates")):
        raise MechanismFailed
