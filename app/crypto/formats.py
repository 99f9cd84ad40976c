"""The byte formats: blob header, context, padding.

A blob is ``0x4B | format 1 | suite u16 | purpose u8 | epoch u32 | body``. A context is what a
ciphertext is bound to: moved to another row, column, case, epoch, version or deployment it does
not open.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from uuid import UUID

from app.crypto.keys import Secret

MAGIC = 0x4B
FORMAT = 1
HEADER = struct.Struct(">BBHBI")
LABEL = b"kith/v1/context"


class SealBroken(Exception):
    """The ciphertext is damaged, was moved, or belongs to another key."""


class Suite(IntEnum):
    """How the body is made."""

    HPKE = 0x0002
    COBBLESTONE = 0x0101


class Purpose(IntEnum):
    """The use of a blob. The header names it, and so does every context."""

    GRANT = 1
    TEAM_WRAP = 2
    BRIEF_WRAP = 3
    MESSAGE = 4
    NOTE = 5
    FIELD = 6
    ATTACHMENT = 7
    MEMBER_SEED = 8
    RECOVERY_SEED = 9
    TOTP = 10
    ROW_KEY = 11
    ROW_VALUES = 12
    FORGETTING = 13
    SESSION = 14
    OPERATIONAL_SEED = 15
    BACKUP_KEY = 16
    BACKUP = 17
    EXPORT = 18


@dataclass(frozen=True, slots=True)
class Context:
    """Where a ciphertext lives.

    ``table`` and ``column`` are frozen strings, never derived from a class name; ids are assigned
    before sealing. ``version`` is the sealed field's own version (0 where it has none). ``epoch``
    is the epoch of what is sealed (a case's, say); the header holds that of the key it lies under.
    ``parents`` are what the row hangs on, in the fixed order of its table.
    """

    deployment: UUID
    table: str
    column: str
    row: UUID
    version: int = 0
    case: UUID | None = None
    epoch: int = 0
    parents: tuple[UUID | str | int | None, ...] = ()

    def encode(self, header: bytes) -> bytes:
        """Return the unambiguous byte string for HPKE ``info`` or Cobblestone ``context``."""
        place = _place(self.deployment, self.table, self.column)
        case = _NO_CASE if self.case is None else _ID + self.case.bytes
        version, epoch = self.version.to_bytes(4, "big"), self.epoch.to_bytes(4, "big")
        row = _ID + self.row.bytes
        head = _length(header) + header
        fixed = (LABEL, head, place, row, _NUMBER, version, case, _NUMBER, epoch)
        return b"".join((*fixed, *map(_encode_parent, self.parents)))


_NUMBER = (4).to_bytes(2, "big")
_ID = (16).to_bytes(2, "big")
_NO_CASE = (0).to_bytes(2, "big")


def _encode_parent(parent: UUID | str | int | None) -> bytes:
    if isinstance(parent, UUID):
        return _ID + parent.bytes
    if isinstance(parent, int):
        return _NUMBER + parent.to_bytes(4, "big")
    part = b"" if parent is None else parent.encode()
    return _length(part) + part


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big")


@lru_cache(maxsize=256)
def _place(deployment: UUID, table: str, column: str) -> bytes:
    """Return the part of a context that all rows of one column share; nothing of it is secret."""
    parts = (deployment.bytes, table.encode(), column.encode())
    return b"".join(_length(part) + part for part in parts)


def make_header(suite: Suite, purpose: Purpose, epoch: int) -> bytes:
    """Return the nine header bytes."""
    return HEADER.pack(MAGIC, FORMAT, suite, purpose, epoch)


def read_body(blob: bytes, expected: bytes) -> memoryview:
    """Return what follows the header, which must be exactly ``expected``; else SealBroken."""
    if blob[: HEADER.size] != expected:
        raise SealBroken
    return memoryview(blob)[HEADER.size :]  # an attachment's 16 MB are not copied


def read_epoch(blob: bytes) -> int:
    """Return the epoch a blob's header names; SealBroken where the header is not one of ours."""
    return _parse(blob)[2]


def read_suite(blob: bytes) -> Suite:
    """Return the suite a blob's header names, for columns that may hold either; SealBroken."""
    return _parse(blob)[0]


def purpose_of(blob: bytes) -> Purpose:
    """Return the purpose a blob's header names; SealBroken where the header is not one of ours."""
    return _parse(blob)[1]


def _parse(blob: bytes) -> tuple[Suite, Purpose, int]:
    try:
        magic, form, suite, purpose, epoch = HEADER.unpack_from(blob)
        suite, purpose = Suite(suite), Purpose(purpose)
    except (struct.error, ValueError) as error:
        raise SealBroken from error
    if (magic, form) != (MAGIC, FORMAT):
        raise SealBroken
    return suite, purpose, epoch


def pad_message(data: bytes) -> bytes:
    """Pad a message or note to 1024 bytes, larger ones to a multiple of 4096."""
    size = len(data) + 4
    return _pad(data, 1024 if size <= 1024 else -(-size // 4096) * 4096)


def pad_field(data: bytes) -> bytes:
    """Pad any other value to 256, 1024, 4096, 16384 … bytes."""
    size, bucket = len(data) + 4, 256
    while bucket < size:
        bucket *= 4
    return _pad(data, bucket)


def _pad(data: bytes, size: int) -> bytes:
    return (len(data).to_bytes(4, "big") + data).ljust(size, b"\0")


def unpad(padded: bytes) -> Secret:
    """Undo either padding; SealBroken where the length or the filling is impossible."""
    length = int.from_bytes(padded[:4], "big")
    data, filling = padded[4 : 4 + length], padded[4 + length :]
    if len(padded) < 4 or len(data) != length or filling.strip(b"\0"):
        raise SealBroken
    return Secret(data)
