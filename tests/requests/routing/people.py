"""People and requests for the tests of routing: who they are is what a test says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.requests.routing.facts import Candidate, Need, Window

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def hours(start: float, length: float = 2) -> Window:
    """A time on the day of the tests, in hours from nine."""
    begin = NINE + timedelta(hours=start)
    return begin, begin + timedelta(hours=length)


def somebody(number: int = 1, *roles: str, **facts: Any) -> Candidate:
    """A vetted accompanier in Montréal who speaks Haitian Creole, but for what is said."""
    usual: dict[str, Any] = {
        "languages": frozenset({"ht"}),
        "regions": frozenset({"montreal"}),
        "weekly_cap": 4,
        "vetted": True,
    }
    return Candidate(
        UUID(int=number), f"bird{number}", frozenset(roles or {"accompanier"}), **usual | facts
    )


def wanted(number: int = 1, kind: str = "accompaniment", **facts: Any) -> Need:
    """Somebody to go along in Montréal, in Haitian Creole, this week, but for what is said."""
    usual: dict[str, Any] = {"tier": 2, "languages": ("ht",), "region": "montreal"}
    return Need(UUID(int=1_000 + number), kind, **usual | facts)
