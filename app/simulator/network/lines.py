"""A call while it lasts, and what is remembered of it when the carrier has forgotten it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.simulator.network import callbacks
from app.simulator.network.timers import Mailbox
from app.simulator.network.webhooks import Fields
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.messages import Json
from app.simulator.values.events import (
    CallOver,
    Diversion,
    Diverted,
    Ended,
    Event,
    Key,
    PickedUp,
    Source,
    Speech,
)

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier
    from app.simulator.network.conferences import Participant
    from app.simulator.resources.recordings import SimulatedRecording


_MOST_AT_ONCE = 100
EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class Callback:
    """Where news of a call go, and which."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


NOWHERE = Callback()


@dataclass(eq=False, slots=True)
class Line:
    """One call in progress. Its own task executes documents; others put events for it."""

    carrier: SimulatedCarrier
    call: SimulatedCall
    callback: Callback = NOWHERE
    fallback: Source | None = None
    phone: str = ""
    parent: Line | None = None
    mailbox: Mailbox[Event] = field(init=False)
    post: callbacks.Post = field(init=False)
    executed: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    answered: int = 0
    """How much had been executed when the phone last pressed a key or spoke."""
    automatic: str = ""
    """Keys this phone presses by itself when first asked."""
    reading_s: int = 0
    """Seconds more for keys and speech: whoever uses the page reads what others hear."""
    waiting: str = "network"
    legs: list[Line] = field(default_factory=list)
    other_side: Line | None = None
    participant: Participant | None = None
    recording: SimulatedRecording | None = None
    on_end: list[Callable[[], object]] = field(default_factory=list)
    _fetched: tuple[datetime | None, int] = (None, 0)
    _over: bool = False
    _resting: bool = False
    _watching: list[asyncio.Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.carrier.timers)
        self.post = callbacks.Post(self.carrier, self.call)
        self.phone = self.phone or self.call.phone

    @property
    def at_rest(self) -> bool:
        """Whether it waits for somebody or for time to pass, with nothing left to do."""
        return self._over or (self._resting and self.mailbox.empty)

    def tell(self, event: Event) -> None:
        """Put an event for the call, if it lasts."""
        if not self._over:
            self.mailbox.put(event)

    async def settled(self) -> None:
        """Return when the call is at rest."""
        while not self.at_rest:
            watching = asyncio.get_running_loop().create_future()
            self._watching.append(watching)
            await watching
        await self.post.sent()

    async def press(self, digits: str) -> None:
        """Press keys, each when what the one before led to is done."""
        for digit in digits:
            self.answered = len(self.executed)
            self.tell(Key(digit))
            await self.settled()

    async def speak(self, seconds: int) -> None:
        """Say something for so long."""
        self.answered = len(self.executed)
        self.tell(Speech(seconds))
        await self.settled()

    def hang_up(self) -> None:
        """The phone hangs up, or declines what rings."""
        ringing = self.call.started is None
        if ringing and not self.call.inbound:
            self.tell(PickedUp(accepts=False))
        else:
            self.end("canceled" if ringing else "completed")

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the call in a task of its own."""
        self.carrier.timers.spawn(self._run(work))

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
            if self.mailbox.empty:
                self._rest()
            event = await self.mailbox.get(left)
            self._resting = False
            self._interrupt(event)
            if event is None or isinstance(event, kinds):
                self.waiting = "network"
                return event

    async def flush(self) -> None:
        """Forget what was pressed while nobody listened. Raises as ``expect`` does."""
        while not self.mailbox.empty:
            self._interrupt(await self.mailbox.get())

    def answer(self) -> None:
        """The call is picked up."""
        if self.call.started is None and not self.call.final:
            self.call.started = self.call.updated = self._now()
            self.call.status = "in-progress"
            self.report("answered")

    def hurried(self) -> bool:
        """Whether the service leads the call in a circle: too many documents at one instant."""
        at, number = self._fetched
        self._fetched = self._now(), number + 1 if at == self._now() else 1
        return self._fetched[1] > _MOST_AT_ONCE

    def ring(self) -> None:
        """The phone rings."""
        self.call.status, self.call.updated = "ringing", self._now()
        self.report("ringing")

    def divert(self, source: Source) -> None:
        """Execute another document from now on."""
        self.answered = len(self.executed)
        self.tell(Diversion(source))

    def end(self, status: str = "completed", *, sip_code: str = "") -> None:
        """End the call and the legs it dialled, and tell whoever wants to know; once."""
        if self.call.final:
            return
        self.call.status, self.call.ended, self.call.updated = status, self._now(), self._now()
        for leg in self.legs:
            leg.end("completed" if leg.call.started else "canceled")
        self.report("completed", *([("SipResponseCode", sip_code)] if sip_code else []))
        self._detach()
        self.tell(Ended())

    async def stop(self) -> None:
        """End the call because its time is up."""
        self.end()

    def report(self, event: str, *more: tuple[str, str]) -> None:
        """Post a status callback, if this event was asked for."""
        if self.callback.url and event in self.callback.events:
            status = "initiated" if event == "initiated" else self.call.status
            fields: Fields = [*callbacks.status_fields(self.call, status), *more]
            self.post.send(self.callback.url, fields, status, method=self.callback.method)

    def note(self, verb: str, text: str = "", **more: object) -> None:
        """Remember something that was done on this call."""
        at = self._now().isoformat().replace("+00:00", "Z")
        self.executed.append({"verb": verb, "text": text, "at": at, **more})

    def _now(self) -> datetime:
        return self.carrier.clock()

    def _interrupt(self, event: Event | None) -> None:
        if isinstance(event, Ended) or self.call.final:
            raise CallOver
        if isinstance(event, Diversion):
            raise Diverted(event.source)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work of this call to its end; when the network closes, nobody is told."""
        try:
            try:
                await work
            except Diverted as diverted:
                self._detach()
                await self.carrier.voice.perform(self, diverted.source)
        except CallOver:
            self._finish()
        except Exception:
            self._finish()
            raise
        else:
            self._finish()

    def _finish(self) -> None:
        self.end()
        self.post.release()
        self.waiting, self._over = "", True
        self._rest()

    def _detach(self) -> None:
        """Tell whoever this call was connected with that it no longer is."""
        telling, self.on_end, self.other_side = self.on_end, [], None
        for tell in telling:
            tell()

    def _rest(self) -> None:
        self._resting = True
        for watching in self._watching:
            if not watching.done():
                watching.set_result(None)
        self._watching.clear()
