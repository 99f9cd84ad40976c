"""Conferences: who is in, who hears whom, and what the service is told of it.

Source: https://www.twilio.com/docs/voice/twiml/conference and Twilio's OpenAPI description.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.simulator.network import callbacks
from app.simulator.network.conferences import Conference, Membership, Participant
from app.simulator.network.lines import Line
from app.simulator.network.webhooks import Fields
from app.simulator.resources.messages import new_sid
from app.simulator.twiml.calls import read
from app.simulator.twiml.messages import BadTwiml
from app.simulator.values.events import OutOfConference, Source

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


DEFAULT_EVENTS = "start end"


def room(carrier: SimulatedCarrier, name: str) -> Conference:
    """The conference of that name that is going on, or a new one."""
    for conference in carrier.voice.conferences.values():
        if conference.name == name and conference.status != "completed":
            return conference
    now, sid = carrier.clock(), new_sid("CF")
    post = callbacks.Post(carrier, None, sid)
    account = carrier.config.account_sid
    conference = Conference(carrier.next_seq(), sid, account, name, now, now, post)
    carrier.voice.conferences[sid] = conference
    return conference


def invite(line: Line, conference: Conference, member: Membership) -> Participant:
    """Expect a call in a conference; the first one's callback is the conference's."""
    now = line.carrier.clock()
    if not conference.callback.url:
        conference.callback = member.callback
    participant = Participant(
        seq=line.carrier.next_seq(),
        line=line,
        conference=conference,
        label=member.label,
        start_on_enter=member.start_on_enter,
        end_on_exit=member.end_on_exit,
        created=now,
        updated=now,
    )
    line.participant = conference.participants[line.call.sid] = participant
    line.on_end.append(partial(leave, line))
    return participant


def join(line: Line, name: str, member: Membership) -> None:
    """Bring a call into a conference, unless it is full."""
    conference = room(line.carrier, name)
    if len(conference.present) >= member.most:
        line.tell(OutOfConference())
        return
    enter(invite(line, conference, member), member)


def enter(participant: Participant, member: Membership) -> None:
    """Let somebody who was expected in; the conference starts when two are there who may."""
    conference, line = participant.conference, participant.line
    participant.joined, participant.updated = True, line.carrier.clock()
    report(conference, "participant-join", participant)
    present = conference.present
    if len(present) > 1 and any(one.start_on_enter for one in present):
        if conference.status == "init":
            conference.status, conference.updated = "in-progress", line.carrier.clock()
            report(conference, "conference-start", participant)
    elif member.wait_url:
        source = Source(member.wait_url, member.wait_method, _fields(conference, participant))
        line.carrier.timers.spawn(overhear(line, source))


async def overhear(line: Line, source: Source) -> None:
    """Let a call hear what a document says; nothing else in it is heeded."""
    carrier = line.carrier
    fields = [*callbacks.call_fields(line.call), *source.fields]
    answer = await carrier.webhooks.post(source.url, fields, method=source.method)
    error, what = answer.error, "the webhook was not answered with success"
    try:
        document = None if error else read(answer.content_type, answer.body, source.url)
    except BadTwiml as bad:
        document, error, what = None, bad.code, str(bad)
    if document is None:
        sid, url = line.call.sid, source.url
        carrier.debug(error or 0, what, sid=sid, url=url, http=answer.status)
        return
    for verb in document.verbs:
        if verb.name in {"Say", "Play"} and not line.call.final:
            line.note(verb.name, verb.text, waiting=True)


def leave(line: Line, *, kicked: bool = False) -> None:
    """Take a call out, whatever it does next; the conference may end with that."""
    participant = line.participant
    if participant is None:
        return
    line.participant, conference = None, participant.conference
    del conference.participants[line.call.sid]
    if participant.joined:
        why = "participant_updated_via_api" if kicked else "participant_hung_up"
        participant.joined = False
        report(conference, "participant-leave", participant, ("ReasonParticipantLeft", why))
    how = "kicked" if kicked else "left"
    if participant.end_on_exit and conference.status != "completed":
        close(conference, f"participant-with-end-conference-on-exit-{how}", participant)
    elif not conference.participants:
        close(conference, f"last-participant-{how}", participant)


def kick(participant: Participant) -> None:
    """Take somebody out by order of the service; a phone that still rings stops."""
    leave(participant.line, kicked=True)
    if participant.line.call.started:
        participant.line.tell(OutOfConference())
    else:
        participant.line.end("canceled")


def close(conference: Conference, reason: str, by: Participant | None = None) -> None:
    """End a conference; who is still in goes on with what comes after it."""
    if conference.status == "completed":
        return
    conference.status, conference.reason = "completed", reason
    conference.ended_by = by.line.call.sid if by else None
    for participant in list(conference.participants.values()):
        conference.updated = participant.line.carrier.clock()
        leave(participant.line)
        participant.line.tell(OutOfConference())
    ended = [("ReasonConferenceEnded", reason)]
    if conference.ended_by:
        ended.append(("CallSidEndingConference", conference.ended_by))
    report(conference, "conference-end", None, *ended)
    conference.post.release()


def report(
    conference: Conference,
    event: str,
    participant: Participant | None,
    *more: tuple[str, str],
) -> None:
    """Post a conference event, if it was asked for."""
    callback, group = conference.callback, event.removeprefix("participant-")
    asked = {"conference-start": "start", "conference-end": "end"}.get(event, group)
    if asked == "unhold":
        asked = "hold"
    if callback.url and asked in callback.events:
        fields = [*_fields(conference, participant), ("StatusCallbackEvent", event), *more]
        conference.post.send(callback.url, fields, event, method=callback.method)


def _fields(conference: Conference, participant: Participant | None) -> tuple[tuple[str, str], ...]:
    fields: Fields = [
        ("ConferenceSid", conference.sid),
        ("FriendlyName", conference.name),
        ("AccountSid", conference.account_sid),
    ]
    if participant:
        flags = {
            "Muted": False,
            "Hold": participant.hold,
            "Coaching": False,
            "EndConferenceOnExit": participant.end_on_exit,
            "StartConferenceOnEnter": participant.start_on_enter,
        }
        fields.append(("CallSid", participant.line.call.sid))
        fields += [(name, str(value).lower()) for name, value in flags.items()]
        if participant.label:
            fields.append(("ParticipantLabel", participant.label))
    return tuple(fields)


def heard_by(participant: Participant) -> list[str]:
    """The calls somebody in a conference hears."""
    conference = participant.conference
    if conference.status != "in-progress" or participant.hold or not participant.joined:
        return []
    return [
        one.line.call.sid for one in conference.present if one is not participant and not one.hold
    ]
