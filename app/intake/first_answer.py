"""How the answer to the greeting is heard: which language somebody writes.

A report behind the choice ("4 please my husband was taken") is read as well: nobody who has told
what happens is asked for it.
"""

from __future__ import annotations

import re

from app.intake.choices import MOST_WORDS, names_an_option
from app.intake.meanings import read_reply
from app.intake.small_words import SMALL_WORDS
from app.intake.turn import Turn

_LEAST_WORDS = 2
_DIGITS = frozenset("12345")
# "1. they are outside", "2) on a pris"; a time of day ("4:15") is none.
_POINTED = re.compile(r"[\s\"'(#]*([1-9]) ?[.):,;-]+ ?(?=[^\W\d])")


def hear_language(turn: Turn) -> bool:
    """Take 1 to 4, 5 for another language, or a language's name, with a few words around it.

    Also a digit before a report ("1. they are outside"), and a greeting of one language alone.
    """
    script = turn.script
    number, code = _find_choice(turn)
    if number is None and code is None:
        number, code = _find_leading_digit(turn), script.vocabulary.greets_in(turn.words)
    if number is not None and 1 <= number <= len(script.languages):
        code = script.languages[number - 1]
    elif code is None and number != len(script.languages) + 1:
        return False
    if script.texts.speaks(code):
        turn.language = turn.chosen_language = code
        turn.stage = turn.reply = "situation"
        turn.tier, turn.asked = 2, 1
    else:  # no script in that language: a person should read it soon
        turn.language = None
        turn.stage, turn.reply = "done", "other_language"
        turn.tier = 1
    return True


def _find_choice(turn: Turn) -> tuple[int | None, str | None]:
    """Return the digit and the language that a short text chooses, where it chooses one only."""
    vocabulary, words = turn.script.vocabulary, turn.words
    if not words or len(words) > MOST_WORDS:
        return None, None
    number, code = vocabulary.number(words), vocabulary.language(words)
    if number is not None or code is not None:
        return number, code
    digits = vocabulary.find_numbers(words) if names_an_option(turn, words) else []
    codes = set(vocabulary.find_languages(words))
    if len(digits) > 1 or len(codes) > 1 or not vocabulary.negations.isdisjoint(words):
        return None, None
    if not digits and (not codes or read_reply("choice", words) != "answer"):
        return None, None
    return (digits[0] if digits else None), (codes.pop() if codes else None)


def _find_leading_digit(turn: Turn) -> int | None:
    """Return the digit before other words: "1. they are", "4 please my", "2 ils ont"."""
    return int(turn.words[0]) if _skip_choice(turn) else None


def find_report(turn: Turn) -> int:
    """Return where, behind a leading digit, a report of several words begins; 0 for none."""
    at = _skip_choice(turn)
    return at if len(turn.words) - at > 1 else 0


def _skip_choice(turn: Turn) -> int:
    """Return how many words are a chosen digit and a "please" behind it, 0 where none is chosen.

    Not "2 men are here": without a point behind it a digit counts what follows, unless that is a
    word that cannot be counted.
    """
    words = turn.words
    if len(words) < _LEAST_WORDS or words[0] not in _DIGITS:
        return 0
    at = 1
    while at < len(words) and words[at] in SMALL_WORDS["polite"]:
        at += 1
    uncounted = at > 1 or words[1] in SMALL_WORDS["uncounted"]
    return at if uncounted or _POINTED.match(turn.raw) else 0
