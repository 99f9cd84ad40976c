"""What every answer carries, and how large a request may be; plain ASGI, being on every path."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_JSON = 1024 * 1024
# What a file may have, and a little more, so that its own refusal says why.
LARGEST_FILE = 17 * 1024 * 1024
# Where files are sent: to a case, and from the phones of the demo.
_FILES = ("/attachments", "/simulator")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CSP = "default-src 'none'; frame-ancestors 'none'"


class CarefulAnswers:
    """Keeps answers out of caches, frames and referrers; refuses bodies over a megabyte, files 17.

    HEAD is answered as GET is, without the body: the server leaves that out by itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["path"].startswith("/twilio/"):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        taken = 0
        most = LARGEST_FILE if scope["path"].endswith(_FILES) else LARGEST_JSON

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413)
            return message

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _CSP)
            await send(message)

        await self._app(scope, limited, careful)
