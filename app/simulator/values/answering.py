"""How a phone takes calls: what a test, or whoever holds it, has told it to do."""

from __future__ import annotations

from dataclasses import dataclass

BEHAVIOURS = {
    "rings": "it rings until somebody answers or the caller gives up",
    "answers": "somebody answers after after_s, and presses the keys in presses when asked",
    "machine": "an answering machine answers after after_s",
    "busy": "it is busy",
    "rejects": "somebody declines after after_s",
    "out-of-service": "there is no such number any more",
}
_ALSO = {"never": "rings", "answering-machine": "machine", "declines": "rejects"}


class UnknownBehaviour(ValueError):
    """No phone does that; the message lists what they do."""

    def __init__(self) -> None:
        super().__init__("a phone does not do that; it does: " + ", ".join(BEHAVIOURS))


@dataclass(frozen=True, slots=True)
class Answering:
    """What a phone does when it rings."""

    behaviour: str = "rings"
    after_s: float = 0.0
    presses: str = ""


def answering(behaviour: str, after_s: float = 0.0, presses: str = "") -> Answering:
    """Read an order to a phone; raises ``UnknownBehaviour``."""
    named = _ALSO.get(behaviour, behaviour)
    if named not in BEHAVIOURS:
        raise UnknownBehaviour
    return Answering(named, after_s, presses)
