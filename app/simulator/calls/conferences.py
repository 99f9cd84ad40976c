"""Conferences: their participants, who hears whom, and the news for the service.

Source: https://www.twilio.com/docs/voice/twiml/conference and Twilio's OpenAPI description.
"""

from __future__ import annotations

from functools import partial

from app.simulator.calls.documents import read_answer
from app.simulator.network.callbacks import CallbackQueue
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.conferences import Conference, Membership, Participant
from app.simulator.network.lines import Line
from app.simulator.resources.formats import Fields, new_sid
from app.simulator.resources.forms import call_fields
from app.simulator.values.events import OutOfConference
from app.simulator.values.targets import DocumentSource


def open_conference(carrier: SimulatedCarrier, name: str) -> Conference:
    """The conference of that name that goes on, or a new one."""
    for conference in carrier.conferences.values():
        if conference.name == name and conference.status != "completed":
            return conference
    now, sid, account_sid = carrier.clock(), new_sid("CF"), carrier.config.account_sid
    callbacks = CallbackQueue(carrier, sid, sid)
    conference = Conference(carrier.next_seq(), sid, account_sid, name, now, now, callbacks)
    carrier.conferences[sid] = conference
    return conference


def invite(
    carrier: SimulatedCarrier, line: Line, conference: Conference, member: Membership
) -> Participant:
    """Expect a call in a conference; the first one's callback is the conference's."""
    now = carrier.clock()
    if not conference.callback.url:
        conference.callback = member.callback
    participant = Participant(
        seq=carrier.next_seq(),
        line=line,
        conference=conference,
        label=member.label,
        start_on_enter=member.start_on_enter,
        end_on_exit=member.end_on_exit,
        created=now,
        updated=now,
    )
    carrier.participants[line.call.sid] = conference.participants[line.call.sid] = participant
    line.on_end.append(partial(leave, carrier, line))
    return participant


def join(carrier: SimulatedCarrier, line: Line, name: str, member: Membership) -> None:
    """Bring a call into a conference, unless it is full."""
    conference = open_conference(carrier, name)
    if len(conference.present) >= member.most:
        line.tell(OutOfConference())
        return
    enter(carrier, invite(carrier, line, conference, member), member)


def enter(carrier: SimulatedCarrier, participant: Participant, member: Membership) -> None:
    """Let an expected call in; the conference starts with two, if one of them may start it."""
    conference, line = participant.conference, participant.line
    participant.joined, participant.updated = True, carrier.clock()
    report(conference, "participant-join", participant)
    present = conference.present
    if len(present) > 1 and any(one.start_on_enter for one in present):
        if conference.status == "init":
            conference.status, conference.updated = "in-progress", carrier.clock()
            report(conference, "conference-start", participant)
    elif member.wait_url:
        fields = tuple(_conference_fields(conference, participant))
        source = DocumentSource(member.wait_url, member.wait_method, fields)
        carrier.timers.spawn(overhear(carrier, line, source))


async def overhear(carrier: SimulatedCarrier, line: Line, source: DocumentSource) -> None:
    """Let a call hear what a document says; the carrier ignores everything else in it."""
    fields = [*call_fields(line.call), *source.fields]
    answer = await carrier.webhooks.post(source.url, fields, method=source.method)
    document, _ = read_answer(line, answer, source.url)
    for verb in document.verbs if document else ():
        if verb.name in {"Say", "Play"} and not line.call.final:
            line.note(verb.name, verb.text, waiting=True)


def leave(carrier: SimulatedCarrier, line: Line, *, kicked: bool = False) -> None:
    """Take a call out of its conference, if it is in one; the conference may end with that."""
    participant = carrier.participants.pop(line.call.sid, None)
    if participant is None:
        return
    conference = participant.conference
    del conference.participants[line.call.sid]
    if participant.joined:
        why = "participant_updated_via_api" if kicked else "participant_hung_up"
        participant.joined = False
        report(conference, "participant-leave", participant, ("ReasonParticipantLeft", why))
    how = "kicked" if kicked else "left"
    if participant.end_on_exit and conference.status != "completed":
        close(carrier, conference, f"participant-with-end-conference-on-exit-{how}", participant)
    elif not conference.participants:
        close(carrier, conference, f"last-participant-{how}", participant)


def kick(carrier: SimulatedCarrier, participant: Participant) -> None:
    """Take a participant out by order of the service; a phone that still rings stops."""
    line = participant.line
    leave(carrier, line, kicked=True)
    if line.call.started:
        line.tell(OutOfConference())
    else:
        line.end("canceled")


def close(
    carrier: SimulatedCarrier, conference: Conference, reason: str, by: Participant | None = None
) -> None:
    """End a conference; its participants go on with what comes after it."""
    if conference.status == "completed":
        return
    conference.status, conference.reason = "completed", reason
    conference.ended_by = by.line.call.sid if by else None
    for participant in list(conference.participants.values()):
        conference.updated = carrier.clock()
        leave(carrier, participant.line)
        participant.line.tell(OutOfConference())
    ended = [("ReasonConferenceEnded", reason)]
    if conference.ended_by:
        ended.append(("CallSidEndingConference", conference.ended_by))
    report(conference, "conference-end", None, *ended)
    conference.callbacks.release()


def hold(participant: Participant, *, on: bool) -> bool:
    """Put a participant on hold or back; whether that changes anything."""
    if participant.hold == on:
        return False
    participant.hold = on
    report(participant.conference, "participant-hold" if on else "participant-unhold", participant)
    return True


def report(
    conference: Conference,
    event: str,
    participant: Participant | None,
    *more: tuple[str, str],
) -> None:
    """Post a conference event, if the service asked for it."""
    group = event.removeprefix("conference-").removeprefix("participant-").removeprefix("un")
    if conference.callback.wants(group):
        fields = _conference_fields(conference, participant)
        fields += [("StatusCallbackEvent", event), *more]
        target = conference.callback
        conference.callbacks.send(target.url, fields, event, method=target.method)


def _conference_fields(conference: Conference, participant: Participant | None) -> Fields:
    fields = [
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
    return fields


def find_heard(participant: Participant) -> list[str]:
    """The sids of the calls that a participant hears."""
    conference = participant.conference
    if conference.status != "in-progress" or participant.hold or not participant.joined:
        return []
    return [
        one.line.call.sid for one in conference.present if one is not participant and not one.hold
    ]
