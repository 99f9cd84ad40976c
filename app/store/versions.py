"""Nobody changes what they have not read: the version somebody read against the one that stands."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import StaleVersion


@dataclass(frozen=True)
class AnyVersion:
    """Whichever version stands there."""


@dataclass(frozen=True)
class OneOfVersions:
    """Several versions, as an ``If-Match`` may name them; without any, nothing fits."""

    versions: frozenset[int]


# What was read before a change.
ReadVersion = int | OneOfVersions | AnyVersion


def check_version(current: int, read: ReadVersion) -> None:
    """Raise StaleVersion unless the version that stands is one that was read."""
    match read:
        case AnyVersion():
            return
        case OneOfVersions(versions):
            fits = current in versions
        case _:
            fits = current == read
    if not fits:
        raise StaleVersion(current)
