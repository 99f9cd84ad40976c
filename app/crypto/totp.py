"""The second factor: RFC 6238, six digits, 30 seconds, SHA-1, as authenticator apps expect."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from app.crypto.keys import Secret

STEP_SECONDS = 30
# One step early or late: phones drift, people type slowly.
_WINDOW = (0, -1, 1)


def new_totp_secret() -> Secret:
    """Return a random 160-bit secret."""
    return Secret(secrets.token_bytes(20))


def encode_base32(secret: bytes) -> str:
    """Return the secret as apps take it by hand."""
    return base64.b32encode(secret).decode()


def make_totp_uri(secret: bytes, handle: str) -> str:
    """Return the ``otpauth://`` URI for an authenticator app, with a neutral issuer."""
    totp = TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303  # the algorithm apps implement
    return totp.get_provisioning_uri(handle, "Notes")


def make_totp_code(secret: bytes, now: datetime) -> str:
    """Return the code an app shows at ``now``."""
    return _code(secret, int(now.timestamp()) // STEP_SECONDS)


def find_accepted_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the time step that ``code`` belongs to, or None.

    A step at or before ``last_step`` is refused, so that a code works once.
    """
    given = "".join(code.split()).encode(errors="replace")
    current = int(now.timestamp()) // STEP_SECONDS
    for drift in _WINDOW:
        step = current + drift
        if bytes_eq(given, _code(secret, step).encode()) and step > last_step:
            return step
    return None


def _code(secret: bytes, step: int) -> str:
    return HOTP(secret, 6, SHA1()).generate(step).decode()  # noqa: S303  # as above
