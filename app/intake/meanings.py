"""What a text means, by rules first and by the model above them.

Rules are the floor: a plain wording of danger is an alarm whatever the model says. The model
reads what rules cannot: indirect wordings, typing without accents, several languages in one text.
It can raise a tier, never lower it, and where it is not sure a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from app.intake.model import Head, load_model

# How far the likeliest meaning must be ahead of the next; less is for a person to decide.
_ANSWER_LEAD = 0.25
_SURE = 6.0
# A likeliest meaning below this is still an unlikely one.
_LEAST = -1.0
_REACH_LEAST = 0.25
_TAKES_NOTHING = frozenset({"none", "unclear", "neither"})
_SITUATION_LEAD = 0.6
# A wish taken by mistake costs more where it silences or erases; a word of help costs little.
_WISH_LEADS = {
    "stop": 6.0, "wrong_number": 2.5, "erase": 2.5, "start": 2.5, "call_me": 4.0, "help": 1.0
}  # fmt: skip
_WISH_DENIED = 3.0
_SHORT = 3  # what a rule finds in so few words, they say
WISH_WORDS = 24  # a longer text says more than one wish: a person reads it
_LANGUAGE_LEAD = 2.0
_LANGUAGE_NEAR = 4.0  # how far a language may be behind the likeliest one, and still be it
# A shorter text says too little about its language.
_LANGUAGE_LETTERS = 12
_LEAST_WORDS = 2
_PART = 40
_WINDOW = 3  # words shown as the reason for an alarm
_WORDS_EXPLAINED = 60  # of a longer text only these are looked through for the reason


def find_danger(words: Sequence[str]) -> str | None:
    """Return the words that weigh most where ``words`` (folded) may speak of people in danger."""
    if sum(word[0].isalpha() for word in words) < _LEAST_WORDS:
        return None  # "1 or 2" says nothing
    head = load_model()["danger"]
    score, part = max((head.score(part)["danger"], part) for part in _split(words))
    if score <= min(head.bounds.values()):
        return None
    if score <= max(head.bounds.values()) and score <= head.bounds[_guess_language(words)]:
        return None
    return _find_reason(head, part)


def find_situation(words: Sequence[str]) -> str | None:
    """Return the code of the situation that ``words`` tell of, None where that is not sure."""
    if len(words) < 2:
        return None
    label = _choose(load_model()["situation"], words, _SITUATION_LEAD)
    return None if label == "none" else label


def guess_wish(words: Sequence[str]) -> str | None:
    """Return the wish that ``words`` state in wordings that no rule has, None in doubt."""
    if not _LEAST_WORDS <= len(words) <= WISH_WORDS:
        return None
    label, ahead = load_model()["wish"].choose(words)
    return label if ahead >= _WISH_LEADS.get(label, inf) else None


def is_no_wish(words: Sequence[str]) -> bool:
    """Whether ``words`` surely state no wish, whatever a rule made of them."""
    if len(words) <= _SHORT:
        return False
    label, ahead = load_model()["wish"].choose(words)
    return label == "none" and ahead >= _WISH_DENIED


def read_reply(question: str, words: Sequence[str]) -> str:
    """Return what ``words`` answer to ``question``, a head of the model; "unclear" in doubt.

    A way to be reached is taken only where that is likely in itself: on a phone that somebody
    else holds a text can hurt.
    """
    if not words:
        return "none"
    head = load_model()[question]
    label, ahead = head.choose(words)
    if label not in _TAKES_NOTHING:
        least = _REACH_LEAST if question == "reach" else _LEAST
        if head.score(words)[label] < least:
            return "unclear"
    if ahead < _ANSWER_LEAD:
        return "unclear"
    return label


def is_surely(question: str, words: Sequence[str], reply: str) -> bool:
    """Whether the model is sure that ``words`` answer ``reply`` to a question open to any words."""
    if not words:
        return False
    label, ahead = load_model()[question].choose(words)
    return label == reply and ahead >= _SURE


def detect_language(words: Sequence[str]) -> str | None:
    """Return the BCP 47 code of the language ``words`` are in, None where that is not sure."""
    if sum(map(len, words)) < _LANGUAGE_LETTERS:
        return None
    label, ahead = load_model()["language"].choose_by_pieces(words)
    return label if ahead >= _LANGUAGE_LEAD else None


def list_likely_languages(words: Sequence[str]) -> set[str]:
    """Return the codes of the languages that ``words`` may be in."""
    scores = load_model()["language"].score(words)
    best = max(scores.values(), default=0.0)
    return {language for language, score in scores.items() if best - score <= _LANGUAGE_NEAR}


def _split(words: Sequence[str]) -> list[list[str]]:
    """Return a long text in overlapping parts: a cry for help may stand at its end."""
    if len(words) <= _PART:
        return [list(words)]
    return [list(words[at : at + _PART]) for at in range(0, len(words) - _PART // 2, _PART // 2)]


def _guess_language(words: Sequence[str]) -> str:
    return load_model()["language"].choose_by_pieces(words)[0]


def _choose(head: Head, words: Sequence[str], lead: float) -> str | None:
    label, ahead = head.choose(words)
    return label if ahead >= lead else None


def _find_reason(head: Head, words: Sequence[str]) -> str:
    """Return the few words in a row that speak most for the first label."""
    words = list(words[:_WORDS_EXPLAINED])
    if len(words) <= _WINDOW:
        return " ".join(words)
    weights = head.weigh(words)
    windows = range(len(words) - _WINDOW + 1)
    heaviest = max(windows, key=lambda at: sum(weights[at : at + _WINDOW]))
    return " ".join(words[heaviest : heaviest + _WINDOW])
