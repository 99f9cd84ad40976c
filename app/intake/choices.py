"""Whether a number in a few words is a choice, or only a number."""

from __future__ import annotations

from collections.abc import Sequence

from app.intake.small_words import SMALL_WORDS
from app.intake.turn import Turn

_HAPPENING = "happening_now"
MOST_WORDS = 6  # "in spanish please", "option 3", "2 Francais"


def names_an_option(turn: Turn, words: Sequence[str]) -> bool:
    """Whether a number in ``words`` is a choice: "option 3", "the second one", "2 is my brother".

    Not "part 2", which is the second text of a long one.
    """
    vocabulary = turn.script.vocabulary
    if len(words) > MOST_WORDS:
        return False
    others = [word for word in words if not vocabulary.find_numbers([word])]
    around = {word for word in others if word not in vocabulary.languages}
    if around <= SMALL_WORDS["choice"] or turn.script.own.hold(words):
        return True
    first = next((at for at, word in enumerate(words) if vocabulary.find_numbers([word])), 0)
    behind = words[first + 1 : first + 2]
    return (
        set(words[:first]) <= SMALL_WORDS["choice"]
        and bool(behind)
        and behind[0] in SMALL_WORDS["is"]
    )


def says_only(turn: Turn, situation: str) -> bool:
    """Whether a number in a few words is all they say, or they name its ``situation`` beside it.

    "its number 1", "1 now". Not "3 now", which may mean either, and no denial.
    """
    vocabulary, words = turn.script.vocabulary, turn.words
    if len(words) > MOST_WORDS:
        return False
    others = [word for word in words if not vocabulary.find_numbers([word])]
    rest = [word for word in others if word not in SMALL_WORDS["choice"]]
    if not rest:
        return True
    if situation == _HAPPENING and SMALL_WORDS["now"].issuperset(rest):
        return True
    return any(
        vocabulary.is_option(said) and vocabulary.situation(said) == situation
        for said in (others, rest)
    )
