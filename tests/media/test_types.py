"""The first bytes of a file tell its type."""

from __future__ import annotations

import pytest

from app.media.types import UNKNOWN_TYPE, find_media_type
from app.simulator.values.sound import make_mp3, make_wav

KNOWN = {
    b"\xff\xd8\xff\xe0": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-1.7": "application/pdf",
    b"OggS\0": "audio/ogg",
    b"\0\0\0\x1cftypM4A ": "audio/mp4",
    b"ID3\4": "audio/mpeg",
    make_wav(1): "audio/wav",
    make_mp3(1): "audio/mpeg",
}
UNSAFE = (
    b"",
    b"<html>",
    b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<svg onload='alert(1)'/>",
    b" %PDF-1.7",
    b"RIFF\0\0\0\0WEBP",
    b"GIF89a",
    "\N{BYTE ORDER MARK}<script>".encode(),
    b"\xff\xfe<\0s\0",  # UTF-16; begins like a frame of sound
    b"\xfe\xff\0<\0s",
)


@pytest.mark.parametrize(("content", "kind"), KNOWN.items(), ids=KNOWN.values())
def test_what_is_shown(content: bytes, kind: str) -> None:
    assert find_media_type(content) == kind


@pytest.mark.parametrize("content", UNSAFE)
def test_everything_else_is_bytes(content: bytes) -> None:
    assert find_media_type(content) == UNKNOWN_TYPE
