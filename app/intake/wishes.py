"""Wishes in a sentence ("please quit messaging this phone"), found by rules from ``wishes.toml``.

A rule names groups of words. A text states the wish if it holds a word of each group close to each
other and none of the words that turn the meaning round. Rules of all languages are always read:
whoever holds a phone may ask to be left alone in any of them.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from app.intake.keywords import Keyword
from app.intake.meanings import WISH_WORDS, list_likely_languages
from app.texts import fold

_FILE = Path(__file__).parent / "wishes.toml"
_CLOSE = 7  # words from the first group to each other one
_NEXT = 4  # words from the end of a group to the one that follows it
_LONG_DRAWN = re.compile(r"([^\W\d])\1{2,8}")  # "heeelp"; "xxxxxxxxxxxx" is no X
_FIRST, _LAST = "^", "."  # stand before and after the words of a text

_Phrase = tuple[str, ...]
_Place = tuple[int, int]  # of a phrase in a text: its first word and the one after it


@dataclass(frozen=True, slots=True)
class _Rule:
    keyword: Keyword
    language: str | None
    needed: tuple[tuple[int, bool], ...]  # numbers of groups; whether it follows the one before it
    unless: tuple[int, ...]
    besides: tuple[int, ...]  # if any, the text has no words but theirs and those of the needed


@dataclass(slots=True)
class _Node:
    """A beginning of phrases: the groups of the phrase that ends here, and the words after it."""

    groups: list[int] = field(default_factory=list)
    after: dict[str, _Node] = field(default_factory=dict)


@dataclass(slots=True)
class _Rules:
    rules: list[_Rule] = field(default_factory=list)
    phrases: _Node = field(default_factory=_Node)
    # Every word, and beginning of a word ("delet*"), of which phrases are made.
    known: set[str] = field(default_factory=set)
    sizes: dict[str, set[int]] = field(default_factory=dict)
    numbers: dict[frozenset[_Phrase], int] = field(default_factory=dict)
    read: dict[tuple[str, str], int] = field(default_factory=dict)
    # Groups that turn a wish round in any language.
    never: dict[Keyword, list[int]] = field(default_factory=dict)
    # Each rule once, under the group that fewest rules need: most texts hold none of them.
    by_group: dict[int, list[_Rule]] = field(default_factory=dict)

    def index(self) -> None:
        """Fill ``by_group`` and ``sizes``."""
        for stem in (word[:-1] for word in self.known if word.endswith("*")):
            self.sizes.setdefault(stem[0], set()).add(len(stem))
        counts = Counter(number for rule in self.rules for number, _ in rule.needed)
        for rule in self.rules:
            rarest = min((number for number, _ in rule.needed), key=counts.__getitem__)
            self.by_group.setdefault(rarest, []).append(rule)

    def number(self, group: frozenset[_Phrase]) -> int:
        """Return the number of the group of these phrases."""
        if group not in self.numbers:
            self.numbers[group] = len(self.numbers)
            for phrase in group:
                node = self.phrases
                self.known.update(phrase)
                for word in phrase:
                    node = node.after.setdefault(word, _Node())
                node.groups.append(self.numbers[group])
        return self.numbers[group]

    def number_of(self, language: str, text: str, names: Mapping[str, str]) -> int:
        """Return the number of the group that is written so in a language."""
        if (language, text) not in self.read:
            self.read[language, text] = self.number(frozenset(_read_phrases(text, names)))
        return self.read[language, text]

    def find(self, words: Sequence[str]) -> dict[int, list[_Place]]:
        """Return where in ``words`` each group stands."""
        places: dict[int, list[_Place]] = {}
        keys = [self._list_keys(word) for word in words]
        for first in (at for at, known in enumerate(keys) if known):
            nodes, at = [self.phrases], first
            while nodes:
                for number in (number for node in nodes for number in node.groups):
                    places.setdefault(number, []).append((first, at))
                known = keys[at] if at < len(words) else ()
                nodes = [node.after[key] for node in nodes for key in known if key in node.after]
                at += 1
        return places

    def _list_keys(self, word: str) -> list[str]:
        """Return what phrases may call this word: itself, and its beginnings; most are no part."""
        sizes = self.sizes.get(word[0], ())
        keys = [word, *(f"{word[:size]}*" for size in sizes if size <= len(word))]
        return [key for key in keys if key in self.known]


def find_wish(words: Sequence[str]) -> tuple[Keyword, str | None] | None:
    """Return the only wish that folded ``words`` state, and its language if it shows."""
    if not 1 <= len(words) <= WISH_WORDS:
        return None
    places, rules = _find_places(words)
    holding = [rule for rule in rules if _holds(rule, places, len(words))]
    if any(rule.language for rule in holding):
        # "Do not call me" holds words of other languages; they are not read in those.
        likely = list_likely_languages(words)
        holding = [rule for rule in holding if rule.language in {None, *likely}]
    if len({rule.keyword for rule in holding}) != 1:
        return None
    return holding[0].keyword, next((rule.language for rule in holding if rule.language), None)


def denies_wish(words: Sequence[str], wish: Keyword) -> bool:
    """Whether ``words`` turn a wish round, as "dont stop texting me" does."""
    places, rules = _find_places(words)
    if any(number in places for number in _load_rules().never.get(wish, ())):
        return True
    return any(
        rule.keyword is wish
        and any(number in places for number in rule.unless)
        and _holds(replace(rule, unless=(), besides=()), places, len(words))
        for rule in rules
    )


def _find_places(words: Sequence[str]) -> tuple[dict[int, list[_Place]], list[_Rule]]:
    """Return where groups stand in ``words``, and the rules that may hold."""
    marked = [_FIRST, *_LONG_DRAWN.sub(r"\1", " ".join(words)).split(" "), _LAST]
    rules = _load_rules()
    places = rules.find(marked)
    return places, [rule for group in places for rule in rules.by_group.get(group, ())]


def _holds(rule: _Rule, places: Mapping[int, list[_Place]], size: int) -> bool:
    needed = all(number in places for number, _ in rule.needed)
    if not needed or any(number in places for number in rule.unless):
        return False
    if rule.besides:
        numbers = (*(number for number, _ in rule.needed), *rule.besides)
        said = {at for n in numbers for place in places.get(n, ()) for at in range(*place)}
        if not said.issuperset(range(1, size + 1)):
            return False
    return any(_holds_from(first, rule, places) for first in places[rule.needed[0][0]])


def _holds_from(first: _Place, rule: _Rule, places: Mapping[int, list[_Place]]) -> bool:
    last = [first]
    for number, follows in rule.needed[1:]:
        if follows:
            last = [p for p in places[number] if any(0 <= p[0] - one[1] < _NEXT for one in last)]
        else:
            last = [p for p in places[number] if last and abs(p[0] - first[0]) <= _CLOSE]
    return bool(last)


@lru_cache(maxsize=1)
def _load_rules() -> _Rules:
    rules = _Rules()
    languages = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    everywhere = languages["any"]["words"]
    for language, wishes in languages.items():
        names = {**everywhere, **wishes.pop("words")}
        for wish, written in wishes.items():
            rules.rules += [_read_rule(rules, wish, language, groups, names) for groups in written]
    rules.index()
    for wish in Keyword:
        turned = [name for name in ("never", f"never_{wish}") if name in everywhere]
        rules.never[wish] = [rules.number_of("any", f"${name}", everywhere) for name in turned]
    return rules


def _read_rule(
    rules: _Rules, wish: str, language: str, groups: Iterable[str], names: Mapping[str, str]
) -> _Rule:
    read: dict[str, list[tuple[int, bool]]] = {"": [], "!": [], "=": []}
    never = f"never_{wish}"
    turned = [f"!${never}"] if never in names else []
    for group in (*groups, "!$never", *turned):
        mark = group[0] if group[0] in "!=>" else ""
        number = rules.number_of(language, group[len(mark) :], names)
        read[mark.replace(">", "")].append((number, mark == ">"))
    unless, besides = (tuple(number for number, _ in read[mark]) for mark in "!=")
    code = None if language == "any" else language
    return _Rule(Keyword(wish), code, tuple(read[""]), unless, besides)


def _read_phrases(text: str, names: Mapping[str, str]) -> Iterable[_Phrase]:
    for part in (part.strip() for part in text.split("|")):
        if part.startswith("$"):
            yield from _read_phrases(names[part[1:]], names)
        elif phrase := tuple(word for piece in part.split() for word in _read_word(piece)):
            yield phrase


def _read_word(text: str) -> list[str]:
    words = [text] if text in {_FIRST, _LAST} else fold(text)
    return [*words[:-1], f"{words[-1]}*"] if text.endswith("*") else words
