"""The server's own keys in use: what it can wrap, look up and read without any person.

The operational half may be absent (``sealed``): then rows are still written, their row keys
sealed to the public half, and nothing operational is read.
"""

from __future__ import annotations

from uuid import UUID

from app.crypto import KeyFiles, OperationalKeys, SealBroken, Secret, is_same, keyed_hash
from app.errors import Sealed
from app.keyring.hashes import hash_number, hash_reference
from app.keyring.held import HeldKeys
from app.keyring.rows import RowKeys


class Keyring(RowKeys):
    """The keys of one deployment, as one running process holds them.

    Raises SealBroken for an operational key of another deployment.
    """

    def __init__(
        self,
        files: KeyFiles,
        deployment: UUID,
        operational_public: bytes,
        operational: OperationalKeys | None = None,
    ) -> None:
        self.held = HeldKeys(files, deployment, operational_public, files.integrity, files.audit)
        if operational is not None:
            self.unseal(operational)

    def number_lookup(self, number: str) -> bytes:
        """Return the blind index of an E.164 number (or a short code). Sealed without the key."""
        return hash_number(self.index_key, number)

    def reference_lookup(self, reference: str) -> bytes:
        """Return the blind index of a case's code name."""
        return hash_reference(self.index_key, reference)

    @property
    def index_key(self) -> Secret:
        """The key of the blind index. Sealed without it."""
        if self.held_index_key is None:
            raise Sealed
        return self.held_index_key[1]

    def sid_lookup(self, sid: str) -> bytes:
        """Return the keyed hash of a carrier SID; known also while sealed."""
        return keyed_hash(self.integrity, "sid", sid.encode())

    def public_key_mac(self, table: str, row: UUID, epoch: int, public: bytes) -> bytes:
        """Return the MAC that keeps a public key from being swapped in the database."""
        where = self.context(table, "public", row, epoch=epoch).encode(b"")
        return keyed_hash(self.integrity, "public", where + public)

    def check_public_key(
        self, table: str, row: UUID, epoch: int, public: bytes, mac: bytes
    ) -> None:
        """Raise SealBroken unless ``mac`` was made by this deployment for this key and place."""
        if not is_same(self.public_key_mac(table, row, epoch, public), mac):
            raise SealBroken
