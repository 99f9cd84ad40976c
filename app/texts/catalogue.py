"""Every text a caller may get, and the words callers are understood by: one TOML per language.

``everyone.toml`` holds what is said in the same bytes to everybody, and notices in English and
French for a phone whose language is not known. A language is offered once ``enabled``; it stays
marked ``reviewed_by = "none"`` until a native speaker has read it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from app.texts.rules import (
    NOTICES,
    QUESTIONS,
    SAID_ALIKE,
    TextRefused,
    check_text,
    fill,
)

SHIPPED = (
    "en", "fr", "es", "ht", "pa", "hi", "pt-BR", "tl", "zh-Hans", "ar", "fa", "ur", "ta", "bn",
    "so", "tr",
)  # fmt: skip

_WORD_LISTS = (
    "names",
    "yes",
    "no",
    "fillers",
    "numbers",
    "small_talk",
    "negations",
    "writing",
    "calling",
    "both",
    "neither",
    "ages",
    "alarms",
)
_LANGUAGE_KEYS = {"language", "name", "enabled", "reviewed_by", "texts", "words"}
_WORD_KEYS = {*_WORD_LISTS, "situations", "keywords"}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of callers in one language. Phrases as a person types them; ``…*`` is a beginning.

    ``situations`` and ``keywords`` map a code to its phrases; ``lists`` holds the other lists of
    the file by name. ``alarms`` are plain wordings of danger, an alarm whatever the model says;
    ``ages`` are ways to say one's age, # for the number.
    """

    lists: Mapping[str, tuple[str, ...]]
    situations: Mapping[str, tuple[str, ...]]
    keywords: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Language:
    """One language: BCP 47 ``code``, its own ``name``, texts by key, and words."""

    code: str
    name: str
    enabled: bool
    reviewed_by: str
    texts: Mapping[str, str]
    words: Words


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts; ``languages`` by code, in the order shipped, enabled or not."""

    everyone: Language
    languages: Mapping[str, Language]

    def get(self, language: str | None, key: str, **values: str) -> str:
        """Return text ``key`` in ``language`` with ``values`` in its placeholders.

        A language that is unknown or not enabled gets the text for everyone, and what is said
        alike to everybody never depends on it. Raises ``KeyError`` for an unknown key and
        ``TextRefused`` for values the text has no place for.
        """
        texts = self.everyone.texts
        if language is not None and key not in SAID_ALIKE and self.speaks(language):
            texts = self.languages[language].texts
        return fill(key, texts[key], values) if values or "{" in texts[key] else texts[key]

    def speaks(self, language: str | None) -> bool:
        """Whether there are enabled texts in ``language``."""
        known = self.languages.get(language) if language is not None else None
        return known is not None and known.enabled

    def enabled(self) -> list[Language]:
        """Return the languages offered to callers."""
        return [language for language in self.languages.values() if language.enabled]

    def unreviewed(self) -> list[Language]:
        """Return the enabled languages that no native speaker has read yet."""
        return [language for language in self.enabled() if language.reviewed_by == "none"]

    def changed(
        self, changes: Mapping[tuple[str, str], str], *, never_named: Sequence[str] = ()
    ) -> Texts:
        """Return these texts with an organisation's own wordings, by ``(language, key)``.

        Raises ``TextRefused`` or ``FieldRefused`` for one that may not be sent, ``KeyError`` for
        a language or key that does not exist. The greeting is the same for every organisation's
        callers and cannot be changed.
        """
        languages = {"und": self.everyone, **self.languages}
        for (code, key), text in changes.items():
            language = languages[code]
            if key == "greeting":
                raise TextRefused("greeting: the same for everybody, it cannot be changed")
            if key not in language.texts:
                raise KeyError(key)
            check_text(key, text, never_named=never_named)
            texts = MappingProxyType({**language.texts, key: text})
            languages[code] = replace(language, texts=texts)
        return Texts(languages.pop("und"), MappingProxyType(languages))


def load_texts() -> Texts:
    """Read and check the shipped texts. Raises ``TextRefused`` or ``FieldRefused``."""
    languages = {code: read_language(_read(code), (*QUESTIONS, *NOTICES)) for code in SHIPPED}
    everyone = read_language(_read("everyone"), (*SAID_ALIKE, *NOTICES))
    return Texts(everyone, MappingProxyType(languages))


def read_language(data: Mapping[str, Any], keys: Sequence[str]) -> Language:
    """Make a language of parsed TOML, with exactly the texts ``keys``.

    Raises ``TextRefused`` for a missing or surplus entry and for a text that may not be sent.
    """
    code = str(data.get("language"))
    _check_keys(code, data, _LANGUAGE_KEYS)
    _check_keys(f"{code} texts", data["texts"], set(keys))
    for key, text in data["texts"].items():
        check_text(key, text)
    return Language(
        code=code,
        name=data["name"],
        enabled=data["enabled"],
        reviewed_by=data["reviewed_by"],
        texts=MappingProxyType(dict(data["texts"])),
        words=_read_words(code, data["words"]),
    )


def read_script_plan() -> Mapping[str, Any]:
    """Return the shipped script as parsed TOML; ``app.intake`` checks it."""
    return _read("script")


def _read_words(code: str, data: Mapping[str, Any]) -> Words:
    _check_keys(f"{code} words", data, _WORD_KEYS)
    return Words(
        lists=MappingProxyType({name: tuple(data[name]) for name in _WORD_LISTS}),
        situations=MappingProxyType({k: tuple(v) for k, v in data["situations"].items()}),
        keywords=MappingProxyType({k: tuple(v) for k, v in data["keywords"].items()}),
    )


def _check_keys(where: str, data: Mapping[str, Any], keys: set[str]) -> None:
    if wrong := sorted(keys ^ data.keys()):
        raise TextRefused(f"{where}: missing or unknown: {', '.join(wrong)}")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("app.texts").joinpath(f"{name}.toml").read_text("utf-8"))
