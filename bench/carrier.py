"""A carrier on this machine that agrees to everything, so that replies have somewhere to go."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import parse_qsl

_numbers = count(1)


@dataclass(frozen=True)
class TakenOver:
    """A text that the service gave to the carrier: when (monotonic seconds), to whom, what."""

    at: float
    to: str
    body: str


class _Agreeable(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    hear: Callable[[TakenOver], None] = staticmethod(lambda _: None)

    def do_POST(self) -> None:
        fields = dict(parse_qsl(self._take_body().decode()))
        if "Body" in fields:
            self.hear(TakenOver(time.monotonic(), fields.get("To", ""), fields["Body"]))
        self._answer(201, {"sid": f"SM{next(_numbers):032x}", "status": "queued"})

    def do_GET(self) -> None:
        if re.fullmatch(r".*/Messages/[A-Z0-9]+\.json", self.path, re.IGNORECASE):
            self._answer(404, {"code": 20404, "status": 404, "message": "not found"})
        else:
            self._answer(200, {"messages": [], "next_page_uri": None})

    def do_DELETE(self) -> None:
        self._take_body()
        self._answer(204, None)

    def _take_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, content: object) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Serve one connection; whoever is killed at the end of a run leaves without a word."""
        with suppress(ConnectionResetError, BrokenPipeError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def agreeable_carrier(hear: Callable[[TakenOver], None] | None = None) -> Iterator[str]:
    """Give the address of the carrier, which is there for the length of the block.

    It tells ``hear`` of each text that it takes over.
    """
    handler = type("Agreeable", (_Agreeable,), {"hear": staticmethod(hear)} if hear else {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
