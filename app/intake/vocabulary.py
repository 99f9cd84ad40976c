"""The meaning of callers' words, compiled once from the texts of all enabled languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.intake.keywords import Keywords, collect_keywords
from app.intake.lexicon import Lexicon, build_lexicon
from app.intake.small_words import SMALL_WORDS
from app.intake.state import Method
from app.texts import Texts, fold, is_word

YesNo = Literal["yes", "no"]

# Situations in which somebody is in danger at this moment.
URGENT = frozenset({"happening_now", "detained"})
_SCOPE = 3  # a denial reaches as many words on: "they are not at the door"
_REPEATED = re.compile(r"(.)\1+")
_MINOR_AGES = frozenset(str(age) for age in range(4, 18))
_PLAIN = 3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words the script understands."""

    keywords: Keywords
    languages: dict[str, str]
    numbers: dict[str, int]
    small_talk: Lexicon[bool]
    alarms: Lexicon[frozenset[str]]  # each with the denials of its language
    ages: Lexicon[bool]
    situations: Lexicon[str]
    yes: frozenset[str]
    no: frozenset[str]
    agreeing: Lexicon[bool]
    negations: frozenset[str]
    methods: Lexicon[tuple[Method, ...]]
    neither: frozenset[str]

    def number(self, words: Sequence[str]) -> int | None:
        """Return 0 to 9 if that digit, or its name, is all that ``words`` say."""
        plain = [word for word in words if is_word(word)]
        if len(plain) != 1:
            return None
        word = plain[0]
        return int(word) if len(word) == 1 and word in "0123456789" else self.numbers.get(word)

    def find_numbers(self, words: Sequence[str]) -> list[int]:
        """Return the digits 1 to 9 in ``words``, also as words ("three", "the second one")."""
        digits = [int(word) for word in words if len(word) == 1 and word in "123456789"]
        named = (word for word in words if len(word) > 2)  # "de" is "of", and two in Creole
        return digits + [self.numbers[word] for word in named if word in self.numbers]

    def language(self, words: Sequence[str]) -> str | None:
        """Return the code of the language that ``words`` name; ``und`` for "other"."""
        return self.languages.get(" ".join(words)) if len(words) < 4 else None

    def find_languages(self, words: Sequence[str]) -> list[str]:
        """Return the codes of the languages that ``words`` name among others."""
        sizes = range(1, 4)
        phrases = (" ".join(words[at : at + n]) for at in range(len(words)) for n in sizes)
        return [self.languages[phrase] for phrase in phrases if phrase in self.languages]

    def is_minor(self, words: Sequence[str]) -> bool:
        """Whether somebody says that they are 4 to 17 years old."""
        numbered = ["#" if word in _MINOR_AGES else word for word in words]
        return any(
            numbered[at + len(phrase) : at + len(phrase) + 1] == []
            or words[at + len(phrase)] not in SMALL_WORDS["units"]
            for at, phrase, _ in self.ages.locate(numbered)
        )

    def is_small_talk(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are a greeting or thanks and nothing else."""
        return self.small_talk.covers(words)

    def find_alarm(self, words: Sequence[str]) -> str | None:
        """Return the plain wording of danger in ``words``, if no denial stands just before it."""
        for at, phrase, denials in self.alarms.locate(words):
            if len(phrase) == 1 and len(words) > _PLAIN:
                continue  # "urgent" alone is a cry, in a sentence it may be anything
            if denials.isdisjoint(words[max(0, at - _SCOPE) : at]):
                return " ".join(phrase)
        told = set(self.situations.find(words)) if self.situations.covers(words) else set()
        return " ".join(words) if told & URGENT else None

    def is_option(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are an option of the situation question, and nothing else."""
        return self.situations.covers(words)

    def situation(self, words: Sequence[str]) -> str | None:
        """Return the one situation that ``words`` speak of; none if they speak of several."""
        found = set(self.situations.find(words))
        return found.pop() if len(found) == 1 else None

    def yes_or_no(self, words: Sequence[str]) -> YesNo | None:
        """Return "no" if ``words`` hold any denial, "yes" if they agree and say nothing else."""
        squeezed = {_REPEATED.sub(r"\1", word) for word in words}
        if not squeezed.isdisjoint(self.no):
            return "no"
        if squeezed.isdisjoint(self.yes):
            return None
        rest = [word for word in words if _REPEATED.sub(r"\1", word) not in self.yes]
        return "yes" if not rest or self.agreeing.covers(rest) else None

    def is_yes_or_no(self, words: Sequence[str]) -> bool:
        """Whether ``words`` say yes or no and nothing else."""
        answer = self.yes_or_no(words)
        return answer == "yes" or (answer == "no" and len(words) == 1)


def compile_vocabulary(texts: Texts) -> Vocabulary:
    """Make the vocabulary of the enabled languages. Raises ``ValueError`` where words clash."""
    return Vocabulary(
        keywords=collect_keywords(texts),
        languages=_languages(texts),
        numbers=_numbers(texts),
        small_talk=build_lexicon((phrase, True) for phrase in _all(texts, "small_talk")),
        alarms=build_lexicon(_alarms(texts)),
        ages=_read_ages(texts),
        situations=build_lexicon(_situations(texts)),
        yes=_squeezed(texts, "yes"),
        no=_squeezed(texts, "no"),
        agreeing=build_lexicon(
            (phrase, True) for phrase in (*_all(texts, "fillers"), *_all(texts, "yes"))
        ),
        negations=frozenset(word for phrase in _all(texts, "negations") for word in fold(phrase)),
        methods=build_lexicon(_methods(texts)),
        neither=frozenset(" ".join(fold(phrase)) for phrase in _all(texts, "neither")),
    )


def _all(texts: Texts, name: str) -> Iterator[str]:
    for language in (texts.everyone, *texts.enabled()):
        yield from language.words.lists[name]


def _alarms(texts: Texts) -> Iterator[tuple[str, frozenset[str]]]:
    """Danger is danger in any language, whether or not we offer it."""
    for language in (texts.everyone, *texts.languages.values()):
        denials = frozenset(
            word for phrase in language.words.lists["negations"] for word in fold(phrase)
        )
        yield from ((phrase, denials) for phrase in language.words.lists["alarms"])


def _read_ages(texts: Texts) -> Lexicon[bool]:
    """Folding drops signs such as "#", so a number stands in their place meanwhile."""
    languages = texts.languages.values()
    ages = (age for language in languages for age in language.words.lists["ages"])
    return build_lexicon((age.replace("#", " 9999 "), True) for age in ages).renamed("9999", "#")


def _squeezed(texts: Texts, name: str) -> frozenset[str]:
    """Single words with repeated letters once, so that "yesss" and "siii" are understood."""
    folded = (fold(phrase) for phrase in _all(texts, name))
    return frozenset(_REPEATED.sub(r"\1", words[0]) for words in folded if len(words) == 1)


def _languages(texts: Texts) -> dict[str, str]:
    return {
        " ".join(fold(name)): language.code
        for language in (texts.everyone, *texts.enabled())
        for name in language.words.lists["names"]
    }


def _numbers(texts: Texts) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for language in texts.enabled():
        for number, names in enumerate(language.words.lists["numbers"], start=1):
            for word in names.split("|"):
                if numbers.setdefault("".join(fold(word)), number) != number:
                    raise ValueError(f"{word!r} is two numbers")
    return numbers


def _situations(texts: Texts) -> Iterator[tuple[str, str]]:
    for language in (texts.everyone, *texts.enabled()):
        for code, phrases in language.words.situations.items():
            yield from ((phrase, code) for phrase in phrases)


def _methods(texts: Texts) -> Iterator[tuple[str, tuple[Method, ...]]]:
    yield from ((phrase, ("text", "call")) for phrase in _all(texts, "both"))
    yield from ((phrase, ("text",)) for phrase in _all(texts, "writing"))
    yield from ((phrase, ("call",)) for phrase in _all(texts, "calling"))
