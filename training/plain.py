"""Sentences made of our own word lists, so that the model never unlearns the plainest words."""

from __future__ import annotations

from collections.abc import Iterator

from app.intake import Script, load_script
from training.corpus import Sentence

_URGENT = frozenset({"happening_now", "detained"})
# By list: at which stages its phrases answer, and what.
_ANSWERS = {
    "yes": (("safe_now", "yes"), ("date_soon", "yes"), ("offer", "yes"), ("page", "mine")),
    "no": (("safe_now", "no"), ("date_soon", "no"), ("offer", "no"), ("page", "no")),
    "writing": (("reach", "text"),),
    "calling": (("reach", "call"),),
    "both": (("reach", "both"),),
    "neither": (("reach", "neither"),),
    "small_talk": tuple(
        (stage, "none")
        for stage in ("language", "safe_now", "reach", "city", "need", "page", "offer")
    ),
}


def list_plain_sentences() -> list[Sentence]:
    """Return one sentence per phrase of the lists, at the stage where it is an answer."""
    script = load_script()
    return [sentence for code in script.texts.languages for sentence in _list(script, code)]


def _list(script: Script, code: str) -> Iterator[Sentence]:
    words = script.texts.languages[code].words
    for phrase in words.lists["alarms"]:
        yield _make(code, "new", phrase, tier=0)
    for situation, phrases in words.situations.items():
        tier = 0 if situation in _URGENT else 2
        for phrase in phrases:
            yield _make(code, "situation", phrase, tier=tier, situation=situation, answer=situation)
    for keyword, phrases in words.keywords.items():
        yield from (_make(code, "talk", phrase, keyword=keyword) for phrase in phrases)
    for name, stages in _ANSWERS.items():
        for phrase in words.lists[name]:
            for stage, answer in stages:
                yield _make(code, stage, phrase, answer=answer)


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
