"""A call as a test sees it, which looks at both ends at once."""

from __future__ import annotations

import re

from app.simulator.calls.conferences import find_heard
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.conferences import Participant
from app.simulator.network.lines import Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import Json

_NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def describe_call(carrier: SimulatedCarrier, line: Line) -> Json:
    """The call's state, what was executed on it, and its connections with other calls."""
    call, participant = line.call, carrier.participants.get(line.call.sid)
    said = [one for one in line.executed[line.answered :] if one["verb"] in {"Say", "Play"}]
    legs = [other for other in carrier.lines.values() if _is_leg(other, line)]
    return {
        "sid": call.sid,
        "parent_sid": call.parent_sid,
        "direction": call.direction,
        "phone": line.phone,
        "from": call.from_,
        "to": call.to,
        "shown": call.to if call.inbound else call.from_,
        "state": call.status,
        "over": call.final,
        "http_status": line.requests[-1]["http_status"] if line.requests else None,
        "answered_by": call.answered_by,
        "duration_s": call.seconds,
        "waiting_for": line.waiting or None,
        "prompt": " ".join(one["text"] for one in said),
        "verbs": line.executed,
        "requests": line.requests,
        "legs": [_describe_leg(leg.call) for leg in legs],
        "conference": _describe_conference(participant) if participant else None,
        "hears": _find_heard(line, participant),
        "recording": line.recording.sid if line.recording else None,
    }


def _is_leg(other: Line, line: Line) -> bool:
    """Whether the other phone rings for this call.

    The call dialled it, or the service names the same thing in the addresses of both calls. A
    carrier does not know the latter; but a test of a call wants to see which phones ring for it.
    """
    if other.parent is line or not line.call.inbound or other.call.inbound:
        return other.parent is line
    asked = {name for request in line.requests for name in _NAMES.findall(request["url"])}
    return not asked.isdisjoint(_NAMES.findall(other.callback.url))


def _describe_leg(call: SimulatedCall) -> Json:
    return {"sid": call.sid, "to": call.to, "shown": call.from_, "state": call.status}


def _describe_conference(participant: Participant) -> Json:
    conference = participant.conference
    return {
        "sid": conference.sid,
        "name": conference.name,
        "state": conference.status,
        "hold": participant.hold,
        "label": participant.label,
        "participants": [one.line.call.sid for one in conference.present],
    }


def _find_heard(line: Line, participant: Participant | None) -> list[str]:
    if line.other_side:
        return [line.other_side.call.sid]
    return find_heard(participant) if participant else []
