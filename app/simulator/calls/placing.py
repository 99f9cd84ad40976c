"""A call from the network to a phone: ringing, answered or not, by a person or a machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.simulator.network.lines import NOWHERE, Callback, Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.messages import new_sid
from app.simulator.values.events import PickedUp, Source

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


Work = Callable[[Line], Awaitable[None]]
_NOT_FOUND, _BUSY, _DECLINED = "404", "486", "603"


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether the carrier listens if a person or a machine answers, and whom it tells."""

    mode: str = ""
    url: str = ""
    """Empty: what is executed next waits for the result."""
    method: str = "POST"


_NO_DETECTION = Detection()


@dataclass(frozen=True, slots=True)
class Placement:
    """A call to be made."""

    to: str
    from_: str
    direction: str = "outbound-api"
    timeout: float = 60.0
    callback: Callback = NOWHERE
    fallback: Source | None = None
    detection: Detection = _NO_DETECTION
    time_limit: float | None = None
    parent: Line | None = None


def place(carrier: SimulatedCarrier, placement: Placement, then: Work) -> Line:
    """Start a call; ``then`` is done with it once it is answered."""
    now = carrier.clock()
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
        parent_sid=placement.parent.call.sid if placement.parent else None,
    )
    line = Line(carrier, call, placement.callback, placement.fallback, parent=placement.parent)
    carrier.voice.keep(line)
    line.start(_outgoing(line, placement, then))
    return line


async def _outgoing(line: Line, placement: Placement, then: Work) -> None:
    if line.carrier.faults.take("call-stuck", line.call.to):
        await line.expect(waiting="network")
    line.call.dialled = line.carrier.clock()
    line.report("initiated")
    if outcome := await _ring(line, placement.timeout):
        status, sip_code = outcome
        line.end(status, sip_code=sip_code)
        return
    line.automatic = line.carrier.handset(line.call.to).answering.presses
    line.answer()
    _detect(line, placement.detection)
    if placement.time_limit is not None:
        line.carrier.timers.later(placement.time_limit, line.stop)
    await then(line)


async def _ring(line: Line, patience_s: float) -> tuple[str, str] | None:
    """How the call fails, and the network's code for it; None if somebody answers."""
    answering = line.carrier.handset(line.call.to).answering
    gone = answering.behaviour == "out-of-service"
    if gone or line.carrier.faults.take("number-out-of-service", line.call.to):
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


def _detect(line: Line, detection: Detection) -> None:
    """Say whether a person or a machine answered, if that was asked for."""
    if not detection.mode:
        return
    machine = line.carrier.handset(line.call.to).answering.behaviour == "machine"
    heard = "machine_end_beep" if detection.mode == "DetectMessageEnd" else "machine_start"
    line.call.answered_by = heard if machine else "human"
    if detection.url:
        fields = [
            ("CallSid", line.call.sid),
            ("AccountSid", line.call.account_sid),
            ("AnsweredBy", line.call.answered_by),
            ("MachineDetectionDuration", "0"),
        ]
        line.post.send(detection.url, fields, "detection", method=detection.method)
