"""Small words that decide how others are read, from ``small_words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from app.texts import fold

_FILE = Path(__file__).with_suffix(".toml")


def _read() -> Mapping[str, frozenset[str]]:
    lists: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: frozenset(fold(words)) for name, words in lists.items()}


SMALL_WORDS = _read()
