"""Names of languages, for the reasons that the desk reads."""

from __future__ import annotations

from functools import lru_cache

from app.texts import LANGUAGE_NAMES


@lru_cache(maxsize=1_000)
def find_spoken(code: str) -> str:
    """Return the part of a code that two people need to share: ``pt`` of ``pt-BR``."""
    return code.partition("-")[0].lower()


# Without the country: an interpreter speaks Portuguese, wherever it is from.
_SPOKEN_NAMES = {
    find_spoken(code): name.partition(" (")[0] for code, name in LANGUAGE_NAMES.items()
}


def name_language(code: str) -> str:
    """Return a language's English name, or its code where it is not listed here."""
    return _SPOKEN_NAMES.get(find_spoken(code), code)
