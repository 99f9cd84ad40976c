"""A call from the network to a phone: ringing, answered or not, by a person or a machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.simulator.calls.instructions import Perform
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import new_sid
from app.simulator.values.events import Diverted, PickedUp
from app.simulator.values.targets import NO_CALLBACK, CallbackTarget, DocumentSource

Work = Callable[[Line], Awaitable[None]]
_NOT_FOUND, _BUSY, _DECLINED = "404", "486", "603"


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether the carrier listens if a person or a machine answers, and whom it tells."""

    mode: str = ""
    url: str = ""
    """Without it, the first document waits for the result."""
    method: str = "POST"


_NO_DETECTION = Detection()


@dataclass(frozen=True, slots=True)
class Placement:
    """A call to be made; times in seconds."""

    to: str
    from_: str
    direction: str = "outbound-api"
    timeout: float = 60.0
    callback: CallbackTarget = NO_CALLBACK
    fallback: DocumentSource | None = None
    detection: Detection = _NO_DETECTION
    time_limit: float | None = None
    parent: Line | None = None


def place_call(
    carrier: SimulatedCarrier, placement: Placement, then: Work, perform: Perform
) -> Line:
    """Start a call, and do ``then`` when it is answered, until the service leads it elsewhere."""
    now, parent = carrier.clock(), placement.parent
    call = SimulatedCall(
        seq=carrier.next_seq(),
        sid=new_sid("CA"),
        account_sid=carrier.config.account_sid,
        from_=placement.from_,
        to=placement.to,
        direction=placement.direction,
        status="queued",
        created=now,
        updated=now,
        phone_number_sid=carrier.number.sid,
        parent_sid=parent.call.sid if parent else None,
    )
    line = Line(carrier, call, placement.callback, placement.fallback, parent=parent)
    carrier.keep_line(line)
    line.start(_call_phone(carrier, line, placement, then, perform))
    return line


async def _call_phone(
    carrier: SimulatedCarrier, line: Line, placement: Placement, then: Work, perform: Perform
) -> None:
    if carrier.faults.take("call-stuck", line.call.to):
        await line.expect(waiting="network")
    line.call.dialled = carrier.clock()
    line.report("initiated")
    if failure := await _ring(carrier, line, placement.timeout):
        status, sip_code = failure
        line.end(status, sip_code=sip_code)
        return
    line.automatic = carrier.handset(line.call.to).answering.presses
    line.answer()
    _detect(carrier, line, placement.detection)
    if placement.time_limit is not None:
        carrier.timers.later(placement.time_limit, line.stop)
    try:
        await then(line)
    except Diverted as diverted:
        line.detach()
        await perform(carrier, line, diverted.source)


async def _ring(carrier: SimulatedCarrier, line: Line, patience_s: float) -> tuple[str, str] | None:
    """How the call fails, and the network's code for it; None if the phone answers."""
    answering = carrier.handset(line.call.to).answering
    gone = answering.behaviour == "out-of-service"
    if gone or carrier.faults.take("number-out-of-service", line.call.to):
        return "failed", _NOT_FOUND
    line.ring()
    if answering.behaviour == "busy":
        return "busy", _BUSY
    if answering.behaviour == "rings" or answering.after_s >= patience_s:
        picked_up = await line.expect(PickedUp, seconds=patience_s, waiting="answer")
        if picked_up is None:
            return "no-answer", ""
    else:
        picked_up = await line.expect(PickedUp, seconds=answering.after_s, waiting="answer")
        picked_up = picked_up or PickedUp(answering.behaviour != "rejects")
    return None if picked_up.accepts else ("busy", _DECLINED)


def _detect(carrier: SimulatedCarrier, line: Line, detection: Detection) -> None:
    """Report whether a person or a machine answered, if the service asked for that."""
    if not detection.mode:
        return
    machine = carrier.handset(line.call.to).answering.behaviour == "machine"
    heard = "machine_end_beep" if detection.mode == "DetectMessageEnd" else "machine_start"
    line.call.answered_by = heard if machine else "human"
    if detection.url:
        fields = [
            ("CallSid", line.call.sid),
            ("AccountSid", line.call.account_sid),
            ("AnsweredBy", line.call.answered_by),
            ("MachineDetectionDuration", "0"),
        ]
        line.callbacks.send(detection.url, fields, "detection", method=detection.method)
