"""Every text a caller may get, and the words callers are understood by: one TOML per language.

``everyone.toml`` holds what is said in the same bytes to everybody, and notices in English and
French for a phone whose language is not known. A language stays marked ``reviewed_by = "none"``
until a person who speaks it has read it; but for the first four it is not offered before.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
# Offered since before anybody could review them here; all others wait for a person's name.
FIRST_LANGUAGES = frozenset({"en", "fr", "es", "ht"})
UNREVIEWED = "none"
# Before the keys of quick replies, so that they share one space of names with the other texts.
REPLY = "reply_"

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
    """One language: BCP 47 ``code``, its own ``name``, texts by key, words, and quick replies.

    ``enabled``: switched on; see ``is_offered``. ``reviewed_by`` names the person who read all
    of its texts, or is ``"none"``.
    """

    code: str
    name: str
    enabled: bool
    reviewed_by: str
    texts: Mapping[str, str]
    words: Words
    replies: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_reviewed(self) -> bool:
        """Whether a person who speaks this language has read all of its texts."""
        return self.reviewed_by != UNREVIEWED

    @property
    def is_offered(self) -> bool:
        """Whether callers get texts in it: switched on, and reviewed or one of the first four."""
        return self.enabled and (self.is_reviewed or self.code in FIRST_LANGUAGES)

    def find_wording(self, key: str) -> str | None:
        """Return a text or a quick reply by its key; None where this language has none."""
        return self.texts.get(key) or self.replies.get(key)


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts; ``languages`` by code, in the order shipped, offered or not.

    ``reply_labels``: what the desk calls each quick reply, by key.
    """

    everyone: Language
    languages: Mapping[str, Language]
    reply_labels: Mapping[str, str] = field(default_factory=dict)

    def get(self, language: str | None, key: str, **values: str) -> str:
        """Return text ``key`` in ``language`` with ``values`` in its placeholders.

        A language that is unknown or not offered gets the text for everyone, and what is said
        alike to everybody never depends on it. Raises ``KeyError`` for an unknown key and
        ``TextRefused`` for values the text has no place for.
        """
        texts = self.everyone.texts
        if language is not None and key not in SAID_ALIKE and self.speaks(language):
            texts = self.languages[language].texts
        return fill(key, texts[key], values) if values or "{" in texts[key] else texts[key]

    def speaks(self, language: str | None) -> bool:
        """Whether callers are offered texts in ``language``."""
        known = self.languages.get(language) if language is not None else None
        return known is not None and known.is_offered

    def enabled(self) -> list[Language]:
        """Return the languages offered to callers."""
        return [language for language in self.languages.values() if language.is_offered]

    def unreviewed(self) -> list[Language]:
        """Return the offered languages that no native speaker has read yet."""
        return [language for language in self.enabled() if not language.is_reviewed]

    def find_language(self, code: str) -> Language | None:
        """Return a language by its code, ``und`` for what is said to everybody."""
        return self.everyone if code == self.everyone.code else self.languages.get(code)


def load_texts() -> Texts:
    """Read and check the shipped texts. Raises ``TextRefused`` or ``FieldRefused``."""
    ready = _read("quick_replies")
    languages = {
        code: read_language(_read(code), (*QUESTIONS, *NOTICES), _list_replies(ready, code))
        for code in SHIPPED
    }
    everyone = read_language(_read("everyone"), (*SAID_ALIKE, *NOTICES))
    labels = {REPLY + key: said["label"] for key, said in ready.items()}
    return Texts(everyone, MappingProxyType(languages), MappingProxyType(labels))


def _list_replies(ready: Mapping[str, Mapping[str, str]], code: str) -> dict[str, str]:
    return {REPLY + key: said[code] for key, said in ready.items() if code in said}


def read_language(
    data: Mapping[str, Any], keys: Sequence[str], replies: Mapping[str, str] | None = None
) -> Language:
    """Make a language of parsed TOML, with exactly the texts ``keys``, and of quick replies.

    Raises ``TextRefused`` for a missing or surplus entry and for a text that may not be sent.
    """
    code = str(data.get("language"))
    _check_keys(code, data, _LANGUAGE_KEYS)
    _check_keys(f"{code} texts", data["texts"], set(keys))
    for key, text in (*data["texts"].items(), *(replies or {}).items()):
        check_text(key, text)
    return Language(
        code=code,
        name=data["name"],
        enabled=data["enabled"],
        reviewed_by=data["reviewed_by"],
        texts=MappingProxyType(dict(data["texts"])),
        words=_read_words(code, data["words"]),
        replies=MappingProxyType(dict(replies or {})),
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
