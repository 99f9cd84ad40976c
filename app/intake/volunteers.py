"""What a member means who answers a page or an offer by text.

Plain words need no model. A text is taken for a yes only where nothing in it hedges, asks or
denies: a volunteer who is wrongly counted on is worse than a question to the desk.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from app.intake.asides import OwnWords, set_aside
from app.intake.meanings import read_reply
from app.intake.script import load_script
from app.intake.small_words import SMALL_WORDS
from app.texts import fold

_FILE = Path(__file__).with_suffix(".toml")
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
    if (agreed := _hear_agreement("page", raw, words)) is not None:
        return PageAnswer.MINE if agreed else PageAnswer.UNCLEAR
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
    if (agreed := _hear_agreement("offer", raw, words)) is not None:
        choice = OfferChoice.YES if agreed else OfferChoice.UNCLEAR
    elif said <= SMALL_WORDS["maybe"]:
        choice = OfferChoice.UNCLEAR
    else:
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
    words = left.words if raw == left.text else set_aside(raw, _load_own()).words
    return raw, _join_contractions(words)


def _join_contractions(words: Sequence[str]) -> list[str]:
    """Return ``words`` with "can't" as phones without an apostrophe write it."""
    joined: list[str] = []
    for word in words:
        if word == "t" and joined and joined[-1] in SMALL_WORDS["before_t"]:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def asks_for_self(text: str) -> bool:
    """Whether a wish that a member's text states is plainly a caller's: for the member alone."""
    words = fold(text)
    wish = [word for word in words if word not in SMALL_WORDS["thanks"]]
    whole = tuple(words) in _read_phrases("asks_for_self")
    return (
        whole
        or tuple(wish) in _read_phrases("asks_for_self")
        or _find_phrase("for_self", words) is not None
    )


def _hear_agreement(question: str, raw: str, words: Sequence[str]) -> bool | None:
    """Return whether a phrase such as "no problem" is a yes here, None where there is none.

    The words around it must say that the member goes, or be a yes by themselves.
    """
    found = _find_phrase("agrees", words)
    if found is None:
        return None
    rest = [*words[: found.start], *words[found.stop :]]
    if (again := _find_phrase("agrees", rest)) is not None:  # "no problem, on it"
        rest = [*rest[: again.start], *rest[again.stop :]]
    rest = [word for word in rest if word not in SMALL_WORDS["thanks"]]
    if _ASKS.search(raw) or not SMALL_WORDS["hedges"].isdisjoint(rest):
        return False
    plain = SMALL_WORDS["goes"] | SMALL_WORDS["member_yes"] | SMALL_WORDS["mine"]
    return set(rest) <= plain or read_reply(question, rest) in {"yes", "mine"}


def _find_phrase(kind: str, words: Sequence[str]) -> slice | None:
    """Return where the longest phrase of a list stands in ``words``."""
    phrases = _read_phrases(kind)
    for size in sorted({len(phrase) for phrase in phrases}, reverse=True):
        for at in range(len(words) - size + 1):
            if tuple(words[at : at + size]) in phrases:
                return slice(at, at + size)
    return None


@lru_cache
def _read_phrases(kind: str) -> frozenset[tuple[str, ...]]:
    lists: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return frozenset(tuple(_join_contractions(fold(phrase))) for phrase in lists[kind])


def _doubt(answer: Answer, taken: Answer, raw: str, words: Sequence[str]) -> Answer:
    """Return ``answer``, or "unclear" where something in the text speaks against it.

    A yes hedges or asks; a no holds a yes too, or asks and denies nothing.
    """
    asks, hedges = _ASKS.search(raw) is not None, not SMALL_WORDS["hedges"].isdisjoint(words)
    if answer == taken:
        doubtful = asks or hedges
    else:
        said_yes = not SMALL_WORDS["surely_yes"].isdisjoint(words)
        doubtful = answer == "no" and (said_yes or (asks and not hedges))
    return type(answer)("unclear") if doubtful else answer


@lru_cache(maxsize=1)
def _load_own() -> OwnWords:
    return load_script().own
