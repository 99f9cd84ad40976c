"""The account and the hotline's number, with exactly the keys that the carrier's API shows.

Source: the field lists of Twilio's client library.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.simulator.resources.formats import VERSION, Json, account_uri, new_sid, rfc2822
from app.simulator.values.config import SimulatorConfig


@dataclass(slots=True)
class HotlineNumber:
    """The hotline's number and the addresses of its webhooks."""

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


def make_hotline_number(config: SimulatorConfig, seq: int, now: datetime) -> HotlineNumber:
    """The account's number, its webhooks set as an operator would set them."""
    fallback = config.webhook if config.fallback else lambda _path: ""
    return HotlineNumber(
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


def describe_account(config: SimulatorConfig, created: datetime) -> Json:
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
