"""HPKE base mode with X-Wing and AES-256-GCM, opened apart from the product's library.

Written from RFC 9180 (key schedule) and draft-connolly-cfrg-xwing-kem (KEM 0x647a), so that what
lies in the database can still be read when this library no longer exists.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LATTICE = 1088
ENCAPSULATION = _LATTICE + 32
_SUITE = b"HPKE" + bytes.fromhex("647a 0001 0002")


def public_key(seed: bytes) -> bytes:
    lattice, curve = _expand(seed)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def shared_secret(seed: bytes, encapsulation: bytes) -> bytes:
    lattice, curve = _expand(seed)
    sent = encapsulation[_LATTICE:]
    return hashlib.sha3_256(
        lattice.decapsulate(encapsulation[:_LATTICE])
        + curve.exchange(X25519PublicKey.from_public_bytes(sent))
        + sent
        + curve.public_key().public_bytes_raw()
        + rb"\.//^"
        + b"\\"
    ).digest()


def unseal(seed: bytes, info: bytes, body: bytes) -> bytes:
    secret = shared_secret(seed, body[:ENCAPSULATION])
    schedule = b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    main = _extract(secret, b"secret", b"")
    key = _expand_label(main, b"key", schedule, 32)
    nonce = _expand_label(main, b"base_nonce", schedule, 12)
    return AESGCM(key).decrypt(nonce, body[ENCAPSULATION:], b"")


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def _extract(salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + _SUITE + label + material, "sha256")


def _expand_label(secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """One block of HKDF-Expand is enough for both lengths."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + _SUITE + label + info
    return hmac.digest(secret, labelled + b"\1", "sha256")[:length]
