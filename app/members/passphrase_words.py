"""Passphrases to suggest: words that are short, common, and hard to mistake for one another."""

from __future__ import annotations

import secrets
from functools import cache
from importlib.resources import files

SUGGESTED_WORDS = 6


@cache
def read_words() -> tuple[str, ...]:
    """Return the 1296 words; four dice pick one, so each is worth 10.3 bits."""
    text = files("app.members").joinpath("passphrase_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def suggest_passphrase() -> str:
    """Return six random words, 62 bits: with Argon2id, out of reach of offline guessing."""
    return " ".join(secrets.choice(read_words()) for _ in range(SUGGESTED_WORDS))
