"""Encrypting and opening what is too large for memory: the body of a backup archive.

The bytes are those that ``lock`` would make: one header, then one Cobblestone stream with
a random salt of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from app.crypto.formats import HEADER, Context, Purpose, SealBroken, Suite, make_header, read_body
from app.crypto.keys import Secret

_PIECE = 1 << 18


class LockedStream:
    """Encrypts what is written to it, in order, into ``sink``; nothing is whole before ``close``.

    ``key`` has 32 bytes and is used for this stream alone.
    """

    def __init__(
        self, sink: BinaryIO, key: bytes, purpose: Purpose, epoch: int, context: Context
    ) -> None:
        head = make_header(Suite.COBBLESTONE, purpose, epoch)
        self._sink = sink
        self._encryptor = Cobblestone256Encryptor(key, context.encode(head))
        sink.write(head)

    def write(self, plaintext: bytes) -> None:
        """Encrypt the next bytes."""
        self._sink.write(self._encryptor.update(plaintext))

    def close(self) -> None:
        """Write the last chunk, which is what tells that nothing is missing."""
        self._sink.write(self._encryptor.finalize())


def unlock_stream(
    source: BinaryIO, key: bytes, purpose: Purpose, epoch: int, context: Context
) -> Iterator[Secret]:
    """Yield the plaintext of a locked stream piece by piece; SealBroken where anything differs.

    Each piece is authentic, but only the end of the iteration tells that none is missing: what is
    done with the pieces has to be undone where SealBroken is raised.
    """
    head = make_header(Suite.COBBLESTONE, purpose, epoch)
    read_body(source.read(HEADER.size), head)
    decryptor = Cobblestone256Decryptor(key, context.encode(head))
    try:
        while piece := source.read(_PIECE):
            yield Secret(decryptor.update(piece))
        yield Secret(decryptor.finalize())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
