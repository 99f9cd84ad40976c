"""Names of languages, for the reasons that the desk reads."""

from __future__ import annotations

from functools import lru_cache

LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "en": "English",
    "es": "Spanish",
    "fa": "Farsi",
    "fr": "French",
    "hi": "Hindi",
    "ht": "Haitian Creole",
    "pa": "Punjabi",
    "pt": "Portuguese",
    "so": "Somali",
    "ta": "Tamil",
    "tl": "Tagalog",
    "tr": "Turkish",
    "ur": "Urdu",
    "zh": "Chinese",
}


@lru_cache(maxsize=1_000)
def find_spoken(code: str) -> str:
    """Return the part of a code that two people need to share: ``pt`` of ``pt-BR``."""
    return code.partition("-")[0].lower()


def name_language(code: str) -> str:
    """Return a language's English name, or its code where it is not listed here."""
    return LANGUAGE_NAMES.get(find_spoken(code), code)
