"""A phone and its memory: the texts it sent and got, whatever the carrier forgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.simulator.values.answering import Answering


@dataclass(frozen=True, slots=True)
class ScreenText:
    """One text on a phone's screen."""

    sid: str
    body: str
    at: datetime
    received: bool


class UnknownText(LookupError):
    """This phone has neither sent nor received a text with that sid."""


class Handset:
    """One phone: its screen, oldest text first, and how it takes calls."""

    def __init__(self) -> None:
        self.answering = Answering()
        self.screen: list[ScreenText] = []
        self._position: dict[str, int] = {}

    def show(self, sid: str, body: str, at: datetime, *, received: bool) -> None:
        """Put one text on the screen."""
        self._position[sid] = len(self.screen)
        self.screen.append(ScreenText(sid, body, at, received))

    def inbox(self, after: str | None = None) -> list[ScreenText]:
        """The texts this phone received; with ``after`` only those later than that text.

        ``after`` is the sid of any text on this phone, sent or received. Raises ``UnknownText``.
        """
        if not after:
            first = 0
        elif after in self._position:
            first = self._position[after] + 1
        else:
            raise UnknownText
        return [text for text in self.screen[first:] if text.received]
