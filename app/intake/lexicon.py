"""Finding known phrases in a folded text, in time that grows with the text alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from app.texts import fold

Label = TypeVar("Label")


@dataclass(frozen=True, slots=True)
class Lexicon(Generic[Label]):
    """Phrases with labels.

    ``phrases``: by first word, the longest first. ``stems``: beginnings of words. ``near``: every
    single word of at least ``typo_from`` letters with one letter left out, to forgive one typo.
    """

    phrases: dict[str, list[tuple[tuple[str, ...], Label]]]
    stems: dict[str, Label]
    starts: tuple[str, ...]
    near: dict[str, Label]
    typo_from: int

    def find(self, words: Sequence[str]) -> list[Label]:
        """Return the labels of the phrases in ``words``, in the order they are mentioned."""
        found = []
        for at, word in enumerate(words):
            known = self.phrases.get(word)
            if known is not None:
                for phrase, label in known:
                    if len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase:
                        found.append(label)
            if word.startswith(self.starts):
                found += [label for stem, label in self.stems.items() if word.startswith(stem)]
            elif known is None and len(word) >= self.typo_from - 1:
                found += self._forgive(word)
        return found

    def locate(self, words: Sequence[str]) -> list[tuple[int, tuple[str, ...], Label]]:
        """Return where phrases begin in ``words``, the phrases, and their labels."""
        return [
            (at, phrase, label)
            for at, word in enumerate(words)
            for phrase, label in self.phrases.get(word, ())
            if tuple(words[at : at + len(phrase)]) == phrase
        ]

    def renamed(self, word: str, other: str) -> Lexicon[Label]:
        """Return this lexicon with ``other`` in the place of ``word`` in all phrases."""
        swap = {word: other}
        phrases = {
            swap.get(first, first): [
                (tuple(swap.get(part, part) for part in phrase), label) for phrase, label in known
            ]
            for first, known in self.phrases.items()
        }
        return replace(self, phrases=phrases)

    def covers(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are phrases of this lexicon and nothing else, and at least one."""
        at = 0
        while at < len(words):
            size = self._phrase_at(words, at)
            if not size:
                return False
            at += size
        return at > 0

    def _phrase_at(self, words: Sequence[str], at: int) -> int:
        for phrase, _ in self.phrases.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                return len(phrase)
        return 0

    def _forgive(self, word: str) -> list[Label]:
        """Return the label of a word that is one typo away, if there is one."""
        near = self.near
        for variant in _with_one_left_out(word):
            if variant in near:
                return [near[variant]]
        return []


def build_lexicon(entries: Iterable[tuple[str, Label]], *, typo_from: int = 99) -> Lexicon[Label]:
    """Make a lexicon of ``(phrase, label)``; a phrase ending in ``*`` is the beginning of a word.

    One typo is forgiven in words of ``typo_from`` letters and more. A phrase given twice keeps
    its first label.
    """
    phrases: dict[str, dict[tuple[str, ...], Label]] = {}
    stems: dict[str, Label] = {}
    near: dict[str, Label] = {}
    for phrase, label in entries:
        words = tuple(fold(phrase))
        if phrase.endswith("*"):
            stems.setdefault(words[0], label)
            continue
        phrases.setdefault(words[0], {}).setdefault(words, label)
        if len(words) == 1 and len(words[0]) >= typo_from:
            for variant in _with_one_left_out(words[0]):
                near.setdefault(variant, label)
    by_length = {
        first: sorted(known.items(), key=lambda entry: -len(entry[0]))
        for first, known in phrases.items()
    }
    return Lexicon(by_length, stems, tuple(stems), near, typo_from)


def _with_one_left_out(word: str) -> list[str]:
    """Return ``word`` and each way to leave a letter out: two typos apart share one of these."""
    return [word, *[word[:at] + word[at + 1 :] for at in range(len(word))]]
