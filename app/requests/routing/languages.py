"""What languages are called where a reason names them."""

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
    """Return what two people need to share to understand each other: ``pt`` of ``pt-BR``."""
    return code.partition("-")[0].lower()


def name_language(code: str) -> str:
    """Return a language's English name, or the code itself where it has none here."""
    return LANGUAGE_NAMES.get(find_spoken(code), code)
