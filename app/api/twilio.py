"""The carrier's webhooks: signature first, 200 only after the commit."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.state import Service
from app.api.webhook_table import Webhook
from app.crypto import KeyMissing, SealBroken
from app.errors import Refusal
from app.outbox import StatusUpdate
from app.telephony import DeliveryStatus, InboundText, TooManyFields, WebhookForm, read_form
from app.vault import RosterRefused

log = structlog.get_logger()

LARGEST_BODY = 64 * 1024
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_NOTHING = _DECLARATION + "<Response/>"
FAILURES = (SQLAlchemyError, OSError, Refusal, KeyMissing, SealBroken, RosterRefused)

Taken = Callable[[Request, Service, WebhookForm], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def _twiml(said: str | None = None) -> Response:
    """Answer with nothing (replies go through the outbox), but for the greeting while sealed."""
    if said is None:
        return Response(_NOTHING, media_type="text/xml")
    message = f"<Response><Message>{escape(said)}</Message></Response>"
    return Response(_DECLARATION + message, media_type="text/xml")


def refuse(service: Service, kind: str, status: int) -> Response:
    """Return an empty refusal, and count it."""
    service.metrics.webhooks.labels(kind, str(status)).inc()
    return Response(status_code=status)


async def _body(request: Request) -> bytes:
    """Return the body; HTTPException 413 past the largest, however it is sent."""
    body, more = b"", True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise HTTPException(413)
    return body


def signed(kind: str) -> Callable[[Taken], Endpoint]:
    """Let a webhook be taken with its form, once the carrier's signature on it holds."""

    def decorate(take: Taken) -> Endpoint:
        @wraps(take)
        async def endpoint(request: Request) -> Response:
            service: Service = request.app.state.service
            form = await _signed_form(request, service)
            if isinstance(form, int):
                return refuse(service, kind, form)
            return await take(request, service, form)

        return endpoint

    return decorate


async def _signed_form(request: Request, service: Service) -> WebhookForm | int:
    """Return the form, or the status with which to refuse it."""
    try:
        body = await _body(request)
        form = read_form(body)
    except (HTTPException, TooManyFields):
        return 413
    target = request.scope["raw_path"].decode("latin-1")
    if query := request.scope["query_string"].decode("latin-1"):
        target += f"?{query}"
    signature = request.headers.get("x-twilio-signature")
    return form if service.verifier.verify(target, form, body, signature) else 403


async def store(
    service: Service,
    kind: str,
    item: Webhook,
    answer: Callable[[str | None], Response],
    away: Response | None = None,
) -> Response:
    """Hand an item to the writer and answer once it is committed.

    Where it cannot be written now: ``away``, else 503, which sends the carrier to the fallback.
    """
    started = time.perf_counter()
    try:
        said = await service.writer.submit(item)
    except FAILURES as error:
        log.error("webhook.failed", kind=kind, error=type(error).__name__)
        if away is None:
            return refuse(service, kind, 503)
        service.metrics.webhooks.labels(kind, "away").inc()
        return away
    service.metrics.webhook_seconds.observe(time.perf_counter() - started)
    service.metrics.webhooks.labels(kind, "200").inc()
    return answer(said)


@signed("messages")
async def messages(_request: Request, service: Service, form: WebhookForm) -> Response:
    """Take in a text."""
    try:
        text = InboundText.from_form(form)
    except ValueError:
        return refuse(service, "messages", 400)
    return await store(service, "messages", text, _twiml)


@signed("status")
async def message_status(request: Request, service: Service, form: WebhookForm) -> Response:
    """Take in what became of a text we sent; our id of it comes along in the query."""
    try:
        status = DeliveryStatus.from_form(form)
    except ValueError:
        return refuse(service, "status", 400)
    update = StatusUpdate(_our_id(request.query_params.get("id")), status)
    return await store(service, "status", update, _twiml)


def _our_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def fallback(_request: Request) -> Response:
    """Answer in the main service's place, from nothing but memory."""
    return _twiml()


routes = [
    Route("/twilio/messages", messages, methods=["POST"]),
    Route("/twilio/messages/status", message_status, methods=["POST"]),
    Route("/twilio/fallback/messages", fallback, methods=["GET", "POST"]),
]

_AT_ONCE = {"/twilio/messages": messages, "/twilio/messages/status": message_status}


class Webhooks:
    """Answers what comes most, texts and callbacks, before the request is looked at further.

    What routes, limits and headers take for every other request is as much as a text costs here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a webhook; pass anything else on."""
        known = scope["type"] == "http" and scope["method"] == "POST"
        answer = _AT_ONCE.get(scope["path"]) if known else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        response = await answer(Request(scope, receive, send))
        await response(scope, receive, send)
