"""An answer that never comes."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_LONGEST_S = 60.0


class Silence(Response):
    """Say nothing until the client hangs up, or for ``seconds`` real ones, then cut the line.

    Real seconds, because the client's own time-out does not follow the simulated clock.
    """

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__()
        self._seconds = _LONGEST_S if seconds is None else seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then promise a body that is never sent: the server has to close the connection."""
        try:
            async with asyncio.timeout(self._seconds):
                await receive()  # the request has been read whole: what comes is the hang-up
        except TimeoutError:
            headers = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 504, "headers": headers})
