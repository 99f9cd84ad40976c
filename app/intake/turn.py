"""One text while it is read: the state before it, and the meaning found so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.intake.script import Script
from app.intake.state import ContactHint, ScriptState

# The tier of a text that says nothing about urgency.
NO_TIER = 3


@dataclass(slots=True)
class Turn:
    """One text, filled in while it is read, and used by one step only.

    (Copying frozen values at each turn of the reading cost half of a step's time.)
    """

    script: Script
    raw: str
    words: list[str]
    regions: Sequence[str]
    # The state as it will be after this text; see ``State``.
    stage: str
    language: str | None
    situation: str | None
    topic: str | None
    asked: int
    city: bool
    # The meaning of this text.
    reply: str | None = None
    tier: int = NO_TIER
    understood: bool = True
    chosen_language: str | None = None
    chosen_situation: str | None = None
    region: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    contact: ContactHint | None = None

    def state(self) -> ScriptState:
        """Return the state after this text."""
        return ScriptState(
            self.stage, self.language, self.situation, self.topic, self.asked, self.city
        )  # fmt: skip
