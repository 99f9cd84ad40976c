"""The equipment of the simulated network: it knows no texts and no calls."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from typing import Self

from app.clock import Clock
from app.simulator.network.faults import Faults
from app.simulator.network.timers import Timers
from app.simulator.network.webhooks import WebhookClient
from app.simulator.resources.formats import Fields, Json
from app.simulator.values.config import SimulatorConfig

_LOG_LENGTH = 1000
COUNTED = ("delivered", "failed", "fallback", "lost", "duplicated", "delayed", "reordered")


class Exchange:
    """Clock, timers, faults, HTTP client, log and counts; used from one event loop.

    ``async with`` or ``close`` ends its background work.
    """

    def __init__(self, config: SimulatorConfig, *, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.timers = Timers(clock)
        self.faults = Faults()
        self.webhooks = WebhookClient(config)
        self.log: deque[Json] = deque(maxlen=_LOG_LENGTH)
        self.counts: Counter[str] = Counter()
        self._seq = itertools.count(1)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def next_seq(self) -> int:
        """The next number in the order of creation."""
        return next(self._seq)

    def debug(self, code: int, message: str, *, sid: str, url: str = "", http: int | None) -> None:
        """Write an error to the debugger log, as the carrier does."""
        entry = {"at": self.clock().isoformat(), "code": code, "message": message}
        self.log.append({**entry, "resource_sid": sid, "url": url, "http_status": http})

    async def post_callback(self, sid: str, url: str, fields: Fields, method: str = "POST") -> None:
        """Post news of a resource; they have no fallback, so a failure only goes to the log."""
        answer = await self.webhooks.post(url, fields, method=method)
        self.counts["failed" if answer.error else "delivered"] += 1
        if answer.error:
            what = "the service did not answer the status callback with success"
            self.debug(answer.error, what, sid=sid, url=url, http=answer.status)

    def webhook_counts(self) -> Json:
        """How the webhooks went."""
        counted = {name: self.counts[name] for name in COUNTED}
        return {"attempts": self.webhooks.attempts, "retried": self.webhooks.retried, **counted}

    async def settle(self) -> None:
        """Return when everything that is due on the clock has happened."""
        await self.timers.settle()

    async def close(self) -> None:
        """End background work and close the connections."""
        await self.timers.close()
        await self.webhooks.close()
