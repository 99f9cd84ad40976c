"""Plain answers to "is it safe to text now?" in which a "no" is no no, from ``safety.toml``.

A "no" taken by mistake ends the dialogue: not one more text goes to that phone.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from app.intake.lexicon import Lexicon, build_lexicon
from app.texts import fold

_FILE = Path(__file__).with_suffix(".toml")
# Across these no phrase reaches: "no, danger" is not "no danger".
_ENDS = re.compile(r"[.,;:!?()\n…。،؛—–]+|\s-\s")
_MOST_WORDS = 12


def read_safety(raw: str) -> Literal["yes", "unclear"] | None:
    """Return what a text says that holds nothing but such phrases; None for every other."""
    found: set[str] = set()
    for part in _ENDS.split(raw):
        words = fold(part)
        if len(words) > _MOST_WORDS:
            return None
        if words:
            if not _read_phrases().covers(words):
                return None
            found |= set(_list_kinds(words))
    if "half" in found:
        return "unclear"
    return "yes" if found & {"fine", "no_danger"} else None


def _list_kinds(words: list[str]) -> list[str]:
    """Return the lists of the phrases that ``words`` are made of, the longest phrase first."""
    kinds, at = [], 0
    while at < len(words):
        phrase, kind = next(
            (phrase, kind)
            for phrase, kind in _read_phrases().phrases[words[at]]
            if tuple(words[at : at + len(phrase)]) == phrase
        )
        kinds.append(kind)
        at += len(phrase)
    return kinds


@lru_cache(maxsize=1)
def _read_phrases() -> Lexicon[str]:
    lists: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return build_lexicon((phrase, kind) for kind in lists for phrase in lists[kind])
