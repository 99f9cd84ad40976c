"""How each question of the script hears a text: one function per question.

A hearer returns whether the text answers its question, and if so fills in the turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from app.intake.choices import names_an_option, says_only
from app.intake.doubts import is_doubtful, may_hurt
from app.intake.first_answer import hear_language
from app.intake.meanings import (
    find_danger,
    find_situation,
    is_surely,
    lean_situation,
    read_reply,
)
from app.intake.questions import ask_next, list_left_questions
from app.intake.safety import read_safety
from app.intake.small_words import SMALL_WORDS
from app.intake.turn import NO_TIER, Turn
from app.intake.vocabulary import URGENT
from app.intake.ways import read_ways, read_ways_meant

# "2) my brother", "2 - someone"; not "2 men are here", which tells of two men.
_LEADING_DIGIT = re.compile(r"[\s\"'(#]*([1-9])(?:\W*$| ?[.):,;=-] ?[^\W\d])")
_SAYS_NOW = [{word} for word in SMALL_WORDS["now"]]
_NOW = 1  # the option that somebody means who answers "now"
_WORDS_OF_A_CITY = 5
_WORDS_OF_AN_OPTION = 4
_PLAIN = 2  # so few words of yes and no need no model


def _hear_situation(turn: Turn) -> bool:
    """Take 1 to 6, or words that speak of one situation.

    The case keeps an earlier choice that is as urgent or more.
    """
    script = turn.script
    number = script.vocabulary.number(turn.words)
    if number is None and (led := _LEADING_DIGIT.match(turn.raw)):
        number = int(led[1])
    if number is None:
        number = _find_named_option(turn)
    if number is None and set(turn.words) - SMALL_WORDS["polite"] in _SAYS_NOW:
        number = _NOW
    if number is not None and 1 <= number <= len(script.situations):
        chosen = script.situations[number - 1]
    else:
        named = script.situation(_name_situation(turn))
        if named is None:
            return False
        chosen = named
    known = script.situation(turn.situation)
    if known is None or chosen.tier < known.tier:
        turn.situation = turn.chosen_situation = chosen.code
    turn.topic, turn.tier = chosen.code, chosen.tier
    ask_next(turn)
    return True


def _find_named_option(turn: Turn) -> int | None:
    """Return the one number in a short text ("the second one", "2 is my brother").

    Not "2 men are here": words that tell of another situation than the number's count more.
    """
    numbers = turn.script.vocabulary.find_numbers(turn.words)
    if len(numbers) != 1 or not 1 <= numbers[0] <= len(turn.script.situations):
        return None
    number = numbers[0]
    if says_only(turn, turn.script.situations[number - 1].code):
        return number
    if not names_an_option(turn, turn.words):
        return None
    told = read_reply("situation", turn.words)
    return number if told in {"none", turn.script.situations[number - 1].code} else None


def _name_situation(turn: Turn) -> str | None:
    """Return the situation in words: our own option in a few words, or what the model reads."""
    vocabulary = turn.script.vocabulary
    option = vocabulary.situation(turn.words)
    if option and (len(turn.words) <= _PLAIN or vocabulary.is_option(turn.words)):
        return option
    told, alarm = find_situation(turn.words), vocabulary.find_alarm(turn.words)
    if told is None and alarm is not None:  # a rule: the model says only which of the two it is
        told = option if option in URGENT else lean_situation(turn.words, URGENT)
    if told in URGENT and alarm is None and find_danger(turn.words) is None:
        told = None  # "nobody was arrested"
    if not vocabulary.negations.isdisjoint(turn.words):
        return told
    if told is None and option and len(turn.words) <= _WORDS_OF_AN_OPTION:
        return option if read_reply("situation", turn.words) != "none" else None
    return told


def _read_yes_or_no(turn: Turn, question: str) -> str:
    """Return yes, no, unclear or none; plain words need no model."""
    plain = turn.script.vocabulary.yes_or_no(turn.words)
    if plain is not None and len(turn.words) <= _PLAIN:
        return plain
    return read_reply(question, turn.words)


def _hear_safe_now(turn: Turn) -> bool:
    """Take a yes or a no. After "no" not one more text goes to that phone."""
    answer = read_safety(turn.raw) or _read_yes_or_no(turn, "safe_now")
    if answer not in {"yes", "no"}:
        return False
    if answer == "yes" and not SMALL_WORDS["conditions"].isdisjoint(turn.words):
        return False  # "yes, if you hurry"
    turn.answers["safe_now"] = answer
    if answer == "no":
        if "date_soon" in list_left_questions(turn):  # not known, and not asked any more
            turn.tier = 1
        turn.stage = "done"
    else:
        ask_next(turn)
    return True


def _hear_date_soon(turn: Turn) -> bool:
    """Take a yes or a no; what may be a date but is neither is for a person, today."""
    answer = _read_yes_or_no(turn, "date_soon")
    if answer == "none" and _may_be_a_date(turn):
        answer = "unclear"
    if answer == "none" or (answer == "unclear" and "city" in turn.answers):
        return False
    if answer == "unclear":
        turn.answers |= {"date_soon": "unclear", "date_soon_text": turn.raw}
        turn.tier, turn.understood = 1, False
    else:
        turn.answers["date_soon"] = answer
        turn.tier = 1 if answer == "yes" else NO_TIER
    ask_next(turn)
    return True


def _may_be_a_date(turn: Turn) -> bool:
    """Whether a number or a few words ("3 June, I think", "I don't know") may answer "when"."""
    few = len(turn.words) <= _WORDS_OF_AN_OPTION
    small_talk = turn.script.vocabulary.is_small_talk(turn.words)
    return any(word.isdigit() for word in turn.words) or (
        len(turn.words) > 0 and few and not small_talk
    )


def _hear_reach(turn: Turn) -> bool:
    """Take ways and hours to answer; ways only where there is no doubt."""
    vocabulary = turn.script.vocabulary
    if not turn.words or vocabulary.is_small_talk(turn.words):
        return False
    doubtful = is_doubtful(vocabulary, turn.words)
    contact = read_ways(vocabulary, turn.words, turn.raw)
    if contact is None:
        reply = read_reply("reach", turn.words)
        strange = reply == "none" and not doubtful
        if strange or "city" in turn.answers or vocabulary.is_yes_or_no(turn.words):
            return False
        contact = read_ways_meant(vocabulary, reply, turn.words, turn.raw)
    if contact is not None and may_hurt(contact, turn.words, doubtful=doubtful):
        contact = None
    turn.contact = contact
    if contact is None:
        turn.answers |= {"reach": "unclear", "reach_hours": turn.raw}
        turn.understood = False
    else:
        ways = len(contact.methods)
        turn.answers["reach"] = "both" if ways == 2 else contact.methods[0] if ways else "none"
        if contact.hours is not None:
            turn.answers["reach_hours"] = contact.hours
    ask_next(turn)
    return True


def _hear_words(turn: Turn) -> bool:
    """Take any words as a need; a bare digit, yes or no was meant for another question."""
    vocabulary = turn.script.vocabulary
    if not turn.words or vocabulary.number(turn.words) is not None or "city" in turn.answers:
        return False
    if vocabulary.is_small_talk(turn.words) or vocabulary.is_yes_or_no(turn.words):
        return False
    if turn.stage == "need" and is_surely("need", turn.words, "none"):
        return False
    turn.answers[turn.stage] = turn.raw
    ask_next(turn)
    return True


def _hear_city(turn: Turn) -> bool:
    """Take a few such words also as a city; the organisation's regions are known by name."""
    known = turn.script.is_city(turn.words, turn.regions)
    if not known and len(turn.words) > _WORDS_OF_A_CITY:
        return False
    if not known and is_surely("city", turn.words, "none"):
        return False
    if not _hear_words(turn):
        return False
    turn.city, turn.region = True, turn.script.region(turn.words, turn.regions)
    return True


HEARERS: dict[str, Callable[[Turn], bool]] = {
    "language": hear_language,
    "situation": _hear_situation,
    "safe_now": _hear_safe_now,
    "city": _hear_city,
    "date_soon": _hear_date_soon,
    "reach": _hear_reach,
    "need": _hear_words,
}
