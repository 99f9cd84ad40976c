"""What a text is made of, for the linear model: pieces of words, words, and short runs of words.

Each feature is a number (CRC-32 of its letters). A text's pieces are the sums of its words'
pieces, so that what a known word adds has to be worked out once only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from zlib import crc32

_SHORTEST_PIECE = 2
_LONGEST_PIECE = 5
# Marks the beginning and the end, so that "stop" alone is another feature than "bus stop".
_START, _END = "^", "$"


def list_pieces(word: str) -> list[int]:
    """Return the features of one folded word: its pieces of 2 to 5 letters, its ends marked."""
    marked = f" {word} "
    return [
        crc32(b"c" + marked[at : at + size].encode())
        for size in range(_SHORTEST_PIECE, min(_LONGEST_PIECE, len(marked)) + 1)
        for at in range(len(marked) - size + 1)
    ]


def list_singles(words: Sequence[str]) -> list[int]:
    """Return the features of single words."""
    return [crc32(b"1" + word.encode()) for word in words]


def list_pairs(words: Sequence[str]) -> list[int]:
    """Return the features of each two words in a row."""
    row = [word.encode() for word in words]
    return [crc32(b"2" + one + b" " + two) for one, two in itertools.pairwise(row)]


def list_runs(words: Sequence[str]) -> list[int]:
    """Return the features of folded words in their order: one, two, three, and two around one."""
    row = [word.encode() for word in (_START, *words, _END)]
    singles = [crc32(b"1" + word) for word in row]
    pairs = [crc32(b"2" + one + b" " + two) for one, two in itertools.pairwise(row)]
    triples = [
        crc32(b"3" + one + b" " + two + b" " + three)
        for one, two, three in zip(row, row[1:], row[2:], strict=False)
    ]
    around = [crc32(b"s" + one + b" " + two) for one, two in zip(row, row[2:], strict=False)]
    return [*singles, *pairs, *triples, *around]
