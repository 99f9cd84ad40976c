"""The carrier's webhook signature over the bytes that came: one pass, constant time.

base64(HMAC-SHA1(auth token, URL + for each field sorted by name: name + value)), repeated values
once each. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

from base64 import b64encode
from hmac import compare_digest, digest
from itertools import chain
from urllib.parse import urlsplit

from app.telephony.forms import Pairs


def list_origins(url: str) -> tuple[str, str]:
    """Return ``url`` as it is and its twin with, or without, the port: the carrier signs either."""
    parts = urlsplit(url)
    if parts.port is None:
        port = 443 if parts.scheme == "https" else 80
        return url, parts._replace(netloc=f"{parts.netloc}:{port}").geturl()
    return url, parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()


def make_signature(token: bytes, url: str, pairs: Pairs) -> bytes:
    """Return the signature of a form.

    Sorting UTF-8 bytes sorts code points, so for well-formed text this equals what the carrier's
    library computes over text.
    """
    fields = b"".join(chain.from_iterable(sorted(set(pairs))))
    return b64encode(digest(token, url.encode(errors="replace") + fields, "sha1"))


def is_signed(token: bytes, urls: tuple[str, ...], pairs: Pairs, header: str) -> bool:
    """Whether ``header`` is the signature of this form for one of ``urls``."""
    given = header.encode(errors="replace")
    return any(compare_digest(make_signature(token, url, pairs), given) for url in urls)
