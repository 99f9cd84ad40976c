"""How well a member fits a request, one side at a time.

Each function compares one side and returns a ``Match``: a level (0 is what the request asks for;
``steps`` says which levels a step accepts), a cost in points and a reason. The surge computes each
side for many pairs at once, so no side may depend on another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.requests.routing.facts import Candidate
from app.requests.routing.languages import find_spoken, name_language
from app.requests.routing.places import list_neighbours

# Points. Only their proportions count.
NO_LANGUAGE = 60  # the desk has to find an interpreter as well, and everything takes twice as long
NEIGHBOUR, ELSEWHERE = 15, 50
MISSING_SKILL = 25
NOT_ON_DUTY = 8
NOT_VETTED = 30
# For every assignment of this week. Each further one costs more than the one before (in sum 6, 18,
# 36 …), so that work goes round.
EACH_ASSIGNMENT = 6

NO_LEVEL = 9  # no step accepts it


class Match(NamedTuple):
    """One side of a fit."""

    level: int
    cost: int
    reason: str | None = None


FITS = Match(0, 0)


def match_language(kind: str, wanted: tuple[str, ...], candidate: Candidate) -> Match:
    """Compare languages: an interpreter speaks all of them, anybody else at least one."""
    if not wanted:
        return FITS
    speaks = {find_spoken(code) for code in candidate.languages}
    shared = [code for code in wanted if find_spoken(code) in speaks]
    if kind == "interpreter":
        missing = [code for code in wanted if code not in shared]
        if missing:
            return Match(
                NO_LEVEL, NO_LANGUAGE, f"does not speak {_listed(map(name_language, missing))}"
            )
        return Match(0, 0, f"speaks {_listed(map(name_language, wanted))}")
    if shared:
        return Match(0, 0, f"speaks {_listed(map(name_language, shared))}")
    return Match(
        1, NO_LANGUAGE, f"needs an interpreter for {_listed(map(name_language, wanted), 'or')}"
    )


def match_region(wanted: str | None, candidate: Candidate) -> Match:
    """Compare regions. A member in no region is far from all of them."""
    if wanted is None:
        return FITS
    if wanted in candidate.regions:
        return Match(0, 0, "same region")
    close = sorted(list_neighbours(wanted) & candidate.regions)
    if close:
        return Match(1, NEIGHBOUR, f"neighbouring region: {_listed(map(str.title, close))}")
    return Match(2, ELSEWHERE, "far away" if candidate.regions else "in no region")


def match_skills(wanted: frozenset[str], candidate: Candidate) -> Match:
    """Compare skills."""
    missing = sorted(wanted - candidate.skills)
    if missing:
        return Match(1, MISSING_SKILL * len(missing), f"without {_listed(missing)}")
    return Match(0, 0, f"skilled in {_listed(sorted(wanted))}") if wanted else FITS


def match_duty(candidate: Candidate) -> Match:
    """Say whether they are on duty."""
    return Match(0, 0, "on duty") if candidate.on_duty else Match(0, NOT_ON_DUTY)


def match_vetting(candidate: Candidate) -> Match:
    """Say whether a coordinator vetted them."""
    return FITS if candidate.vetted else Match(0, NOT_VETTED, "not vetted yet")


def match_load(candidate: Candidate) -> Match:
    """Count the assignments that they had this week."""
    of = f" of {candidate.weekly_cap}" if candidate.weekly_cap is not None else ""
    done = f"{candidate.load}{of} this week"
    return Match(0, EACH_ASSIGNMENT * candidate.load, done)


def _listed(words: Iterable[str], last: str = "and") -> str:
    """Join words as in a sentence."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end
