"""Quick replies: what the desk writes often, in the caller's language."""

from __future__ import annotations

from dataclasses import dataclass

from app.texts import REPLY, Texts

_OTHERWISE = "en"


@dataclass(frozen=True)
class QuickReply:
    """One ready text: ``label`` is for the desk, ``text`` for the caller."""

    key: str
    label: str
    text: str
    language: str
    reviewed: bool


def quick_replies(texts: Texts, language: str | None) -> list[QuickReply]:
    """Return all quick replies in a language; in English where it has none that may be sent.

    A language that is not offered has none: nobody at the desk could tell what they say.
    """
    code = language if language and texts.speaks(language) else _OTHERWISE
    said = texts.languages[code]
    return [
        QuickReply(key.removeprefix(REPLY), label, said.replies[key], code, said.is_reviewed)
        for key, label in texts.reply_labels.items()
        if key in said.replies
    ]


def with_quick_reply(texts: Texts, draft: str, key: str, language: str | None) -> str:
    """Return a draft with a quick reply at its end; as it was for an unknown one."""
    ready = next((one.text for one in quick_replies(texts, language) if one.key == key), "")
    return " ".join(part for part in (draft.rstrip(), ready) if part)


def is_quick_reply(texts: Texts, body: str) -> bool:
    """Return whether a text is a quick reply and nothing else, in whatever language."""
    known = {text for one in texts.languages.values() for text in one.replies.values()}
    return body.strip() in known
