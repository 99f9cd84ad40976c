"""The archive file: a key sealed to the backup key, then one encrypted stream of JSON lines.

``"kith archive 1" newline | deployment id 16 | archive id 16 | length u16 | sealed key | body``

The lines of the body, in this order:

* ``{"made_at", "deployment", "operational_public", "revision", "release"}``
* ``{"integrity", "audit", "anchor", "backup_public", "shred": {day: key}}``
* for each table ``{"table", "columns": [[name, kind]…]}``, its rows as arrays, ``{"rows": count}``
* ``{"tables", "rows"}`` of all together

so that an archive is read without knowing which database it came from, or which release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from app.crypto import (
    Context,
    KeyPair,
    LockedStream,
    Purpose,
    SealBroken,
    Secret,
    new_seed,
    open_sealed,
    seal_to,
    unlock_stream,
)
from app.errors import OperatorError
from app.vault import WrongBackupKey

_MAGIC = b"kith archive 1\n"
_PIECE = 1 << 16


class NotAnArchive(OperatorError):
    """This file is no archive that Kith made."""


class ArchiveDamaged(OperatorError):
    """This archive is damaged or was cut short. Use another one."""


@dataclass(frozen=True)
class ArchivePreface:
    """The part before the encrypted body: two random ids, and the key, sealed to the backup key."""

    deployment: UUID
    archive: UUID
    sealed_key: bytes

    def context(self, column: str) -> Context:
        """Return where the key or the body of this archive was sealed."""
        return Context(self.deployment, "archives", column, self.archive)


class ArchiveWriter:
    """An archive being written: records go in, ``close`` makes it whole."""

    def __init__(self, sink: BinaryIO, deployment: UUID, backup_public: bytes) -> None:
        self.key = new_seed()
        place = ArchivePreface(deployment, uuid4(), b"")
        sealed = seal_to(backup_public, Purpose.BACKUP_KEY, 0, place.context("key"), self.key)
        ids = place.deployment.bytes + place.archive.bytes
        sink.write(_MAGIC + ids + len(sealed).to_bytes(2, "big") + sealed)
        self._stream = LockedStream(sink, self.key, Purpose.BACKUP, 0, place.context("body"))
        self._waiting = bytearray()
        self._hash = sha256()

    def add(self, record: Any) -> None:
        """Write one record."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._hash.update(line)
        self._waiting += line
        if len(self._waiting) >= _PIECE:
            self._flush()

    def close(self) -> str:
        """End the body; return the SHA-256 of its plaintext, in hex."""
        self._flush()
        self._stream.close()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        self._stream.write(bytes(self._waiting))
        self._waiting.clear()


def read_preface(source: BinaryIO) -> ArchivePreface:
    """Read what stands before the body. NotAnArchive, ArchiveDamaged."""
    if source.read(len(_MAGIC)) != _MAGIC:
        raise NotAnArchive
    ids, length = source.read(32), source.read(2)
    if len(ids) != 32 or len(length) != 2:
        raise ArchiveDamaged
    sealed = source.read(int.from_bytes(length, "big"))
    return ArchivePreface(UUID(bytes=ids[:16]), UUID(bytes=ids[16:]), sealed)


def open_archive_key(preface: ArchivePreface, pair: KeyPair) -> Secret:
    """Open an archive's key with the pair of the backup key. WrongBackupKey."""
    try:
        return open_sealed(pair, Purpose.BACKUP_KEY, 0, preface.context("key"), preface.sealed_key)
    except SealBroken as error:
        raise WrongBackupKey from error


def read_archive_lines(source: BinaryIO, preface: ArchivePreface, key: bytes) -> Iterator[bytes]:
    """Yield the lines of the body. ArchiveDamaged, at the end at the latest."""
    rest = b""
    try:
        for piece in unlock_stream(source, key, Purpose.BACKUP, 0, preface.context("body")):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
    except SealBroken as error:
        raise ArchiveDamaged from error
    if rest:
        raise ArchiveDamaged


def read_archive_records(source: BinaryIO, preface: ArchivePreface, key: bytes) -> Iterator[Any]:
    """Yield the records of the body. ArchiveDamaged, at the end at the latest."""
    for line in read_archive_lines(source, preface, key):
        yield json.loads(line)
