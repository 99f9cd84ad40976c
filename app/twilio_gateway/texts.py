"""Texts and their pictures, and where the number points."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.telephony import (
    Accepted,
    CarrierMessage,
    CarrierUnreachable,
    Channel,
    Direction,
    NumberWebhooks,
    OutgoingText,
    make_address,
    split_address,
    translate_status,
)
from app.twilio_gateway.client import TwilioRequests, code_of

_PAGE_SIZE = 100
_CHANNELS: tuple[Channel, ...] = ("sms", "whatsapp")


class TwilioTexts(TwilioRequests):
    """The methods of ``Carrier`` that are about texts."""

    def send(self, text: OutgoingText) -> Accepted:
        """See ``Carrier.send``."""
        message = self._ask(
            lambda client: client.messages.create(
                to=text.to,
                **self._find_sender(text.to),
                **_find_content(text),
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
        so only inbound lists are cut there, outbound ones here. It cannot filter by messaging
        service: with one, the account's whole list is gone through, and what is not ours left out.
        """
        start = since.astimezone(UTC).replace(microsecond=0)
        for filters in self._find_filters(direction, start, to):
            yield from self._list_messages(direction, start, filters)

    def _find_filters(
        self, direction: Direction, start: datetime, to: str | None
    ) -> list[dict[str, object]]:
        """Return what to ask the carrier's list for, one request after the other."""
        common: dict[str, object] = {}
        if direction == "inbound":
            common["date_sent_after"] = start - timedelta(seconds=1)
        if to is not None:
            common["to"] = to
        if self._service:
            return [common]
        if to is not None:
            return [{**common, "from_": _like(to, self._number)}]
        ours = "to" if direction == "inbound" else "from_"
        return [{**common, ours: make_address(self._number, one)} for one in _CHANNELS]

    def _list_messages(
        self, direction: Direction, start: datetime, filters: dict[str, object]
    ) -> Iterator[CarrierMessage]:
        found = self._ask(lambda client: client.messages.stream(**filters, page_size=_PAGE_SIZE))
        while (record := self._ask(lambda _: next(found, None))) is not None:
            message = _message(record)
            if message.direction != direction or (message.created_at or start) < start:
                continue
            if not self._service or self._is_ours(record, message):
                yield message

    def _is_ours(self, record: Any, message: CarrierMessage) -> bool:
        """Return whether a message is the messaging service's, or our number's without it."""
        ours = message.to if message.direction == "inbound" else message.from_
        if record.messaging_service_sid:
            return str(record.messaging_service_sid) == self._service
        return split_address(ours)[0] == self._number

    def _find_sender(self, to: str) -> dict[str, str]:
        if self._service:
            return {"messaging_service_sid": self._service}
        return {"from_": _like(to, self._number)}

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
    return make_address(number, split_address(to)[1])


def _find_content(text: OutgoingText) -> dict[str, str]:
    """Return the words, or the template that they fill: WhatsApp lets no line break into a gap."""
    if text.template is None:
        return {"body": text.body}
    variables = {"1": " ".join(text.body.split())}
    return {"content_sid": text.template, "content_variables": json.dumps(variables)}


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
