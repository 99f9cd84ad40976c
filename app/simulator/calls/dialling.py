"""Connecting a call: to other phones, or to a conference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urljoin

from app.simulator.calls import conferences
from app.simulator.calls.placing import Detection, Placement, place
from app.simulator.network.callbacks import call_fields
from app.simulator.network.conferences import MOST, Membership
from app.simulator.network.lines import Callback, Line
from app.simulator.network.webhooks import Fields
from app.simulator.twiml.calls import CallDocument, Verb
from app.simulator.values.addresses import call_destination
from app.simulator.values.errors import RestError
from app.simulator.values.events import (
    CallOver,
    Diverted,
    Key,
    OutOfConference,
    Sibling,
    Source,
)

Perform = Callable[[Line, Source | None], Awaitable[None]]
_BAD_CALLER_ID, _BAD_NUMBER = 13214, 13223
_EVENTS = "initiated ringing answered completed"
_RING_S, _LONGEST_S = 30, 4 * 3600


async def dial(line: Line, document: CallDocument, verb: Verb, perform: Perform) -> Fields:
    """Connect the call until that is over; the fields for ``action``."""
    line.note("Dial", verb.text, attributes=dict(verb.attributes))
    nouns = verb.inside or (Verb("Number", {}, verb.text),)
    try:
        if nouns[0].name == "Conference":
            return await _conference(line, document, verb, nouns[0])
        return await _numbers(line, document, verb, perform)
    except CallOver:
        _tell_of_the_end(line, document, verb, nouns[0])
        raise
    except Diverted:
        conferences.leave(line)
        if line.legs:
            _over(line, None)
        raise


def _tell_of_the_end(line: Line, document: CallDocument, verb: Verb, noun: Verb) -> None:
    """A caller who hangs up ends the dialling too; the answer to this is not heeded."""
    if verb.get("action"):
        status = "answered" if noun.name == "Conference" else "no-answer"
        if any(leg.call.started for leg in line.legs):
            status = "completed"
        fields = [*call_fields(line.call), ("DialCallStatus", status)]
        url = urljoin(document.url, verb.get("action"))
        line.post.send(url, fields, "action", method=verb.get("method") or "POST")


async def _conference(line: Line, document: CallDocument, verb: Verb, noun: Verb) -> Fields:
    line.note("Conference", noun.text, attributes=dict(noun.attributes))
    member = Membership(
        label=noun.get("participantLabel"),
        start_on_enter=noun.flag("startConferenceOnEnter", default=True),
        end_on_exit=noun.flag("endConferenceOnExit", default=False),
        wait_url=urljoin(document.url, noun.get("waitUrl")) if noun.get("waitUrl") else "",
        wait_method=noun.get("waitMethod") or "POST",
        callback=callback_of(document, noun, conferences.DEFAULT_EVENTS),
        most=noun.number("maxParticipants", MOST),
    )
    line.answer()
    conferences.join(line, noun.text, member)
    await stay(line, star=verb.flag("hangupOnStar", default=False), limit=_limit(verb))
    return [("DialCallStatus", "answered")]


def _limit(verb: Verb) -> float:
    return verb.number("timeLimit", _LONGEST_S)


async def stay(line: Line, *, star: bool = False, limit: float = _LONGEST_S) -> None:
    """Be in a conference until it is over, or ``*`` is pressed where that is allowed."""
    until = line.carrier.clock() + timedelta(seconds=limit)
    while True:
        left = (until - line.carrier.clock()).total_seconds()
        event = await line.expect(OutOfConference, Key, seconds=left, waiting="conference")
        if isinstance(event, OutOfConference):
            return
        if event is None or (star and isinstance(event, Key) and event.digit == "*"):
            conferences.leave(line)
            return


async def _numbers(line: Line, document: CallDocument, verb: Verb, perform: Perform) -> Fields:
    try:
        caller_id = _caller_id(line, verb)
        nouns = verb.inside or (Verb("Number", {}, verb.text),)
        for noun in nouns:
            _dial_number(line, document, verb, noun, caller_id, perform)
    except _Refused as refused:
        for leg in line.legs:
            leg.end("canceled")
        url = document.url
        line.carrier.debug(refused.code, str(refused), sid=line.call.sid, url=url, http=None)
        return [("DialCallStatus", "failed")]
    return await _connect(line, verb)


class _Refused(Exception):
    """The carrier does not dial that."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _caller_id(line: Line, verb: Verb) -> str:
    """What the dialled phone shows: the caller's own number, unless the service says otherwise."""
    own = {line.carrier.config.number, line.call.from_, line.call.to}
    asked = verb.get("callerId") or line.call.from_
    if asked not in own:
        raise _Refused(_BAD_CALLER_ID, "<Dial callerId> is no number of this account")
    return asked


