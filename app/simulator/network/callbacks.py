"""What the carrier tells the service about calls, in order unless a fault says otherwise."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.simulator.network.webhooks import Fields
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.messages import VERSION, rfc2822
from app.simulator.values.addresses import geography

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


# What the network shows for callers who withhold their number, spelled or as a number.
WITHHELD = frozenset(
    {"anonymous", "restricted", "unavailable", "unknown", "+266696687"}
    | {"+7378742833", "+2562533", "+8656696", "+86282452253"}
)


def call_fields(call: SimulatedCall, status: str = "") -> Fields:
    """The form of every request about a call."""
    fields = [
        ("CallSid", call.sid),
        ("AccountSid", call.account_sid),
        ("From", call.from_),
        ("To", call.to),
        ("Caller", call.from_),
        ("Called", call.to),
        ("CallStatus", status or call.status),
        ("ApiVersion", VERSION),
        ("Direction", call.direction),
    ]
    for role, number in (("From", call.from_), ("Caller", call.from_)):
        fields += geography(role, number)
    for role, number in (("To", call.to), ("Called", call.to)):
        fields += geography(role, number)
    optional = {
        "ParentCallSid": call.parent_sid,
        "ForwardedFrom": call.forwarded_from,
        "CallerName": call.caller_name,
        "AnsweredBy": call.answered_by,
    }
    fields += [(name, value) for name, value in optional.items() if value]
    if call.inbound and call.from_ not in WITHHELD:
        fields.append(("StirVerstat", "TN-Validation-Passed-A"))
    return fields


def status_fields(call: SimulatedCall, status: str) -> Fields:
    """The form of a status callback, without its number and time."""
    fields = [*call_fields(call, status), ("CallbackSource", "call-progress-events")]
    if call.final and status == call.status:
        seconds = call.seconds or 0
        fields += [("CallDuration", str(seconds)), ("Duration", str(-(-seconds // 60)))]
    return fields


class Post:
    """The callbacks about one call or conference, numbered and posted one after the other."""

    def __init__(
        self, carrier: SimulatedCarrier, call: SimulatedCall | None, sid: str = ""
    ) -> None:
        self._carrier = carrier
        self._sid = call.sid if call else sid
        self._phone = call.phone if call else ""
        self._numbers = itertools.count()
        self._last: asyncio.Task[None] | None = None
        self._held: list[partial[asyncio.Task[None]]] = []

    def send(self, url: str, fields: Fields, label: str, *, method: str = "POST") -> None:
        """Post in the background, unless a fault loses, delays, repeats or holds it."""
        number = ("SequenceNumber", str(next(self._numbers)))
        now = ("Timestamp", rfc2822(self._carrier.clock()) or "")
        post = partial(self._queue, url, [*fields, number, now], method)
        labels = self._phone or self._sid, f"POST {urlsplit(url).path}", label
        take, counts = self._carrier.faults.take, self._carrier.counts
        if take("status-lost", *labels):
            counts["lost"] += 1
        elif take("status-reorder", *labels):
            counts["reordered"] += 1
            self._held.append(post)
        elif fault := take("status-delay", *labels):
            counts["delayed"] += 1
            self._carrier.timers.later(fault.delay, partial(self._post, url, post.args[1], method))
        else:
            post()
            if take("status-duplicate", *labels):
                counts["duplicated"] += 1
                post()
            self.release()

    async def sent(self) -> None:
        """Return when what was sent has been answered, except what a fault delays."""
        while self._last and not self._last.done():
            await asyncio.wait([self._last])

    def release(self) -> None:
        """Post what was held back to come out of order."""
        while self._held:
            self._held.pop()()

    def _queue(self, url: str, fields: Fields, method: str) -> asyncio.Task[None]:
        self._last = self._carrier.timers.spawn(self._in_turn(self._last, url, fields, method))
        return self._last

    async def _in_turn(
        self, before: asyncio.Task[None] | None, url: str, fields: Fields, method: str
    ) -> None:
        if before:
            await asyncio.wait([before])
        await self._post(url, fields, method)

    async def _post(self, url: str, fields: Fields, method: str) -> None:
        answer = await self._carrier.webhooks.post(url, fields, method=method)
        self._carrier.counts["failed" if answer.error else "delivered"] += 1
        if answer.error:
            what = "the status callback was not answered with success"
            self._carrier.debug(answer.error, what, sid=self._sid, url=url, http=answer.status)
