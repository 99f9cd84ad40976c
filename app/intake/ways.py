"""The ways of answering that a caller allows: "3, after 6 pm", "call me", "no texts just call"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.intake.hours import read_hours
from app.intake.small_words import SMALL_WORDS
from app.intake.state import ContactHint, Method
from app.intake.vocabulary import Vocabulary

# A time of day is no choice: "4:15 pm", "3h30", "2 pm".
_CLOCK = re.compile(r"\W*\d{1,2}\s*(?:[:.h]\s*\d{2}|h\b|[ap]\.?m)", re.IGNORECASE)
_PLAIN = 3
_WAYS: dict[str, tuple[Method, ...]] = {
    "text": ("text",),
    "call": ("call",),
    "both": ("text", "call"),
    "neither": (),
}
_REACH: dict[str, tuple[Method, ...]] = {
    "1": ("text",),
    "2": ("call",),
    "3": ("text", "call"),
    "4": (),
}
# A way (T or C), a denial (N) and "only" (O) in these orders leave one way, the last group.
_ONE_LEFT = re.compile(r"N([TC])O(?!\1)([TC])|O([TC])N(?!\3)[TC]|([TC])ON(?!\4)[TC]")


def read_ways(vocabulary: Vocabulary, words: Sequence[str], raw: str) -> ContactHint | None:
    """Return the ways of answering that a digit, or two or three plain words, allow.

    None for all other words: no way is marked safe on a guess. ``raw`` becomes the hours if it
    says more than the ways.
    """
    if " ".join(words) in vocabulary.neither:
        return ContactHint((), None)
    chosen = {word for word in words if word in _REACH}
    if chosen == {"1", "2"} and len(words) <= _PLAIN + 1 and not _CLOCK.match(raw):
        return ContactHint(_REACH["3"], None)  # "1 or 2", "2 and 1"
    if words and words[0] in _REACH and _is_one_choice(vocabulary, words, raw):
        return ContactHint(_REACH[words[0]], raw if len(words) > 1 else None)
    if not vocabulary.negations.isdisjoint(words):
        return _read_one_left(vocabulary, words, raw)
    if chosen or len(words) > _PLAIN:
        return None
    timed = any(map(is_time, words)) or read_hours(raw) is not None
    return _name_ways(vocabulary, words, raw if timed else None)


def read_ways_meant(
    vocabulary: Vocabulary, reply: str, words: Sequence[str], raw: str
) -> ContactHint | None:
    """Return the ways that the model reads in ``words``, None where it is not sure."""
    if _tells_only_hours(words):
        return None
    if reply == "any" and vocabulary.negations.isdisjoint(words):
        return _name_ways(vocabulary, words, raw)
    ways = _WAYS.get(reply)
    if ways and not vocabulary.negations.isdisjoint(words):
        return None  # "text, never call": which of the two is denied is for a person to read
    return None if ways is None else ContactHint(ways, raw if ways else None)


def is_time(word: str) -> bool:
    """Whether a folded word tells a time: "18h", "noon", "7"."""
    return word[0].isdigit() or word in SMALL_WORDS["times"]


def _tells_only_hours(words: Sequence[str]) -> bool:
    """Whether ``words`` are a number that is no choice, and other times: "12", "apre 6e diswa"."""
    return any(word[0].isdigit() and word not in _REACH for word in words) and all(
        is_time(word) or word in SMALL_WORDS["beside_times"] for word in words
    )


def _is_one_choice(vocabulary: Vocabulary, words: Sequence[str], raw: str) -> bool:
    """Whether the first digit is the choice: "1", "3, after 6 pm"; not "1 or 2", "4:15 pm"."""
    if not vocabulary.negations.isdisjoint(words[1:]) or _CLOCK.match(raw):
        return False
    return len(words) < 2 or not (words[1] in _REACH or words[1] in SMALL_WORDS["alternatives"])


def _read_one_left(vocabulary: Vocabulary, words: Sequence[str], raw: str) -> ContactHint | None:
    """Return the way left by "no texts just call", "only text, no calls"; nothing else."""
    said = ""
    for word in words:
        ways = set(vocabulary.methods.find([word]))
        if word in SMALL_WORDS["only"]:
            said += "O"
        elif word in vocabulary.negations:
            said += "N"
        elif len(ways) == 1 and len(way := ways.pop()) == 1:
            said += way[0][0].upper()
        elif word not in SMALL_WORDS["beside_times"]:
            return None
    left = _ONE_LEFT.fullmatch(said)
    if left is None:
        return None
    return ContactHint(("text",) if "T" in (left[2], left[3], left[4]) else ("call",), raw)


def _name_ways(
    vocabulary: Vocabulary, words: Sequence[str], hours: str | None
) -> ContactHint | None:
    found = {method for methods in vocabulary.methods.find(words) for method in methods}
    ways: tuple[Method, ...] = ("text", "call")
    named = tuple(way for way in ways if way in found)
    return ContactHint(named, hours) if named else None
