"""Recordings as the carrier encrypts them for an account that gave it a public key.

Source: https://www.twilio.com/docs/voice/tutorials/voice-recording-encryption: a key of 32 bytes
for each recording, wrapped with RSA-OAEP (SHA-256); the audio under AES-256-GCM, its tag appended,
nothing else authenticated. Only the simulated carrier makes them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY, _IV = 32, 12


@dataclass(frozen=True, slots=True)
class CarrierRecording:
    """An encrypted recording and what is needed, besides the private key, to open it."""

    wrapped_key: bytes
    iv: bytes
    ciphertext: bytes = field(repr=False)


def encrypt_recording(public_key_pem: str, audio: bytes) -> CarrierRecording:
    """Encrypt ``audio`` for the holder of the private key; ValueError for what is no RSA key."""
    public_key = serialization.load_pem_public_key(public_key_pem.encode())
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise ValueError("recordings are encrypted for RSA keys only")  # noqa: TRY004  # of the argument it is the value
    key, iv = secrets.token_bytes(_KEY), secrets.token_bytes(_IV)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = public_key.encrypt(key, oaep)
    return CarrierRecording(wrapped, iv, AESGCM(key).encrypt(iv, audio, None))
