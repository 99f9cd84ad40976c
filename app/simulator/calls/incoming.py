"""All calls of the account: those the carrier still holds, and what phones remember of them."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from app.simulator.calls.conferences import heard_by
from app.simulator.calls.execution import perform
from app.simulator.network.conferences import Conference, Participant
from app.simulator.network.lines import NOWHERE, Callback, Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.messages import Json, new_sid
from app.simulator.resources.recordings import RecordingKey, SimulatedRecording
from app.simulator.values.events import Source

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


_NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WITHHELD_CALLER = "anonymous"
_REMEMBERED = 5000


class VoiceNetwork:
    """The voice side of the carrier."""

    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._carrier = carrier
        self.calls: dict[str, SimulatedCall] = {}
        self.lines: OrderedDict[str, Line] = OrderedDict()
        self.conferences: dict[str, Conference] = {}
        self.recordings: dict[str, SimulatedRecording] = {}
        self.recording_key: RecordingKey | None = None
        self.perform = perform

    def keep(self, line: Line) -> None:
        """Hold a new call; the oldest ones over are forgotten."""
        self.calls[line.call.sid] = line.call
        self.lines[line.call.sid] = line
        while len(self.lines) > _REMEMBERED and next(iter(self.lines.values())).call.final:
            self.lines.popitem(last=False)

    def lines_of(self, phone: str) -> list[Line]:
        """The calls of a phone, both ways, oldest first."""
        return [line for line in self.lines.values() if line.phone == phone]

    def ring_hotline(
        self,
        caller: str,
        *,
        phone: str = "",
        forwarded_from: str | None = None,
        reading_s: int = 0,
    ) -> Line:
        """Call the hotline; the network shows ``caller``, whatever phone it is."""
        carrier, now = self._carrier, self._carrier.clock()
        number = carrier.number
        call = SimulatedCall(
            seq=carrier.next_seq(),
            sid=new_sid("CA"),
            account_sid=carrier.config.account_sid,
            from_=caller,
            to=carrier.config.number,
            direction="inbound",
            status="ringing",
            created=now,
            updated=now,
            phone_number_sid=number.sid,
            dialled=now,
            forwarded_from=forwarded_from,
        )
        fallback = None
        if number.voice_fallback_url:
            fallback = Source(number.voice_fallback_url, number.voice_fallback_method)
        callback = Callback(number.status_callback, number.status_callback_method)
        line = Line(carrier, call, callback, fallback, phone=phone or caller)
        self.keep(line)
        line.reading_s = reading_s
        line.start(self._incoming(line, Source(number.voice_url, number.voice_method)))
        return line

    async def _incoming(self, line: Line, source: Source) -> None:
        if self._carrier.faults.take("number-out-of-service", line.call.to):
            self.calls.pop(line.call.sid)  # the carrier never saw it
            line.callback = NOWHERE
            line.end("failed")
            return
        await perform(line, source)

    def clear(self) -> None:
        """Forget everything; what is going on ends."""
        for conference in self.conferences.values():
            conference.callback = NOWHERE
        for line in self.lines.values():
            line.callback = NOWHERE
            line.end()
        self.calls.clear()
        self.lines.clear()
        self.conferences.clear()
        self.recordings.clear()
        self.recording_key = None

    def snapshot(self) -> Json:
        """What the carrier still holds of calls."""
        return {
            "calls": [call.to_json() for call in self.calls.values()],
            "recordings": [one.to_json() for one in self.recordings.values()],
            "conferences": [
                {
                    **conference.to_json(),
                    "participants": [one.to_json() for one in conference.participants.values()],
                }
                for conference in self.conferences.values()
            ],
        }


def describe(line: Line) -> Json:
    """A call as somebody sees it who looks at both ends at once."""
    call = line.call
    said = [one for one in line.executed[line.answered :] if one["verb"] in {"Say", "Play"}]
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
        "legs": [_leg(one) for one in line.carrier.voice.lines.values() if _is_for(one, line)],
        "conference": _conference(line.participant),
        "hears": _hears(line),
        "recording": line.recording.sid if line.recording else None,
    }


def _is_for(one: Line, line: Line) -> bool:
    """Whether a phone rings for a call: dialled by it, or by a service that names both alike.

    A carrier does not know the latter; whoever looks at a call here wants to see who is rung.
    """
    if one.parent is line or not line.call.inbound or one.call.inbound:
        return one.parent is line
    asked = {name for request in line.requests for name in _NAMES.findall(request["url"])}
    return not asked.isdisjoint(_NAMES.findall(one.callback.url))


def _leg(line: Line) -> Json:
    call = line.call
    return {"sid": call.sid, "to": call.to, "shown": call.from_, "state": call.status}


def _conference(participant: Participant | None) -> Json | None:
    if participant is None:
        return None
    conference = participant.conference
    return {
        "sid": conference.sid,
        "name": conference.name,
        "state": conference.status,
        "hold": participant.hold,
        "label": participant.label,
        "participants": [one.line.call.sid for one in conference.present],
    }


def _hears(line: Line) -> list[str]:
    if line.other_side:
        return [line.other_side.call.sid]
    return heard_by(line.participant) if line.participant and line.participant.joined else []
