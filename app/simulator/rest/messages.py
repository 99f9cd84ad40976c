"""The carrier's API for texts and their pictures."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.messages import Media, SimulatedMessage
from app.simulator.rest.listing import answer_list, read_date_filters
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.texts.sending import OutgoingMessage, accept_text
from app.simulator.values import errors


def create_message(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    """Send a text."""
    for name in ("ScheduleType", "ContentRetention"):
        if name in request.form:
            raise errors.bad_request(20001, f"The simulated network has no {name}")
    outgoing = OutgoingMessage(
        to=request.field("To"),
        from_=request.field("From"),
        body=_fill_template(request) if request.field("ContentSid") else request.field("Body"),
        media_urls=tuple(request.form.get("MediaUrl", ())),
        status_callback=request.field("StatusCallback") or None,
        messaging_service_sid=request.field("MessagingServiceSid") or None,
        content_sid=request.field("ContentSid") or None,
    )
    return JSONResponse(accept_text(carrier, outgoing).to_json(), 201)


def _fill_template(request: ApiRequest) -> str:
    """Return what a phone shows of a template, whose one gap the words fill."""
    if not re.fullmatch("HX[0-9a-fA-F]{32}", request.field("ContentSid")):
        raise errors.bad_request(20422, "ContentSid is not the id of a template")
    try:
        words = json.loads(request.field("ContentVariables") or "{}")["1"]
    except (ValueError, KeyError, TypeError) as error:
        raise errors.bad_request(21656, "The ContentVariables parameter is invalid") from error
    if not isinstance(words, str) or re.search(r"[\n\t]| {5}", words):
        raise errors.bad_request(21656, "The ContentVariables parameter is invalid")
    return f"A message for you: {words} (You can answer here.)"


def _list_messages(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    query = request.query
    checks = read_date_filters(query, "DateSent")
    to, from_ = query.get("To"), query.get("From")
    found = [
        message
        for message in reversed(carrier.messages.values())
        if (not to or message.to == to)
        and (not from_ or message.from_ == from_)
        and all(message.sent is not None and passes(message.sent) for passes in checks)
    ]
    return answer_list("messages", found, request)


def _fetch_message(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_message(carrier, request).to_json())


def _redact_message(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    message = _find_message(carrier, request)
    if request.form.get("Body") != [""]:
        raise errors.bad_request(20001, "Only an empty Body is possible")
    message.body, message.updated = "", carrier.clock()
    return JSONResponse(message.to_json())


def _delete_message(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    message = _find_message(carrier, request)
    if not message.final:
        raise errors.not_final()
    del carrier.messages[message.sid]
    return Response(status_code=204)


def _find_message(carrier: SimulatedCarrier, request: ApiRequest) -> SimulatedMessage:
    if message := carrier.messages.get(request.names["MessageSid"]):
        return message
    raise errors.not_found(request.path)


def _list_media(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    parent = request.names["MessageSid"]
    found = [item for item in carrier.media.values() if item.parent_sid == parent]
    if not found and parent not in carrier.messages:
        raise errors.not_found(request.path)
    return answer_list("media_list", found[::-1], request)


def _fetch_media(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_media(carrier, request).to_json())


def _redirect_to_media(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    """Lead to a short-lived public address of the bytes, as the carrier does."""
    base = urlsplit(carrier.config.api_base).path.removesuffix("/twilio")
    return RedirectResponse(f"{base}/media/{_find_media(carrier, request).public_name}", 307)


def _delete_media(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    del carrier.media[_find_media(carrier, request).sid]
    return Response(status_code=204)


def _find_media(carrier: SimulatedCarrier, request: ApiRequest) -> Media:
    media = carrier.media.get(request.names["Sid"])
    if media and media.parent_sid == request.names["MessageSid"]:
        return media
    raise errors.not_found(request.path)


ROUTES: list[Route] = [
    ("POST", "/Messages.json", create_message),
    ("GET", "/Messages.json", _list_messages),
    ("GET", "/Messages/{MessageSid}.json", _fetch_message),
    ("POST", "/Messages/{MessageSid}.json", _redact_message),
    ("DELETE", "/Messages/{MessageSid}.json", _delete_message),
    ("GET", "/Messages/{MessageSid}/Media.json", _list_media),
    ("GET", "/Messages/{MessageSid}/Media/{Sid}.json", _fetch_media),
    ("DELETE", "/Messages/{MessageSid}/Media/{Sid}.json", _delete_media),
    ("GET", "/Messages/{MessageSid}/Media/{Sid}", _redirect_to_media),
]
