"""A call while it lasts, and its memory, which outlives the carrier's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.simulator.network.callbacks import CallbackQueue
from app.simulator.network.exchange import Exchange
from app.simulator.network.timers import Mailbox
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import Json, rfc3339
from app.simulator.resources.forms import call_status_fields
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.values.events import CallOver, Diversion, Diverted, Ended, Event
from app.simulator.values.targets import NO_CALLBACK, CallbackTarget, DocumentSource

_MOST_AT_ONCE = 100
EventT = TypeVar("EventT", bound=Event)


@dataclass(eq=False, slots=True)
class Line:
    """One call in progress. Its own task executes documents; others put events for it."""

    exchange: Exchange
    call: SimulatedCall
    callback: CallbackTarget = NO_CALLBACK
    fallback: DocumentSource | None = None
    phone: str = ""
    parent: Line | None = None
    callbacks: CallbackQueue = field(init=False)
    executed: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    answered: int = 0
    """The number of executed verbs when the phone last pressed a key or spoke."""
    automatic: str = ""
    """Keys that this phone presses by itself at the first question."""
    reading_s: int = 0
    """Seconds more for keys and speech: the users of the page read what others hear."""
    waiting: str = "network"
    """What the call waits for; empty when it is over."""
    legs: list[Line] = field(default_factory=list)
    other_side: Line | None = None
    recording: SimulatedRecording | None = None
    on_end: list[Callable[[], object]] = field(default_factory=list)
    _mailbox: Mailbox[Event] = field(init=False)
    _fetched: tuple[datetime | None, int] = (None, 0)
    _over: bool = False
    _resting: bool = False
    _watching: list[asyncio.Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._mailbox = Mailbox(self.exchange.timers)
        self.callbacks = CallbackQueue(self.exchange, self.call.sid, self.call.phone)
        self.phone = self.phone or self.call.phone

    # -- for others

    @property
    def at_rest(self) -> bool:
        """Whether it waits for an event or for time to pass, with nothing left to do."""
        return self._over or (self._resting and self._mailbox.empty)

    def tell(self, event: Event) -> None:
        """Put an event for the call, if it lasts."""
        if not self._over:
            self._mailbox.put(event)

    async def settled(self) -> None:
        """Return when the call is at rest, and its news have been posted."""
        while not self.at_rest:
            watching = asyncio.get_running_loop().create_future()
            self._watching.append(watching)
            await watching
        await self.callbacks.sent()

    def divert(self, source: DocumentSource) -> None:
        """Lead the call to another document."""
        self.answered = len(self.executed)
        self.tell(Diversion(source))

    def end(self, status: str = "completed", *, sip_code: str = "") -> None:
        """End the call and the legs that it dialled, and report the end; once."""
        if self.call.final:
            return
        self.call.status, self.call.ended, self.call.updated = status, self._now(), self._now()
        for leg in self.legs:
            leg.end("completed" if leg.call.started else "canceled")
        self.report("completed", *([("SipResponseCode", sip_code)] if sip_code else []))
        self.detach()
        self.tell(Ended())

    async def stop(self) -> None:
        """End the call because its time is up."""
        self.end()

    def detach(self) -> None:
        """Disconnect the call from others, and tell them."""
        telling, self.on_end, self.other_side = self.on_end, [], None
        for tell in telling:
            tell()

    # -- for its own task

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the call in a task of its own."""
        self.exchange.timers.spawn(self._run(work))

    async def expect(
        self, *kinds: type[EventT], seconds: float | None = None, waiting: str
    ) -> EventT | None:
        """Wait for one of ``kinds``, ignoring others; None after ``seconds`` on the clock.

        Raises ``CallOver`` and ``Diverted``.
        """
        deadline = None if seconds is None else self._now() + timedelta(seconds=seconds)
        self.waiting = waiting
        while True:
            left = None if deadline is None else (deadline - self._now()).total_seconds()
            if self._mailbox.empty:
                self._rest()
            event = await self._mailbox.get(left)
            self._resting = False
            self._interrupt(event)
            if event is None or isinstance(event, kinds):
                self.waiting = "network"
                return event

    async def flush(self) -> None:
        """Forget keys that came when no verb listened. Raises as ``expect`` does."""
        while not self._mailbox.empty:
            self._interrupt(await self._mailbox.get())

    def ring(self) -> None:
        """Let the phone ring."""
        self.call.status, self.call.updated = "ringing", self._now()
        self.report("ringing")

    def answer(self) -> None:
        """Pick the call up, if it is not yet."""
        if self.call.started is None and not self.call.final:
            self.call.started = self.call.updated = self._now()
            self.call.status = "in-progress"
            self.report("answered")

    def count_document(self) -> bool:
        """Count a document; whether there were too many at one instant, as in a circle."""
        at, number = self._fetched
        self._fetched = self._now(), number + 1 if at == self._now() else 1
        return self._fetched[1] > _MOST_AT_ONCE

    def report(self, event: str, *more: tuple[str, str]) -> None:
        """Post a status callback, if the service asked for this event."""
        if self.callback.wants(event):
            status = "initiated" if event == "initiated" else self.call.status
            fields = [*call_status_fields(self.call, status), *more]
            self.callbacks.send(self.callback.url, fields, status, method=self.callback.method)

    def note(self, verb: str, text: str = "", **more: object) -> None:
        """Remember an executed verb."""
        self.executed.append({"verb": verb, "text": text, "at": rfc3339(self._now()), **more})

    def debug(self, code: int, message: str, url: str, http: int | None = None) -> None:
        """Write an error about this call to the debugger log."""
        self.exchange.debug(code, message, sid=self.call.sid, url=url, http=http)

    def _now(self) -> datetime:
        return self.exchange.clock()

    def _interrupt(self, event: Event | None) -> None:
        if isinstance(event, Ended) or self.call.final:
            raise CallOver
        if isinstance(event, Diversion):
            raise Diverted(event.source)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work of this call to its end; when the network closes, no news go out."""
        try:
            with contextlib.suppress(CallOver):
                await work
        except Exception:
            self._finish()
            raise
        self._finish()

    def _finish(self) -> None:
        self.end()
        self.callbacks.release()
        self.waiting, self._over = "", True
        self._rest()

    def _rest(self) -> None:
        self._resting = True
        for watching in self._watching:
            if not watching.done():
                watching.set_result(None)
        self._watching.clear()
