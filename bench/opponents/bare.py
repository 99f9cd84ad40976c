"""The upper yardstick: read the form, check the signature, answer. Nothing is stored.

What the usual pieces cost with no product around them: Starlette's form parser and the carrier's
own validator. ``BARE_FAST=1`` puts a straight parser and a straight HMAC in their place.

    uvicorn bare:app --app-dir bench/opponents --port 8900 --loop uvloop --no-access-log
"""

from __future__ import annotations

import os
from base64 import b64encode
from hmac import compare_digest, digest
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

URL = os.environ["PUBLIC_URL"]
TOKEN = os.environ["TWILIO_AUTH_TOKEN"]
ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Message>We have your message. '
    "Somebody will read it soon.</Message></Response>"
)
SIGNATURE = "x-twilio-signature"
validator = RequestValidator(TOKEN)


async def receive(request: Request) -> Response:
    """Take one text with the usual libraries."""
    form = await request.form()
    if not validator.validate(URL, form, request.headers.get(SIGNATURE, "")):
        return Response(status_code=403)
    return Response(ANSWER, media_type="application/xml")


async def receive_fast(request: Request) -> Response:
    """Take one text with nothing but the standard library."""
    fields = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    signed = URL + "".join(name + value for name, value in sorted(fields))
    expected = b64encode(digest(TOKEN.encode(), signed.encode(), "sha1"))
    if not compare_digest(expected, request.headers.get(SIGNATURE, "").encode()):
        return Response(status_code=403)
    return Response(ANSWER, media_type="application/xml")


endpoint = receive_fast if os.environ.get("BARE_FAST") else receive
app = Starlette(routes=[Route("/twilio/messages", endpoint, methods=["POST"])])
