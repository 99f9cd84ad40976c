"""The carrier's API, as the real client library calls it.

Below ``/simulator/twilio/2010-04-01/Accounts/{AccountSid}``, with HTTP Basic.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.formats import VERSION
from app.simulator.rest import calls, conferences, messages, numbers, recordings
from app.simulator.rest.requests import ApiRequest, FormFields, Handler
from app.simulator.rest.silence import Silence
from app.simulator.values import errors
from app.simulator.values.config import API_PREFIX

_ROUTES = (
    *messages.ROUTES,
    *numbers.ROUTES,
    *calls.ROUTES,
    *conferences.ROUTES,
    *recordings.ROUTES,
)
_ACCEPTING = {messages.create_message, calls.create_call, conferences.create_participant}


def create_api(carrier: SimulatedCarrier) -> APIRouter:
    """The routes of the carrier's API, with their prefix."""
    router = APIRouter(include_in_schema=False)
    base = f"{API_PREFIX}/{VERSION}/Accounts/{{AccountSid}}"
    for method, path, handler in _ROUTES:
        router.add_route(base + path, _make_endpoint(carrier, handler), methods=[method])
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    nothing = _make_endpoint(carrier, _find_nothing)
    router.add_route(API_PREFIX + "/{rest:path}", nothing, methods=every)
    return router


def _make_endpoint(
    carrier: SimulatedCarrier, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(http: Request) -> Response:
        path = http.url.path.removeprefix(API_PREFIX)
        form: FormFields = {}
        body = (await http.body()).decode(errors="replace")
        for name, value in parse_qsl(body, keep_blank_values=True):
            form.setdefault(name, []).append(value)
        request = ApiRequest(path, dict(http.path_params), form, dict(http.query_params))
        try:
            _authenticate(carrier, http.headers.get("Authorization", ""))
            return _answer(carrier, handler, request, http.method)
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
    carrier: SimulatedCarrier, handler: Handler, request: ApiRequest, method: str
) -> Response:
    """Carry a request out, unless a fault prevents it."""
    labels = f"{method} {request.path}", *_find_phones(carrier, request)
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
    if request.names.get("AccountSid") != carrier.config.account_sid:
        raise errors.not_found(request.path)
    response = handler(carrier, request)
    if handler in _ACCEPTING and (fault := take("api-timeout-after-accept", *labels)):
        return Silence(fault.delay_s)
    return response


def _find_phones(carrier: SimulatedCarrier, request: ApiRequest) -> list[str]:
    """The numbers of the phones in a request."""
    message = carrier.messages.get(request.names.get("MessageSid", ""))
    call = carrier.calls.get(request.names.get("CallSid", ""))
    named = [request.field("To"), request.query.get("To", ""), request.query.get("From", "")]
    return [*filter(None, named), *(item.phone for item in (message, call) if item)]


def _find_nothing(_carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    raise errors.not_found(request.path)
