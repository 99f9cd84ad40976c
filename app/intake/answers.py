"""Reading a text that is no keyword as the answer to whatever question is open."""

from __future__ import annotations

from collections.abc import Sequence

from app.intake.first_answer import find_report
from app.intake.hearers import HEARERS
from app.intake.questions import ask_again
from app.intake.script import Script
from app.intake.state import ScriptState
from app.intake.turn import Turn


def take_turn(
    script: Script,
    state: ScriptState,
    text: str,
    words: list[str],
    regions: Sequence[str],
    *,
    human: bool,
    continues: bool,
) -> Turn:
    """Read ``text`` (folded: ``words``) in ``state``; see ``step`` for the rules.

    While ``human`` handles the case a text answers nothing but the greeting. A text that
    ``continues`` the one before was written before our question came: it answers nothing.
    """
    turn = Turn(
        script, text.strip(), words, regions,
        state.stage, state.language, state.situation, state.topic, state.asked, state.city,
    )  # fmt: skip
    if human:
        _listen_for_a_person(turn)
    else:
        named_city, at_greeting = _notice_city(turn), turn.stage == "language"
        if continues or not _is_answer(turn):
            _leave_to_a_person(turn, named_city=named_city)
        elif at_greeting and (at := find_report(turn)):
            _hear_report(turn, at)
        if script.vocabulary.is_minor(words):
            _ask_about_an_adult(turn)
    return turn


def _listen_for_a_person(turn: Turn) -> None:
    """Take only the answer to the greeting: the questions are a person's now."""
    turn.understood = turn.stage == "language" and HEARERS["language"](turn)
    turn.stage = "done"


def _hear_report(turn: Turn, at: int) -> None:
    """Read what stands behind the chosen language as the answer to the next question.

    Where that is not sure the question is asked, and a person reads the words.
    """
    if turn.stage != "situation":
        return  # no script in that language: a person reads it all
    words, text = turn.words, turn.raw
    turn.words, turn.raw = words[at:], " ".join(words[at:])
    turn.asked -= 1  # where it is heard, that question need not be asked
    heard = HEARERS["situation"](turn)
    turn.words, turn.raw = words, text
    if not heard:
        turn.asked += 1
        turn.answers["situation_text"] = text
        turn.tier, turn.understood = 1, False


def _ask_about_an_adult(turn: Turn) -> None:
    """A child gets one question only, whether somebody is with them; the rest a person asks."""
    turn.answers["minor"] = "yes"
    turn.tier, turn.stage, turn.reply = 0, "done", "with_adult"


def _notice_city(turn: Turn) -> bool:
    """Take the name of a city also where another question is open; return whether there was one.

    "Toronto" is always the city; it answers the open question only if it says more than that.
    """
    if turn.stage in {"new", "city", "done"} or turn.city:
        return False
    if not turn.script.is_city(turn.words, turn.regions, typos=False):
        return False
    turn.region = turn.script.region(turn.words, turn.regions)
    turn.answers["city"] = turn.raw
    turn.city = True
    return True


def _is_answer(turn: Turn) -> bool:
    """Whether the text answers the open question; if so, take it in and see what comes next."""
    hear = HEARERS.get(turn.stage)
    return hear is not None and hear(turn)


def _leave_to_a_person(turn: Turn, *, named_city: bool) -> None:
    """Keep the words beside the question they did not answer, and never call them invalid.

    The question is repeated only where the text plainly was the answer to another one.
    """
    turn.understood = named_city
    asked = turn.stage not in {"new", "language", "done"}
    if asked and not named_city:
        turn.answers[f"{turn.stage}_text"] = turn.raw
    if asked and (named_city or turn.script.vocabulary.is_yes_or_no(turn.words)):
        ask_again(turn)
    if turn.situation is None:
        vocabulary = turn.script.vocabulary
        number = vocabulary.number(turn.words)
        turn.tier = 1 if number is None and not vocabulary.is_small_talk(turn.words) else 2
