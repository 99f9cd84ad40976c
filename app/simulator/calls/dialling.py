"""``<Dial>``: connecting a call to other phones or to a conference, until that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from app.simulator.calls import conferences
from app.simulator.calls.conference_noun import LONGEST_S, connect_to_conference
from app.simulator.calls.instructions import Instruction
from app.simulator.calls.placing import Detection, Placement, place_call
from app.simulator.network.lines import Line
from app.simulator.resources.formats import Fields
from app.simulator.resources.forms import call_fields
from app.simulator.twiml.calls import Verb
from app.simulator.values.addresses import check_call_destination
from app.simulator.values.errors import RestError
from app.simulator.values.events import CallOver, Diverted, Key, LegChange, LegChanged
from app.simulator.values.targets import DocumentSource

_BAD_CALLER_ID, _BAD_NUMBER = 13214, 13223
_RING_S = 30


async def dial(dialling: Instruction) -> Fields:
    """Connect the call until that is over; the fields for ``action``."""
    line, verb = dialling.line, dialling.verb
    dialling.note(verb.text)
    nouns = [dialling.within(noun) for noun in verb.inside or (Verb("Number", {}, verb.text),)]
    try:
        if nouns[0].verb.name == "Conference":
            return await connect_to_conference(dialling, nouns[0])
        return await _connect_to_phones(dialling, nouns)
    except CallOver:
        _report_end(dialling, nouns[0].verb.name)
        raise
    except Diverted:
        conferences.leave(dialling.carrier, line)
        if line.legs:
            _disconnect(line, None)
        raise


def _report_end(dialling: Instruction, noun: str) -> None:
    """Tell ``action`` that the caller hung up; the carrier ignores the answer."""
    line = dialling.line
    if dialling.verb.get("action"):
        status = "answered" if noun == "Conference" else "no-answer"
        if any(leg.call.started for leg in line.legs):
            status = "completed"
        action = dialling.action([*call_fields(line.call), ("DialCallStatus", status)])
        line.callbacks.send(action.url, list(action.fields), "action", method=action.method)


class _NotDialled(Exception):
    """The carrier does not dial that."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


async def _connect_to_phones(dialling: Instruction, nouns: list[Instruction]) -> Fields:
    """Ring phones, and talk to the first one that answers."""
    line, verb = dialling.line, dialling.verb
    try:
        caller_id = _check_caller_id(dialling)
        for noun in nouns:
            _dial_number(noun, caller_id, verb.number("timeout", _RING_S))
    except _NotDialled as refused:
        for leg in line.legs:
            leg.end("canceled")
        line.debug(refused.code, str(refused), dialling.document.url)
        return [("DialCallStatus", "failed")]
    star, limit = verb.flag("hangupOnStar", default=False), verb.number("timeLimit", LONGEST_S)
    dialled = _Dialled(line, limit, star, {leg.call.sid: leg for leg in line.legs})
    event: object = Key("")
    while dialled.take_in(event):
        event = await line.expect(LegChanged, Key, seconds=dialled.left, waiting="other side")
    return _disconnect(line, dialled.winner)


def _check_caller_id(dialling: Instruction) -> str:
    """The number that the phones show: the caller's own, unless the service says otherwise."""
    call = dialling.line.call
    own = {dialling.carrier.config.number, call.from_, call.to}
    caller_id = dialling.verb.get("callerId") or call.from_
    if caller_id not in own:
        raise _NotDialled(_BAD_CALLER_ID, "<Dial callerId> is no number of this account")
    return caller_id


def _dial_number(number: Instruction, caller_id: str, timeout: float) -> None:
    line, noun = number.line, number.verb
    number.note(noun.text)
    try:
        to = check_call_destination(noun.text)
    except RestError as bad:
        raise _NotDialled(_BAD_NUMBER, bad.message) from None
    placement = Placement(
        to=to,
        from_=caller_id,
        direction="outbound-dial",
        timeout=timeout,
        callback=number.callback("statusCallback", "completed"),
        detection=_read_detection(number),
        parent=line,
    )
    whisper = number.source(number.url("url")) if noun.get("url") else None
    talk = partial(_talk, number, whisper)
    leg = place_call(number.carrier, placement, talk, number.perform)
    line.legs.append(leg)
    leg.on_end.append(partial(line.tell, LegChanged(leg.call.sid, LegChange.ENDED)))


def _read_detection(number: Instruction) -> Detection:
    method = number.verb.get("amdStatusCallbackMethod") or "POST"
    return Detection(number.verb.get("machineDetection"), number.url("amdStatusCallback"), method)


async def _talk(number: Instruction, whisper: DocumentSource | None, leg: Line) -> None:
    """What an answered leg does: hear the whisper, then talk to the caller."""
    caller = number.line
    caller.tell(LegChanged(leg.call.sid, LegChange.ANSWERED))
    if whisper:
        await number.perform(number.carrier, leg, whisper)
        if leg.call.final:
            return
    caller.tell(LegChanged(leg.call.sid, LegChange.READY))
    await leg.expect(waiting="other side")


@dataclass(eq=False, slots=True)
class _Dialled:
    """The legs of a call that still ring or talk, and the one that answered first."""

    line: Line
    limit_s: float
    star: bool
    legs: dict[str, Line]
    winner: Line | None = None
    until: datetime | None = None

    @property
    def left(self) -> float | None:
        """Seconds for which they may still talk; None while they do not talk yet."""
        return (self.until - self.line.exchange.clock()).total_seconds() if self.until else None

    def take_in(self, event: object) -> bool:
        """Take in an event; whether dialling or talking goes on."""
        if isinstance(event, LegChanged) and (leg := self.legs.get(event.sid)):
            self._change(leg, event.change)
        elif event is None or (self.star and isinstance(event, Key) and event.digit == "*"):
            return False
        return bool(self.legs)

    def _change(self, leg: Line, change: LegChange) -> None:
        if change is LegChange.ANSWERED and self.winner is None:
            self.winner = leg
            for other in self.legs.values():
                if other is not leg:
                    other.end("canceled")
        elif change is LegChange.READY and leg is self.winner:
            self.until = self.line.exchange.clock() + timedelta(seconds=self.limit_s)
            self.line.answer()
            self.line.other_side, leg.other_side = leg, self.line
        elif change is LegChange.ENDED:
            del self.legs[leg.call.sid]
            if not leg.call.final:  # the service leads it elsewhere
                self.line.legs.remove(leg)


def _disconnect(line: Line, winner: Line | None) -> Fields:
    """End all legs; the fields for ``action`` about the winner, or else the last one."""
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
