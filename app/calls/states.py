"""What a call is while it lasts, what can happen to it, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

CallStateName = Literal[
    "challenge",
    "menu",
    "situation",
    "ringing",
    "calling",
    "dialing",
    "bridged",
    "voicemail",
    "keeping",
    "ended",
]
CallKind = Literal["desk", "colleague", "interpreter", "caller"]
LegState = Literal["asked", "answered", "joined", "over"]

# Each state that is not the last one ends at the latest after this long; a conversation is only
# looked at again then, for a call whose end the carrier never told us.
LASTS = {
    "challenge": timedelta(seconds=60),
    "menu": timedelta(seconds=90),
    "situation": timedelta(seconds=120),
    "ringing": timedelta(seconds=45),
    "calling": timedelta(seconds=45),
    "dialing": timedelta(seconds=60),
    "bridged": timedelta(minutes=3),
    "voicemail": timedelta(seconds=300),
    "keeping": timedelta(seconds=120),
}
MOST_LEGS = 10


@dataclass(frozen=True)
class Leg:
    """A phone that rings for a call; ``member`` is None for the caller's own."""

    id: UUID
    kind: CallKind
    member: UUID | None
    state: LegState = "asked"

    @property
    def running(self) -> bool:
        """Whether it rings or somebody is on it."""
        return self.state != "over"


@dataclass(frozen=True)
class CallState:
    """A call. ``rings``: whether phones ring for it; ``known``: whether it can be called back."""

    id: UUID
    name: CallStateName
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
    # The recording that the carrier told of, kept for the case or not.
    recording: str | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.name == "ended"

    @property
    def owner(self) -> str | None:
        """Who is to see it through: the line itself, a member, or the desk."""
        match self.name:
            case "ended":
                return None
            case "calling" | "dialing" | "bridged":
                return str(self.winner)
            case "voicemail" | "keeping":
                return "desk"
            case _:
                return "line"

    def leg(self, leg_id: UUID) -> Leg | None:
        """Return a leg by its id."""
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def running(self, *kinds: CallKind) -> tuple[Leg, ...]:
        """Return the legs that are not over, of these kinds or any."""
        return tuple(leg for leg in self.legs if leg.running and (not kinds or leg.kind in kinds))

    def with_leg(self, leg: Leg, state: LegState) -> CallState:
        """Return the same call with one leg in another state."""
        changed = replace(leg, state=state)
        return replace(self, legs=tuple(changed if one.id == leg.id else one for one in self.legs))

    def adding(self, kind: CallKind, member: UUID | None) -> tuple[CallState, Leg]:
        """Return the same call with one phone more, which is to be rung."""
        leg = Leg(uuid5(self.id, str(len(self.legs))), kind, member)
        return replace(self, legs=(*self.legs, leg)), leg


@dataclass(frozen=True)
class PhonesOnDuty:
    """Who can be rung: on duty, standing by, and which of all of them are on no call now."""

    duty: tuple[UUID, ...] = ()
    fallback: tuple[UUID, ...] = ()
    free: frozenset[UUID] = frozenset()


# -- what can happen


@dataclass(frozen=True)
class Digits:
    """The caller pressed something, or nothing, in answer to question number ``turn``."""

    turn: int
    digits: str = field(default="", repr=False)


@dataclass(frozen=True)
class Polled:
    """The caller's phone, which waits, asks what is next."""


@dataclass(frozen=True)
class LegUp:
    """A phone that rings was answered, by whomever or whatever."""

    leg: UUID


@dataclass(frozen=True)
class LegDigits:
    """Somebody at a phone that rang pressed something, or nothing."""

    leg: UUID
    digits: str = ""


@dataclass(frozen=True)
class LegDown:
    """A phone rings no more, or was hung up, or could never be rung."""

    leg: UUID


@dataclass(frozen=True)
class RoomLeft:
    """The caller's phone is out of the conference, and still on the line."""


@dataclass(frozen=True)
class CallerLeft:
    """The caller is not on the line any more."""


@dataclass(frozen=True)
class Spoken:
    """The caller has finished a message."""


@dataclass(frozen=True)
class Recorded:
    """The carrier has a recording."""

    sid: str


@dataclass(frozen=True)
class NoRecording:
    """The carrier has no recording of this call, and will have none."""


@dataclass(frozen=True)
class Kept:
    """The recording lies sealed in the case."""


@dataclass(frozen=True)
class StillOn:
    """The carrier says that the call goes on."""


@dataclass(frozen=True)
class DeadlinePassed:
    """The one running deadline is over."""


@dataclass(frozen=True)
class Summon:
    """Somebody is to come into the running conversation."""

    kind: Literal["colleague", "interpreter"]
    member: UUID


CallEvent = (
    Digits
    | Polled
    | LegUp
    | LegDigits
    | LegDown
    | RoomLeft
    | CallerLeft
    | Spoken
    | Recorded
    | NoRecording
    | Kept
    | StillOn
    | DeadlinePassed
    | Summon
)


# -- what is to be done


@dataclass(frozen=True)
class Ring:
    """Ring this leg's phone."""

    leg: UUID


@dataclass(frozen=True)
class Cancel:
    """End this leg, whether it rings or runs."""

    leg: UUID


@dataclass(frozen=True)
class Move:
    """Have the caller's phone, or one leg, ask at once what is next."""

    leg: UUID | None = None


@dataclass(frozen=True)
class Check:
    """Ask the carrier whether the call still goes on."""


@dataclass(frozen=True)
class Listen:
    """Ask the carrier for the recordings of this call."""


@dataclass(frozen=True)
class Keep:
    """Fetch this recording and seal it to the case."""

    sid: str


CallAction = Ring | Cancel | Move | Check | Listen | Keep
