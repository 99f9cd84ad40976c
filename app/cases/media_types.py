"""The types of files that a case may hold, told by their first bytes.

A stored type may have been written by somebody else, and a declared one is a claim: the bytes
alone decide how a file is served. Nothing that a browser runs (SVG, HTML) is among these types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# What a browser saves and never shows.
UNKNOWN_TYPE = "application/octet-stream"
_BEGINNINGS: Mapping[str, re.Pattern[bytes]] = {
    "audio/wav": re.compile(rb"RIFF....WAVE", re.DOTALL),
    "audio/mpeg": re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
    "audio/ogg": re.compile(rb"OggS"),
    "audio/mp4": re.compile(rb"....ftyp(M4|mp4|iso|3g|dash)", re.DOTALL),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "application/pdf": re.compile(rb"%PDF-"),
}
# What a colleague's computer can show without running anything of it.
ATTACHMENT_TYPES = tuple(_BEGINNINGS)


def find_media_type(content: bytes) -> str:
    """Return the type that the first bytes of a file tell; ``UNKNOWN_TYPE`` for any other."""
    known = (name for name, beginning in _BEGINNINGS.items() if beginning.match(content))
    return next(known, UNKNOWN_TYPE)