def _dial_number(
    line: Line, document: CallDocument, verb: Verb, noun: Verb, caller_id: str, perform: Perform
) -> None:
    line.note("Number", noun.text, attributes=dict(noun.attributes))
    try:
        to = call_destination(noun.text)
    except RestError as bad:
        raise _Refused(_BAD_NUMBER, bad.message) from None
    detection = Detection(noun.get("machineDetection"), noun.get("amdStatusCallback"))
    placement = Placement(
        to=to,
        from_=caller_id,
        direction="outbound-dial",
        timeout=verb.number("timeout", _RING_S),
        callback=callback_of(document, noun, "completed"),
        detection=detection,
        parent=line,
    )
    whisper = None
    if noun.get("url"):
        url = urljoin(document.url, noun.get("url"))
        whisper = Source(url, noun.get("method") or "POST")
    leg = place(line.carrier, placement, partial(_answered, line, whisper, perform))
    line.legs.append(leg)
    leg.on_end.append(partial(line.tell, Sibling(leg, "ended")))


async def _answered(parent: Line, whisper: Source | None, perform: Perform, leg: Line) -> None:
    """What an answered leg does: hear the whisper, then talk to the caller."""
    parent.tell(Sibling(leg, "answered"))
    if whisper:
        await perform(leg, whisper)
        if leg.call.final:
            return
    parent.tell(Sibling(leg, "ready"))
    await leg.expect(waiting="other side")


@dataclass(eq=False, slots=True)
class _Dialled:
    """The legs of a call: who still rings or talks, and who answered first."""

    line: Line
    limit: float
    star: bool
    legs: set[Line]
    winner: Line | None = None
    until: datetime | None = None

    @property
    def left(self) -> float | None:
        """Seconds they may still talk; None while nobody does."""
        return (self.until - self.line.carrier.clock()).total_seconds() if self.until else None

    def heed(self, event: object) -> bool:
        """Take in what happened; whether dialling or talking goes on."""
        if isinstance(event, Sibling) and event.line in self.legs:
            {"answered": self._answered, "ready": self._ready, "ended": self._ended}[event.what](
                event.line
            )
        elif event is None or (self.star and isinstance(event, Key) and event.digit == "*"):
            return False
        return bool(self.legs)

    def _answered(self, leg: Line) -> None:
        if self.winner is None:
            self.winner = leg
            for other in self.legs - {leg}:
                other.end("canceled")

    def _ready(self, leg: Line) -> None:
        self.until = self.line.carrier.clock() + timedelta(seconds=self.limit)
        self.line.answer()
        self.line.other_side, leg.other_side = leg, self.line

    def _ended(self, leg: Line) -> None:
        self.legs.discard(leg)
        if not leg.call.final:  # it was led away
            self.line.legs.remove(leg)


async def _connect(line: Line, verb: Verb) -> Fields:
    """Wait until a leg has answered and is done, or none is left."""
    star = verb.flag("hangupOnStar", default=False)
    dialled = _Dialled(line, _limit(verb), star, set(line.legs))
    event: object = Key("")
    while dialled.heed(event):
        event = await line.expect(Sibling, Key, seconds=dialled.left, waiting="other side")
    return _over(line, dialled.winner)


def _over(line: Line, winner: Line | None) -> Fields:
    bridged, line.other_side = line.other_side is not None, None
    legs, line.legs = line.legs, []
    for leg in legs:
        leg.other_side = None
        leg.end("completed" if leg.call.started else "canceled")
    last = winner or legs[-1]
    status = last.call.status if last.call.final else "completed"
    fields = [("DialCallSid", last.call.sid), ("DialCallStatus", status)]
    if winner:
        fields.append(("DialCallDuration", str(last.call.seconds or 0)))
    return [*fields, ("DialBridged", str(bridged).lower())]


def callback_of(document: CallDocument, noun: Verb, default: str) -> Callback:
    """Where a noun wants its news, and which."""
    url = noun.get("statusCallback")
    events = noun.get("statusCallbackEvent") or default
    return Callback(
        urljoin(document.url, url) if url else "",
        noun.get("statusCallbackMethod") or "POST",
        frozenset(events.split()),
    )
