"""The carrier as the rest of the service sees it: a protocol, frozen messages, named errors.

Nothing here knows which carrier it is; ``twilio_gateway`` holds the one that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from app.telephony.calls import (
    Phones,
)
from app.telephony.messages import (
    Accepted,
    CarrierMessage,
    Direction,
    NumberWebhooks,
    OutgoingText,
)


class Carrier(Phones, Protocol):
    """A phone network that takes texts over, rings phones and can be asked what it still holds.

    Every method blocks, may be called from many threads at once, and raises a ``CarrierError``.
    """

    def send(self, text: OutgoingText) -> Accepted:
        """Hand one text over.

        There is no way to ask twice safely: on ``CarrierUnreachable(maybe_sent=True)`` look it up
        with ``recent`` before another try.
        """
        ...

    def recent(
        self, direction: Direction, *, since: datetime, to: str | None = None
    ) -> Iterator[CarrierMessage]:
        """Yield what the carrier holds from ``since`` (aware) on, in no particular order.

        Inbound: texts to the hotline's number. Outbound: texts from it, only those to ``to``
        where given. Pages are fetched while iterating.
        """
        ...

    def media(self, sid: str) -> tuple[tuple[str, str], ...]:
        """Return address and content type of each picture of message ``sid``, as webhooks do."""
        ...

    def fetch_media(self, url: str) -> Iterator[bytes]:
        """Yield the bytes behind an address of ``media``.

        Nothing is fetched from a host that is not the carrier's, wherever its answers lead.
        """
        ...

    def delete_media(self, sid: str) -> None:
        """Remove the pictures of message ``sid``; fine if there are none, or none any more."""
        ...

    def delete_message(self, sid: str) -> None:
        """Remove the carrier's copy; fine if it is gone already. Raises ``NotFinal`` too early."""
        ...

    def exists(self, sid: str) -> bool:
        """Whether the carrier still holds message ``sid``."""
        ...

    def webhooks(self) -> NumberWebhooks | None:
        """Where the hotline's number points; ``None`` if the account does not own the number."""
        ...

    def clock(self) -> datetime | None:
        """The carrier's clock in its last answer to this thread; makes no request."""
        ...
