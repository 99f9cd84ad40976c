"""The script that answers a caller's first texts: pure, no database, no clock.

``step(script, state, text, …)`` takes one incoming text and says what to reply, what was
understood and how urgent the case is now. See ``app.intake.dialogue`` for the rules.
"""

from app.intake.dialogue import SILENCE, take_step
from app.intake.keywords import BUILTIN_STOP, Keyword, is_builtin_start, is_builtin_stop
from app.intake.script import Script, ScriptRefused, load_script, read_script
from app.intake.state import ContactHint, EraseAnswer, ScriptState, Step, make_erase_reply

__all__ = [
    "BUILTIN_STOP",
    "SILENCE",
    "ContactHint",
    "EraseAnswer",
    "Keyword",
    "Script",
    "ScriptRefused",
    "ScriptState",
    "Step",
    "is_builtin_start",
    "is_builtin_stop",
    "load_script",
    "make_erase_reply",
    "read_script",
    "take_step",
]
