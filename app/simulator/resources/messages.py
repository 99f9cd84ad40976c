"""The carrier's resources with exactly the keys its API shows.

Source: Twilio's OpenAPI description 2010-04-01 for messages and media, its client library's
field lists for numbers and accounts.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from app.simulator.values.config import SimulatorConfig

VERSION = "2010-04-01"
FINAL = frozenset({"delivered", "undelivered", "received"})
Json = dict[str, Any]
_FAILURES = {30003: "Unreachable destination handset", 30005: "Unknown destination handset"}


def new_sid(prefix: str) -> str:
    """A fresh identifier: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def account_uri(account_sid: str) -> str:
    """The path all resources of the account are below."""
    return f"/{VERSION}/Accounts/{account_sid}"


def rfc2822(at: datetime | None) -> str | None:
    """Write an instant as the carrier's API does, to the second."""
    return format_datetime(at) if at else None


@dataclass(slots=True)
class SimulatedMessage:
    """A text the carrier holds, in either direction. ``seq`` counts up over all resources."""

    seq: int
    sid: str
    account_sid: str
    from_: str
    to: str
    body: str
    direction: str
    status: str
    created: datetime
    updated: datetime
    num_segments: int
    num_media: int = 0
    sent: datetime | None = None
    error_code: int | None = None
    messaging_service_sid: str | None = None
    status_callback: str | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it, so that it can be deleted."""
        return self.status in FINAL

    @property
    def phone(self) -> str:
        """The other side."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def path(self) -> str:
        """Its path at the API, without ``.json``."""
        return f"{account_uri(self.account_sid)}/Messages/{self.sid}"

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        return {
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created),
            "date_sent": rfc2822(self.sent),
            "date_updated": rfc2822(self.updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": _FAILURES.get(self.error_code or 0),
            "from": self.from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(self.num_media),
            "num_segments": str(self.num_segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": self.path + "/Media.json"},
            "to": self.to,
            "uri": self.path + ".json",
        }


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or document of a message; it outlives the message until deleted itself."""

    seq: int
    sid: str
    account_sid: str
    parent_sid: str
    content_type: str
    data: bytes = field(repr=False)
    created: datetime
    public_name: str
    """What its short-lived public address ends with."""

    @property
    def path(self) -> str:
        """Its path at the API; without ``.json`` the API leads to the bytes."""
        return f"{account_uri(self.account_sid)}/Messages/{self.parent_sid}/Media/{self.sid}"

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        return {
            "account_sid": self.account_sid,
            "content_type": self.content_type,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.created),
            "parent_sid": self.parent_sid,
            "sid": self.sid,
            "uri": self.path + ".json",
        }


@dataclass(slots=True)
class Number:
    """The hotline's number and where its webhooks go."""

    seq: int
    sid: str
    account_sid: str
    phone_number: str
    created: datetime
    updated: datetime
    friendly_name: str
    sms_url: str
    sms_fallback_url: str
    voice_url: str
    voice_fallback_url: str
    status_callback: str
    sms_method: str = "POST"
    sms_fallback_method: str = "POST"
    voice_method: str = "POST"
    voice_fallback_method: str = "POST"
    status_callback_method: str = "POST"

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        return {
            "account_sid": self.account_sid,
            "address_requirements": "none",
            "address_sid": None,
            "api_version": VERSION,
            "beta": False,
            "bundle_sid": None,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "emergency_address_sid": None,
            "emergency_address_status": "unregistered",
            "emergency_status": "Active",
            "friendly_name": self.friendly_name,
            "identity_sid": None,
            "origin": "twilio",
            "phone_number": self.phone_number,
            "sid": self.sid,
            "sms_application_sid": "",
            "sms_fallback_method": self.sms_fallback_method,
            "sms_fallback_url": self.sms_fallback_url,
            "sms_method": self.sms_method,
            "sms_url": self.sms_url,
            "status": "in-use",
            "status_callback": self.status_callback,
            "status_callback_method": self.status_callback_method,
            "trunk_sid": None,
            "type": "local",
            "uri": f"{account_uri(self.account_sid)}/IncomingPhoneNumbers/{self.sid}.json",
            "voice_application_sid": "",
            "voice_caller_id_lookup": False,
            "voice_fallback_method": self.voice_fallback_method,
            "voice_fallback_url": self.voice_fallback_url,
            "voice_method": self.voice_method,
            "voice_receive_mode": "voice",
            "voice_url": self.voice_url,
        }


def hotline_number(config: SimulatorConfig, seq: int, now: datetime) -> Number:
    """The account's number, with its webhooks set as an operator would."""
    fallback = config.webhook if config.fallback else lambda _path: ""
    return Number(
        seq=seq,
        sid=new_sid("PN"),
        account_sid=config.account_sid,
        phone_number=config.number,
        created=now,
        updated=now,
        friendly_name=config.number,
        sms_url=config.webhook("/twilio/messages"),
        sms_fallback_url=fallback("/twilio/fallback/messages"),
        voice_url=config.webhook("/twilio/voice"),
        voice_fallback_url=fallback("/twilio/fallback/voice"),
        status_callback=config.webhook("/twilio/voice/status"),
    )


def account(config: SimulatorConfig, created: datetime) -> Json:
    """The account as the API answers it, its token withheld."""
    uri = account_uri(config.account_sid)
    below = {"messages": "Messages", "incoming_phone_numbers": "IncomingPhoneNumbers"}
    return {
        "auth_token": "",
        "date_created": rfc2822(created),
        "date_updated": rfc2822(created),
        "friendly_name": "Simulated account",
        "owner_account_sid": config.account_sid,
        "sid": config.account_sid,
        "status": "active",
        "subresource_uris": {n: f"{uri}/{path}.json" for n, path in below.items()},
        "type": "Full",
        "uri": uri + ".json",
    }
