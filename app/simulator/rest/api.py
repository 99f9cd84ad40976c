"""The carrier's API, as the real client library calls it.

Below ``/simulator/twilio/2010-04-01/Accounts/{AccountSid}``: ``Messages.json`` (POST, GET),
``Messages/{sid}.json`` (GET, POST, DELETE), its ``Media.json`` (GET), ``Media/{sid}.json`` (GET,
DELETE) and ``Media/{sid}`` (GET, leads to the bytes), ``IncomingPhoneNumbers.json`` (GET),
``IncomingPhoneNumbers/{sid}.json`` (GET, POST) and the account itself.
Calls, conferences and recordings are in ``voice``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.messages import VERSION, Media, Number, SimulatedMessage, account
from app.simulator.rest import calls as calls_api
from app.simulator.rest import conferences as conferences_api
from app.simulator.rest import listing
from app.simulator.rest import recordings as recordings_api
from app.simulator.rest.requests import ApiRequest, Form, Handler
from app.simulator.rest.silence import Silence
from app.simulator.texts import sending
from app.simulator.values import errors
from app.simulator.values.config import API_PREFIX

_NUMBER_FIELDS = {
    name: "".join(part.capitalize() for part in name.split("_"))
    for name in (
        "friendly_name",
        "sms_url",
        "sms_method",
        "sms_fallback_url",
        "sms_fallback_method",
        "voice_url",
        "voice_method",
        "voice_fallback_url",
        "voice_fallback_method",
        "status_callback",
        "status_callback_method",
    )
}


def create_api(carrier: SimulatedCarrier) -> APIRouter:
    """The routes of the carrier's API; their prefix is included."""
    router = APIRouter(include_in_schema=False)
    base = f"{API_PREFIX}/{VERSION}/Accounts/{{AccountSid}}"
    for method, path, handler in (*_ROUTES, *_VOICE_ROUTES):
        router.add_route(base + path, _endpoint(carrier, handler), methods=[method])
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    router.add_route(API_PREFIX + "/{rest:path}", _endpoint(carrier, _nothing_here), methods=every)
    return router


