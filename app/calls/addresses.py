"""Where the carrier finds a call's next steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class CallPlace:
    """The absolute addresses of a call's steps, and the name of its conference."""

    url: str
    call: UUID
    room: str

    def step(self, name: str, **query: str | int) -> str:
        """Return the address of one step of this call."""
        return f"{self.url}/twilio/voice/{self.call}/{name}{_query(query)}"

    def leg(self, leg: UUID, name: str) -> str:
        """Return the address of one step of a phone that rings for this call."""
        return f"{self.url}/twilio/voice/{self.call}/legs/{leg}/{name}"


def _query(values: Mapping[str, str | int]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in values.items()) if values else ""
