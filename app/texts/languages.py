"""The languages that callers and members speak, each with its English name."""

from __future__ import annotations

from collections.abc import Mapping

# By BCP 47 code: what a case and a member may have.
LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "ht": "Haitian Creole",
    "pa": "Punjabi",
    "hi": "Hindi",
    "pt-BR": "Portuguese (Brazil)",
    "tl": "Tagalog",
    "zh-Hans": "Chinese",
    "ar": "Arabic",
    "fa": "Farsi",
    "ur": "Urdu",
    "ta": "Tamil",
    "bn": "Bengali",
    "so": "Somali",
    "tr": "Turkish",
}
