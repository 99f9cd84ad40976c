"""Wishes in a sentence ("please quit messaging this phone"), found by rules from ``wishes.toml``.

A rule names groups of words. A text states the wish if it holds a word of each group close to each
other and none of the words that turn the meaning round. Rules of all languages are always read:
whoever holds a phone may ask to be left alone in any of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.intake.keywords import Keyword
from app.texts import fold

_FILE = Path(__file__).parent / "wishes.toml"
_WORDS_AT_MOST = 24  # a longer text says more than one wish: a person reads it
_CLOSE = 7  # words from the first to the last group


@dataclass(frozen=True, slots=True)
class _Group:
    """Phrases of which one must stand in the text; ``stems`` are beginnings of words."""

    phrases: frozenset[tuple[str, ...]]
    stems: tuple[str, ...]

    def find(self, words: Sequence[str]) -> Iterator[int]:
        """Yield where one of the phrases begins."""
        for at, word in enumerate(words):
            if word.startswith(self.stems) or any(
                tuple(words[at : at + size]) in self.phrases for size in range(1, 5)
            ):
                yield at


@dataclass(frozen=True, slots=True)
class _Rule:
    keyword: Keyword
    language: str
    groups: tuple[_Group, ...]
    unless: _Group | None


def find_wish(words: Sequence[str]) -> tuple[Keyword, str] | None:
    """Return the wish that folded ``words`` state and its language, None where there is none.

    Words that state two different wishes are for a person to read.
    """
    if not 2 <= len(words) <= _WORDS_AT_MOST:
        return None
    found = {rule.keyword: rule.language for rule in _load_rules() if _holds(rule, words)}
    return next(iter(found.items())) if len(found) == 1 else None


def _holds(rule: _Rule, words: Sequence[str]) -> bool:
    if rule.unless is not None and any(True for _ in rule.unless.find(words)):
        return False
    places = [list(group.find(words)) for group in rule.groups]
    if not all(places):
        return False
    return any(
        all(any(abs(at - first) <= _CLOSE for at in group) for group in places[1:])
        for first in places[0]
    )


@lru_cache(maxsize=1)
def _load_rules() -> tuple[_Rule, ...]:
    languages = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        _read_rule(Keyword(wish), language, groups)
        for language, wishes in languages.items()
        for wish, rules in wishes.items()
        for groups in rules
    )


def _read_rule(keyword: Keyword, language: str, groups: Sequence[str]) -> _Rule:
    unless = [group[1:] for group in groups if group.startswith("!")]
    needed = [group for group in groups if not group.startswith("!")]
    return _Rule(
        keyword, language,
        tuple(_read_group(group) for group in needed),
        _read_group("|".join(unless)) if unless else None,
    )  # fmt: skip


def _read_group(text: str) -> _Group:
    parts = [part.strip() for part in text.split("|")]
    stems = tuple("".join(fold(part)) for part in parts if part.endswith("*"))
    phrases = frozenset(tuple(fold(part)) for part in parts if not part.endswith("*"))
    return _Group(phrases, stems)
