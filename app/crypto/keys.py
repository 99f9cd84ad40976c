"""Seeds and what is derived from them. Every derivation is labelled; nothing secret prints.

Each seed is 32 random bytes, so HKDF needs no salt: the label separates the uses.
"""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from typing import ClassVar, NoReturn, SupportsIndex

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEED_BYTES = 32
_MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = _MLKEM_PUBLIC_BYTES + 32


class Secret(bytes):
    """A key or an opened value: bytes that neither print nor pickle."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is never pickled")


def new_seed() -> Secret:
    """Return 32 fresh random bytes."""
    return Secret(os.urandom(SEED_BYTES))


def derive_key(seed: bytes, label: str, length: int = 32) -> Secret:
    """Return ``length`` bytes of HKDF-SHA256 over ``seed`` under ``label``."""
    kdf = HKDF(hashes.SHA256(), length, salt=None, info=b"kith/v1/" + label.encode())
    return Secret(kdf.derive(seed))


class KeyPair:
    """An X-Wing (ML-KEM-768 + X25519) pair, expanded from a 32-byte seed by SHAKE256.

    The expansion is the one of HPKE KEM 0x647a (MLKEM768-X25519): 64 bytes for ML-KEM, 32 for
    X25519. ``public`` is the raw concatenation, 1216 bytes.
    """

    def __init__(self, xwing_seed: bytes) -> None:
        if len(xwing_seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        digest = hashes.Hash(hashes.SHAKE256(96))
        digest.update(xwing_seed)
        expanded = digest.finalize()
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        curve = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        self.private = hpke.MLKEM768X25519PrivateKey(lattice, curve)
        self.public = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    def __repr__(self) -> str:
        return "KeyPair(…)"


@lru_cache(maxsize=256)  # seven kilobytes each
def parse_public(raw: bytes) -> hpke.MLKEM768X25519PublicKey:
    """Return the parsed public key; cached, since parsing costs a third of a sealing.

    Raises ValueError where the bytes are no such key. Only public halves are ever cached.
    """
    if len(raw) != PUBLIC_BYTES:
        raise ValueError("a public key has 1216 bytes")
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_BYTES:]),
    )


class _Seeded:
    """Something that follows from one seed."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        self.seed = Secret(seed)

    @cached_property
    def pair(self) -> KeyPair:
        """The X-Wing pair of this seed."""
        return KeyPair(self.seed)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class MemberKeys(_Seeded):
    """A person's keys: sealing pair, signing pair, key for the second factor's secret."""

    @cached_property
    def pair(self) -> KeyPair:
        """The X-Wing pair team seeds are sealed to."""
        return KeyPair(derive_key(self.seed, "member/kem"))

    @cached_property
    def _signing(self) -> ed25519.Ed25519PrivateKey:
        return ed25519.Ed25519PrivateKey.from_private_bytes(derive_key(self.seed, "member/sig"))

    @cached_property
    def verify_key(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""
        return self._signing.public_key().public_bytes_raw()

    def sign(self, document: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of ``document``."""
        return self._signing.sign(document)

    @cached_property
    def totp_key(self) -> Secret:
        """The key under which the second factor's secret lies."""
        return derive_key(self.seed, "member/totp")


class TeamKeys(_Seeded):
    """The desk's or the archive's keys for one epoch."""


class CaseKeys(_Seeded):
    """One case's keys for one epoch."""

    _kind: ClassVar[str] = "case"

    def field_key(self, table_column: str) -> Secret:
        """Return the symmetric key for one sealed column, named ``table.column``."""
        return derive_key(self.seed, f"{self._kind}/field/{table_column}")

    def file_key(self, attachment_id: str) -> Secret:
        """Return the symmetric key of one attachment."""
        return derive_key(self.seed, f"{self._kind}/file/{attachment_id}")


class BriefKeys(CaseKeys):
    """The keys of one brief: copies of the few fields that a request may show.

    Derived like a case's, from a seed of its own: a brief never opens its case.
    """

    _kind = "brief"


class OperationalKeys(_Seeded):
    """The keys with which the machine reads its rows, also while no member is signed in."""

    @cached_property
    def wrap_key(self) -> Secret:
        """The key that wraps row keys."""
        return derive_key(self.seed, "operational/wrap")


def verify_signature(verify_key: bytes, signature: bytes, document: bytes) -> bool:
    """Return whether ``signature`` over ``document`` was made by the holder of the key."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, document)
    except (InvalidSignature, ValueError):
        return False
    return True
