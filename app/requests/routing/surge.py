"""All open requests and all people at once: who goes where on the day when everybody texts.

One by one, the first request takes the only person whom the second could have had. Together, as
many as possible are served, the most urgent first, at the least cost; and because each further
assignment of a person costs more than the one before, work goes round.
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
MOST_EACH = 6  # of one plan for one person, whatever their cap: the day has no more hours
_ROUNDS = 2  # of planning anew without who would be in two places; a third gains next to nothing

_NEEDS_TWO = "about a minor: two people go together, a coordinator chooses them"
_TOO_MANY = f"more than {MOST_REQUESTS} at once: planned with the next"
_NOBODY_FREE = "nobody qualified is free"
_TAKEN = "everybody qualified is needed elsewhere"


@dataclass(frozen=True)
class ChosenPerson:
    """One assignment of a plan; ``reasons`` as in `Ranked`."""

    request_id: UUID
    member_id: UUID
    cost: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LeftOutPerson:
    """A request no plan could serve, and why. It goes on along its own ladder."""

    request_id: UUID
    reason: str


@dataclass(frozen=True)
class SurgePlan:
    """Who goes where.

    ``score`` compares plans of the same requests, lower is better: how many of tier 0, 1, 2 and 3
    are left out, then the sum of costs.
    """

    chosen: tuple[ChosenPerson, ...]
    left_out: tuple[LeftOutPerson, ...]
    score: tuple[int, int, int, int, int]


# A problem and its costs, requests × people; the answer is each request's person by index, or -1.
Solve = Callable[[AssignmentProblem, Sequence[Sequence[int]]], list[int]]
# One person's index for each request that can be planned, or None.
_Picks = list[int | None]


def assign_all(
    wanted: Iterable[Need], candidates: Iterable[Candidate], solve: Solve | None = None
) -> SurgePlan:
    """Plan for everything at once; never worse than one by one. SolverFailed.

    Whoever is qualified counts, in any region and language, as on the ladder's step before the
    desk. ``solve`` is an entered `Solver`; without one a process is started for this plan.
    Nobody passes their weekly cap or `MOST_EACH`, or is in two places at once.
    """
    if solve is None:
        with Solver() as solver:
            return assign_all(wanted, candidates, solver)
    surge = _Surge(wanted, candidates)
    together = surge.solved(solve)
    alone = surge.one_by_one()
    return surge.plan(min(together, alone, key=surge.score))


def assign_one_by_one(wanted: Iterable[Need], candidates: Iterable[Candidate]) -> SurgePlan:
    """Plan the most urgent first, each with whoever fits best of those left. Needs no solver."""
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
        """Plan with the solver, which knows no times: whoever is in two places loses one of them.

        That one is forbidden to them and everything planned anew; after some rounds whatever is
        still open is filled one by one.
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
        """Return who costs least in ``row`` and is not in another place at that time."""
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
        """Return what leaving a request out costs: more than all that is less urgent together."""
        dearest = max((cost for cost in set().union(*self.costs) if cost < NEVER), default=0)
        total = (dearest + EACH_ASSIGNMENT * MOST_EACH) * len(self.wanted)
        prices = {}
        for tier in sorted({one.tier for one in self.wanted}, reverse=True):
            prices[tier] = total + 1
            total += prices[tier] * sum(one.tier == tier for one in self.wanted)
        return [prices[one.tier] for one in self.wanted]

    def _clashes(self, picks: _Picks) -> list[tuple[int, int]]:
        """Return the picks that would have somebody in two places; the more urgent one stays."""
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
        """Return whether nobody can have both: they overlap, or are for two who go together."""
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
        """Return what `Plan.score` says."""
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
