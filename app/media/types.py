"""The types of files that Kith knows, told by their first bytes.

A stored type may have been written by somebody else, and a declared one is a claim: the bytes
alone decide how a file is read and served. Nothing that a browser runs (SVG, HTML) is among these
types.
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
# What may come in besides, and is kept as one of the types above.
_OTHER_BEGINNINGS: Mapping[str, re.Pattern[bytes]] = {
    "audio/amr": re.compile(rb"#!AMR(-WB)?\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


def find_media_type(content: bytes) -> str:
    """Return the type as which a kept file is served; ``UNKNOWN_TYPE`` for any other."""
    return _match(content, _BEGINNINGS)


def find_incoming_type(content: bytes) -> str:
    """Return the type of a file that comes in; ``UNKNOWN_TYPE`` for what Kith does not take."""
    return _match(content, {**_BEGINNINGS, **_OTHER_BEGINNINGS})


def _match(content: bytes, beginnings: Mapping[str, re.Pattern[bytes]]) -> str:
    known = (name for name, beginning in beginnings.items() if beginning.match(content))
    return next(known, UNKNOWN_TYPE)
