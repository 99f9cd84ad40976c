"""The service's answer to a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from app.simulator.twiml.answers import MAX_BYTES, parse_verbs, read_kind


@dataclass(frozen=True, slots=True)
class ReplyVerb:
    """One ``<Message>``: a text back to the sender unless ``to`` says otherwise."""

    body: str
    to: str | None = None
    media: tuple[str, ...] = ()
    status_callback: str | None = None


@dataclass(slots=True)
class MessageDocument:
    """The texts to send, perhaps the address of another document, and the unknown verbs."""

    replies: list[ReplyVerb] = field(default_factory=list)
    redirect: str | None = None
    unknown: list[str] = field(default_factory=list)


def read_message_document(content_type: str, body: bytes) -> MessageDocument:
    """Parse an answer. Plain text is a reply; an empty answer is fine. Raises ``BadTwiml``."""
    if read_kind(content_type) == "text/plain" and len(body) <= MAX_BYTES:
        text = body.decode("utf-8", "replace")
        return MessageDocument([ReplyVerb(text)] if body.strip() else [])
    document = MessageDocument()
    for verb in parse_verbs(content_type, body):
        if verb.tag == "Message":
            document.replies.append(_read_reply(verb))
        elif verb.tag == "Redirect":
            document.redirect = (verb.text or "").strip()
            break
        else:
            document.unknown.append(verb.tag)
    return document


def _read_reply(verb: ET.Element) -> ReplyVerb:
    body = "".join(part.text or "" for part in verb.iter("Body")) or (verb.text or "").strip()
    media = tuple((part.text or "").strip() for part in verb.iter("Media"))
    callback = verb.get("statusCallback") or verb.get("action")
    return ReplyVerb(body, verb.get("to"), media, callback)
