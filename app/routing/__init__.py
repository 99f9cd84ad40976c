"""Routing: the right person, in time. Pure: no database, no clock; the same facts, the same answer.

``steps`` gives a request's ladder and ``TIMING`` its time-outs, ``rank`` whom a step asks and why,
``excluded`` why it does not ask somebody, ``reachable`` whom the brief is sealed to. ``assign``
plans for all open requests at once.
"""

from app.routing.excluding import excluded
from app.routing.ranking import MOST_REACHED, rank, reachable
from app.routing.steps import TIMING, Step, Timing, steps
from app.routing.wanted import Candidate, Ranked, Wanted, Window

__all__ = [
    "MOST_REACHED",
    "TIMING",
    "Candidate",
    "Ranked",
    "Step",
    "Timing",
    "Wanted",
    "Window",
    "excluded",
    "rank",
    "reachable",
    "steps",
]
