"""The noise and the table that fits it best, in a process of its own: ``mechanism`` starts this.

OpenDP and SciPy weigh more than the service and are needed a few times a month; here they are gone
when the release is made. The process knows numbers and nothing else: no names, no environment, no
database. It imports nothing of Kith.

Each question is a line of JSON, each answer too; the first line says that everything is loaded. It
ends with its input.
"""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import opendp.prelude as dp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

dp.enable_features("contrib")

# Signed integers, one case more or less changes one count by one.
_SPACE = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
_PATIENCE_S = 20


def laplace(milli: int) -> Any:
    """Return the measurement that spends ``milli`` thousandths of ε, and not a hair more."""
    scale = 1000 / milli
    while True:
        measurement: Any = dp.m.make_laplace(*_SPACE, scale=scale)
        if measurement.map(1) <= milli / 1000:
            return measurement
        scale = math.nextafter(scale, math.inf)


def noisy(counts: Sequence[int], milli: int) -> list[int]:
    """Return the counts with noise: signed, and alike for empty and full cells."""
    return list(laplace(milli)(list(counts)))


def consistent(
    measured: Sequence[Sequence[int]],
    millis: Sequence[int],
    equal: Sequence[tuple[Sequence[int], Sequence[int], int]],
) -> list[int]:
    """Return the whole, non-negative table nearest to what was measured that adds up.

    Nearest by absolute differences, weighted by ε: what is most likely under this noise. Of those
    one whose largest difference in each table is small, so that no single cell bears it all: each
    unit of it counts as half a unit of ε. ``equal``: cells that together are so much more than
    others.
    """
    noise = np.concatenate([np.asarray(table, dtype=float) for table in measured])
    sizes = [len(table) for table in measured]
    weights = np.repeat([m / 1000 for m in millis], sizes)
    n, tables = len(noise), len(sizes)
    # Unknown: n cells, n differences, the largest weighted difference of each table.
    costs = np.concatenate([np.zeros(n), weights, np.full(tables, 0.5)])
    cells, largest = np.arange(n), 2 * n + np.repeat(np.arange(tables), sizes)
    far, width = np.full(n, np.inf), 2 * n + tables
    rows = [
        _rows(width, (cells, 1), (n + cells, -1), (-far, noise)),
        _rows(width, (cells, 1), (n + cells, 1), (noise, far)),
        _rows(width, (n + cells, weights), (largest, -1), (-far, np.zeros(n))),
    ]
    solved = milp(
        costs,
        integrality=np.concatenate([np.ones(n), np.zeros(n + tables)]),
        bounds=Bounds(0, np.inf),
        constraints=[*rows, *_sums(width, equal)],
        options={"time_limit": _PATIENCE_S},
    )
    if solved.x is None:
        raise ValueError("no table adds up")
    return [round(value) for value in solved.x[:n]]


def _rows(
    width: int,
    first: tuple[NDArray[Any], Any],
    second: tuple[NDArray[Any], Any],
    between: tuple[Any, Any],
) -> LinearConstraint:
    """Return constraints on two unknowns each: where they stand, and how they count."""
    n = len(first[0])
    values = np.concatenate([np.ones(n) * first[1], np.ones(n) * second[1]])
    places = np.tile(np.arange(n), 2), np.concatenate([first[0], second[0]])
    return LinearConstraint(coo_array((values, places), shape=(n, width)).tocsr(), *between)


def _sums(
    width: int, equal: Sequence[tuple[Sequence[int], Sequence[int], int]]
) -> list[LinearConstraint]:
    if not equal:
        return []
    matrix = np.zeros((len(equal), width))
    for row, (plus, minus, _) in enumerate(equal):
        matrix[row, list(plus)] += 1
        matrix[row, list(minus)] -= 1
    values = np.array([value for _, _, value in equal], dtype=float)
    return [LinearConstraint(matrix, values, values)]


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Draw once, and make what was drawn add up."""
    millis = [table["milli"] for table in question["measured"]]
    drawn = [noisy(table["counts"], table["milli"]) for table in question["measured"]]
    fitting = consistent(drawn, millis, question["equal"])
    ends = np.cumsum([len(table) for table in drawn])
    estimates = [fitting[end - len(t) : end] for end, t in zip(ends, drawn, strict=True)]
    return {"noisy": drawn, "estimates": estimates}


def main() -> None:
    """Answer until the input ends. Ctrl-C is for the parent process, which then ends the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(json.dumps("ready"), flush=True)  # noqa: T201  # the protocol
    while line := sys.stdin.buffer.readline():
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
