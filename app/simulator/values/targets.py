"""Addresses at the service: where a call's documents come from, and where its news go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where the next document comes from: an address, or the document itself.

    ``fields`` go to the address with those that every request about a call has.
    """

    url: str = ""
    method: str = "POST"
    fields: tuple[tuple[str, str], ...] = ()
    document: str | None = None


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Where news go, and which events are news; without an address nothing is posted."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})

    def wants(self, event: str) -> bool:
        """Whether the service asked for this event."""
        return bool(self.url) and event in self.events


NO_CALLBACK = CallbackTarget()
