"""Reading the service's answer to a text, as strictly as the carrier would like to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

_MAX_BYTES = 64 * 1024
_XML = {"text/xml", "application/xml", "text/html", "application/twiml+xml"}


class BadTwiml(ValueError):
    """An answer that cannot be executed at all; ``code`` is the carrier's number for it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ReplyVerb:
    """One ``<Message>``: a text back to the sender unless ``to`` says otherwise."""

    body: str
    to: str | None = None
    media: tuple[str, ...] = ()
    status_callback: str | None = None


@dataclass(slots=True)
class MessageDocument:
    """What an answer asks for: texts, then perhaps another document; and verbs nobody knows."""

    replies: list[ReplyVerb] = field(default_factory=list)
    redirect: str | None = None
    unknown: list[str] = field(default_factory=list)


def read(content_type: str, body: bytes) -> MessageDocument:
    """Parse an answer. Plain text is a reply; nothing at all is fine. Raises ``BadTwiml``."""
    if content_type.partition(";")[0].strip().lower() == "text/plain" and len(body) <= _MAX_BYTES:
        return MessageDocument([ReplyVerb(body.decode("utf-8", "replace"))] if body.strip() else [])
    root = parse(content_type, body)
    return MessageDocument() if root is None else _document(root)


def parse(content_type: str, body: bytes) -> ET.Element | None:
    """The ``<Response>`` of an answer, None for an empty one. Raises ``BadTwiml``."""
    if len(body) > _MAX_BYTES:
        raise BadTwiml(11750, "the answer is larger than 64 kB")
    if not body.strip():
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _XML:
        raise BadTwiml(12300, f"the answer is {kind or 'of no type'}, not TwiML")
    try:
        # The only author of this XML is the service under test, and the size is bounded.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as broken:
        raise BadTwiml(12100, "the answer is not well-formed XML") from broken
    if root.tag != "Response":
        raise BadTwiml(12100, "the answer does not start with <Response>")
    return root


def _document(root: ET.Element) -> MessageDocument:
    document = MessageDocument()
    for verb in root:
        if verb.tag == "Message":
            document.replies.append(_reply(verb))
        elif verb.tag == "Redirect":
            document.redirect = (verb.text or "").strip()
            break
        else:
            document.unknown.append(verb.tag)
    return document


def _reply(verb: ET.Element) -> ReplyVerb:
    body = "".join(part.text or "" for part in verb.iter("Body")) or (verb.text or "").strip()
    media = tuple((part.text or "").strip() for part in verb.iter("Media"))
    callback = verb.get("statusCallback") or verb.get("action")
    return ReplyVerb(body, verb.get("to"), media, callback)
