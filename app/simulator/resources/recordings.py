"""Recordings, with exactly the keys that the carrier's API shows."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from app.crypto import encrypt_recording
from app.simulator.resources.formats import VERSION, Json, account_uri, rfc2822
from app.simulator.values import sound

FINAL = frozenset({"completed", "absent", "failed"})


@dataclass(frozen=True, slots=True)
class RecordingKey:
    """The public key with which the carrier encrypts the account's recordings."""

    sid: str
    pem: str


@dataclass(frozen=True, slots=True)
class SealedSound:
    """An encrypted recording: its bytes, and in base64 what opens them."""

    key_sid: str
    cek: str
    iv: str
    data: bytes = field(repr=False)

    def for_webhook(self) -> str:
        """As the carrier writes it into a webhook."""
        details = {"public_key_sid": self.key_sid, "encrypted_cek": self.cek, "iv": self.iv}
        return json.dumps({"type": "rsa-aes", **details})

    def for_api(self) -> Json:
        """As the carrier's API shows it."""
        return {
            "encryption_public_key_sid": self.key_sid,
            "encryption_cek": self.cek,
            "encryption_iv": self.iv,
        }


@dataclass(eq=False)
class SimulatedRecording:
    """The caller's words after the tone; the sound is made at the first request for it."""

    seq: int
    sid: str
    account_sid: str
    call_sid: str
    created: datetime
    updated: datetime
    status: str = "in-progress"
    seconds: int = 0
    error_code: int | None = None
    source: str = "RecordVerb"
    key: RecordingKey | None = None

    @property
    def final(self) -> bool:
        """Whether it has ended, so that the API may delete it."""
        return self.status in FINAL

    @property
    def path(self) -> str:
        """Its path at the API: the sound; with ``.json`` the resource."""
        return f"{account_uri(self.account_sid)}/Recordings/{self.sid}"

    @cached_property
    def sealed(self) -> SealedSound | None:
        """The recording encrypted, if the account has a key."""
        if not self.key:
            return None
        made = encrypt_recording(self.key.pem, sound.make_wav(self.seconds))
        cek = base64.b64encode(made.wrapped_key).decode()
        return SealedSound(self.key.sid, cek, base64.b64encode(made.iv).decode(), made.ciphertext)

    def media(self, extension: str) -> tuple[bytes, str]:
        """The sound and its type; inside an encrypted recording is a WAV file."""
        if self.sealed:
            return self.sealed.data, "audio/x-wav"
        if extension == "mp3":
            return sound.make_mp3(self.seconds), "audio/mpeg"
        return sound.make_wav(self.seconds), "audio/x-wav"

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        names = {"add_on_results": "AddOnResults", "transcriptions": "Transcriptions"}
        return {
            **self._common(),
            "price": None,
            "price_unit": "USD",
            "media_url": f"https://api.twilio.com{self.path}",
            "subresource_uris": {n: f"{self.path}/{path}.json" for n, path in names.items()},
            "uri": self.path + ".json",
        }

    def to_call_json(self) -> Json:
        """The resource as the API answers it below its call."""
        uri = f"{account_uri(self.account_sid)}/Calls/{self.call_sid}/Recordings/{self.sid}.json"
        return {**self._common(), "price": None, "price_unit": "USD", "track": "both", "uri": uri}

    def _common(self) -> Json:
        return {
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "call_sid": self.call_sid,
            "channels": 1,
            "conference_sid": None,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "duration": str(self.seconds) if self.status == "completed" else None,
            "encryption_details": self.sealed.for_api() if self.final and self.sealed else None,
            "error_code": self.error_code,
            "sid": self.sid,
            "source": self.source,
            "start_time": rfc2822(self.created),
            "status": self.status if self.status != "failed" else "absent",
        }
