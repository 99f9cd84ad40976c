"""What calls need to know of this service: where it is, and what is said."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.crypto import Secret
from app.texts import Spoken


@dataclass(frozen=True)
class CallSettings:
    """The hotline as the carrier reaches it; ``url`` without a trailing slash."""

    url: str
    spoken: Spoken
    # PEM of the private half, where the account's recordings are encrypted.
    recording_key: Secret | None = field(default=None, repr=False)
