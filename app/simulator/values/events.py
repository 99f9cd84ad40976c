"""What happens to a call in progress, as values for its task to take in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.simulator.values.targets import DocumentSource


@dataclass(frozen=True, slots=True)
class Key:
    """The phone presses a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The phone's user speaks."""

    seconds: int


@dataclass(frozen=True, slots=True)
class PickedUp:
    """The phone answers, or declines."""

    accepts: bool = True


class LegChange(Enum):
    """How far a leg is that a call dialled."""

    ANSWERED = "the phone picks up"
    READY = "the phone has heard what only it hears, and can talk to the caller"
    ENDED = "the leg is over, or the service leads it elsewhere"


@dataclass(frozen=True, slots=True)
class LegChanged:
    """A leg that this call dialled is one step further. ``sid`` is the leg's."""

    sid: str
    change: LegChange


@dataclass(frozen=True, slots=True)
class OutOfConference:
    """The conference is over, or this participant was taken out of it."""


@dataclass(frozen=True, slots=True)
class Diversion:
    """The service leads the call to another document."""

    source: DocumentSource


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""


Event = Key | Speech | PickedUp | LegChanged | OutOfConference | Diversion | Ended


class CallOver(Exception):
    """The call is over: its task stops whatever it does."""


class Diverted(Exception):
    """The service leads the call to another document: its task stops what it does."""

    def __init__(self, source: DocumentSource) -> None:
        super().__init__()
        self.source = source
