"""What can happen to a call in progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.simulator.network.lines import Line


@dataclass(frozen=True, slots=True)
class Source:
    """Where the next document comes from: an address, or the document itself."""

    url: str = ""
    method: str = "POST"
    fields: tuple[tuple[str, str], ...] = ()
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed."""

    digit: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The phone spoke."""

    seconds: int


@dataclass(frozen=True, slots=True)
class PickedUp:
    """The phone answers, or declines."""

    accepts: bool = True


@dataclass(frozen=True, slots=True)
class Sibling:
    """Something happened to a leg this call dialled: ``answered``, ``ready`` or ``ended``."""

    line: Line
    what: str


@dataclass(frozen=True, slots=True)
class OutOfConference:
    """The conference is over, or this participant was taken out of it."""


@dataclass(frozen=True, slots=True)
class Diversion:
    """The service sends the call to another document."""

    source: Source


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""


Event = Key | Speech | PickedUp | Sibling | OutOfConference | Diversion | Ended


class CallOver(Exception):
    """The call is over: whatever was being done on it stops."""


class Diverted(Exception):
    """The service sent the call somewhere else in the middle."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
