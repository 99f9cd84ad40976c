"""How a phone takes calls."""

from __future__ import annotations

from dataclasses import dataclass

BEHAVIOURS = {
    "rings": "it rings until its user answers or the caller gives up",
    "answers": "its user answers after after_s seconds, and presses the keys in presses when asked",
    "machine": "an answering machine answers after after_s seconds",
    "busy": "it is busy",
    "rejects": "its user declines after after_s seconds",
    "out-of-service": "the number does not exist any more",
}
_ALSO = {"never": "rings", "answering-machine": "machine", "declines": "rejects"}


class UnknownBehaviour(ValueError):
    """Phones do not do that; the message lists what they do."""

    def __init__(self) -> None:
        super().__init__("a phone does not do that; it does: " + ", ".join(BEHAVIOURS))


@dataclass(frozen=True, slots=True)
class Answering:
    """What a phone does when it rings."""

    behaviour: str = "rings"
    after_s: float = 0.0
    presses: str = ""


def read_answering(behaviour: str, after_s: float = 0.0, presses: str = "") -> Answering:
    """Check an order to a phone; raises ``UnknownBehaviour``."""
    named = _ALSO.get(behaviour, behaviour)
    if named not in BEHAVIOURS:
        raise UnknownBehaviour
    return Answering(named, after_s, presses)
