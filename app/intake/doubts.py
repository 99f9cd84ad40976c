"""Doubts about answering a phone: somebody else holds it, or the caller took their words back.

A text or a call to a phone that somebody else reads can hurt. A digit before such words is no
consent: no way is taken, and a person reads the words.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.intake.small_words import SMALL_WORDS
from app.intake.state import ContactHint
from app.intake.vocabulary import Vocabulary
from app.intake.ways import is_time

_NEAR = 4  # words from who to what they do, and from there to the phone
_SHORT = 2
_NEITHER = "4"  # nothing is taken there, so nothing can be taken back


def is_doubtful(vocabulary: Vocabulary, words: Sequence[str]) -> bool:
    """Whether no way to be reached may be taken from ``words``, whatever else they say."""
    return is_held_by_others(words) or _is_taken_back(vocabulary, words)


def may_hurt(contact: ContactHint, words: Sequence[str], *, doubtful: bool) -> bool:
    """Whether one of the ways read in ``words`` is in doubt.

    Somebody whose calls others hear may still be texted.
    """
    heard = "call" in contact.methods and _has_holder(words, _places(words, "calls"))
    return bool(contact.methods) and (doubtful or heard)


def is_held_by_others(words: Sequence[str]) -> bool:
    """Whether ``words`` say that somebody else has or reads the phone, or took it.

    "my husband reads my texts", "me robaron el telefono"; not "I have my phone".
    """
    things = _places(words, "phone_things")
    taken = _places(words, "taken")
    return any(abs(thing - at) <= _NEAR for at in taken for thing in things) or (
        _has_holder(words, things)
    )


def _is_taken_back(vocabulary: Vocabulary, words: Sequence[str]) -> bool:
    """Whether a "but" stands behind a way, then more than hours or a way."""
    at = next(iter(_places(words, "but")), None)
    if not at or words[0] == _NEITHER:
        return False
    if not vocabulary.methods.find(words[:at]) and vocabulary.find_numbers(words[:at]) == []:
        return False
    rest = words[at + 1 :]
    return not rest or not all(
        is_time(word) or word in SMALL_WORDS["beside_times"] or vocabulary.methods.find([word])
        for word in rest
    )


def _has_holder(words: Sequence[str], things: Sequence[int]) -> bool:
    """Whether somebody else, what they do, and one of ``things`` stand near each other.

    In this order, or turned round: "my phone, my husband has it". Words of one or two letters
    ("a", "li", "we") say too many other things to be turned round.
    """
    others = _places(words, "others")
    for at in _places(words, "holds"):
        back = _NEAR if len(words[at]) > _SHORT else 0
        whose = any(-back <= at - other <= _NEAR and other != at for other in others)
        if whose and any(-back <= thing - at <= _NEAR and thing != at for thing in things):
            return True
    return False


def _places(words: Sequence[str], name: str) -> list[int]:
    return [at for at, word in enumerate(words) if word in SMALL_WORDS[name]]
