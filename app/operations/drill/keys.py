"""Finding keys as an adversary does: raw files, and keys written out as text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.crypto import Secret, derive_recovery_key
from app.operations.drill.search import list_files_below

# Databases are searched cell by cell; no key file and no note with a key in it is this large.
_LARGEST = 1_000_000
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43}=?(?![A-Za-z0-9+/=_-])")
# 52 base-32 letters, in groups as they are printed or in one piece.
_PRINTED = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{4}(?:[- ]?[A-Z2-7]{4}){12}(?![A-Z2-7])")

_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class FoundKey:
    """Thirty-two bytes that may be a key, and where they were."""

    where: str
    secret: Secret = field(repr=False)


def find_keys_in_folder(folder: Path, leaving_out: Iterable[Path] = ()) -> Iterator[FoundKey]:
    """Yield the keys in the files below ``folder``, but those in or under ``leaving_out``."""
    for path in list_files_below(folder, leaving_out=leaving_out):
        try:
            if path.stat().st_size <= _LARGEST:
                yield from find_keys_in_bytes(str(path.relative_to(folder)), path.read_bytes())
        except FileNotFoundError:
            continue  # a running server replaced it just now


def find_keys_in_environment(environment: Mapping[str, str]) -> Iterator[FoundKey]:
    """Yield the keys that are written out in Kith's own variables."""
    for name, value in environment.items():
        if name.startswith("KITH_"):
            yield from _keys_in_text(name, value)


def find_keys_in_bytes(where: str, content: bytes) -> Iterator[FoundKey]:
    """Yield what may be a key in a file's content."""
    if len(content) == 32:
        yield FoundKey(where, Secret(content))
        return
    yield from _keys_in_text(where, content.decode("utf-8", errors="ignore"))


def _keys_in_text(where: str, text: str) -> Iterator[FoundKey]:
    for found in _HEX.findall(text):
        yield FoundKey(where, Secret(bytes.fromhex(found)))
    for found in _BASE64.findall(text):
        raw = _from_base64(found)
        if raw is not None:
            yield FoundKey(where, raw)
    for found in _PRINTED.findall(text):
        letters = re.sub("[- ]", "", found)
        yield FoundKey(where, Secret(base64.b32decode(letters + "====")))
        yield FoundKey(where, derive_recovery_key(found))


def _from_base64(text: str) -> Secret | None:
    try:
        raw = base64.b64decode(text.rstrip("=").translate(_STANDARD) + "=")
    except binascii.Error:
        return None
    return Secret(raw) if len(raw) == 32 else None
