"""Pictures that a simulated phone sends along with a text."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

# The smallest GIF there is. It stands in for a picture that is given by address: the network
# fetches nothing.
_STAND_IN = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")


class BadAttachment(ValueError):
    """The picture is neither base64 with a content type, nor a data: or http(s) address."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class SimulatedAttachment:
    """A picture or document."""

    content_type: str
    data: bytes


def decode_attachment(content_type: str, data: str) -> SimulatedAttachment:
    """Decode a base64 picture; raises ``BadAttachment``."""
    try:
        return SimulatedAttachment(content_type, base64.b64decode(data, validate=True))
    except binascii.Error:
        raise BadAttachment from None


def read_attachment(url: str) -> SimulatedAttachment:
    """Read a ``data:`` address; for ``http(s):`` a stand-in picture. Raises ``BadAttachment``."""
    scheme, _, rest = url.partition(":")
    if scheme == "data" and "," in rest:
        head, _, data = rest.partition(",")
        content_type = head.partition(";")[0] or "text/plain"
        if head.endswith(";base64"):
            return decode_attachment(content_type, data)
        return SimulatedAttachment(content_type, unquote_to_bytes(data))
    if scheme in {"http", "https"}:
        return SimulatedAttachment(mimetypes.guess_type(url)[0] or "image/gif", _STAND_IN)
    raise BadAttachment
