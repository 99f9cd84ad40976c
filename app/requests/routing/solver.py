"""The process that solves assignment problems, as its parent uses it."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TypedDict

from app.process import ChildProgram

_PROGRAM = Path(__file__).with_name("solver_program.py")


class AssignmentProblem(TypedDict):
    """What the solver needs beside the costs, in whole numbers.

    ``unserved``: the price of leaving each request out. ``places``: how many requests each person
    can take. ``each``: how much more every further one costs. A person must not get a request that
    costs ``never`` or more.
    """

    unserved: list[int]
    places: list[int]
    each: int
    never: int


class SolverFailed(Exception):
    """The process ended, or took a minute. Plan one by one instead, and tell the operator."""


class Solver(ChildProgram):
    """A process that solves assignment problems for as long as a ``with`` block lasts.

    It begins to load when the block is entered, so enter it before reading what to plan with.
    """

    def __init__(self) -> None:
        super().__init__(_PROGRAM, SolverFailed)

    def __call__(self, problem: AssignmentProblem, costs: Iterable[Iterable[int]]) -> list[int]:
        """Return each request's person by index, or -1. SolverFailed."""
        question = json.dumps(problem).encode() + b"\n"
        numbers = array("i", chain.from_iterable(costs)).tobytes()
        chosen: list[int] = self.ask(question + numbers)
        return chosen
