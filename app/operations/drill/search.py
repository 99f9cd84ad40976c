"""Looking for words in raw bytes, in every form that software leaves them in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# A phone number as people and programs write it; in random bytes once in many terabytes.
_E164 = rb"\+[1-9][0-9]{7,14}(?![0-9])"
_NUMBER = re.compile(_E164)
_BLOCK, _OVERLAP = 8 << 20, 16 << 10
_WIDE_NUMBER = re.compile(rb"\+\x00[1-9]\x00(?:[0-9]\x00){7,14}")


@dataclass(frozen=True)
class SearchHit:
    """Something was found: which needle (its label, never its text), where, and in which form."""

    label: str
    where: str
    form: str


def list_forms(value: str) -> dict[str, list[bytes]]:
    """Return the byte strings under which ``value`` could lie somewhere, by the form's name."""
    plain = value.encode()
    escaped = json.dumps(value)[1:-1].encode()
    in_hex = plain.hex().encode()
    return {
        "plain": [plain],
        "utf-16": [value.encode("utf-16-le"), value.encode("utf-16-be")],
        "base64": [*_base64_forms(plain)],
        "hex": [in_hex, in_hex.upper()],
        "json": [escaped] if escaped != plain else [],
    }


def _base64_forms(plain: bytes) -> Iterator[bytes]:
    """Yield the letters that do not depend on what stands before or after, at each alignment."""
    for before in range(3):
        letters = base64.b64encode(b"\0" * before + plain)
        first = -(-before * 8 // 6)
        last = (before + len(plain)) * 8 // 6
        yield from {letters[first:last], letters[first:last].translate(_URL_SAFE)}


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def search_sources(
    sources: Iterable[tuple[str, bytes]], needles: Mapping[str, str]
) -> Iterator[SearchHit]:
    """Yield where the ``needles`` (text by label) occur in the sources (bytes by name)."""
    patterns = [
        (label, form, pattern)
        for label, text in needles.items()
        for form, variants in list_forms(text).items()
        for pattern in variants
    ]
    for where, content in sources:
        for label, form, pattern in patterns:
            if content.find(pattern) != -1:
                yield SearchHit(label, where, form)


def find_phone_numbers(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield what looks like a phone number in raw bytes, with its form."""
    for match in _NUMBER.finditer(content):
        yield match.group().decode(), "plain"
    for match in _WIDE_NUMBER.finditer(content):
        yield match.group().replace(b"\0", b"").decode(), "utf-16"


def list_files_below(*folders: Path, leaving_out: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield the files below ``folders``, but those in or under ``leaving_out``."""
    out = [path.resolve() for path in leaving_out]
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file() and not any(path.resolve().is_relative_to(one) for one in out):
                yield path


def read_blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's content in blocks that overlap, so that nothing hides across their edges."""
    with path.open("rb") as file:
        tail = b""
        while block := file.read(_BLOCK):
            yield tail + block
            tail = block[-_OVERLAP:]
