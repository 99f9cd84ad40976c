"""Names of languages and numbers, and greetings, as the offered languages have them."""

from __future__ import annotations

from app.texts import Texts, fold


def name_languages(texts: Texts) -> dict[str, str]:
    """Return the codes of languages by their names, ``und`` for those without a script here."""
    names: dict[str, str] = {}
    other = texts.everyone.code
    for language in (*texts.enabled(), texts.everyone, *texts.languages.values()):
        for name in language.words.lists["names"]:
            code = language.code if language.is_offered else other
            names.setdefault(" ".join(fold(name)), code)
    return names


def find_greetings(texts: Texts) -> dict[str, str]:
    """Return the languages of greetings and thanks that only one language has.

    None for English: whoever cannot read it says "hello" too.
    """
    said: dict[str, set[str]] = {}
    for language in (texts.everyone, *texts.languages.values()):
        for phrase in language.words.lists["small_talk"]:
            said.setdefault(" ".join(fold(phrase)), set()).add(language.code)
    offered = {language.code for language in texts.enabled()} - {"en"}
    alone = {phrase: next(iter(codes)) for phrase, codes in said.items() if len(codes) == 1}
    return {phrase: code for phrase, code in alone.items() if code in offered}


def name_numbers(texts: Texts) -> dict[str, int]:
    """Return the numbers 1 to 6 by their names. ``ValueError`` where a name is two numbers."""
    numbers: dict[str, int] = {}
    for language in texts.enabled():
        for number, names in enumerate(language.words.lists["numbers"], start=1):
            for word in names.split("|"):
                if numbers.setdefault("".join(fold(word)), number) != number:
                    raise ValueError(f"{word!r} is two numbers")
    return numbers
