"""Texts and their pictures, and where the number points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.telephony import (
    Accepted,
    CarrierMessage,
    CarrierUnreachable,
    Direction,
    NumberWebhooks,
    OutgoingText,
    translate_status,
)
from app.twilio_gateway.client import TwilioRequests, code_of

_PAGE_SIZE = 100


class TwilioTexts(TwilioRequests):
    """The methods of ``Carrier`` that are about texts."""

    def send(self, text: OutgoingText) -> Accepted:
        """See ``Carrier.send``."""
        message = self._ask(
            lambda client: client.messages.create(
                to=text.to,
                from_=_like(text.to, self._number),
                body=text.body,
                **({"status_callback": text.status_callback} if text.status_callback else {}),
            )
        )
        if not message.sid:
            raise CarrierUnreachable(maybe_sent=True)
        return Accepted(sid=message.sid, status=translate_status(str(message.status)) or "sending")

    def recent(
        self, direction: Direction, *, since: datetime, to: str | None = None
    ) -> Iterator[CarrierMessage]:
        """See ``Carrier.recent``.

        The carrier filters by the time of sending, which a text still in its queue does not have;
        so only inbound lists are cut there, outbound ones here.
        """
        start = since.astimezone(UTC).replace(microsecond=0)
        filters: dict[str, object] = {"from_": self._number}
        if direction == "inbound":
            filters = {"to": self._number, "date_sent_after": start - timedelta(seconds=1)}
        elif to is not None:
            filters = {"to": to, "from_": _like(to, self._number)}
        found = self._ask(lambda client: client.messages.stream(**filters, page_size=_PAGE_SIZE))
        while (record := self._ask(lambda _: next(found, None))) is not None:
            message = _message(record)
            if message.direction == direction and (message.created_at or start) >= start:
                yield message

    def media(self, sid: str) -> tuple[tuple[str, str], ...]:
        """See ``Carrier.media``."""
        listed = self._unless_gone(lambda client: client.messages(sid).media.list()) or []
        return tuple(
            (self._api_url + item.uri.removesuffix(".json"), item.content_type) for item in listed
        )

    def delete_media(self, sid: str) -> None:
        """See ``Carrier.delete_media``."""
        for item in self._unless_gone(lambda client: client.messages(sid).media.list()) or []:
            self._delete_medium(sid, item.sid)

    def _delete_medium(self, sid: str, media_sid: str) -> None:
        self._unless_gone(lambda client: client.messages(sid).media(media_sid).delete())

    def delete_message(self, sid: str) -> None:
        """See ``Carrier.delete_message``."""
        self._unless_gone(lambda client: client.messages(sid).delete())

    def exists(self, sid: str) -> bool:
        """See ``Carrier.exists``."""
        return self._unless_gone(lambda client: client.messages(sid).fetch()) is not None

    def webhooks(self) -> NumberWebhooks | None:
        """See ``Carrier.webhooks``."""
        owned = self._ask(
            lambda client: client.incoming_phone_numbers.list(phone_number=self._number)
        )
        for number in owned:
            if number.phone_number == self._number:
                return NumberWebhooks(
                    **{name: getattr(number, name) or "" for name in NumberWebhooks.__slots__}
                )
        return None


def _like(to: str, number: str) -> str:
    """Return our number on the channel that ``to`` is on."""
    return f"whatsapp:{number}" if to.startswith("whatsapp:") else number


def _message(record: Any) -> CarrierMessage:  # the library has no types
    created = record.date_created or record.date_sent
    return CarrierMessage(
        sid=record.sid,
        to=record.to or "",
        from_=record.from_ or "",
        body=record.body or "",
        status=str(record.status or ""),
        direction="inbound" if record.direction == "inbound" else "outbound",
        created_at=created if isinstance(created, datetime) else None,
        error_code=code_of(record.error_code),
        num_media=int(media) if (media := str(record.num_media)).isdigit() else 0,
    )
