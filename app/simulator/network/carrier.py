"""The network itself: everything the carrier and the phones hold, in memory."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from app.clock import Clock
from app.simulator.calls.incoming import VoiceNetwork
from app.simulator.network.faults import Faults
from app.simulator.network.handsets import Entry, Handset
from app.simulator.network.timers import Timers
from app.simulator.network.webhooks import WebhookClient
from app.simulator.resources.messages import (
    Json,
    Media,
    Number,
    SimulatedMessage,
    hotline_number,
    new_sid,
)
from app.simulator.texts import receiving
from app.simulator.values.addresses import caller
from app.simulator.values.config import SimulatorConfig
from app.simulator.values.keywords import opt_out_type
from app.simulator.values.segments import count_segments

_LOG_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """A text that left a phone. ``http_status`` is the service's last answer, if it was reached."""

    sid: str
    http_status: int | None


@dataclass(frozen=True, slots=True)
class SimulatedAttachment:
    """A picture or document somebody sends along."""

    content_type: str
    data: bytes


class SimulatedCarrier:
    """Phones, texts, calls and faults of one account; used from one event loop.

    ``async with`` or ``close`` ends its background work.
    """

    def __init__(self, config: SimulatorConfig, *, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.timers = Timers(clock)
        self.faults = Faults()
        self.webhooks = WebhookClient(config)
        self.messages: dict[str, SimulatedMessage] = {}
        self.media: dict[str, Media] = {}
        self.handsets: dict[str, Handset] = {}
        self.opted_out: set[str] = set()
        self.log: deque[Json] = deque(maxlen=_LOG_LENGTH)
        self.counts: Counter[str] = Counter()
        self.held: list[Callable[[], Coroutine[Any, Any, int | None]]] = []
        self.opened: datetime = clock()
        self._seq = itertools.count(1)
        self.voice = VoiceNetwork(self)
        self.number: Number = hotline_number(config, self.next_seq(), self.opened)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def text(
        self, from_: str, body: str, media: Sequence[SimulatedAttachment] = ()
    ) -> TextOutcome:
        """Text the hotline from a phone; returns when the webhook has been answered.

        ``from_`` may be anything a network shows: a number, a short code, ``anonymous``.
        """
        sender, now = caller(from_), self.clock()
        message = self._inbound(sender, body, media, now)
        self.handset(sender).show(message.sid, body, now, received=False)
        if self.faults.take("number-out-of-service", self.config.number):
            self.counts["lost"] += 1
            return TextOutcome(message.sid, None)
        self._keep(message, media)
        kind = opt_out_type(body)
        self._opt_out(sender, kind)
        delivery = self.timers.spawn(receiving.deliver(self, message, kind))
        return TextOutcome(message.sid, await asyncio.shield(delivery))

    def inbox(self, phone: str, after: str | None = None) -> list[Entry]:
        """Texts a phone received, oldest first; raises ``UnknownText`` for a foreign ``after``."""
        return self.handset(caller(phone)).inbox(after)

    def handset(self, number: str) -> Handset:
        """The phone with that number; made on first use."""
        if number not in self.handsets:
            self.handsets[number] = Handset(number)
        return self.handsets[number]

    def media_of(self, message: SimulatedMessage) -> list[Media]:
        """The pictures of a message that have not been deleted."""
        return [media for media in self.media.values() if media.parent_sid == message.sid]

    def next_seq(self) -> int:
        """The next number in the order of creation."""
        return next(self._seq)

    def debug(self, code: int, message: str, *, sid: str, url: str = "", http: int | None) -> None:
        """Write to the debugger log, where the carrier keeps what went wrong."""
        entry = {"at": self.clock().isoformat(), "code": code, "message": message}
        self.log.append({**entry, "resource_sid": sid, "url": url, "http_status": http})

    def snapshot(self) -> Json:
        """What the carrier still holds, and how its webhooks went."""
        return {
            "account_sid": self.config.account_sid,
            "number": self.number.to_json(),
            "messages": [message.to_json() for message in self.messages.values()],
            "media": [media.to_json() for media in self.media.values()],
            **self.voice.snapshot(),
            "opted_out": sorted(self.opted_out),
            "log": list(self.log),
            "webhooks": {
                "attempts": self.webhooks.attempts,
                "retried": self.webhooks.retried,
                **{name: self.counts[name] for name in receiving.COUNTED},
            },
        }

    async def settle(self) -> None:
        """Return when everything that is due on the clock has happened."""
        await self.timers.settle()

    async def close(self) -> None:
        """End background work and close the connections."""
        await self.timers.close()
        await self.webhooks.close()

    def _inbound(
        self, sender: str, body: str, media: Sequence[SimulatedAttachment], now: datetime
    ) -> SimulatedMessage:
        return SimulatedMessage(
            seq=self.next_seq(),
            sid=new_sid("MM" if media else "SM"),
            account_sid=self.config.account_sid,
            from_=sender,
            to=self.config.number,
            body=body,
            direction="inbound",
            status="received",
            created=now,
            updated=now,
            sent=now,
            num_segments=count_segments(body),
            num_media=len(media),
            messaging_service_sid=self.config.messaging_service_sid or None,
        )

    def _keep(self, message: SimulatedMessage, media: Sequence[SimulatedAttachment]) -> None:
        self.messages[message.sid] = message
        for item in media:
            kept = Media(
                seq=self.next_seq(),
                sid=new_sid("ME"),
                account_sid=message.account_sid,
                parent_sid=message.sid,
                content_type=item.content_type,
                data=item.data,
                created=message.created,
                public_name=secrets.token_hex(16),
            )
            self.media[kept.sid] = kept

    def _opt_out(self, sender: str, kind: str | None) -> None:
        if kind == "STOP":
            self.opted_out.add(sender)
        elif kind == "START":
            self.opted_out.discard(sender)