def _endpoint(
    carrier: SimulatedCarrier, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        path = request.url.path.removeprefix(API_PREFIX)
        form: Form = {}
        body = (await request.body()).decode(errors="replace")
        for name, value in parse_qsl(body, keep_blank_values=True):
            form.setdefault(name, []).append(value)
        asked = ApiRequest(path, dict(request.path_params), form, dict(request.query_params))
        try:
            _authenticate(carrier, request.headers.get("Authorization", ""))
            return _answer(carrier, handler, asked, request.method)
        except errors.RestError as refused:
            return JSONResponse(refused.body(), refused.status, refused.headers)

    return endpoint


def _authenticate(carrier: SimulatedCarrier, header: str) -> None:
    """HTTP Basic with account and token, or API key and secret."""
    config = carrier.config
    try:
        given = base64.b64decode(header.removeprefix("Basic "), validate=True)
    except binascii.Error:
        raise errors.unauthenticated() from None
    pairs = [(config.account_sid, config.auth_token), (config.api_key, config.api_secret)]
    known = [f"{name}:{secret}".encode() for name, secret in pairs if name and secret]
    if not any(hmac.compare_digest(given, pair) for pair in known):
        raise errors.unauthenticated()


def _answer(
    carrier: SimulatedCarrier, handler: Handler, asked: ApiRequest, method: str
) -> Response:
    """Carry a request out, unless a fault has other plans."""
    labels = f"{method} {asked.path}", *_phones(carrier, asked)
    take = carrier.faults.take
    if fault := take("api-timeout", *labels):
        return Silence(fault.delay_s)
    if take("api-5xx", *labels):
        raise errors.internal()
    if fault := take("api-429", *labels):
        raise errors.too_many(fault.delay_s)
    if take("api-20003", *labels):
        raise errors.unauthenticated()
    if method == "DELETE" and take("api-20009", *labels):
        raise errors.not_final()
    response = _own_account(carrier, handler, asked)
    if handler in _ACCEPTING and (fault := take("api-timeout-after-accept", *labels)):
        return Silence(fault.delay_s)
    return response


def _phones(carrier: SimulatedCarrier, asked: ApiRequest) -> list[str]:
    """The numbers a request is about."""
    message = carrier.messages.get(asked.names.get("MessageSid", ""))
    call = carrier.voice.calls.get(asked.names.get("CallSid", ""))
    named = [asked.field("To"), asked.query.get("To", ""), asked.query.get("From", "")]
    return [*filter(None, named), *(item.phone for item in (message, call) if item)]


def _own_account(carrier: SimulatedCarrier, handler: Handler, asked: ApiRequest) -> Response:
    if asked.names.get("AccountSid") != carrier.config.account_sid:
        raise errors.not_found(asked.path)
    return handler(carrier, asked)


def _nothing_here(_carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    raise errors.not_found(asked.path)


def _create_message(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    for name in ("ScheduleType", "ContentRetention"):
        if name in asked.form:
            raise errors.bad_request(20001, f"The simulated network has no {name}")
    outgoing = sending.OutgoingMessage(
        to=asked.field("To"),
        from_=asked.field("From"),
        body=asked.field("Body"),
        media_urls=tuple(asked.form.get("MediaUrl", ())),
        status_callback=asked.field("StatusCallback") or None,
        messaging_service_sid=asked.field("MessagingServiceSid") or None,
    )
    return JSONResponse(sending.accept(carrier, outgoing).to_json(), 201)


def _list_messages(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    newest_first = reversed(carrier.messages.values())
    found = listing.select_messages(newest_first, asked.query)
    return JSONResponse(listing.page("messages", found, asked.path, asked.query))


def _fetch_message(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_message(carrier, asked).to_json())


def _update_message(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    message = _message(carrier, asked)
    if asked.form.get("Body") != [""]:
        raise errors.bad_request(20001, "Only an empty Body is possible")
    message.body, message.updated = "", carrier.clock()
    return JSONResponse(message.to_json())


def _delete_message(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    message = _message(carrier, asked)
    if not message.final:
        raise errors.not_final()
    del carrier.messages[message.sid]
    return Response(status_code=204)


def _message(carrier: SimulatedCarrier, asked: ApiRequest) -> SimulatedMessage:
    if message := carrier.messages.get(asked.names["MessageSid"]):
        return message
    raise errors.not_found(asked.path)


def _list_media(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    parent = asked.names["MessageSid"]
    found = [item for item in carrier.media.values() if item.parent_sid == parent]
    if not found and parent not in carrier.messages:
        raise errors.not_found(asked.path)
    return JSONResponse(listing.page("media_list", found[::-1], asked.path, asked.query))


def _fetch_media(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_media(carrier, asked).to_json())


def _media_bytes(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    """Lead to a short-lived public address, as the carrier does."""
    base = urlsplit(carrier.config.api_base).path.removesuffix("/twilio")
    return RedirectResponse(f"{base}/media/{_media(carrier, asked).public_name}", 307)


def _delete_media(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    del carrier.media[_media(carrier, asked).sid]
    return Response(status_code=204)


def _media(carrier: SimulatedCarrier, asked: ApiRequest) -> Media:
    media = carrier.media.get(asked.names["Sid"])
    if media and media.parent_sid == asked.names["MessageSid"]:
        return media
    raise errors.not_found(asked.path)


def _list_numbers(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    number, wanted = carrier.number, asked.query.get("PhoneNumber")
    taken_away = carrier.faults.take("number-out-of-service", number.phone_number)
    found = [] if taken_away or wanted not in {None, "", number.phone_number} else [number]
    return JSONResponse(listing.page("incoming_phone_numbers", found, asked.path, asked.query))


def _fetch_number(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    return JSONResponse(_number(carrier, asked).to_json())


def _update_number(carrier: SimulatedCarrier, asked: ApiRequest) -> Response:
    number = _number(carrier, asked)
    for attribute, name in _NUMBER_FIELDS.items():
        if name in asked.form:
            setattr(number, attribute, asked.field(name))
    number.updated = carrier.clock()
    return JSONResponse(number.to_json())


def _number(carrier: SimulatedCarrier, asked: ApiRequest) -> Number:
    number = carrier.number
    taken_away = carrier.faults.take("number-out-of-service", number.phone_number)
    if taken_away or asked.names["Sid"] != number.sid:
        raise errors.not_found(asked.path)
    return number


def _fetch_account(carrier: SimulatedCarrier, _asked: ApiRequest) -> Response:
    return JSONResponse(account(carrier.config, carrier.opened))


_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/Messages.json", _create_message),
    ("GET", "/Messages.json", _list_messages),
    ("GET", "/Messages/{MessageSid}.json", _fetch_message),
    ("POST", "/Messages/{MessageSid}.json", _update_message),
    ("DELETE", "/Messages/{MessageSid}.json", _delete_message),
    ("GET", "/Messages/{MessageSid}/Media.json", _list_media),
    ("GET", "/Messages/{MessageSid}/Media/{Sid}.json", _fetch_media),
    ("DELETE", "/Messages/{MessageSid}/Media/{Sid}.json", _delete_media),
    ("GET", "/Messages/{MessageSid}/Media/{Sid}", _media_bytes),
    ("GET", "/IncomingPhoneNumbers.json", _list_numbers),
    ("GET", "/IncomingPhoneNumbers/{Sid}.json", _fetch_number),
    ("POST", "/IncomingPhoneNumbers/{Sid}.json", _update_number),
    ("GET", ".json", _fetch_account),
]
_VOICE_ROUTES = [*calls_api.ROUTES, *conferences_api.ROUTES, *recordings_api.ROUTES]
_ACCEPTING = {_create_message, calls_api.create_call, conferences_api.create_participant}
