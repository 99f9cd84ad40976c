"""The script that answers a caller's first texts: pure, no database, no clock.

``take_step(script, state, text, …)`` takes one incoming text and returns the replies, the meaning
and the urgency of the case. See ``app.intake.dialogue`` for the rules.
"""

from app.intake.asides import set_aside
from app.intake.asks import is_keyword_alone
from app.intake.dialogue import SILENCE, make_next_text, take_step
from app.intake.hours import read_hours
from app.intake.keywords import BUILTIN_STOP, Keyword, is_builtin_start, is_builtin_stop
from app.intake.script import Script, ScriptRefused, load_script, read_script
from app.intake.state import ContactHint, EraseAnswer, ScriptState, Step, make_erase_reply
from app.intake.volunteers import (
    OfferAnswer,
    OfferChoice,
    PageAnswer,
    asks_for_self,
    read_offer_answer,
    read_page_answer,
)

__all__ = [
    "BUILTIN_STOP",
    "SILENCE",
    "ContactHint",
    "EraseAnswer",
    "Keyword",
    "OfferAnswer",
    "OfferChoice",
    "PageAnswer",
    "Script",
    "ScriptRefused",
    "ScriptState",
    "Step",
    "asks_for_self",
    "is_builtin_start",
    "is_builtin_stop",
    "is_keyword_alone",
    "load_script",
    "make_erase_reply",
    "make_next_text",
    "read_hours",
    "read_offer_answer",
    "read_page_answer",
    "read_script",
    "set_aside",
    "take_step",
]
