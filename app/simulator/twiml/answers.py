"""The service's answers in general: TwiML, read as strictly as the carrier may."""

from __future__ import annotations

from xml.etree import ElementTree as ET

MAX_BYTES = 64 * 1024
_XML = {"text/xml", "application/xml", "text/html", "application/twiml+xml"}


class BadTwiml(ValueError):
    """An answer that the carrier cannot execute at all; ``code`` is the carrier's number for it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_kind(content_type: str) -> str:
    """The media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def parse_verbs(content_type: str, body: bytes) -> list[ET.Element]:
    """The verbs in the ``<Response>`` of an answer. Raises ``BadTwiml``."""
    if len(body) > MAX_BYTES:
        raise BadTwiml(11750, "the answer is larger than 64 kB")
    if not body.strip():
        return []
    kind = read_kind(content_type)
    if kind not in _XML:
        raise BadTwiml(12300, f"the answer is {kind or 'of no type'}, not TwiML")
    try:
        # The only author of this XML is the service under test, and the size is bounded.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as broken:
        raise BadTwiml(12100, "the answer is not well-formed XML") from broken
    if root.tag != "Response":
        raise BadTwiml(12100, "the answer does not start with <Response>")
    return list(root)
