"""What a member means who answers a page or an offer by text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from app.texts import fold

_CODE = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_MINE = frozenset("1 mine moi prends tomo mio mia yo mwen m".split())
# "Pa" alone is a no.
_MINE_IN_KREYOL = frozenset({"1", "pa", "m", "mwen"})
_YES = frozenset("yes y yeah yep oui o si s wi w ok okay sure dako claro 👍 ✅".split())
_NO = frozenset("no n nope non nan t cant cannot pas pa pap not never unable".split())
_UNSURE = frozenset("maybe perhaps peut peutetre quizas talvez petet if".split())
_POLITE = frozenset(
    "code desk gracias i l it merci mesi please reply send sorry svp tanpri thank thanks the to "
    "je le la lo por favor pou take".split()
)
_LATER = frozenset("before after until avant apres antes despues anvan apre".split())
# What a phone sends by itself, or somebody taps: no answer.
_REACTION = re.compile(
    r"^\W*(?:loved|liked|disliked|emphasized|laughed at|questioned)\W+[\"“«]", re.IGNORECASE
)


class PageAnswer(StrEnum):
    """What a member answers to a page."""

    MINE = "mine"
    """They take it."""
    NO = "no"
    """They do not."""
    UNCLEAR = "unclear"
    """They answer, and one cannot tell what."""
    NONE = "none"
    """It is no answer: a reaction, an automatic reply, other talk."""


class OfferChoice(StrEnum):
    """What a member answers to an offer."""

    YES = "yes"
    """They take it."""
    NO = "no"
    """They do not."""
    UNCLEAR = "unclear"
    """They answer, and one cannot tell what."""
    NONE = "none"
    """It is no answer: a reaction, an automatic reply, other talk."""


@dataclass(frozen=True)
class OfferAnswer:
    """An answer to an offer: the code in it, the choice, and ``words``, what stands around these.

    ``words`` is empty where the text says no more than code, yes or no, and thanks.
    """

    code: str | None
    choice: OfferChoice
    words: str = field(default="", repr=False)


def read_page_answer(text: str) -> PageAnswer:
    """Return what a text means as an answer to a page."""
    words = _words(text)
    if not words or len(words) > 4 or _REACTION.match(text) or _CODE.search(text):
        return PageAnswer.NONE
    if words <= _MINE_IN_KREYOL and words != {"pa"}:
        return PageAnswer.MINE
    no = words & _NO
    mine = words & (_MINE | _YES)
    if mine and no:
        return PageAnswer.UNCLEAR
    if no:
        return PageAnswer.NO
    return PageAnswer.MINE if mine else PageAnswer.NONE


def read_offer_answer(text: str) -> OfferAnswer:
    """Return what a text means as an answer to an offer, with or without a code."""
    codes = _CODE.findall(text)
    code = codes[0] if len(codes) == 1 else None
    if _REACTION.match(text) or (len(codes) > 1):
        return OfferAnswer(None, OfferChoice.NONE)
    words = _words(_CODE.sub(" ", text))
    more = words - _YES - _NO - _POLITE
    choice = _choose(words)
    if code is None and (more or choice is OfferChoice.UNCLEAR):
        choice = OfferChoice.NONE
    said = _CODE.sub(" ", text).strip(" \t\n.,;:!-–—") if more else ""
    return OfferAnswer(code, choice, said)


def _choose(words: set[str]) -> OfferChoice:
    yes, no = words & _YES, words & _NO
    if words & (_UNSURE | _LATER) or bool(yes) == bool(no):
        return OfferChoice.UNCLEAR
    return OfferChoice.YES if yes else OfferChoice.NO


def _words(text: str) -> set[str]:
    return set(fold(text))
