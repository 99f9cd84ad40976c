"""The carrier's webhooks of calls: signature first, then one step of the call, answered as TwiML.

Where the database is away, nobody is left with an error: a phone that waits goes on waiting until
its deadline, which stands in its address; any other can leave a message, which lies at the carrier
until its list is read.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.api.state import Service
from app.api.twilio import refuse, signed, store
from app.calls import (
    NOTHING,
    CallEnded,
    CallStep,
    VoiceItem,
    write_goodbye,
    write_hold,
    write_message_only,
)
from app.telephony import CALL_OVER, InboundCall, Recording, WebhookForm

_STEPS = frozenset({"digits", "wait", "next", "left", "spoken"})
_LEG_STEPS = frozenset({"answer", "digits", "next", "left", "status"})
_MOST_DIGITS = 8


def _xml(document: str) -> Response:
    return Response(document, media_type="text/xml")


async def _take(service: Service, kind: str, item: VoiceItem, away: str) -> Response:
    """Bring a call on and answer; with ``away`` where that cannot be written now."""
    waits = _xml(away) if away else None
    return await store(service, kind, item, lambda said: _xml(said or NOTHING), waits)


def _message_only(service: Service) -> str:
    return write_message_only(service.line.url, service.line.spoken)


@signed("voice")
async def incoming(_request: Request, service: Service, form: WebhookForm) -> Response:
    """Take a call in."""
    try:
        call = InboundCall.from_form(form)
    except ValueError:
        return refuse(service, "voice", 400)
    return await _take(service, "voice", call, _message_only(service))


@signed("voice")
async def member(_request: Request, service: Service, form: WebhookForm) -> Response:
    """Take in what a member pressed who called the hotline."""
    try:
        call = replace(InboundCall.from_form(form), digits=_digits(form))
    except ValueError:
        return refuse(service, "voice", 400)
    return await _take(service, "voice", call, _message_only(service))


@signed("voice")
async def step(request: Request, service: Service, form: WebhookForm) -> Response:
    """Bring a call one step on, as the caller's phone asks."""
    call = _id(request.path_params["call"])
    name = request.path_params["name"]
    if call is None or name not in _STEPS:
        return refuse(service, "voice", 404)
    turn = request.query_params.get("turn", "")
    item = CallStep(
        call,
        name,
        digits=_digits(form),
        turn=int(turn) if turn.isascii() and turn.isdigit() and len(turn) < 6 else -1,
        status=_field(form, "CallStatus"),
    )
    return await _take(service, "voice", item, _while_away(request, service, name))


def _while_away(request: Request, service: Service, name: str) -> str:
    until = request.query_params.get("until", "")
    waits = name == "wait" and until.isascii() and until.isdigit() and len(until) < 12
    if waits and service.clock().timestamp() < int(until):
        query = request.scope["query_string"].decode("latin-1")
        address = f"{service.line.url}{request.url.path}?{query}"
        return write_hold(address, service.line.spoken)
    return _message_only(service)


@signed("voice")
async def leg(request: Request, service: Service, form: WebhookForm) -> Response:
    """Bring a call on, as a phone that rings for it asks, or as the carrier tells of that phone."""
    call, one = _id(request.path_params["call"]), _id(request.path_params["leg"])
    name = request.path_params["name"]
    if call is None or one is None or name not in _LEG_STEPS:
        return refuse(service, "voice", 404)
    item = CallStep(call, name, one, _digits(form), status=_field(form, "CallStatus"))
    # The carrier tells of what happened again, if it is not taken in.
    away = "" if name == "status" else write_goodbye()
    return await _take(service, "voice", item, away)


@signed("voice-status")
async def status(_request: Request, service: Service, form: WebhookForm) -> Response:
    """Take in that a caller's call is over."""
    try:
        call = InboundCall.from_form(form)
    except ValueError:
        return refuse(service, "voice-status", 400)
    if _field(form, "CallStatus") not in CALL_OVER:
        return _xml(NOTHING)
    return await _take(service, "voice-status", CallEnded(call.sid), "")


@signed("recordings")
async def recordings(_request: Request, service: Service, form: WebhookForm) -> Response:
    """Take in what became of a recording."""
    try:
        told = Recording.from_form(form)
    except ValueError:
        return refuse(service, "recordings", 400)
    return await _take(service, "recordings", told, "")


async def fallback(request: Request) -> Response:
    """Let a caller leave a message in the main service's place, from nothing but memory."""
    return _xml(_message_only(request.app.state.service))


async def thanks(_request: Request) -> Response:
    """End a call after such a message."""
    return _xml(write_goodbye())


async def prompt(request: Request) -> Response:
    """Play a sentence that the operator recorded; nobody's voice but the hotline's own."""
    service: Service = request.app.state.service
    found = service.line.spoken.clip(request.path_params["place"])
    if found is None:
        return Response(status_code=404)
    path, content_type = found
    return FileResponse(path, media_type=content_type)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _field(form: WebhookForm, name: str) -> str:
    return form.get(name, "")


def _digits(form: WebhookForm) -> str:
    return _field(form, "Digits")[:_MOST_DIGITS]


routes = [
    Route("/twilio/voice", incoming, methods=["POST"]),
    Route("/twilio/voice/member", member, methods=["POST"]),
    Route("/twilio/voice/status", status, methods=["POST"]),
    Route("/twilio/voice/{call}/legs/{leg}/{name}", leg, methods=["POST"]),
    Route("/twilio/voice/{call}/{name}", step, methods=["POST"]),
    Route("/twilio/recordings", recordings, methods=["POST"]),
    Route("/twilio/prompts/{place:path}", prompt, methods=["GET"]),
    Route("/twilio/fallback/voice", fallback, methods=["GET", "POST"]),
    Route("/twilio/fallback/voice/thanks", thanks, methods=["GET", "POST"]),
]
