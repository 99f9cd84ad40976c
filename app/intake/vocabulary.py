"""The meaning of callers' words, compiled once from the texts of all enabled languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.intake.keywords import Keywords, collect_keywords
from app.intake.lexicon import Lexicon, build_lexicon
from app.intake.state import ContactHint, Method
from app.texts import Texts, fold

YesNo = Literal["yes", "no"]

_EMERGENCY = 1  # the bit of words that are an alarm alone; pair i has the two bits above it
_REPEATED = re.compile(r"(.)\1+")
_REACH: dict[str, tuple[Method, ...]] = {
    "1": ("text",),
    "2": ("call",),
    "3": ("text", "call"),
    "4": (),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words the script understands."""

    keywords: Keywords
    languages: dict[str, str]
    numbers: dict[str, int]
    small_talk: Lexicon[bool]
    alarms: Lexicon[int]
    alarm_pairs: tuple[int, ...]
    situations: Lexicon[str]
    yes: frozenset[str]
    no: frozenset[str]
    agreeing: Lexicon[bool]
    negations: frozenset[str]
    methods: Lexicon[tuple[Method, ...]]
    neither: frozenset[str]

    def number(self, words: Sequence[str]) -> int | None:
        """Return 0 to 9 if that digit, or its name, is all that ``words`` say."""
        plain = [word for word in words if word.isalnum()]
        if len(plain) != 1:
            return None
        word = plain[0]
        return int(word) if len(word) == 1 and word in "0123456789" else self.numbers.get(word)

    def language(self, words: Sequence[str]) -> str | None:
        """Return the code of the language that ``words`` name; ``und`` for "other"."""
        return self.languages.get(" ".join(words)) if len(words) < 4 else None

    def is_small_talk(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are a greeting or thanks and nothing else."""
        return self.small_talk.covers(words)

    def is_alarm(self, words: Sequence[str]) -> bool:
        """Whether ``words`` may speak of people in danger at this moment."""
        seen = 0
        for bits in self.alarms.find(words):
            seen |= bits
        return bool(seen & _EMERGENCY) or any(seen & pair == pair for pair in self.alarm_pairs)

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

    def contact(self, words: Sequence[str], raw: str) -> ContactHint | None:
        """Return the ways of answering ``words`` allow, or None where that is not certain.

        A denial beside other words ("text, never call") is for a person to read: no way is
        marked safe on a guess. ``raw`` becomes the hours if it says more than the ways.
        """
        if " ".join(words) in self.neither:
            return ContactHint((), None)
        if words and words[0] in _REACH and self.negations.isdisjoint(words[1:]):
            return ContactHint(_REACH[words[0]], raw if len(words) > 1 else None)
        if not self.negations.isdisjoint(words):
            return None
        found = {method for methods in self.methods.find(words) for method in methods}
        if not found:
            return None
        ways: tuple[Method, ...] = ("text", "call")
        return ContactHint(
            tuple(way for way in ways if way in found), raw if len(words) > 1 else None
        )


def compile_vocabulary(texts: Texts) -> Vocabulary:
    """Make the vocabulary of the enabled languages. Raises ``ValueError`` where words clash."""
    alarms, pairs = _alarms(texts)
    return Vocabulary(
        keywords=collect_keywords(texts),
        languages=_languages(texts),
        numbers=_numbers(texts),
        small_talk=build_lexicon((phrase, True) for phrase in _all(texts, "small_talk")),
        alarms=alarms,
        alarm_pairs=pairs,
        situations=build_lexicon(_situations(texts), typo_from=6),
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
        for number, word in enumerate(language.words.lists["numbers"], start=1):
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


def _alarms(texts: Texts) -> tuple[Lexicon[int], tuple[int, ...]]:
    """Give each phrase its bits: the alarm bit, or one side of the pairs it belongs to."""
    bits: dict[str, int] = dict.fromkeys(_all(texts, "harmless"), 0)
    bits |= dict.fromkeys(_all(texts, "emergency"), _EMERGENCY)
    pairs: list[int] = []
    for language in (texts.everyone, *texts.enabled()):
        for one, other in language.words.alarm_pairs:
            low = 2 << (2 * len(pairs))
            pairs.append(low | low << 1)
            for side, bit in ((one, low), (other, low << 1)):
                for phrase in side:
                    bits[phrase] = bits.get(phrase, 0) | bit
    return build_lexicon(_merged(bits).items(), typo_from=8), tuple(pairs)


def _merged(bits: dict[str, int]) -> dict[str, int]:
    """Join phrases that fold to the same words ("la" and "là") so that none hides another."""
    merged: dict[str, int] = {}
    for phrase, value in bits.items():
        folded = " ".join(fold(phrase)) + "*" * phrase.endswith("*")
        merged[folded] = merged.get(folded, 0) | value
    return merged
