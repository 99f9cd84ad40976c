"""The carrier's API for conferences and their participants."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.calls import conferences
from app.simulator.calls.conference_noun import stay_in_conference
from app.simulator.calls.execution import perform
from app.simulator.calls.placing import place_call
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.conferences import Conference, Membership, Participant
from app.simulator.network.lines import Line
from app.simulator.rest.call_parameters import read_callback, read_placement
from app.simulator.rest.listing import answer_list, read_date_filters
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors
from app.simulator.values.targets import DocumentSource


def _list_conferences(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    query = request.query
    created = read_date_filters(query, "DateCreated")
    updated = read_date_filters(query, "DateUpdated")
    found = [
        one
        for one in reversed(carrier.conferences.values())
        if query.get("Status") in {None, "", one.status}
        and query.get("FriendlyName") in {None, "", one.name}
        and all(passes(one.created) for passes in created)
        and all(passes(one.updated) for passes in updated)
    ]
    return answer_list("conferences", found, request)


def _fetch_conference(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_conference(carrier, request).to_json())


def _update_conference(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    conference = _find_conference(carrier, request)
    if request.field("Status") not in {"", "completed"}:
        raise errors.bad_request(20001, "Status can only become completed")
    if request.field("Status"):
        conferences.close(carrier, conference, "conference-ended-via-api")
        conference.updated = carrier.clock()
    if request.field("AnnounceUrl"):
        for participant in conference.present:
            _announce(carrier, request, participant, "Announce")
    return JSONResponse(conference.to_json())


def create_participant(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    """Call a phone into a conference; the path may name one that does not exist yet."""
    _refuse_mute(request)
    placement = read_placement(carrier, request, "AmdStatusCallback")
    member = Membership(
        label=request.field("Label"),
        start_on_enter=request.flag("StartConferenceOnEnter", default=True),
        end_on_exit=request.flag("EndConferenceOnExit", default=False),
        wait_url=request.field("WaitUrl"),
        wait_method=request.method("WaitMethod"),
        callback=read_callback(request, "Conference"),
    )
    conference = _open_conference(carrier, request)

    async def then(line: Line) -> None:
        if participant := carrier.participants.get(line.call.sid):
            conferences.enter(carrier, participant, member)
            await stay_in_conference(carrier, line)

    line = place_call(carrier, placement, then, perform)
    return JSONResponse(conferences.invite(carrier, line, conference, member).to_json(), 201)


def _open_conference(carrier: SimulatedCarrier, request: ApiRequest) -> Conference:
    name = request.names["ConferenceSid"]
    if name not in carrier.conferences:
        return conferences.open_conference(carrier, name)
    conference = _find_conference(carrier, request)
    if conference.status == "completed":
        raise errors.bad_request(21255, "The conference has ended")
    return conference


def _list_participants(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    found = list(_find_conference(carrier, request).participants.values())[::-1]
    if wanted := request.query.get("Hold"):
        found = [one for one in found if one.hold == (wanted == "true")]
    return answer_list("participants", found, request)


def _fetch_participant(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_participant(carrier, request).to_json())


def _update_participant(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    participant = _find_participant(carrier, request)
    _refuse_mute(request)
    participant.end_on_exit = request.flag("EndConferenceOnExit", default=participant.end_on_exit)
    participant.updated = carrier.clock()
    held = request.flag("Hold", default=participant.hold)
    changed = conferences.hold(participant, on=held)
    if request.field("AnnounceUrl"):
        _announce(carrier, request, participant, "Announce")
    if request.field("HoldUrl") and held and changed:
        _announce(carrier, request, participant, "Hold")
    return JSONResponse(participant.to_json())


def _refuse_mute(request: ApiRequest) -> None:
    if request.flag("Muted", default=False):
        raise errors.bad_request(20001, "The simulated network does not mute")


def _announce(
    carrier: SimulatedCarrier, request: ApiRequest, participant: Participant, prefix: str
) -> None:
    url = request.field(prefix + "Url")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise errors.bad_request(21205, f"Not a valid URL: {url}")
    source = DocumentSource(url, request.method(prefix + "Method"))
    carrier.timers.spawn(conferences.overhear(carrier, participant.line, source))


def _delete_participant(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    conferences.kick(carrier, _find_participant(carrier, request))
    return Response(status_code=204)


def _find_conference(carrier: SimulatedCarrier, request: ApiRequest) -> Conference:
    if conference := carrier.conferences.get(request.names["ConferenceSid"]):
        return conference
    raise errors.not_found(request.path)


def _find_participant(carrier: SimulatedCarrier, request: ApiRequest) -> Participant:
    """The participant with that call or that label."""
    name = request.names["CallSid"]
    for participant in _find_conference(carrier, request).participants.values():
        if name in {participant.line.call.sid, participant.label}:
            return participant
    raise errors.not_found(request.path)


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
