"""How a call has gone so far: its state, its deadline, and the phones that rang for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from app.models import CALL_TRANSITIONS, LEG_TRANSITIONS, CallState, LegKind, LegState, check_step

# A call stays in a state for this long at most. A conversation is only looked at again then, since
# the carrier may never have told us of its end.
LASTS: Mapping[CallState, timedelta] = {
    CallState.CHALLENGE: timedelta(seconds=60),
    CallState.MENU: timedelta(seconds=90),
    CallState.SITUATION: timedelta(seconds=120),
    CallState.RINGING: timedelta(seconds=45),
    CallState.CALLING: timedelta(seconds=45),
    CallState.DIALING: timedelta(seconds=60),
    CallState.BRIDGED: timedelta(minutes=3),
    CallState.VOICEMAIL: timedelta(seconds=300),
    CallState.KEEPING: timedelta(seconds=120),
}
MOST_LEGS = 10


@dataclass(frozen=True)
class Leg:
    """A phone that rings for a call; ``member`` is None for the caller's own."""

    id: UUID
    kind: LegKind
    member: UUID | None
    state: LegState = LegState.ASKED

    @property
    def running(self) -> bool:
        """Whether it rings or somebody is on it."""
        return self.state != LegState.OVER


@dataclass(frozen=True)
class CallCourse:
    """A call so far.

    ``rings``: whether phones ring for it. ``known``: whether it can be called back. ``turn``
    counts the questions that the caller was asked; ``tries`` counts anew in each state.
    ``winner`` is the member who has it. ``recording`` is the carrier's name for what was recorded.
    """

    id: UUID
    state: CallState
    deadline: datetime | None
    outgoing: bool = False
    language: str | None = None
    situation: str | None = None
    rings: bool = True
    known: bool = True
    custody: bool = False
    turn: int = 0
    tries: int = 0
    winner: UUID | None = None
    disposition: str | None = None
    recording: str | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state == CallState.ENDED

    @property
    def owner(self) -> str | None:
        """Who is to see it through: the line itself, a member, or the desk."""
        match self.state:
            case CallState.ENDED:
                return None
            case CallState.CALLING | CallState.DIALING | CallState.BRIDGED:
                return str(self.winner)
            case CallState.VOICEMAIL | CallState.KEEPING:
                return "desk"
            case _:
                return "line"

    def leg(self, leg_id: UUID) -> Leg | None:
        """Return a leg by its id."""
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def running(self, *kinds: LegKind) -> tuple[Leg, ...]:
        """Return the legs that are not over, of these kinds or any."""
        return tuple(leg for leg in self.legs if leg.running and (not kinds or leg.kind in kinds))

    def entering(self, state: CallState, now: datetime) -> CallCourse:
        """Return the same call in a state, with that state's deadline. WrongStep."""
        check_step(CALL_TRANSITIONS, self.state, state)
        deadline = None if state == CallState.ENDED else now + LASTS[state]
        return replace(self, state=state, deadline=deadline)

    def with_leg(self, leg: Leg, state: LegState) -> CallCourse:
        """Return the same call with one leg in another state. WrongStep."""
        check_step(LEG_TRANSITIONS, leg.state, state)
        changed = replace(leg, state=state)
        return replace(self, legs=tuple(changed if one.id == leg.id else one for one in self.legs))

    def adding(self, kind: LegKind, member: UUID | None) -> tuple[CallCourse, Leg]:
        """Return the same call with one phone more, which is to be rung."""
        leg = Leg(uuid5(self.id, str(len(self.legs))), kind, member)
        return replace(self, legs=(*self.legs, leg)), leg


@dataclass(frozen=True)
class PhonesOnDuty:
    """Who can be rung: on duty, standing by, and which of all of them are on no call now."""

    duty: tuple[UUID, ...] = ()
    fallback: tuple[UUID, ...] = ()
    free: frozenset[UUID] = frozenset()
