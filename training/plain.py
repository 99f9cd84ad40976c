"""Sentences made of our own word lists, so that the model never unlearns the plainest words."""

from __future__ import annotations

from collections.abc import Iterator

from app.intake import Script, load_script
from training.corpus import Sentence

_URGENT = frozenset({"happening_now", "detained"})
_WAYS = {"writing": "text", "calling": "call", "both": "both", "neither": "neither"}


def list_plain_sentences() -> list[Sentence]:
    """Return one sentence per phrase of the lists, at the stage where it is an answer."""
    script = load_script()
    return [sentence for code in script.texts.languages for sentence in _list(script, code)]


def _list(script: Script, code: str) -> Iterator[Sentence]:
    words = script.texts.languages[code].words
    for phrase in words.lists["alarms"]:
        yield _make(code, "new", phrase, tier=0)
    for situation, phrases in words.situations.items():
        for phrase in phrases:
            tier = 0 if situation in _URGENT else 2
            yield _make(code, "situation", phrase, tier=tier, situation=situation, answer=situation)
    for keyword, phrases in words.keywords.items():
        for phrase in phrases:
            yield _make(code, "talk", phrase, keyword=keyword)
    for answer in ("yes", "no"):
        for phrase in words.lists[answer]:
            for stage in ("safe_now", "date_soon"):
                yield _make(code, stage, phrase, answer=answer)
            yield _make(code, "offer", phrase, answer=answer)
            yield _make(code, "page", phrase, answer="mine" if answer == "yes" else "no")
    for name, way in _WAYS.items():
        for phrase in words.lists[name]:
            yield _make(code, "reach", phrase, answer=way)
    for phrase in words.lists["small_talk"]:
        for stage in ("language", "safe_now", "reach", "city", "need", "page", "offer"):
            yield _make(code, stage, phrase, answer="none")


def _make(
    language: str,
    stage: str,
    phrase: str,
    *,
    tier: int | None = None,
    situation: str | None = None,
    keyword: str | None = None,
    answer: str | None = None,
) -> Sentence:
    return Sentence(language, stage, phrase.rstrip("*"), tier, situation, keyword, answer)
