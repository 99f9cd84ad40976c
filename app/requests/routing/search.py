"""One look of a ladder: who is asked next, on which step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.requests.routing.facts import Candidate, Need
from app.requests.routing.ranking import rank_people
from app.requests.routing.steps import LadderStep, list_steps


@dataclass
class LadderSearch:
    """A ladder on its way up. ``step`` counts from 0 and only rises.

    ``asked``: members who are not asked again. ``pending``: for each pending offer, the step on
    which it was made. ``holders``: the members who can read the brief; None where there is none
    yet. ``planned``: the member whom the plan for a surge asks first, on whatever step.
    """

    wanted: Need
    candidates: Mapping[UUID, Candidate]
    step: int
    asked: set[UUID]
    pending: list[int]
    holders: Collection[UUID] | None = None
    planned: UUID | None = None

    def choose_next(self) -> UUID | None:
        """Return the next member to ask, and count them as asked; None where nobody is left.

        The desk's step comes last, and waits until all pending offers of earlier steps are over.
        """
        ladder = list_steps(self.wanted)
        found = self._best([self.planned] if self.planned else [], ladder[-2])
        while found is None:
            earlier = any(step < self.step for step in self.pending)
            if ladder[self.step] is LadderStep.DESK and earlier:
                return None
            found = self._best(self.candidates, ladder[self.step])
            if found is None:
                if self.step == len(ladder) - 1:
                    return None
                self.step += 1
        self.asked.add(found)
        self.pending.append(self.step)
        return found

    def _best(self, members: Iterable[UUID], step: LadderStep) -> UUID | None:
        """Return the best of these members for a step; below the desk they must read the brief."""
        left = [
            self.candidates[member_id]
            for member_id in members
            if member_id in self.candidates
            and member_id not in self.asked
            and (self.holders is None or step is LadderStep.DESK or member_id in self.holders)
        ]
        ranked = rank_people(self.wanted, left, step)
        return ranked[0].member_id if ranked else None
