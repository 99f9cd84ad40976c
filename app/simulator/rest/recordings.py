"""The carrier's API for recordings: below the account and below their call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.resources.messages import Json
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.rest import listing
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


class _BelowCall:
    """A recording as its call lists it."""

    def __init__(self, recording: SimulatedRecording) -> None:
        self.seq = recording.seq
        self.to_json = recording.to_call_json


def _list_recordings(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    sid, checks = asked.query.get("CallSid"), listing.date_checks(asked.query, "DateCreated")
    found = [
        recording
        for recording in reversed(carrier.voice.recordings.values())
        if (not sid or recording.call_sid == sid)
        and not asked.query.get("ConferenceSid")
        and all(passes(recording.created) for passes in checks)
    ]
    return JSONResponse(listing.page("recordings", found, asked.path, asked.query))


def _list_of_call(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    sid = asked.names["CallSid"]
    found = [
        _BelowCall(recording)
        for recording in reversed(carrier.voice.recordings.values())
        if recording.call_sid == sid
    ]
    if not found and sid not in carrier.voice.calls:
        raise errors.not_found(asked.path)
    return JSONResponse(listing.page("recordings", found, asked.path, asked.query))


def _list_of_conference(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    if asked.names["ConferenceSid"] not in carrier.voice.conferences:
        raise errors.not_found(asked.path)
    return JSONResponse(listing.page("recordings", [], asked.path, asked.query))


def _fetch_recording(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    recording = _recording(carrier, asked)
    below: Json = recording.to_call_json() if "CallSid" in asked.names else recording.to_json()
    return JSONResponse(below)


def _sound(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    recording = _recording(carrier, asked)
    if recording.status != "completed":
        raise errors.not_found(asked.path)
    data, kind = recording.media(asked.path.rpartition(".")[2])
    return Response(data, media_type=kind)


def _delete_recording(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    recording = _recording(carrier, asked)
    if not recording.final:
        raise errors.not_final()
    del carrier.voice.recordings[recording.sid]
    return Response(status_code=204)


def _recording(carrier: SimulatedCarrier, asked: ApiRequest) -> SimulatedRecording:
    recording = carrier.voice.recordings.get(asked.names["Sid"])
    below = asked.names.get("CallSid")
    if recording and below in {None, recording.call_sid}:
        return recording
    raise errors.not_found(asked.path)


ROUTES: list[Route] = [
    ("GET", "/Recordings.json", _list_recordings),
    ("GET", "/Calls/{CallSid}/Recordings.json", _list_of_call),
    ("GET", "/Conferences/{ConferenceSid}/Recordings.json", _list_of_conference),
    ("GET", "/Calls/{CallSid}/Recordings/{Sid}.json", _fetch_recording),
    ("DELETE", "/Calls/{CallSid}/Recordings/{Sid}.json", _delete_recording),
    ("GET", "/Recordings/{Sid}.json", _fetch_recording),
    ("DELETE", "/Recordings/{Sid}.json", _delete_recording),
    ("DELETE", "/Recordings/{Sid}", _delete_recording),
    ("GET", "/Recordings/{Sid}.wav", _sound),
    ("GET", "/Recordings/{Sid}.mp3", _sound),
    ("GET", "/Recordings/{Sid}", _sound),
]
