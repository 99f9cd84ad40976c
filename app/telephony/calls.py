"""Calls and recordings as the carrier tells of them: frozen, silent about people when printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.telephony.forms import read_count, read_sid, read_text
from app.telephony.messages import WITHHELD_SENDERS

# A call that has one of these is over.
# Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values
CALL_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_RECORDING_OVER = frozenset({"completed", "absent", "failed"})


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One phone to ring, always as the hotline's number.

    Both addresses are absolute. ``url`` answers what the person who picks up hears, and the
    carrier posts news of the call to ``status_callback``. It rings for ``ring_s`` seconds.
    """

    to: str = field(repr=False)
    url: str = field(repr=False)
    status_callback: str = field(repr=False)
    ring_s: int = 25


@dataclass(frozen=True, slots=True)
class InboundCall:
    """A call that reached the hotline. ``withheld``: there is no number to call back.

    ``digits``: what a member pressed who was asked whether they call for themselves; None before.
    """

    sid: str
    caller: str = field(repr=False)
    withheld: bool
    digits: str | None = field(default=None, repr=False)

    @property
    def number(self) -> str | None:
        """The caller's number; None where it is withheld."""
        return None if self.withheld else self.caller

    @classmethod
    def from_form(cls, fields: Mapping[str, object]) -> InboundCall:
        """Read a webhook's fields; no caller is ever refused. ValueError without a CallSid."""
        caller = read_text(fields, "From").strip()
        return cls(read_sid(fields, "CallSid"), caller, caller.lower() in WITHHELD_SENDERS)


@dataclass(frozen=True, slots=True)
class EncryptedWith:
    """How the carrier encrypted a recording: to which of our public keys, key and nonce."""

    public_key_sid: str
    encrypted_cek: str = field(repr=False)
    iv: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as the carrier has it; ``status`` is completed, absent, failed or in-progress."""

    sid: str
    call_sid: str
    status: str
    duration_s: int
    encryption: EncryptedWith | None = None

    @property
    def over(self) -> bool:
        """Whether the carrier will not change it any more."""
        return self.status in _RECORDING_OVER

    @classmethod
    def from_form(cls, fields: Mapping[str, object]) -> Recording:
        """Read a RecordingStatusCallback; ValueError where it names no recording or call."""
        return cls(
            read_sid(fields, "RecordingSid"),
            read_sid(fields, "CallSid"),
            read_text(fields, "RecordingStatus") or "completed",
            read_count(read_text(fields, "RecordingDuration")),
            read_encryption(read_text(fields, "EncryptionDetails")),
        )


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """A call to the hotline as the carrier's list has it."""

    sid: str
    from_: str = field(repr=False)
    status: str
    started_at: datetime | None


class Phones(Protocol):
    """The part of a carrier that rings phones. Blocks; raises a ``CarrierError``."""

    def ring(self, call: OutgoingCall) -> str:
        """Ring a phone; return the call's identifier. There is no way to ask twice safely."""
        ...

    def move(self, sid: str, url: str) -> None:
        """Let a running call go on at ``url``. Raises ``Refused`` for one that is over."""
        ...

    def hang_up(self, sid: str) -> None:
        """End a call, whether it rings or runs; fine if it is over."""
        ...

    def call_status(self, sid: str) -> str | None:
        """Return the carrier's word for where a call is; ``None`` for one it does not have."""
        ...

    def calls(self, *, since: datetime) -> list[CarrierCall]:
        """Return the calls that reached the hotline from ``since`` (aware) on."""
        ...

    def recordings(self, call_sid: str) -> list[Recording]:
        """Return the recordings of one call."""
        ...

    def fetch_recording(self, sid: str) -> Iterator[bytes]:
        """Yield a recording's bytes, piece by piece. Raises ``Gone`` where there is none (yet)."""
        ...

    def delete_recording(self, sid: str) -> None:
        """Remove a recording; fine if it is gone. Raises ``NotFinal`` too early."""
        ...

    def delete_call(self, sid: str) -> None:
        """Remove a call's record; fine if it is gone. Raises ``NotFinal`` too early."""
        ...

    def call_exists(self, sid: str) -> bool:
        """Whether the carrier still holds a call's record."""
        ...

    def recording_exists(self, sid: str) -> bool:
        """Whether the carrier still holds a recording."""
        ...


def read_encryption(text: str) -> EncryptedWith | None:
    """Read the carrier's EncryptionDetails; ValueError where they are no such thing."""
    if not text or text == "null":
        return None
    details = json.loads(text)
    return make_encryption(details if isinstance(details, dict) else {})


def make_encryption(details: Mapping[str, object]) -> EncryptedWith:
    """Make it of the carrier's own names, which differ between webhook and list. ValueError."""
    values = [
        details.get(name) or details.get(f"encryption_{name.removeprefix('encrypted_')}")
        for name in ("public_key_sid", "encrypted_cek", "iv")
    ]
    if not all(isinstance(value, str) and value for value in values):
        raise ValueError("EncryptionDetails lacks a part")
    return EncryptedWith(*(str(value) for value in values))
