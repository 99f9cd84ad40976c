"""A call, with exactly the keys that the carrier's API shows.

Source: Twilio's OpenAPI description 2010-04-01.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.simulator.resources.formats import VERSION, Json, account_uri, rfc2822

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_BELOW = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}


def format_number(number: str) -> str:
    """Write a North American number as the carrier does for people; leave others as they are."""
    parts = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return "({}) {}-{}".format(*parts.groups()) if parts else number


@dataclass(slots=True)
class SimulatedCall:
    """One leg between the network and a phone. ``seq`` counts up over all resources."""

    seq: int
    sid: str
    account_sid: str
    from_: str
    to: str
    direction: str
    status: str
    created: datetime
    updated: datetime
    phone_number_sid: str | None
    parent_sid: str | None = None
    dialled: datetime | None = None
    started: datetime | None = None
    """The instant it was picked up; the API's ``start_time`` is ``dialled``."""
    ended: datetime | None = None
    answered_by: str | None = None
    forwarded_from: str | None = None

    @property
    def final(self) -> bool:
        """Whether it is over, so that the API may delete it."""
        return self.status in FINAL

    @property
    def inbound(self) -> bool:
        """Whether it is a call to the hotline."""
        return self.direction == "inbound"

    @property
    def phone(self) -> str:
        """The number on the other side."""
        return self.from_ if self.inbound else self.to

    @property
    def seconds(self) -> int | None:
        """Its length; None while it lasts, or when the other side did not answer."""
        if self.started is None or self.ended is None:
            return None
        return int((self.ended - self.started).total_seconds())

    @property
    def path(self) -> str:
        """Its path at the API, without ``.json``."""
        return f"{account_uri(self.account_sid)}/Calls/{self.sid}"

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        return {
            "account_sid": self.account_sid,
            "answered_by": self.answered_by,
            "api_version": VERSION,
            "caller_name": None,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "direction": self.direction,
            "duration": None if self.seconds is None else str(self.seconds),
            "end_time": rfc2822(self.ended),
            "forwarded_from": self.forwarded_from,
            "from": self.from_,
            "from_formatted": format_number(self.from_),
            "group_sid": None,
            "parent_call_sid": self.parent_sid,
            "phone_number_sid": self.phone_number_sid,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "start_time": rfc2822(self.dialled),
            "status": self.status,
            "subresource_uris": {n: f"{self.path}/{path}.json" for n, path in _BELOW.items()},
            "to": self.to,
            "to_formatted": format_number(self.to),
            "trunk_sid": None,
            "uri": self.path + ".json",
        }
