"""What a text asks for: a keyword, a wish that a rule knows, or one that only the model hears."""

from __future__ import annotations

from collections.abc import Sequence

from app.intake.keywords import Keyword, find_keyword
from app.intake.meanings import guess_wish, is_no_wish
from app.intake.script import Script
from app.intake.state import ScriptState
from app.intake.wishes import denies_wish, find_wish
from app.texts import fold

# Taken by mistake, these leave somebody without an answer.
_SILENCING = {Keyword.STOP, Keyword.WRONG_NUMBER, Keyword.ERASE}


def find_stated_wish(
    script: Script, state: ScriptState, words: Sequence[str], meant: Sequence[str]
) -> tuple[Keyword, str | None] | None:
    """Return the keyword that a text is, or that its sentence asks for.

    "Call me after six" answers how to be reached where that was asked.
    """
    exact = find_keyword(script.vocabulary.keywords, words)
    if exact is not None:
        return exact
    ruled = find_wish(meant)
    if ruled is None or _answers_reach(state, ruled[0]):
        return None
    return None if ruled[0] in _SILENCING and is_no_wish(meant) else ruled


def is_keyword_alone(script: Script, text: str) -> bool:
    """Whether a text is a keyword and nothing else: no sentence in which a wish was heard."""
    return find_keyword(script.vocabulary.keywords, fold(text)) is not None


def guess_unruled_wish(state: ScriptState, words: Sequence[str]) -> tuple[Keyword, None] | None:
    """Return the wish that the model hears in words that no rule has, unless a rule denies it."""
    said = guess_wish(words)
    if said is None or denies_wish(words, Keyword(said)) or _answers_reach(state, Keyword(said)):
        return None
    return Keyword(said), None


def _answers_reach(state: ScriptState, wish: Keyword) -> bool:
    return wish is Keyword.CALL_ME and state.stage == "reach"
