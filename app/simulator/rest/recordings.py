"""The carrier's API for recordings: below the account and below their call."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.formats import Json
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.rest.listing import answer_list, read_date_filters
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors


class _BelowCall:
    """A recording as its call lists it."""

    def __init__(self, recording: SimulatedRecording) -> None:
        self.seq = recording.seq
        self.to_json = recording.to_call_json


def _list_recordings(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    sid, checks = request.query.get("CallSid"), read_date_filters(request.query, "DateCreated")
    found = [
        recording
        for recording in reversed(carrier.recordings.values())
        if (not sid or recording.call_sid == sid)
        and not request.query.get("ConferenceSid")
        and all(passes(recording.created) for passes in checks)
    ]
    return answer_list("recordings", found, request)


def _list_of_call(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    sid = request.names["CallSid"]
    found = [
        _BelowCall(recording)
        for recording in reversed(carrier.recordings.values())
        if recording.call_sid == sid
    ]
    if not found and sid not in carrier.calls:
        raise errors.not_found(request.path)
    return answer_list("recordings", found, request)


def _list_of_conference(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    if request.names["ConferenceSid"] not in carrier.conferences:
        raise errors.not_found(request.path)
    return answer_list("recordings", [], request)


def _fetch_recording(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    recording = _find_recording(carrier, request)
    below: Json = recording.to_call_json() if "CallSid" in request.names else recording.to_json()
    return JSONResponse(below)


def _fetch_sound(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    recording = _find_recording(carrier, request)
    if recording.status != "completed":
        raise errors.not_found(request.path)
    data, kind = recording.media(request.path.rpartition(".")[2])
    return Response(data, media_type=kind)


def _delete_recording(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    recording = _find_recording(carrier, request)
    if not recording.final:
        raise errors.not_final()
    del carrier.recordings[recording.sid]
    return Response(status_code=204)


def _find_recording(carrier: SimulatedCarrier, request: ApiRequest) -> SimulatedRecording:
    recording = carrier.recordings.get(request.names["Sid"])
    below = request.names.get("CallSid")
    if recording and below in {None, recording.call_sid}:
        return recording
    raise errors.not_found(request.path)


ROUTES: list[Route] = [
    ("GET", "/Recordings.json", _list_recordings),
    ("GET", "/Calls/{CallSid}/Recordings.json", _list_of_call),
    ("GET", "/Conferences/{ConferenceSid}/Recordings.json", _list_of_conference),
    ("GET", "/Calls/{CallSid}/Recordings/{Sid}.json", _fetch_recording),
    ("DELETE", "/Calls/{CallSid}/Recordings/{Sid}.json", _delete_recording),
    ("GET", "/Recordings/{Sid}.json", _fetch_recording),
    ("DELETE", "/Recordings/{Sid}.json", _delete_recording),
    ("DELETE", "/Recordings/{Sid}", _delete_recording),
    ("GET", "/Recordings/{Sid}.wav", _fetch_sound),
    ("GET", "/Recordings/{Sid}.mp3", _fetch_sound),
    ("GET", "/Recordings/{Sid}", _fetch_sound),
]
