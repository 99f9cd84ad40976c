"""One text, read where a question is open."""

from __future__ import annotations

from datetime import timedelta

from app.intake import ScriptState, Step, load_script, take_step

SCRIPT = load_script()


def take_at(stage: str, text: str) -> Step:
    """Return what an English dialogue about somebody detained makes of ``text`` at ``stage``."""
    state = ScriptState(stage, "en", "detained", "detained", 1)
    return take_step(
        SCRIPT, state, text, silent_for=timedelta(minutes=1), urgency=3, regions=(), human=False
    )
