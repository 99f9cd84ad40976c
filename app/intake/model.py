"""The linear model that reads what word lists cannot: loaded from one data file, pure arithmetic.

A *head* answers one question about a text ("is somebody in danger?", "yes or no?") with a score
for each of its labels. Its weights are whole numbers of one byte, found by ``training.train``;
a text's score is the mean weight of its features, so the same text has the same score everywhere.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from app.intake.features import list_pairs, list_pieces, list_runs, list_singles

_FILE = Path(__file__).parent / "model.bin"
# Longer texts are read by their first words: the carrier delivers at most 1 600 characters.
_WORDS_READ = 320


class HeadFacts(TypedDict):
    """What the file says of one head; ``scale`` and ``bias`` stand per label."""

    labels: list[str]
    bits: int
    scale: list[float]
    bias: list[float]
    bounds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Head:
    """One question to a text. ``tables``: per label the weights by feature, 2 to the ``bits``."""

    labels: tuple[str, ...]
    mask: int
    tables: tuple[array[int], ...]
    scale: tuple[float, ...]
    bias: tuple[float, ...]
    bounds: Mapping[str, float]
    # Words of the training texts: only what these add is kept, so no caller's word stays.
    common: frozenset[str]
    kept: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def score(self, words: Sequence[str]) -> dict[str, float]:
        """Return the score of each label for folded ``words``; above 0 is more likely than not."""
        words = words[:_WORDS_READ]
        if not words:
            return {}
        sums, pieces = self._add_up(words)
        runs = [feature & self.mask for feature in list_runs(words)]
        by_pieces, by_runs = pieces**-0.5, len(runs) ** -0.5
        return {
            label: bias + scale * (total * by_pieces + sum([table[run] for run in runs]) * by_runs)
            for label, table, scale, bias, total in zip(
                self.labels, self.tables, self.scale, self.bias, sums, strict=True
            )
        }

    def weigh(self, words: Sequence[str]) -> list[float]:
        """Return how much each word, and each with the next one, speaks for the first label."""
        table, mask = self.tables[0], self.mask
        pieces = [self.kept.get(word) or self._add_up_word(word) for word in words]
        alone = [
            sums[0] / sums[-1] + table[single & mask]
            for sums, single in zip(pieces, list_singles(words), strict=True)
        ]
        pairs = [table[pair & mask] for pair in list_pairs(words)]
        return [one + pair for one, pair in zip(alone, [*pairs, 0], strict=True)]

    def choose(self, words: Sequence[str]) -> tuple[str, float]:
        """Return the likeliest label and how far it is ahead of the next one."""
        return _find_first(self.score(words))

    def choose_by_pieces(self, words: Sequence[str]) -> tuple[str, float]:
        """Return the same from the pieces of the words alone, which is quicker by far."""
        sums, pieces = self._add_up(words[:_WORDS_READ])
        by_pieces = pieces**-0.5
        return _find_first(
            {
                label: bias + scale * total * by_pieces
                for label, scale, bias, total in zip(
                    self.labels, self.scale, self.bias, sums, strict=True
                )
            }
        )

    def _add_up(self, words: Sequence[str]) -> tuple[list[int], int]:
        of_words = [self.kept.get(word) or self._add_up_word(word) for word in words]
        *sums, pieces = map(sum, zip(*of_words, strict=True))
        return sums, pieces

    def _add_up_word(self, word: str) -> tuple[int, ...]:
        pieces = [piece & self.mask for piece in list_pieces(word)]
        sums = (*(sum([table[piece] for piece in pieces]) for table in self.tables), len(pieces))
        if word in self.common:
            self.kept[word] = sums
        return sums


def _find_first(scores: Mapping[str, float]) -> tuple[str, float]:
    (first, label), (second, _) = sorted(
        ((score, label) for label, score in scores.items()), reverse=True
    )[:2]
    return label, first - second


@lru_cache(maxsize=1)
def load_model() -> Mapping[str, Head]:
    """Return the heads of the shipped file by name."""
    return read_model(_FILE.read_bytes())


def read_model(packed: bytes) -> Mapping[str, Head]:
    """Read a file that ``training.train`` wrote: a line of JSON, then the tables in its order."""
    facts, _, tables = zlib.decompress(packed).partition(b"\n")
    described = json.loads(facts)
    common = frozenset(described["words"])
    heads, at = {}, 0
    for name, head in described["heads"].items():
        size = 1 << head["bits"]
        rows = []
        for _ in head["labels"]:
            rows.append(array("b", tables[at : at + size]))
            at += size
        heads[name] = _make_head(head, tuple(rows), common)
    return heads


def _make_head(facts: HeadFacts, tables: tuple[array[int], ...], common: frozenset[str]) -> Head:
    return Head(
        tuple(facts["labels"]), (1 << facts["bits"]) - 1, tables,
        tuple(facts["scale"]), tuple(facts["bias"]), facts["bounds"], common,
    )  # fmt: skip
