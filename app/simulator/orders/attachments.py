"""Reading what a scripted phone sends along with a text."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from urllib.parse import unquote_to_bytes

from app.simulator.network.carrier import SimulatedAttachment

# The smallest GIF there is: a stand-in for pictures named by address, which nobody fetches.
_STAND_IN = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")


class BadAttachment(ValueError):
    """The picture is neither base64 with a content type, nor a data: or http(s) address."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def from_base64(content_type: str, data: str) -> SimulatedAttachment:
    """Decode a picture; raises ``BadAttachment``."""
    try:
        return SimulatedAttachment(content_type, base64.b64decode(data, validate=True))
    except binascii.Error:
        raise BadAttachment from None


def from_url(url: str) -> SimulatedAttachment:
    """Read a ``data:`` address; for ``http(s):`` a stand-in picture. Raises ``BadAttachment``."""
    scheme, _, rest = url.partition(":")
    if scheme == "data" and "," in rest:
        head, _, data = rest.partition(",")
        content_type = head.partition(";")[0] or "text/plain"
        if head.endswith(";base64"):
            return from_base64(content_type, data)
        return SimulatedAttachment(content_type, unquote_to_bytes(data))
    if scheme in {"http", "https"}:
        return SimulatedAttachment(mimetypes.guess_type(url)[0] or "image/gif", _STAND_IN)
    raise BadAttachment
