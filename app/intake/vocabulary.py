"""The meaning of callers' words, compiled once from the texts of all enabled languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.intake.ages import Wording, is_minor, read_ages
from app.intake.keywords import Keywords, collect_keywords
from app.intake.lexicon import Lexicon, build_lexicon
from app.intake.names import find_greetings, name_languages, name_numbers
from app.intake.state import Method
from app.texts import Texts, fold, is_word

YesNo = Literal["yes", "no"]

# Situations in which somebody is in danger at this moment.
URGENT = frozenset({"happening_now", "detained"})
_SCOPE = 3  # a denial reaches as many words on: "they are not at the door"
_REPEATED = re.compile(r"(.)\1+")
_PLAIN = 3
_WORDS_OF_A_NAME = 6  # "je ne parle pas anglais"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words the script understands."""

    keywords: Keywords
    languages: dict[str, str]
    greetings: dict[str, str]
    numbers: dict[str, int]
    small_talk: Lexicon[bool]
    alarms: Lexicon[frozenset[str]]  # each with the denials of its language
    ages: Lexicon[Wording]
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
        return self.languages.get(" ".join(words)) if len(words) <= _WORDS_OF_A_NAME else None

    def greets_in(self, words: Sequence[str]) -> str | None:
        """Return the offered language that alone greets or thanks so: "hola", "bonjou mesye"."""
        if not self.is_small_talk(words):
            return None
        whole = self.greetings.get(" ".join(words))
        codes = {self.greetings[word] for word in words if word in self.greetings}
        return whole or (codes.pop() if len(codes) == 1 else None)

    def find_languages(self, words: Sequence[str]) -> list[str]:
        """Return the codes of the languages that ``words`` name among others."""
        sizes = range(1, 4)
        phrases = (" ".join(words[at : at + n]) for at in range(len(words)) for n in sizes)
        return [self.languages[phrase] for phrase in phrases if phrase in self.languages]

    def is_minor(self, words: Sequence[str]) -> bool:
        """Whether somebody says that they are 4 to 17 years old."""
        return is_minor(self.ages, words)

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
        languages=name_languages(texts),
        greetings=find_greetings(texts),
        numbers=name_numbers(texts),
        small_talk=build_lexicon((phrase, True) for phrase in _all(texts, "small_talk")),
        alarms=build_lexicon(_alarms(texts)),
        ages=read_ages(texts),
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


def _squeezed(texts: Texts, name: str) -> frozenset[str]:
    """Single words with repeated letters once, so that "yesss" and "siii" are understood."""
    folded = (fold(phrase) for phrase in _all(texts, name))
    return frozenset(_REPEATED.sub(r"\1", words[0]) for words in folded if len(words) == 1)


def _situations(texts: Texts) -> Iterator[tuple[str, str]]:
    for language in (texts.everyone, *texts.enabled()):
        for code, phrases in language.words.situations.items():
            yield from ((phrase, code) for phrase in phrases)


def _methods(texts: Texts) -> Iterator[tuple[str, tuple[Method, ...]]]:
    yield from ((phrase, ("text", "call")) for phrase in _all(texts, "both"))
    yield from ((phrase, ("text",)) for phrase in _all(texts, "writing"))
    yield from ((phrase, ("call",)) for phrase in _all(texts, "calling"))
