"""What callers and members hear: one TOML per language, spoken by the carrier or recorded.

A sentence is played where the operator has recorded it, else said by the carrier's voice for the
language. A language that no voice speaks has its sentences said in another (``reads_as``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.texts.rules import TextRefused, check_unnamed, fill

SHIPPED = ("en", "fr", "es", "ht")
KEYS = (
    "choose",
    "other",
    "challenge",
    "situation",
    "wait",
    "hold",
    "joining",
    "nobody",
    "back",
    "message",
    "volunteer",
    "cut_off",
    "thanks",
    "whisper",
    "whisper_colleague",
    "whisper_interpreter",
    "whisper_outgoing",
    "connecting",
    "taken",
    "no_answer",
)
_PLACES: Mapping[str, Mapping[str, str]] = {"back": {"day": "", "time": ""}}
_LANGUAGE_KEYS = {
    "language",
    "name",
    "voice",
    "locale",
    "reads_as",
    "reviewed_by",
    "days",
    "said",
    "read",
}
_SOUNDS = {".wav": "audio/wav", ".mp3": "audio/mpeg"}


@dataclass(frozen=True)
class Sentence:
    """Something to be heard: a recording's ``clip`` (``ht/wait.wav``), or words for a voice."""

    words: str
    voice: str
    locale: str
    clip: str | None = None


@dataclass(frozen=True)
class Tongue:
    """One language as it is spoken."""

    code: str
    voice: str
    locale: str
    reads_as: str
    days: tuple[str, ...]
    said: Mapping[str, str]
    # What another language's voice says in place of its own sentence.
    read: Mapping[str, str]


@dataclass(frozen=True)
class Spoken:
    """All sentences, and which of them are recorded: ``{"ht/wait": path}``."""

    tongues: Mapping[str, Tongue]
    clips: Mapping[str, Path] = field(default_factory=dict)

    def say(self, language: str, key: str, **values: str) -> Sentence:
        """Return a sentence; one with values in it is never played from a recording."""
        clip = self.clips.get(f"{language}/{key}") if not values else None
        tongue = self.tongues[language]
        reader = self.tongues[tongue.reads_as or language]
        words = fill(key, tongue.read.get(key) or reader.said[key], values)
        place = None if clip is None else f"{language}/{clip.name}"
        return Sentence(words, reader.voice, reader.locale, place)

    def day(self, language: str, weekday: int) -> str:
        """Return a weekday's name (Monday is 0) as the language's voice says it."""
        return self.tongues[self.tongues[language].reads_as or language].days[weekday]

    def unrecorded(self) -> list[str]:
        """Return the languages that no voice speaks and that are not wholly recorded."""
        return [
            code
            for code, tongue in self.tongues.items()
            if tongue.reads_as and any(f"{code}/{key}" not in self.clips for key in _FOR_CALLERS)
        ]

    def clip(self, place: str) -> tuple[Path, str] | None:
        """Return a recording's file and content type; None for anything else."""
        found = {f"{name.partition('/')[0]}/{p.name}": p for name, p in self.clips.items()}
        path = found.get(place)
        return None if path is None else (path, _SOUNDS[path.suffix])


_FOR_CALLERS = tuple(k for k in KEYS if not k.startswith("whisper") and k != "back")


def load_spoken(recorded: Path | None = None) -> Spoken:
    """Read the sentences, and find those recorded in a folder ``<language>/<key>.wav`` or mp3.

    Raises ``TextRefused``.
    """
    clips = {
        f"{code}/{key}": path
        for code in SHIPPED
        for key in KEYS
        for path in _recorded(recorded, code, key)
    }
    return Spoken(_shipped(), MappingProxyType(clips))


@cache
def _shipped() -> Mapping[str, Tongue]:
    return MappingProxyType({code: _read(code) for code in SHIPPED})


def _recorded(folder: Path | None, code: str, key: str) -> Sequence[Path]:
    if folder is None:
        return ()
    places = (folder / code / f"{key}{ending}" for ending in _SOUNDS)
    return [path for path in places if path.is_file()][:1]


def _read(code: str) -> Tongue:
    text = (files("app.texts.spoken") / f"{code}.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    if set(data) != _LANGUAGE_KEYS or set(data["said"]) != set(KEYS) or len(data["days"]) != 7:
        raise TextRefused(f"{code}: spoken: a sentence is missing or unknown")
    for key, words in [*data["said"].items(), *data["read"].items()]:
        check_unnamed(f"{code} {key}", fill(key, words, _PLACES.get(key, {})))
    return Tongue(
        data["language"],
        data["voice"],
        data["locale"],
        data["reads_as"],
        tuple(data["days"]),
        MappingProxyType(dict(data["said"])),
        MappingProxyType(dict(data["read"])),
    )
