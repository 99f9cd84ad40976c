"""Neighbouring regions: near enough to go there and back on one day."""

from __future__ import annotations

_NEXT_TO_EACH_OTHER = (
    ("laval", "montreal"),
    ("montreal", "ottawa"),
    ("montreal", "quebec"),
    ("laval", "ottawa"),
    ("laval", "quebec"),
)


def list_neighbours(region: str) -> frozenset[str]:
    """Return the neighbours of a region; none for a region that is not listed here."""
    pairs = [pair for pair in _NEXT_TO_EACH_OTHER if region in pair]
    return frozenset(other for pair in pairs for other in pair if other != region)
