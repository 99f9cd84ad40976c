"""The news about one resource, in order unless a fault says otherwise."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from urllib.parse import urlsplit

from app.simulator.network.exchange import Exchange
from app.simulator.resources.formats import Fields, rfc2822


class CallbackQueue:
    """The callbacks about one text, call or conference, posted one after the other.

    ``name`` is what faults match: the phone's number, or the sid of a conference.
    """

    def __init__(self, exchange: Exchange, sid: str, name: str, *, numbered: bool = True) -> None:
        self._exchange = exchange
        self._sid = sid
        self._name = name
        self._numbers = itertools.count() if numbered else None
        self._last: asyncio.Task[None] | None = None
        self._held: list[partial[asyncio.Task[None]]] = []

    def send(self, url: str, fields: Fields, label: str, *, method: str = "POST") -> None:
        """Post in the background, unless a fault loses, delays, repeats or holds the callback."""
        if self._numbers:
            number = ("SequenceNumber", str(next(self._numbers)))
            now = ("Timestamp", rfc2822(self._exchange.clock()) or "")
            fields = [*fields, number, now]
        labels = self._name, f"POST {urlsplit(url).path}", label
        take, counts = self._exchange.faults.take, self._exchange.counts
        if take("status-lost", *labels):
            counts["lost"] += 1
        elif take("status-reorder", *labels):
            counts["reordered"] += 1
            self._held.append(partial(self._queue, url, fields, method))
        elif fault := take("status-delay", *labels):
            counts["delayed"] += 1
            post = partial(self._exchange.post_callback, self._sid, url, fields, method)
            self._exchange.timers.later(fault.delay, post)
        else:
            self._queue(url, fields, method)
            if take("status-duplicate", *labels):
                counts["duplicated"] += 1
                self._queue(url, fields, method)
            self.release()

    async def sent(self) -> None:
        """Return when the queue is empty; a callback that a fault delays is not in it."""
        while self._last and not self._last.done():
            await asyncio.wait([self._last])

    def release(self) -> None:
        """Post the callbacks that were held back to come out of order."""
        while self._held:
            self._held.pop()()

    def _queue(self, url: str, fields: Fields, method: str) -> asyncio.Task[None]:
        post = self._post_after(self._last, url, fields, method)
        self._last = self._exchange.timers.spawn(post)
        return self._last

    async def _post_after(
        self, before: asyncio.Task[None] | None, url: str, fields: Fields, method: str
    ) -> None:
        if before:
            await asyncio.wait([before])
        await self._exchange.post_callback(self._sid, url, fields, method)
