"""Whether somebody says that they are a child: "im twelve", "tengo 13", "m gen 12 zan"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.intake.lexicon import Lexicon, build_lexicon
from app.intake.small_words import SMALL_WORDS
from app.texts import Texts

_DIGITS = frozenset(str(age) for age in range(4, 18))
# In words each language has its own: "once" is eleven, "wit" and "set" are eight and seven.
_NAMED = {code: SMALL_WORDS[f"ages_{code}"] for code in ("en", "fr", "es", "ht")}
_ANY_AGE = _DIGITS.union(*_NAMED.values())
# "tengo 4" may choose the fourth option: a bare number is an age only above all options.
_NO_BARE_AGES = frozenset("456") | SMALL_WORDS["first_ages"]
_YEARS_ON = re.compile(r"(\d{1,2})(y|yo|yr|yrs|an|ans|zan|anos|anios)")  # "12yo", "12ans"


class Wording(NamedTuple):
    """What belongs to one wording of an age: the numbers of its language, and whether it is bare.

    "tengo #!" is bare: it counts only where the number counts nothing behind it.
    """

    numbers: frozenset[str]
    bare: bool


def is_minor(ages: Lexicon[Wording], words: Sequence[str]) -> bool:
    """Whether somebody says that they are 4 to 17 years old, as a number or in words."""
    said = _part(words)
    numbered = ["#" if word in _ANY_AGE else word for word in said]
    return any(
        said[at + phrase.index("#")] in wording.numbers
        and _may_follow(said[at + len(phrase) :])
        and (not wording.bare or _is_bare_age(said[at:], len(phrase)))
        and not _is_somebody_else(said[:at], phrase)
        for at, phrase, wording in ages.locate(numbered)
    )


def read_ages(texts: Texts) -> Lexicon[Wording]:
    """Return the wordings of an age, with ``#`` for the number.

    Folding drops signs such as "#", so a number stands in their place meanwhile.
    """
    entries = (
        (age.replace("#", " 9999 "), Wording(_list_numbers(language.code), age.endswith("!")))
        for language in texts.languages.values()
        for age in language.words.lists["ages"]
    )
    return build_lexicon(entries).renamed("9999", "#")


def _list_numbers(code: str) -> frozenset[str]:
    return _DIGITS | _NAMED.get(code, frozenset())


def _part(words: Sequence[str]) -> list[str]:
    """Return ``words`` with years apart from their number: "12yo", "douzan" (twelve years)."""
    parted: list[str] = []
    for word in words:
        if found := _YEARS_ON.fullmatch(word):
            parted += found.groups()
        elif word in SMALL_WORDS["years_of_a_child"]:
            parted += [word.removesuffix("an"), "an"]
        elif word == "sept" and parted[-1:] == ["dix"]:
            parted[-1] = "17"  # the one age of a child that is two words
        else:
            parted.append(word)
    return parted


def _may_follow(rest: Sequence[str]) -> bool:
    """Whether ``rest`` may stand behind an age: not "minutes away", "years here"."""
    return not rest or rest[0] not in SMALL_WORDS["units"]


def _is_bare_age(words: Sequence[str], size: int) -> bool:
    """Whether a number that ends a wording counts nothing: not "tengo 13 hermanos"."""
    if words[size - 1] in _NO_BARE_AGES:
        return False
    rest = words[size : size + 2]
    counts = any(word.isdigit() or word in _ANY_AGE for word in rest)
    return not rest or (rest[0] in SMALL_WORDS["after_an_age"] and not counts)


def _is_somebody_else(before: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether a Creole "mwen gen" belongs to whom it follows: "pitit mwen gen" is "my child is"."""
    return phrase[0] in {"mwen", "m"} and bool(before) and before[-1] in SMALL_WORDS["kin"]
