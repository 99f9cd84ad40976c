"""A carrier on this machine that agrees to everything, so that replies have somewhere to go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread

_numbers = count(1)


class _Agreeable(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._take_body()
        self._answer(201, {"sid": f"SM{next(_numbers):032x}", "status": "queued"})

    def do_GET(self) -> None:
        if re.fullmatch(r".*/Messages/[A-Z0-9]+\.json", self.path, re.IGNORECASE):
            self._answer(404, {"code": 20404, "status": 404, "message": "not found"})
        else:
            self._answer(200, {"messages": [], "next_page_uri": None})

    def do_DELETE(self) -> None:
        self._take_body()
        self._answer(204, None)

    def _take_body(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))

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
def agreeable_carrier() -> Iterator[str]:
    """Give the address of the carrier, which is there for the length of the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Agreeable) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
