"""Recordings that the carrier encrypts for an account which gave it a public key.

A key of 32 bytes for each recording, wrapped with RSA-OAEP (SHA-256); the audio under AES-256-GCM,
its tag appended, nothing else authenticated.
Source: https://www.twilio.com/docs/voice/tutorials/voice-recording-encryption
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.crypto.formats import SealBroken
from app.crypto.keys import Secret

_TAG = 16


def open_recording(
    private_key: bytes, encrypted_cek: str, iv: str, pieces: Iterable[bytes]
) -> Iterator[Secret]:
    """Yield a recording's audio piece by piece; SealBroken where anything differs.

    Only the end of the iteration tells that it is what the carrier encrypted: what is done with
    the pieces has to be undone where SealBroken is raised. ``private_key`` is PEM.
    """
    try:
        key = serialization.load_pem_private_key(private_key, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise SealBroken
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        content_key = key.decrypt(b64decode(encrypted_cek, validate=True), oaep)
        nonce = b64decode(iv, validate=True)
        decryptor = Cipher(algorithms.AES256(content_key), modes.GCM(nonce)).decryptor()
    except (ValueError, TypeError, binascii.Error) as error:
        raise SealBroken from error
    held = b""
    for piece in pieces:
        held += piece
        yield Secret(decryptor.update(held[:-_TAG]))
        held = held[-_TAG:]
    try:
        yield Secret(decryptor.finalize_with_tag(held))
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
