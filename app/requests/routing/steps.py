"""The ladder of a request, as data: its steps, and how long an offer stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.requests.routing.facts import Need


class LadderStep(StrEnum):
    """How far a request has been relaxed. The desk reads the value."""

    CLOSE = "same language, region and skills"
    NEIGHBOURS = "neighbouring regions too"
    INTERPRETED = "any language, with an interpreter"
    ANYONE = "anyone qualified"
    DESK = "the desk"


@dataclass(frozen=True)
class StepReach:
    """The worst level of each ``Match`` that a step accepts."""

    language: int
    region: int
    skills: int


REACHES: Mapping[LadderStep, StepReach] = {
    LadderStep.CLOSE: StepReach(language=0, region=0, skills=0),
    LadderStep.NEIGHBOURS: StepReach(language=0, region=1, skills=0),
    LadderStep.INTERPRETED: StepReach(language=1, region=1, skills=0),
    LadderStep.ANYONE: StepReach(language=1, region=2, skills=1),
}


@dataclass(frozen=True)
class Timing:
    """How long an offer stands, and how many members have one at once."""

    timeout: timedelta
    parallel: int


TIMINGS: Mapping[int, Timing] = {
    0: Timing(timedelta(minutes=3), 3),
    1: Timing(timedelta(minutes=15), 2),
    2: Timing(timedelta(hours=4), 1),
    3: Timing(timedelta(hours=24), 1),
}
# A request that is needed so soon counts as one of this tier, at least: an offer that outlasts the
# hearing finds nobody.
_SOON = ((timedelta(hours=2), 0), (timedelta(hours=48), 1), (timedelta(days=7), 2))


def find_timing(tier: int, left: timedelta | None) -> Timing:
    """Return the timing for a tier and the time that is left; None is no limit."""
    soon = (so for until, so in _SOON if left is not None and left <= until)
    return TIMINGS[min(tier, next(soon, 3))]


def list_steps(wanted: Need) -> tuple[LadderStep, ...]:
    """Return a request's ladder. Its last step is always the desk, so that no request ends nowhere.

    A request for an interpreter has no step on which one needs an interpreter.
    """
    left_out = {LadderStep.INTERPRETED} if wanted.kind == "interpreter" else set()
    return tuple(step for step in LadderStep if step not in left_out)
