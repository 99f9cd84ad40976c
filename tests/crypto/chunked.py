"""C2SP chunked encryption, written from its specification and apart from the product.

``pyca`` calls it Cobblestone and uses SHA-512; the published vectors use SHA-256: hence the hash
is a parameter. See https://c2sp.org/chunked-encryption.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

CHUNK, TAG, SALT, COMMITMENT = 16384, 16, 24, 32


class Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: None) -> bytes: ...


AEADS: dict[str, tuple[int, Callable[[bytes], Aead]]] = {
    "AEAD_AES_128_GCM": (16, AESGCM),
    "AEAD_AES_256_GCM": (32, AESGCM),
    "AEAD_CHACHA20_POLY1305": (32, ChaCha20Poly1305),
}


class NotOpened(Exception):
    """The ciphertext is not what this key and context make."""


@dataclass(frozen=True)
class Derived:
    key: bytes
    base_nonce: bytes
    commitment: bytes


def derive(digest: str, aead: str, key: bytes, salt: bytes, context: bytes) -> Derived:
    length = AEADS[aead][0]
    info = b"c2sp.org/chunked-encryption@v1+" + aead.encode() + b"\0" + salt + context
    output = _hkdf_expand(digest, key, info, length + 12 + COMMITMENT)
    return Derived(output[:length], output[length : length + 12], output[length + 12 :])


def seal(
    digest: str, aead: str, key: bytes, salt: bytes, context: bytes, plaintext: bytes
) -> bytes:
    derived = derive(digest, aead, key, salt, context)
    cipher = AEADS[aead][1](derived.key)
    chunks = [
        cipher.encrypt(_nonce(derived, index), plaintext[index * CHUNK :][:CHUNK], None)
        for index in range(len(plaintext) // CHUNK + 1)
    ]
    return salt + derived.commitment + b"".join(chunks)


def unseal(digest: str, aead: str, key: bytes, context: bytes, sealed: bytes) -> bytes:
    if len(key) != AEADS[aead][0] or len(sealed) < SALT + COMMITMENT:
        raise NotOpened
    derived = derive(digest, aead, key, sealed[:SALT], context)
    if sealed[SALT:][:COMMITMENT] != derived.commitment:
        raise NotOpened
    cipher = AEADS[aead][1](derived.key)
    try:
        return b"".join(
            cipher.decrypt(_nonce(derived, index), chunk, None)
            for index, chunk in enumerate(_chunks(sealed[SALT + COMMITMENT :]))
        )
    except InvalidTag as error:
        raise NotOpened from error


def _chunks(body: bytes) -> Iterator[bytes]:
    """Full chunks, then one that is always shorter; a body that ends full is cut off."""
    while len(body) >= CHUNK + TAG:
        yield body[: CHUNK + TAG]
        body = body[CHUNK + TAG :]
    if len(body) < TAG:
        raise NotOpened
    yield body


def _nonce(derived: Derived, index: int) -> bytes:
    return (int.from_bytes(derived.base_nonce, "big") ^ index).to_bytes(12, "big")


def _hkdf_expand(digest: str, key: bytes, info: bytes, length: int) -> bytes:
    output, block = b"", b""
    for counter in range(1, 256):
        block = hmac.digest(key, block + info + bytes([counter]), digest)
        output += block
        if len(output) >= length:
            break
    return output[:length]
