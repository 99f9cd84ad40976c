"""Connecting a call to a conference, until that is over for it."""

from __future__ import annotations

from datetime import timedelta

from app.simulator.calls import conferences
from app.simulator.calls.instructions import Instruction
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.conferences import MOST, Membership
from app.simulator.network.lines import Line
from app.simulator.resources.formats import Fields
from app.simulator.values.events import Key, OutOfConference

LONGEST_S = 4 * 3600
_EVENTS = "start end"


async def connect_to_conference(dialling: Instruction, noun: Instruction) -> Fields:
    """Put the call into the conference that ``<Dial>`` names; the fields for its ``action``."""
    line, verb = dialling.line, noun.verb
    noun.note(verb.text)
    member = Membership(
        label=verb.get("participantLabel"),
        start_on_enter=verb.flag("startConferenceOnEnter", default=True),
        end_on_exit=verb.flag("endConferenceOnExit", default=False),
        wait_url=noun.url("waitUrl"),
        wait_method=verb.get("waitMethod") or "POST",
        callback=noun.callback("statusCallback", _EVENTS),
        most=verb.number("maxParticipants", MOST),
    )
    line.answer()
    conferences.join(dialling.carrier, line, verb.text, member)
    limit = dialling.verb.number("timeLimit", LONGEST_S)
    star = dialling.verb.flag("hangupOnStar", default=False)
    await stay_in_conference(dialling.carrier, line, star=star, limit_s=limit)
    return [("DialCallStatus", "answered")]


async def stay_in_conference(
    carrier: SimulatedCarrier, line: Line, *, star: bool = False, limit_s: float = LONGEST_S
) -> None:
    """Be in a conference until it is over, or until ``*`` where that key may end it."""
    until = carrier.clock() + timedelta(seconds=limit_s)
    while True:
        left = (until - carrier.clock()).total_seconds()
        event = await line.expect(OutOfConference, Key, seconds=left, waiting="conference")
        if isinstance(event, OutOfConference):
            return
        if event is None or (star and isinstance(event, Key) and event.digit == "*"):
            conferences.leave(carrier, line)
            return
