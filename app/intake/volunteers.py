"""What a member means who answers a page or an offer by text.

Plain words need no model. A text is taken for a yes only where nothing in it hedges, asks or
denies: a volunteer who is wrongly counted on is worse than a question to the desk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from app.intake.asides import OwnWords, set_aside
from app.intake.meanings import read_reply
from app.intake.script import load_script
from app.intake.small_words import SMALL_WORDS

_CODE = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_LONG_NUMBER = re.compile(r"[0-9]{5}")
_MINE_IN_CREOLE = ["pa", "m"]  # "pa" alone is a no
_CODE_AND_WORD = re.compile(r"([0-9]{4})(?=[^\W\d])")  # "4821yes"
_ASKS = re.compile(r"[?？؟]")
_FEW = 3

Answer = TypeVar("Answer", "PageAnswer", "OfferChoice")


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
    raw, words = _read(text)
    said = [word for word in words if word not in SMALL_WORDS["thanks"]]
    if not said or _CODE.search(raw):
        return PageAnswer.NONE
    plain = len(said) <= _FEW and set(said) <= SMALL_WORDS["mine"] | SMALL_WORDS["member_yes"]
    if plain or words == _MINE_IN_CREOLE:
        return PageAnswer.MINE
    if set(said) <= SMALL_WORDS["member_no"]:
        return PageAnswer.NO
    return _doubt(PageAnswer(read_reply("page", words)), PageAnswer.MINE, raw, words)


def read_offer_answer(text: str) -> OfferAnswer:
    """Return what a text means as an answer to an offer; a code counts wherever it stands."""
    raw, words = _read(text)
    codes = set(_CODE.findall(raw))
    if len(codes) > 1 or (not codes and _LONG_NUMBER.search(raw)):
        return OfferAnswer(None, OfferChoice.NONE)
    code = next(iter(codes), None)
    words = [word for word in words if word != code]
    said = {word for word in words if word not in SMALL_WORDS["thanks"]}
    if not said:
        return OfferAnswer(code, OfferChoice.UNCLEAR if code else OfferChoice.NONE)
    if len(words) <= _FEW + 1 and said <= SMALL_WORDS["member_yes"] | SMALL_WORDS["member_no"]:
        return OfferAnswer(code, _choose_plain(said))
    choice = _doubt(OfferChoice(read_reply("offer", words)), OfferChoice.YES, raw, words)
    if code and choice is OfferChoice.NONE:
        choice = OfferChoice.UNCLEAR  # whoever sends the code means to answer
    around = _CODE.sub(" ", raw).strip(" \t\n.,;:!-–—")
    return OfferAnswer(code, choice, " ".join(around.split()))


def _choose_plain(said: set[str]) -> OfferChoice:
    if said <= SMALL_WORDS["member_yes"]:
        return OfferChoice.YES
    return OfferChoice.NO if said <= SMALL_WORDS["member_no"] else OfferChoice.UNCLEAR


def _read(text: str) -> tuple[str, list[str]]:
    left = set_aside(text, _load_own())
    raw = _CODE_AND_WORD.sub(r"\1 ", left.text)
    return raw, (left.words if raw == left.text else set_aside(raw, _load_own()).words)


def _doubt(answer: Answer, taken: Answer, raw: str, words: Sequence[str]) -> Answer:
    """Return ``answer``, or "unclear" where it takes the work on and something in it hedges."""
    hedged = _ASKS.search(raw) is not None or not SMALL_WORDS["hedges"].isdisjoint(words)
    return type(answer)("unclear") if answer == taken and hedged else answer


@lru_cache(maxsize=1)
def _load_own() -> OwnWords:
    return load_script().own
