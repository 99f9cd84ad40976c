"""The carrier's API for the hotline's number and for the account."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.account import HotlineNumber, describe_account
from app.simulator.rest.listing import answer_list
from app.simulator.rest.requests import ApiRequest, Route
from app.simulator.values import errors

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


def _list_numbers(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    number, wanted = carrier.number, request.query.get("PhoneNumber")
    taken_away = carrier.faults.take("number-out-of-service", number.phone_number)
    found = [] if taken_away or wanted not in {None, "", number.phone_number} else [number]
    return answer_list("incoming_phone_numbers", found, request)


def _fetch_number(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    return JSONResponse(_find_number(carrier, request).to_json())


def _update_number(carrier: SimulatedCarrier, request: ApiRequest) -> Response:
    number = _find_number(carrier, request)
    for attribute, name in _NUMBER_FIELDS.items():
        if name in request.form:
            setattr(number, attribute, request.field(name))
    number.updated = carrier.clock()
    return JSONResponse(number.to_json())


def _find_number(carrier: SimulatedCarrier, request: ApiRequest) -> HotlineNumber:
    number = carrier.number
    taken_away = carrier.faults.take("number-out-of-service", number.phone_number)
    if taken_away or request.names["Sid"] != number.sid:
        raise errors.not_found(request.path)
    return number


def _fetch_account(carrier: SimulatedCarrier, _request: ApiRequest) -> Response:
    return JSONResponse(describe_account(carrier.config, carrier.opened))


ROUTES: list[Route] = [
    ("GET", "/IncomingPhoneNumbers.json", _list_numbers),
    ("GET", "/IncomingPhoneNumbers/{Sid}.json", _fetch_number),
    ("POST", "/IncomingPhoneNumbers/{Sid}.json", _update_number),
    ("GET", ".json", _fetch_account),
]
