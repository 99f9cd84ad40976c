"""Whom to ask first, whom later, and for how long: the ladder of a request, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.requests.routing.facts import Need


class LadderStep(StrEnum):
    """How far a request has been relaxed. Its value is what the desk reads."""

    CLOSE = "same language, region and skills"
    NEIGHBOURS = "neighbouring regions too"
    INTERPRETED = "any language, with an interpreter"
    ANYONE = "anyone qualified"
    DESK = "the desk"


@dataclass(frozen=True)
class Reach:
    """How much less than what was asked for a step accepts; each is a level of `matching`."""

    language: int
    region: int
    skills: int


REACHES: Mapping[LadderStep, Reach] = {
    LadderStep.CLOSE: Reach(language=0, region=0, skills=0),
    LadderStep.NEIGHBOURS: Reach(language=0, region=1, skills=0),
    LadderStep.INTERPRETED: Reach(language=1, region=1, skills=0),
    LadderStep.ANYONE: Reach(language=1, region=2, skills=1),
}


@dataclass(frozen=True)
class Timing:
    """How long an offer stands, and to how many people at once."""

    timeout: timedelta
    parallel: int


TIMINGS: Mapping[int, Timing] = {
    0: Timing(timedelta(minutes=3), 3),
    1: Timing(timedelta(minutes=15), 2),
    2: Timing(timedelta(hours=4), 1),
    3: Timing(timedelta(hours=24), 1),
}
# Somebody who is needed so soon is looked for as if the case were of this tier, at least: an offer
# that outlasts the hearing finds nobody.
_SOON = ((timedelta(hours=2), 0), (timedelta(hours=48), 1), (timedelta(days=7), 2))


def find_timing(tier: int, left: timedelta | None) -> Timing:
    """Return how to ask for a request of a tier that is needed in ``left``; None: any time."""
    soon = (so for until, so in _SOON if left is not None and left <= until)
    return TIMINGS[min(tier, next(soon, 3))]


def list_steps(wanted: Need) -> tuple[LadderStep, ...]:
    """Return the request's ladder. The last step is always the desk: no request ends nowhere.

    An interpreter who does not speak the language is none, so that step is not theirs.
    """
    left_out = {LadderStep.INTERPRETED} if wanted.kind == "interpreter" else set()
    return tuple(step for step in LadderStep if step not in left_out)
