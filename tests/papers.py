"""What a person reads on a PDF of ours: the text of its pages, as its own fonts map it."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?m)^(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_pages(pdf: bytes) -> str:
    """Return the text of a paper, a line for each piece that was printed."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    letters = {
        name: _read_letters(objects, int(number))
        for body in objects.values()
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body)
    }
    lines, font = [], b""
    for body in objects.values():
        for name, shown in _SHOWN.findall(_inflate(body)):
            if name:
                font = name
                continue
            codes = re.sub(rb"(?s)\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), shown)
            places = zip(codes[::2], codes[1::2], strict=True)
            lines.append("".join(letters[font][256 * high + low] for high, low in places))
    return "\n".join(lines)


def _inflate(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]


def _read_letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """Return the letter of each code of a font, by the table that lets text be copied."""
    named = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert named is not None
    table = _inflate(objects[int(named[1])])
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>", table)
    return {int(code, 16): chr(int(letter, 16)) for code, letter in pairs}
