"""The carrier's API for conferences and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.calls import conferences
from app.simulator.calls.dialling import stay
from app.simulator.calls.placing import Placement, place
from app.simulator.network.conferences import Conference, Membership, Participant
from app.simulator.network.lines import Line
from app.simulator.rest import listing
from app.simulator.rest.calls import callback, check_caller_id, detection
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors
from app.simulator.values.addresses import call_destination
from app.simulator.values.events import Source

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


_RING_S = 60.0


def _list_conferences(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    query = asked.query
    created = listing.date_checks(query, "DateCreated")
    updated = listing.date_checks(query, "DateUpdated")
    found = [
        one
        for one in reversed(carrier.voice.conferences.values())
        if query.get("Status") in {None, "", one.status}
        and query.get("FriendlyName") in {None, "", one.name}
        and all(passes(one.created) for passes in created)
        and all(passes(one.updated) for passes in updated)
    ]
    return JSONResponse(listing.page("conferences", found, asked.path, query))


def _fetch_conference(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_conference(carrier, asked).to_json())


def _update_conference(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    conference = _conference(carrier, asked)
    if asked.field("Status") not in {"", "completed"}:
        raise errors.bad_request(20001, "Status can only become completed")
    if asked.field("Status"):
        conferences.close(conference, "conference-ended-via-api")
        conference.updated = carrier.clock()
    if url := asked.field("AnnounceUrl"):
        for participant in conference.present:
            _announce(carrier, participant, url, asked.method("AnnounceMethod"))
    return JSONResponse(conference.to_json())


def create_participant(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    """Call somebody into a conference, which may be named by what it will be called."""
    _refuse_mute(asked)
    to = call_destination(asked.field("To"))
    check_caller_id(carrier, asked.field("From"), to)
    placement = Placement(
        to=to,
        from_=asked.field("From"),
        timeout=asked.seconds("Timeout", _RING_S) or _RING_S,
        callback=callback(asked),
        detection=detection(asked, "AmdStatusCallback"),
        time_limit=asked.seconds("TimeLimit", None),
    )
    member = _membership(asked)
    conference = _named(carrier, asked)

    async def then(line: Line) -> None:
        if line.participant:
            conferences.enter(line.participant, member)
            await stay(line)

    line = place(carrier, placement, then)
    participant = conferences.invite(line, conference, member)
    return JSONResponse(participant.to_json(), 201)


def _membership(asked: ApiRequest) -> Membership:
    return Membership(
        label=asked.field("Label"),
        start_on_enter=asked.flag("StartConferenceOnEnter", default=True),
        end_on_exit=asked.flag("EndConferenceOnExit", default=False),
        wait_url=asked.field("WaitUrl"),
        wait_method=asked.method("WaitMethod"),
        callback=callback(asked, "Conference"),
    )


def _named(carrier: SimulatedCarrier, asked: ApiRequest) -> Conference:
    name = asked.names["ConferenceSid"]
    if name not in carrier.voice.conferences:
        return conferences.room(carrier, name)
    conference = _conference(carrier, asked)
    if conference.status == "completed":
        raise errors.bad_request(21255, "The conference has ended")
    return conference


def _list_participants(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    found = list(_conference(carrier, asked).participants.values())[::-1]
    if wanted := asked.query.get("Hold"):
        found = [one for one in found if one.hold == (wanted == "true")]
    return JSONResponse(listing.page("participants", found, asked.path, asked.query))


def _fetch_participant(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_participant(carrier, asked).to_json())


def _update_participant(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    participant = _participant(carrier, asked)
    _refuse_mute(asked)
    hold, held = asked.flag("Hold", default=participant.hold), participant.hold
    participant.hold = hold
    participant.end_on_exit = asked.flag("EndConferenceOnExit", default=participant.end_on_exit)
    participant.updated = carrier.clock()
    if hold != held:
        event = "participant-hold" if hold else "participant-unhold"
        conferences.report(participant.conference, event, participant)
    for url, method in (("AnnounceUrl", "AnnounceMethod"), ("HoldUrl", "HoldMethod")):
        if asked.field(url) and (url == "AnnounceUrl" or (hold and not held)):
            _announce(carrier, participant, asked.field(url), asked.method(method))
    return JSONResponse(participant.to_json())


def _refuse_mute(asked: ApiRequest) -> None:
    if asked.flag("Muted", default=False):
        raise errors.bad_request(20001, "The simulated network does not mute")


def _announce(carrier: SimulatedCarrier, participant: Participant, url: str, method: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise errors.bad_request(21205, f"Not a valid URL: {url}")
    carrier.timers.spawn(conferences.overhear(participant.line, Source(url, method)))


def _delete_participant(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    conferences.kick(_participant(carrier, asked))
    return Response(status_code=204)


def _conference(carrier: SimulatedCarrier, asked: ApiRequest) -> Conference:
    conference = carrier.voice.conferences.get(asked.names["ConferenceSid"])
    if conference:
        return conference
    raise errors.not_found(asked.path)


def _participant(carrier: SimulatedCarrier, asked: ApiRequest) -> Participant:
    """Found by its call or by its label."""
    name = asked.names["CallSid"]
    for participant in _conference(carrier, asked).participants.values():
        if name in {participant.line.call.sid, participant.label}:
            return participant
    raise errors.not_found(asked.path)


_ONE = "/Conferences/{ConferenceSid}/Participants/{CallSid}.json"
ROUTES: list[Route] = [
    ("GET", "/Conferences.json", _list_conferences),
    ("GET", "/Conferences/{ConferenceSid}.json", _fetch_conference),
    ("POST", "/Conferences/{ConferenceSid}.json", _update_conference),
    ("GET", "/Conferences/{ConferenceSid}/Participants.json", _list_participants),
    ("POST", "/Conferences/{ConferenceSid}/Participants.json", create_participant),
    ("GET", _ONE, _fetch_participant),
    ("POST", _ONE, _update_participant),
    ("DELETE", _ONE, _delete_participant),
]
