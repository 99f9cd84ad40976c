"""What can happen to a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class CallerDigits:
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
class MessageSpoken:
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
    CallerDigits
    | Polled
    | LegUp
    | LegDigits
    | LegDown
    | RoomLeft
    | CallerLeft
    | MessageSpoken
    | Recorded
    | NoRecording
    | Kept
    | StillOn
    | DeadlinePassed
    | Summon
)
