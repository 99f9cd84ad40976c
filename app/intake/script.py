"""The script: the questions that follow each choice, checked before the first caller sees one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.intake.asides import OwnWords, collect_own_words
from app.intake.lexicon import Lexicon, build_lexicon
from app.intake.vocabulary import Vocabulary, compile_vocabulary
from app.texts import QUESTIONS, Texts, check_field, load_texts, read_script_plan

SITUATIONS = (
    "happening_now",
    "detained",
    "date_or_letter",
    "witnessed",
    "service_denied",
    "other",
)
MOST_QUESTIONS = 5
_WORDS_OF_A_PLACE = 4  # "Laval", "à Montréal", "I am in Toronto"

Cities = tuple[tuple[str, tuple[str, ...]], ...]


class ScriptRefused(ValueError):
    """This script cannot be asked."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One choice of the situation question: its ``tier`` alone, and what is asked after it."""

    code: str
    tier: int
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Texts and questions in the order a caller meets them.

    ``languages``: what 1, 2, … of the greeting choose. ``situations``: what 1 to 6 choose.
    """

    texts: Texts
    vocabulary: Vocabulary
    languages: tuple[str, ...]
    situations: tuple[Situation, ...]
    by_code: Mapping[str, Situation]
    cities: Cities
    own: OwnWords

    def situation(self, code: str | None) -> Situation | None:
        """Return the situation ``code``, None where the script no longer has it."""
        return self.by_code.get(code) if code is not None else None

    def region(
        self, words: Sequence[str], regions: Sequence[str], *, typos: bool = True
    ) -> str | None:
        """Return the first of ``regions`` that ``words`` mention.

        With ``typos`` also "Otawa": only where a city was asked for, since "survey" is a word.
        """
        names = _city_names(self.cities, tuple(regions), 6 if typos else 99)
        return next(iter(names.find(words)), None)

    def is_city(self, words: Sequence[str], regions: Sequence[str], *, typos: bool = True) -> bool:
        """Whether ``words`` mention one of ``regions`` and say little else."""
        few = len(words) <= _WORDS_OF_A_PLACE
        return few and self.region(words, regions, typos=typos) is not None


def load_script() -> Script:
    """Return the shipped script with the shipped texts."""
    return read_script(load_texts(), read_script_plan())


def read_script(texts: Texts, plan: Mapping[str, Any]) -> Script:
    """Check a plan (parsed TOML, see ``script.toml``) and compile it.

    Raises ``FieldRefused`` for a question that is never asked by text, ``ScriptRefused`` for an
    unknown or repeated one, more than five in all, or situations other than the six.
    """
    situations = tuple(_read_situation(entry) for entry in plan["situations"])
    if sorted(situation.code for situation in situations) != sorted(SITUATIONS):
        raise ScriptRefused("the situation question offers exactly the six situations")
    if unknown := set(plan["languages"]) - texts.languages.keys():
        raise ScriptRefused(f"no texts in {', '.join(sorted(unknown))}")
    return Script(
        texts=texts,
        vocabulary=compile_vocabulary(texts),
        languages=tuple(plan["languages"]),
        situations=situations,
        by_code={situation.code: situation for situation in situations},
        cities=tuple((code, tuple(names)) for code, names in plan["cities"].items()),
        own=collect_own_words(list_all_texts(texts)),
    )


def list_all_texts(texts: Texts) -> list[str]:
    """Return all that we say by text, in every language, offered or not."""
    languages = (texts.everyone, *texts.languages.values())
    return [text for language in languages for text in language.texts.values()]


def _read_situation(entry: Mapping[str, Any]) -> Situation:
    code, asks = entry["code"], tuple(entry["asks"])
    for question in asks:
        check_field(question)
    if unknown := set(asks) - set(QUESTIONS[1:]):
        raise ScriptRefused(f"{code}: no such question: {', '.join(sorted(unknown))}")
    if asks != tuple(sorted(asks, key=QUESTIONS.index)):
        raise ScriptRefused(f"{code}: ask in the order {', '.join(QUESTIONS[1:])}")
    if len(asks) != len(set(asks)) or 1 + len(asks) > MOST_QUESTIONS:
        raise ScriptRefused(f"{code}: at most five questions, the situation included, each once")
    if entry["tier"] not in range(4):
        raise ScriptRefused(f"{code}: the tier is 0 to 3")
    return Situation(code, entry["tier"], asks)


@lru_cache(maxsize=8)
def _city_names(cities: Cities, regions: tuple[str, ...], typo_from: int) -> Lexicon[str]:
    """Return the names of the organisation's regions and their by-names; "other" is no place."""
    names = [(code.replace("_", " "), code) for code in regions if code != "other"]
    names += [(name, code) for code, more in cities for name in more if code in regions]
    return build_lexicon(names, typo_from=typo_from)
