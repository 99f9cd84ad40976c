"""The carrier's API for calls: ``Calls.json`` and ``Calls/{sid}.json``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.calls.execution import perform
from app.simulator.calls.placing import Detection, Placement, place
from app.simulator.network.lines import Callback, Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.rest import listing
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors
from app.simulator.values.addresses import call_destination
from app.simulator.values.events import Source

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


_RING_S = 60.0
_LONGEST_TWIML = 4000


def create_call(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    """Call somebody."""
    source = _source(asked)
    if asked.flag("Record", default=False):
        raise errors.bad_request(20001, "The simulated network does not record conversations")
    if source is None:
        raise errors.bad_request(21205, "Url parameter is required")
    to = call_destination(asked.field("To"))
    check_caller_id(carrier, asked.field("From"), to)
    placement = Placement(
        to=to,
        from_=asked.field("From"),
        timeout=asked.seconds("Timeout", _RING_S) or _RING_S,
        callback=callback(asked),
        fallback=_fallback(asked),
        detection=detection(asked, "AsyncAmdStatusCallback"),
        time_limit=asked.seconds("TimeLimit", None),
    )

    async def then(line: Line) -> None:
        await perform(line, source)

    return JSONResponse(place(carrier, placement, then).call.to_json(), 201)


def check_caller_id(carrier: SimulatedCarrier, from_: str, to: str) -> None:
    """Raise unless the hotline's own number is what the phone will show."""
    number = carrier.config.number
    if not from_:
        raise errors.bad_request(21213, "'From' phone number is required")
    if from_ != number or carrier.faults.take("number-out-of-service", number):
        raise errors.bad_request(21210, "'From' phone number is not a number of this account")
    if to == number:
        raise errors.bad_request(21266, "'To' and 'From' number cannot be the same")


def callback(asked: ApiRequest, prefix: str = "") -> Callback:
    """Where the service wants news, and which; raises 21609 for what is no address."""
    url = _url(asked, prefix + "StatusCallback", 21609)
    name = prefix + "StatusCallbackEvent"
    events = [word for value in asked.form.get(name, ()) for word in value.split()]
    method = asked.method(prefix + "StatusCallbackMethod")
    return Callback(url, method, frozenset(events or ["completed"]))


def detection(asked: ApiRequest, callback_name: str) -> Detection:
    """Whether somebody is to find out who answered."""
    mode = asked.field("MachineDetection")
    if mode not in {"", "Enable", "DetectMessageEnd"}:
        raise errors.bad_request(20001, "MachineDetection is neither Enable nor DetectMessageEnd")
    url = _url(asked, callback_name, 21609)
    return Detection(mode, url, asked.method(callback_name + "Method"))


def _url(asked: ApiRequest, name: str, code: int) -> str:
    url = asked.field(name)
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise errors.bad_request(code, f"{name} is not a valid URL: {url}")
    return url


def _source(asked: ApiRequest) -> Source | None:
    document = asked.field("Twiml")
    if len(document) > _LONGEST_TWIML:
        raise errors.bad_request(21625, "Twiml is longer than 4000 characters")
    if url := _url(asked, "Url", 21205):
        return Source(url, asked.method("Method"))
    return Source(document=document) if document else None


def _fallback(asked: ApiRequest) -> Source | None:
    url = _url(asked, "FallbackUrl", 21205)
    return Source(url, asked.method("FallbackMethod")) if url else None


def _list_calls(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    query = asked.query
    checks = [
        *_dates(query, "StartTime", lambda call: call.dialled),
        *_dates(query, "EndTime", lambda call: call.ended),
    ]
    names = {"To": "to", "From": "from_", "ParentCallSid": "parent_sid", "Status": "status"}
    found = [
        call
        for call in reversed(carrier.voice.calls.values())
        if all(getattr(call, names[n]) == query[n] for n in names if query.get(n))
        and all(check(call) for check in checks)
    ]
    return JSONResponse(listing.page("calls", found, asked.path, query))


def _dates(
    query: dict[str, str], name: str, instant: Callable[[SimulatedCall], datetime | None]
) -> list[Callable[[SimulatedCall], bool]]:
    def checked(passes: Callable[[datetime], bool]) -> Callable[[SimulatedCall], bool]:
        return lambda call: (at := instant(call)) is not None and passes(at)

    return [checked(passes) for passes in listing.date_checks(query, name)]


def _fetch_call(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_line(carrier, asked).call.to_json())


def _update_call(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    line, status, source = _line(carrier, asked), asked.field("Status"), _source(asked)
    if status not in {"", "canceled", "completed"}:
        raise errors.bad_request(21218, "Status is neither canceled nor completed")
    if status == "completed" or (status and line.call.status in {"queued", "ringing"}):
        line.end("completed" if line.call.started else "canceled")
    elif source:
        if line.call.status != "in-progress":
            raise errors.bad_request(21220, "Call is not in-progress. Cannot redirect.")
        line.fallback = _fallback(asked) or line.fallback
        line.divert(source)
    if asked.field("StatusCallback"):
        line.callback = callback(asked)
    return JSONResponse(line.call.to_json())


def _delete_call(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    call = _line(carrier, asked).call
    if not call.final:
        raise errors.not_final()
    del carrier.voice.calls[call.sid]
    return Response(status_code=204)


def _line(carrier: SimulatedCarrier, asked: ApiRequest) -> Line:
    sid = asked.names["CallSid"]
    if sid in carrier.voice.calls:
        return carrier.voice.lines[sid]
    raise errors.not_found(asked.path)


ROUTES: list[Route] = [
    ("POST", "/Calls.json", create_call),
    ("GET", "/Calls.json", _list_calls),
    ("GET", "/Calls/{CallSid}.json", _fetch_call),
    ("POST", "/Calls/{CallSid}.json", _update_call),
    ("DELETE", "/Calls/{CallSid}.json", _delete_call),
]
