"""Texts and their pictures, with exactly the keys that the carrier's API shows.

Source: Twilio's OpenAPI description 2010-04-01.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.simulator.resources.formats import VERSION, Json, account_uri, rfc2822

FINAL = frozenset({"delivered", "undelivered", "received"})
_FAILURES = {
    21610: "Attempt to send to unsubscribed recipient",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    63016: "Failed to send freeform message because you are outside the allowed window",
}


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
        """Whether its status changes no more, so that the API may delete it."""
        return self.status in FINAL

    @property
    def phone(self) -> str:
        """The number on the other side."""
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
    """The last part of its short-lived public address."""

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
