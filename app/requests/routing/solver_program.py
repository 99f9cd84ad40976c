"""Solves assignment problems in a process of its own, which ``solver`` starts.

SciPy and NumPy take 75 MB of memory and a second to start, and only raid days need them; with the
process they are gone again. It knows numbers and nothing else: no ids, no environment, no database.
It imports nothing of Kith.

Each problem is a line of JSON and then its costs, 32-bit integers row by row; each answer is a line
of JSON. The process ends with its input.
"""

from __future__ import annotations

import json
import signal
import sys

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

NOBODY = -1
_BYTES_EACH = 4


def solve(
    costs: NDArray[np.int32], *, unserved: list[int], places: list[int], each: int, never: int
) -> list[int]:
    """Return each request's person by index, or -1, at the least cost together.

    Each place of a person is a column, dearer from place to place; behind them come columns that
    stand for no person. Sums stay below 2**53, so floating point counts them exactly.
    """
    person = np.repeat(np.arange(len(places)), places)
    earlier = np.arange(len(person)) - np.repeat(np.cumsum(places) - places, places)
    somebody = np.where(costs < never, costs, np.inf)[:, person] + each * earlier
    nobody = np.tile(np.array(unserved, dtype=float)[:, None], len(unserved))
    _, columns = linear_sum_assignment(np.hstack([somebody, nobody]))
    return [int(person[column]) if column < len(person) else NOBODY for column in columns]


def main() -> None:
    """Answer until the input ends. Ctrl-C is for the parent, which then closes this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while line := sys.stdin.buffer.readline():
        problem = json.loads(line)
        shape = len(problem["unserved"]), len(problem["places"])
        content = sys.stdin.buffer.read(shape[0] * shape[1] * _BYTES_EACH)
        costs = np.frombuffer(content, dtype=np.int32).reshape(shape)
        print(json.dumps(solve(costs, **problem)), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
