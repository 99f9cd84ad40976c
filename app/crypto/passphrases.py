"""From what a person knows to a key: passphrase, recovery code, one-time code, session token."""

from __future__ import annotations

import base64
import secrets
import unicodedata
from typing import NamedTuple

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.crypto.keys import Secret, derive_key

SALT_BYTES = 16
MIN_PASSPHRASE = 12
# Argon2id 64 MiB, t=3, p=1: the second recommended option of RFC 9106 with one lane.
_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 1


def derive_passphrase_key(passphrase: str, salt: bytes) -> Secret:
    """Return the key-encryption key of a passphrase: about 0.15 s and 64 MiB.

    The text is normalised first: the same words give the same key.
    """
    words = normalise_passphrase(passphrase)
    kdf = Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return Secret(kdf.derive(_bytes(words)))


def normalise_passphrase(passphrase: str) -> str:
    """Return a passphrase as it counts: NFKC, no space at its ends, one between its words.

    So another keyboard, or a space typed too much, does not keep its owner out.
    """
    return " ".join(unicodedata.normalize("NFKC", passphrase).split())


def new_salt() -> bytes:
    """Return a random salt for ``derive_passphrase_key``."""
    return secrets.token_bytes(SALT_BYTES)


def new_recovery_code() -> str:
    """Return 256 random bits in groups of four base-32 letters, to be printed once."""
    letters = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def derive_recovery_key(code: str) -> Secret:
    """Return the key-encryption key of a recovery code, however it was spaced or cased."""
    return derive_key(read_letters(code), "recovery")


def new_invitation_code() -> str:
    """Return a one-time code of 128 random bits, safe to read aloud in groups."""
    letters = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
    return "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))


def hash_invitation(code: str) -> bytes:
    """Return what the database keeps of an invitation code, however it was spaced or cased.

    The code is random and long: a hash is enough, no salt and no slow function.
    """
    return bytes(derive_key(read_letters(code), "invitation"))


class TokenKeys(NamedTuple):
    """Two keys derived from a session token: one finds the session, one opens its seed."""

    lookup: bytes
    key: Secret


def new_token() -> str:
    """Return a session token of 256 random bits; only the client keeps it."""
    return secrets.token_urlsafe(32)


def derive_token_keys(token: str) -> TokenKeys:
    """Return lookup and key of a token (any text; a wrong one is simply not found)."""
    raw = _bytes(token)
    return TokenKeys(bytes(derive_key(raw, "session/id")), derive_key(raw, "session/key"))


def read_letters(code: str) -> bytes:
    """Return a printed code without its spacing, dashes and case."""
    return _bytes("".join(ch for ch in unicodedata.normalize("NFKC", code).upper() if ch.isalnum()))


def _bytes(text: str) -> bytes:
    """Encode any text: a terminal may hand over half characters, and no error may show them."""
    return text.encode("utf-8", "surrogatepass")
