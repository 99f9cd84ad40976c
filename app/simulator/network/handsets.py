"""What a phone remembers: the texts it sent and got, whatever the carrier forgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.simulator.values.answering import Answering


@dataclass(frozen=True, slots=True)
class Entry:
    """One text on a phone's screen."""

    sid: str
    body: str
    at: datetime
    received: bool


class UnknownText(LookupError):
    """This phone has neither sent nor received a text with that sid."""


class Handset:
    """One phone: its screen, oldest text first, and how it takes calls."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.answering = Answering()
        self.entries: list[Entry] = []
        self._position: dict[str, int] = {}

    def show(self, sid: str, body: str, at: datetime, *, received: bool) -> None:
        """Put one text on the screen."""
        self._position[sid] = len(self.entries)
        self.entries.append(Entry(sid, body, at, received))

    def inbox(self, after: str | None = None) -> list[Entry]:
        """Texts received, only those later than ``after`` if given.

        ``after`` is the sid of any text on this phone, sent or received. Raises ``UnknownText``.
        """
        if not after:
            first = 0
        elif after in self._position:
            first = self._position[after] + 1
        else:
            raise UnknownText
        return [entry for entry in self.entries[first:] if entry.received]
