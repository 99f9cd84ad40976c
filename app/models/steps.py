"""Steps from one state to another, as the tables beside the models allow them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)


class WrongStep(ValueError):
    """A state does not follow from another: a fault of the program, not of a person."""


def check_step(transitions: Mapping[S, frozenset[S]], before: S, after: S) -> None:
    """Raise WrongStep where ``after`` is another state that does not follow from ``before``."""
    if after != before and after not in transitions[before]:
        raise WrongStep(f"{after} does not follow from {before}")


def list_states_before(transitions: Mapping[S, frozenset[S]], after: S) -> list[S]:
    """Return the states that ``after`` may follow, for statements that change many rows at once."""
    return [before for before, allowed in transitions.items() if after in allowed]
