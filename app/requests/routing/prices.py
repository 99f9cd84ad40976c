"""What every pair of a request and a person costs, all at once.

500 requests × 200 people are 100 000 pairs: too many to compare one by one. Requests ask for few
different things on each side, so each side is compared once for everybody, and the columns are
added up. A test compares the sums with ``ranking`` and ``exclusions``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from app.requests.routing.exclusions import find_unmet_wish, is_busy, is_full
from app.requests.routing.facts import Candidate, Need
from app.requests.routing.fit import (
    NO_LEVEL,
    Match,
    match_duty,
    match_language,
    match_load,
    match_region,
    match_skills,
    match_vetting,
)

NEVER = 10**6  # at this price or above, this person must not get this request
_Column = list[int]


def compute_costs(wanted: Sequence[Need], candidates: Sequence[Candidate]) -> list[list[int]]:
    """Return requests × people: points on the step that asks anyone qualified, or ``NEVER``."""
    compare = _Comparison(candidates)
    return [compare.row(one) for one in wanted]


class _Comparison:
    """Everybody, compared once with each different side of the requests."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        self._index = {one.member_id: place for place, one in enumerate(candidates)}
        self._busy = [(place, one) for place, one in enumerate(candidates) if one.busy]
        self._columns: dict[Hashable, _Column] = {}

    def row(self, wanted: Need) -> _Column:
        """Return what everybody costs for one request."""
        able, speaking, near, skilled = self._sides(wanted)
        row = [a + b + c + d for a, b, c, d in zip(able, speaking, near, skilled, strict=True)]
        for member in wanted.conflicted & self._index.keys():
            row[self._index[member]] = NEVER
        if wanted.window:
            for place, candidate in self._busy:
                if is_busy(wanted, candidate):
                    row[place] = NEVER
        return row

    def _sides(self, wanted: Need) -> tuple[_Column, _Column, _Column, _Column]:
        kind, languages = wanted.kind, wanted.languages
        region, skills = wanted.region, wanted.skills
        return (
            self._column(
                ("able", wanted.role, wanted.wishes, wanted.minor), lambda one: _able(wanted, one)
            ),
            self._column(
                ("language", kind == "interpreter", languages),
                lambda one: _spoken(match_language(kind, languages, one)),
            ),
            self._column(("region", region), lambda one: match_region(region, one).cost),
            self._column(("skills", skills), lambda one: match_skills(skills, one).cost),
        )

    def _column(self, side: Hashable, cost: Callable[[Candidate], int]) -> _Column:
        if side not in self._columns:
            self._columns[side] = [cost(one) for one in self._candidates]
        return self._columns[side]


def _able(wanted: Need, candidate: Candidate) -> int:
    """Return what a member costs on the sides that do not depend on place, language or skills."""
    vetted = candidate.vetted or not wanted.minor
    if wanted.role not in candidate.roles or candidate.away or is_full(candidate) or not vetted:
        return NEVER
    if find_unmet_wish(wanted.wishes, candidate) is not None:
        return NEVER
    sides = (match_duty(candidate), match_load(candidate), match_vetting(candidate))
    return sum(side.cost for side in sides)


def _spoken(match: Match) -> int:
    return NEVER if match.level == NO_LEVEL else match.cost
