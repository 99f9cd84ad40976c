"""What is to be done about a call."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Ring:
    """Ring this leg's phone."""

    leg: UUID


@dataclass(frozen=True)
class Cancel:
    """End this leg, whether it rings or runs."""

    leg: UUID


@dataclass(frozen=True)
class Move:
    """Have the caller's phone, or one leg, ask at once what is next."""

    leg: UUID | None = None


@dataclass(frozen=True)
class Check:
    """Ask the carrier whether the call still goes on."""


@dataclass(frozen=True)
class Listen:
    """Ask the carrier for the recordings of this call."""


@dataclass(frozen=True)
class Keep:
    """Fetch this recording and seal it to the case."""

    sid: str


CallAction = Ring | Cancel | Move | Check | Listen | Keep
