"""Texts to the carrier and from it: frozen, and silent about people when printed.

Every ``repr`` leaves out numbers, bodies and addresses, because reprs end up in logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.telephony.forms import read_count, read_sid, read_text
from app.telephony.statuses import MessageStatus, translate_status

Channel = Literal["sms", "whatsapp"]
Direction = Literal["inbound", "outbound"]

# The carrier writes these in place of a withheld number: words, and those words typed on a phone
# keypad with a plus sign (ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, +1, UNAVAILABLE).
# Source: https://help.twilio.com/articles/223179988
WITHHELD_SENDERS = frozenset({
    "", "anonymous", "restricted", "unknown", "unavailable", "blocked",
    "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253",
})  # fmt: skip

_WHATSAPP = "whatsapp:"
_LONGEST_NAME = 100
_MEDIA_LIMIT = 10  # the carrier's own limit for one message


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text to send from the hotline's number; ``to`` is E.164 or ``whatsapp:`` + E.164.

    ``template`` is the carrier's id of an approved template, whose first variable the body is.
    """

    to: str = field(repr=False)
    body: str = field(repr=False)
    status_callback: str | None = field(default=None, repr=False)
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the text over, under ``sid``; it may still fail to deliver it."""

    sid: str
    status: MessageStatus


@dataclass(frozen=True, slots=True)
class CarrierMessage:
    """A message as the carrier still holds it.

    ``status`` is the carrier's own word, ``created_at`` aware or ``None`` where it gave none that
    can be read.
    """

    sid: str
    to: str = field(repr=False)
    from_: str = field(repr=False)
    body: str = field(repr=False)
    status: str
    direction: Direction
    created_at: datetime | None
    error_code: int | None
    num_media: int


@dataclass(frozen=True, slots=True)
class NumberWebhooks:
    """Where the carrier sends what reaches the hotline's number; empty text where unset."""

    sms_url: str
    sms_method: str
    sms_fallback_url: str
    voice_url: str
    voice_method: str
    voice_fallback_url: str
    status_callback: str
    sms_fallback_method: str = "POST"
    voice_fallback_method: str = "POST"


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text that reached the hotline, as its webhook told it.

    ``sender`` and ``recipient`` come without channel prefix. ``withheld`` means that there is no
    number to answer. ``media`` is a tuple of ``(url, content type)`` at the carrier.
    ``opt_out_type`` is ``STOP``, ``START``, ``HELP`` or ``None``: what the carrier took the text
    for, and did. ``at`` is when it reached the carrier, where that was not just now.
    ``profile_name`` is what the sender calls themself on WhatsApp.
    """

    sid: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    media: tuple[tuple[str, str], ...] = field(repr=False)
    opt_out_type: str | None
    channel: Channel
    withheld: bool
    at: datetime | None = None
    profile_name: str | None = field(default=None, repr=False)

    @property
    def number(self) -> str | None:
        """The sender's number; None where it is withheld."""
        return None if self.withheld else self.sender

    @classmethod
    def from_form(cls, fields: Mapping[str, object]) -> InboundText:
        """Read a webhook's fields; unknown ones are ignored and no sender is ever refused.

        Raises ``ValueError`` where MessageSid is missing or no identifier.
        """
        sender, channel = split_address(read_text(fields, "From"))
        return cls(
            sid=read_sid(fields, "MessageSid"),
            sender=sender,
            recipient=split_address(read_text(fields, "To"))[0],
            body=read_text(fields, "Body"),
            media=_media(fields),
            opt_out_type=read_text(fields, "OptOutType").strip().upper() or None,
            channel=channel,
            withheld=sender.lower() in WITHHELD_SENDERS,
            profile_name=read_text(fields, "ProfileName").strip()[:_LONGEST_NAME] or None,
        )


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """The news of a status callback about one message that we sent.

    ``status`` is ``None`` for a word we do not know yet: nothing to do, but no error either.
    ``to`` is the number that the text was for, empty where the callback does not say.
    """

    sid: str
    status: MessageStatus | None
    error_code: int | None
    to: str = field(default="", repr=False)

    @classmethod
    def from_form(cls, fields: Mapping[str, object]) -> DeliveryStatus:
        """Read a callback's fields; raises ``ValueError`` where MessageSid is missing."""
        word = read_text(fields, "MessageStatus") or read_text(fields, "SmsStatus")
        code = read_count(read_text(fields, "ErrorCode"))
        return cls(
            sid=read_sid(fields, "MessageSid"),
            status=translate_status(word),
            error_code=code or None,
            to=split_address(read_text(fields, "To"))[0],
        )


def split_address(value: str) -> tuple[str, Channel]:
    """Split an address of the carrier into number and channel."""
    address = value.strip()
    if address.lower().startswith(_WHATSAPP):
        return address[len(_WHATSAPP) :], "whatsapp"
    return address, "sms"


def make_address(number: str, channel: Channel) -> str:
    """Return the carrier's address of a phone on a channel."""
    return _WHATSAPP + number if channel == "whatsapp" else number


def _media(fields: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    count = min(read_count(read_text(fields, "NumMedia")), _MEDIA_LIMIT)
    return tuple(
        (url, read_text(fields, f"MediaContentType{index}") or "application/octet-stream")
        for index in range(count)
        if (url := read_text(fields, f"MediaUrl{index}"))
    )
