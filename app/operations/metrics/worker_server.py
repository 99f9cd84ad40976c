"""Health and metrics of a worker that is a process of its own: two addresses, nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from app.operations.metrics.registry import CONTENT_TYPE

_Answer = tuple[int, str, bytes]


class WorkerServer:
    """Answers ``/healthz`` and ``/metrics`` within a ``with`` block."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        alive: Callable[[], bool],
        metrics: Callable[[str], bytes | None],
    ) -> None:
        """Take the address; OSError where it is not free.

        ``metrics`` gets the ``Authorization`` header and returns None where it shows nothing.
        """

        def answer(path: str, authorization: str) -> _Answer:
            if path == "/healthz":
                well = alive()
                return (200, "text/plain", b"ok\n") if well else (503, "text/plain", b"stuck\n")
            text = metrics(authorization) if path == "/metrics" else None
            return (404, "text/plain", b"") if text is None else (200, CONTENT_TYPE, text)

        self._server = ThreadingHTTPServer((host, port), _handler(answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(answer: Callable[[str, str], _Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version, sys_version = "kith", ""

        def do_GET(self) -> None:
            status, kind, body = answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: monitors ask every few seconds, and any program can find the port."""

    return Handler
