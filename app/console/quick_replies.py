"""Quick replies: what the desk writes often, in the caller's language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from app.console.rendering import FOLDER

_OTHERWISE = "en"


@dataclass(frozen=True)
class QuickReply:
    """One ready text: ``label`` is for the desk, ``text`` for the caller."""

    key: str
    label: str
    text: str
    language: str
    reviewed: bool


def quick_replies(language: str | None) -> list[QuickReply]:
    """Return all quick replies in a language, in English where it has none."""
    content = _content()
    reviewed_by = content["reviewed_by"]
    code = language if language and language in reviewed_by else _OTHERWISE
    return [
        QuickReply(key, texts["label"], texts[code], code, reviewed_by[code] != "none")
        for key, texts in content.items()
        if key != "reviewed_by"
    ]


def with_quick_reply(draft: str, key: str, language: str | None) -> str:
    """Return a draft with a quick reply at its end; as it was for an unknown one."""
    ready = next((reply.text for reply in quick_replies(language) if reply.key == key), "")
    return " ".join(part for part in (draft.rstrip(), ready) if part)


def is_quick_reply(body: str) -> bool:
    """Return whether a text is a quick reply and nothing else, in whatever language."""
    texts = {
        text for key, ready in _content().items() if key != "reviewed_by" for text in ready.values()
    }
    return body.strip() in texts


@cache
def _content() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((FOLDER / "quick_replies.toml").read_text("utf-8"))
