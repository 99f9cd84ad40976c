"""A plan for all open requests and all people at once, for the day when everybody texts.

One by one, the first request takes the only person who could have had the second. Together, the
plan serves as many as possible, the most urgent first, at the least cost. Each further assignment
of a person costs more than the one before, so work goes round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from uuid import UUID

from app.requests.routing.facts import Candidate, Need, do_overlap
from app.requests.routing.fit import EACH_ASSIGNMENT
from app.requests.routing.prices import NEVER, compute_costs
from app.requests.routing.ranking import list_sides
from app.requests.routing.solver import AssignmentProblem, Solver

MOST_REQUESTS = 1_000
MOST_EACH = 6  # for one person in one plan, whatever their cap: the day has no more hours
_ROUNDS = 2  # of planning anew without those who would be in two places; a third gains nothing

_NEEDS_TWO = "about a minor: two people go together, a coordinator chooses them"
_TOO_MANY = f"more than {MOST_REQUESTS} at once: planned with the next"
_NOBODY_FREE = "nobody qualified is free"
_TAKEN = "everybody qualified is needed elsewhere"


@dataclass(frozen=True)
class ChosenPerson:
    """One assignment of a plan; ``reasons`` as in ``RankedPerson``."""

    request_id: UUID
    member_id: UUID
    cost: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LeftOutPerson:
    """A request that no plan could serve, and why. Its own ladder goes on."""

    request_id: UUID
    reason: str


@dataclass(frozen=True)
class SurgePlan:
    """Who goes where.

    ``score`` compares plans of the same requests; lower is better. It counts the requests of tier
    0, 1, 2 and 3 that are left out, then the costs.
    """

    chosen: tuple[ChosenPerson, ...]
    left_out: tuple[LeftOutPerson, ...]
    score: tuple[int, int, int, int, int]


# Takes a problem with its costs, requests × people; returns each request's person, or -1.
Solve = Callable[[AssignmentProblem, Sequence[Sequence[int]]], list[int]]
# One person's index for each request that can be planned, or None.
_Picks = list[int | None]


def assign_all(
    wanted: Iterable[Need], candidates: Iterable[Candidate], solve: Solve | None = None
) -> SurgePlan:
    """Plan for everything at once; never worse than one by one. SolverFailed.

    Anyone qualified counts, in any region and language, as on the ladder's step before the desk.
    No person passes their weekly cap or ``MOST_EACH``, or is in two places at once. ``solve`` is an
    entered ``Solver``; without one, a process starts for this plan.
    """
    if solve is None:
        with Solver() as solver:
            return assign_all(wanted, candidates, solver)
    surge = _Surge(wanted, candidates)
    together = surge.solved(solve)
    alone = surge.one_by_one()
    return surge.plan(min(together, alone, key=surge.score))


def assign_one_by_one(wanted: Iterable[Need], candidates: Iterable[Candidate]) -> SurgePlan:
    """Give each request, the most urgent first, the best person who is left. Needs no solver."""
    surge = _Surge(wanted, candidates)
    return surge.plan(surge.one_by_one())


class _Surge:
    """Requests and people in a fixed order, and what every pair of them costs."""

    def __init__(self, wanted: Iterable[Need], candidates: Iterable[Candidate]) -> None:
        self.everything = sorted(wanted, key=lambda one: (one.tier, one.request_id))
        single = [one for one in self.everything if one.people == 1 or one.companion]
        self.wanted = single[:MOST_REQUESTS]
        self.candidates = sorted(candidates, key=lambda one: one.member_id)
        self.places = [_places(one, len(self.wanted)) for one in self.candidates]
        self.costs = compute_costs(self.wanted, self.candidates)

    # -- two ways to plan

    def solved(self, solve: Solve) -> _Picks:
        """Plan with the solver, which knows no times, and mend what clashes.

        A person in two places loses one of them, and may not have it in the next round. After some
        rounds, requests that are still open get a person one by one.
        """
        allowed = [list(row) for row in self.costs]
        for _ in range(_ROUNDS):
            picks = self._solved_once(allowed, solve)
            clashes = self._clashes(picks)
            if not clashes:
                return picks
            for request, person in clashes:
                allowed[request][person] = NEVER
                picks[request] = None
        return self.one_by_one(picks)

    def one_by_one(self, picks: Sequence[int | None] = ()) -> _Picks:
        """Give each open request, most urgent first, the person who costs least by then."""
        filled = list(picks) or [None] * len(self.wanted)
        taken = self._taken(filled)
        further = [self._further(taken[person], person) for person in range(len(self.candidates))]
        for request, row in enumerate(self.costs):
            if filled[request] is None:
                person = self._cheapest(request, [*map(add, row, further)], taken)
                if person is not None:
                    filled[request] = person
                    taken[person].append(request)
                    further[person] = self._further(taken[person], person)
        return filled

    def _further(self, requests: Sequence[int], person: int) -> int:
        """Return what one more assignment costs beside the fit."""
        return EACH_ASSIGNMENT * len(requests) if len(requests) < self.places[person] else NEVER

    def _cheapest(
        self, request: int, row: list[int], taken: Mapping[int, Sequence[int]]
    ) -> int | None:
        """Return the person who costs least in ``row`` and is free at that time."""
        while row and (least := min(row)) < NEVER:
            person = row.index(least)
            if not any(self._clash(request, other) for other in taken[person]):
                return person
            row[person] = NEVER
        return None

    def _solved_once(self, allowed: Sequence[Sequence[int]], solve: Solve) -> _Picks:
        if not self.wanted or not sum(self.places):
            return [None] * len(self.wanted)
        problem: AssignmentProblem = {
            "unserved": self._prices(),
            "places": self.places,
            "each": EACH_ASSIGNMENT,
            "never": NEVER,
        }
        return [person if person >= 0 else None for person in solve(problem, allowed)]

    def _prices(self) -> list[int]:
        """Return the price of leaving each request out: above all less urgent ones together."""
        dearest = max((cost for cost in set().union(*self.costs) if cost < NEVER), default=0)
        total = (dearest + EACH_ASSIGNMENT * MOST_EACH) * len(self.wanted)
        prices = {}
        for tier in sorted({one.tier for one in self.wanted}, reverse=True):
            prices[tier] = total + 1
            total += prices[tier] * sum(one.tier == tier for one in self.wanted)
        return [prices[one.tier] for one in self.wanted]

    def _clashes(self, picks: _Picks) -> list[tuple[int, int]]:
        """Return the picks that put a person in two places; they keep the more urgent one."""
        clashes = []
        for person, requests in self._taken(picks).items():
            kept: list[int] = []
            for request in requests:
                if any(self._clash(request, other) for other in kept):
                    clashes.append((request, person))
                else:
                    kept.append(request)
        return clashes

    def _clash(self, one: int, other: int) -> bool:
        """Return whether one person cannot have both: they overlap, or need two people."""
        first, second = self.wanted[one], self.wanted[other]
        if first.companion == second.request_id or second.companion == first.request_id:
            return True
        return bool(first.window and second.window and do_overlap(first.window, second.window))

    def _taken(self, picks: Sequence[int | None]) -> dict[int, list[int]]:
        taken: dict[int, list[int]] = {person: [] for person in range(len(self.candidates))}
        for request, person in enumerate(picks):
            if person is not None:
                taken[person].append(request)
        return taken

    # -- what came of it

    def score(self, picks: _Picks) -> tuple[int, int, int, int, int]:
        """Return the ``score`` of a plan."""
        out = [one.tier for one, person in zip(self.wanted, picks, strict=True) if person is None]
        return (out.count(0), out.count(1), out.count(2), out.count(3), sum(self._paid(picks)))

    def plan(self, picks: _Picks) -> SurgePlan:
        """Return the plan in words."""
        chosen = tuple(
            self._chosen(request, person, cost)
            for (request, person), cost in zip(_served(picks), self._paid(picks), strict=True)
        )
        served = {one.request_id for one in chosen}
        left_out = (one for one in self.everything if one.request_id not in served)
        because = {one.request_id: row for one, row in zip(self.wanted, self.costs, strict=True)}
        return SurgePlan(
            chosen,
            tuple(LeftOutPerson(one.request_id, _reason(one, because)) for one in left_out),
            self.score(picks),
        )

    def _paid(self, picks: _Picks) -> list[int]:
        earlier = [0] * len(self.candidates)
        paid = []
        for request, person in _served(picks):
            paid.append(self.costs[request][person] + EACH_ASSIGNMENT * earlier[person])
            earlier[person] += 1
        return paid

    def _chosen(self, request: int, person: int, cost: int) -> ChosenPerson:
        wanted, candidate = self.wanted[request], self.candidates[person]
        reasons = tuple(side.reason for side in list_sides(wanted, candidate) if side.reason)
        return ChosenPerson(wanted.request_id, candidate.member_id, cost, reasons)


def _served(picks: _Picks) -> list[tuple[int, int]]:
    return [(request, person) for request, person in enumerate(picks) if person is not None]


def _places(candidate: Candidate, most: int) -> int:
    left = MOST_EACH if candidate.weekly_cap is None else candidate.weekly_cap - candidate.load
    return max(0, min(left, MOST_EACH, most))


def _reason(wanted: Need, rows: Mapping[UUID, Sequence[int]]) -> str:
    if wanted.people > 1 and not wanted.companion:
        return _NEEDS_TWO
    if wanted.request_id not in rows:
        return _TOO_MANY
    return _TAKEN if min(rows[wanted.request_id], default=NEVER) < NEVER else _NOBODY_FREE
