"""What is set aside before a text is read: reactions, automatic replies, signatures, our words.

None of these is an answer or an alarm. ``set_aside`` returns the words that remain.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from app.texts import fold, is_word

_FILE = Path(__file__).parent / "asides.toml"
_QUOTED = re.compile(r"[“”„«‹「『\"]\s*(.*?)\s*(?:[”“»›」』\"]|$)", re.DOTALL)
_TAGGED_AUTOMATIC = re.compile(r"\W*[\[(]auto\w*[\])]", re.IGNORECASE)
_WORDS_BEFORE_QUOTE = 8
_WORDS_OF_A_SIGNATURE = 5  # behind its beginning: "my iPhone 15 Pro Max"
_OWN_RUN = 5  # as many words of ours in a row are a copy of our text, not a coincidence


class Aside(StrEnum):
    """Why a whole text is no answer to anything."""

    REACTION = "reaction"
    AUTOMATIC = "automatic"
    SIGNATURE = "signature"
    OUR_WORDS = "our_words"


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Runs of words of our own texts, to know them again when they come back to us."""

    pairs: frozenset[tuple[str, str]]
    runs: frozenset[tuple[str, ...]]

    def hold(self, words: Sequence[str]) -> bool:
        """Whether ``words``, two or more, all stand in our texts in this order."""
        return len(words) > 1 and all(pair in self.pairs for pair in itertools.pairwise(words))

    def leave_out(self, words: Sequence[str]) -> list[str]:
        """Return ``words`` without runs of five and more that our texts hold too."""
        ours = [False] * len(words)
        for at in range(len(words) - _OWN_RUN + 1):
            if tuple(words[at : at + _OWN_RUN]) in self.runs:
                ours[at : at + _OWN_RUN] = [True] * _OWN_RUN
        return [word for word, own in zip(words, ours, strict=True) if not own]


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a text. ``aside`` is why nothing is, None where words are left.

    ``text``: as written, without quotations of ours and signature. ``words``: folded, without
    longer copies of our own words.
    """

    text: str
    words: list[str]
    aside: Aside | None


@dataclass(frozen=True, slots=True)
class _Phrases:
    before_quote: frozenset[str]
    after_quote: frozenset[str]
    whole: frozenset[str]
    automatic: tuple[str, ...]
    automatic_start: tuple[str, ...]
    signatures: re.Pattern[str]
    signed: tuple[str, ...]  # their beginnings, folded: quicker to look for than the pattern


def collect_own_words(texts: Iterable[str]) -> OwnWords:
    """Learn our own texts."""
    pairs: set[tuple[str, str]] = set()
    runs: set[tuple[str, ...]] = set()
    for text in texts:
        words = fold(text)
        pairs.update(itertools.pairwise(words))
        runs.update(tuple(words[at : at + _OWN_RUN]) for at in range(len(words) - _OWN_RUN + 1))
    return OwnWords(frozenset(pairs), frozenset(runs))


def set_aside(text: str, own: OwnWords) -> Remainder:
    """Return what a person wrote in ``text``. Never raises."""
    phrases = _read_phrases()
    text = text.strip()
    if _is_automatic(phrases, text):
        return Remainder("", [], Aside.AUTOMATIC)
    if _is_reaction(phrases, own, text):
        return Remainder("", [], Aside.REACTION)
    plain = " ".join(fold(text))
    signed = any(beginning in plain for beginning in phrases.signed)
    unsigned = phrases.signatures.sub("", text).strip() if signed else text
    if text and not unsigned:
        return Remainder("", [], Aside.SIGNATURE)
    left = _QUOTED.sub(
        lambda quote: " " if own.hold(fold(quote[1])) else quote[0], unsigned
    ).strip()
    words = fold(left)
    remaining = own.leave_out(words)
    if unsigned and fold(unsigned) and not remaining:
        return Remainder("", [], Aside.OUR_WORDS)
    return Remainder(left, remaining, None)


def _is_automatic(phrases: _Phrases, text: str) -> bool:
    plain = f" {' '.join(fold(text))} "
    return (
        plain.startswith(phrases.automatic_start)
        or _TAGGED_AUTOMATIC.match(text) is not None
        or any(phrase in plain for phrase in phrases.automatic)
    )


def _is_reaction(phrases: _Phrases, own: OwnWords, text: str) -> bool:
    words = _list_plain_words(text)
    if " ".join(words) in phrases.whole:
        return True
    quote = _QUOTED.search(text)
    if quote is None:
        return False
    before, after = _list_plain_words(text[: quote.start()]), _list_plain_words(text[quote.end() :])
    if len(before) > _WORDS_BEFORE_QUOTE:
        return False
    if not before and not after:  # only a quotation, or a picture of a heart beside it
        return bool(fold(text[: quote.start()] + text[quote.end() :])) or own.hold(fold(quote[1]))
    if not after:
        return " ".join(before) in phrases.before_quote
    return " ".join(after) in phrases.after_quote


def _list_plain_words(text: str) -> list[str]:
    """Return the folded words of ``text`` that are no emoji."""
    return [word for word in fold(text) if is_word(word)]


@lru_cache(maxsize=1)
def _read_phrases() -> _Phrases:
    lists: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    folded = {name: [" ".join(fold(phrase)) for phrase in lists[name]] for name in lists}
    begins = "|".join(sorted(map(_match_loosely, lists["signatures"]), key=len, reverse=True))
    tail = rf"(?:[ \t]+\S+){{0,{_WORDS_OF_A_SIGNATURE}}}[ \t]*"
    return _Phrases(
        before_quote=frozenset(folded["before_quote"]),
        after_quote=frozenset(folded["after_quote"]),
        whole=frozenset(folded["whole"]),
        automatic=tuple(f" {phrase} " for phrase in folded["automatic"]),
        signed=tuple(folded["signatures"]),
        automatic_start=tuple(f" {phrase} " for phrase in folded["automatic_start"]),
        signatures=re.compile(
            rf"(?:^|[\s,.;!?-])(?:--? *)?(?:{begins}){tail}(?:$|(?=\n))", re.IGNORECASE
        ),
    )


def _match_loosely(phrase: str) -> str:
    """Return a pattern of ``phrase`` in which any space, and none of the accents, matters."""
    accents = {"é": "[eé]", "è": "[eè]", "á": "[aá]", "à": "[aà]", "í": "[ií]", "ò": "[oò]"}
    return r"\s+".join(
        "".join(accents.get(letter, re.escape(letter)) for letter in word)
        for word in phrase.split()
    )
