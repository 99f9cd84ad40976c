"""Routing: the right person, in time. Pure: no database, no clock; the same facts, the same answer.

``steps`` gives a request's ladder and ``TIMING`` its time-outs, ``rank`` whom a step asks and why,
``excluded`` why it does not ask somebody, ``reachable`` whom the brief is sealed to. ``assign``
plans for all open requests at once.
"""

from app.routing.excluding import excluded, is_taken
from app.routing.ranking import MOST_REACHED, rank, reachable
from app.routing.solver import Solver, SolverFailed
from app.routing.steps import TIMING, Step, Timing, steps, timing
from app.routing.surge import Chosen, LeftOut, Plan, assign, assign_one_by_one
from app.routing.wanted import Candidate, Ranked, Wanted, Window, overlap

__all__ = [
    "MOST_REACHED",
    "TIMING",
    "Candidate",
    "Chosen",
    "LeftOut",
    "Plan",
    "Ranked",
    "Solver",
    "SolverFailed",
    "Step",
    "Timing",
    "Wanted",
    "Window",
    "assign",
    "assign_one_by_one",
    "excluded",
    "is_taken",
    "overlap",
    "rank",
    "reachable",
    "steps",
    "timing",
]
