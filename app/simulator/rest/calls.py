"""The carrier's API for calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.calls.execution import perform
from app.simulator.calls.placing import place_call
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.rest.call_parameters import read_callback, read_placement
from app.simulator.rest.listing import answer_list, read_date_filters
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors
from app.simulator.values.targets import DocumentSource

_LONGEST_TWIML = 4000


def create_call(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    """Call a phone."""
    source = _read_source(request)
    if request.flag("Record", default=False):
        raise errors.bad_request(20001, "The simulated network does not record conversations")
    if source is None:
        raise errors.bad_request(21205, "Url parameter is required")
    placement = read_placement(carrier, request, "AsyncAmdStatusCallback")
    placement = replace(placement, fallback=_read_fallback(request))

    async def then(line: Line) -> None:
        await perform(carrier, line, source)

    return JSONResponse(place_call(carrier, placement, then, perform).call.to_json(), 201)


def _read_source(request: ApiRequest) -> DocumentSource | None:
    document = request.field("Twiml")
    if len(document) > _LONGEST_TWIML:
        raise errors.bad_request(21625, "Twiml is longer than 4000 characters")
    if url := request.url("Url", 21205):
        return DocumentSource(url, request.method("Method"))
    return DocumentSource(document=document) if document else None


def _read_fallback(request: ApiRequest) -> DocumentSource | None:
    url = request.url("FallbackUrl", 21205)
    return DocumentSource(url, request.method("FallbackMethod")) if url else None


def _list_calls(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    query = request.query
    checks = [
        *_read_call_filters(query, "StartTime", lambda call: call.dialled),
        *_read_call_filters(query, "EndTime", lambda call: call.ended),
    ]
    names = {"To": "to", "From": "from_", "ParentCallSid": "parent_sid", "Status": "status"}
    found = [
        call
        for call in reversed(carrier.calls.values())
        if all(getattr(call, names[n]) == query[n] for n in names if query.get(n))
        and all(passes(call) for passes in checks)
    ]
    return answer_list("calls", found, request)


def _read_call_filters(
    query: dict[str, str], name: str, instant: Callable[[SimulatedCall], datetime | None]
) -> list[Callable[[SimulatedCall], bool]]:
    def check(passes: Callable[[datetime], bool]) -> Callable[[SimulatedCall], bool]:
        return lambda call: (at := instant(call)) is not None and passes(at)

    return [check(passes) for passes in read_date_filters(query, name)]


def _fetch_call(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_line(carrier, request).call.to_json())


def _update_call(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    line, status = _find_line(carrier, request), request.field("Status")
    source = _read_source(request)
    if status not in {"", "canceled", "completed"}:
        raise errors.bad_request(21218, "Status is neither canceled nor completed")
    if status == "completed" or (status and line.call.status in {"queued", "ringing"}):
        line.end("completed" if line.call.started else "canceled")
    elif source:
        if line.call.status != "in-progress":
            raise errors.bad_request(21220, "Call is not in-progress. Cannot redirect.")
        line.fallback = _read_fallback(request) or line.fallback
        line.divert(source)
    if request.field("StatusCallback"):
        line.callback = read_callback(request)
    return JSONResponse(line.call.to_json())


def _delete_call(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    call = _find_line(carrier, request).call
    if not call.final:
        raise errors.not_final()
    del carrier.calls[call.sid]
    return Response(status_code=204)


def _find_line(carrier: SimulatedCarrier, request: ApiRequest) -> Line:
    sid = request.names["CallSid"]
    if sid in carrier.calls:
        return carrier.lines[sid]
    raise errors.not_found(request.path)


ROUTES: list[Route] = [
    ("POST", "/Calls.json", create_call),
    ("GET", "/Calls.json", _list_calls),
    ("GET", "/Calls/{CallSid}.json", _fetch_call),
    ("POST", "/Calls/{CallSid}.json", _update_call),
    ("DELETE", "/Calls/{CallSid}.json", _delete_call),
]
