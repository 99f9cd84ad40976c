"""The service under simulation: a demo in a process of its own, and what its users can do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from app.simulator import Network

_PATIENCE_S = 120.0
# One step of the clock on the raid day does what became due for hundreds of cases.
_ANSWER_S = 900.0
# What the log must not say in a month, whatever people and the carrier do.
_OUR_FAULTS = {
    "database.away",
    "job.failed",
    "record.damaged",
    "request.crashed",
    "text.not_taken_in",
    "worker.database",
}
# These ask the carrier, which is down for a while.
_ASK_CARRIER = {"carrier-copies", "carrier-list", "lost-callbacks", "wake"}


class NotServedError(Exception):
    """The service did not start, or gave an answer that the simulated people cannot work with."""


@dataclass
class Service:
    """``kith demo`` on a free port; its clock and phones are those of the simulated network."""

    folder: Path
    port: int = 0
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    sign_ins: int = 0

    @property
    def network(self) -> Network:
        """The phones, the carrier's faults and the clock."""
        return Network(f"http://127.0.0.1:{self.port}", timeout_s=_ANSWER_S)

    @property
    def logins(self) -> dict[str, dict[str, Any]]:
        """The demo's members by handle."""
        known = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return {member["handle"]: member for member in known["members"]}

    def start(self) -> None:
        """Start and wait until it answers. NotServedError with the end of its log."""
        self.port = self.port or _free_port()
        log = (self.folder.parent / "service.log").open("ab")
        settings = {"KITH_DATA_DIR": str(self.folder), "KITH_PORT": str(self.port)}
        quiet = {"KITH_LOG_LEVEL": "ERROR"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "demo"],
            env={**os.environ, **settings, **quiet},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.starts += 1
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self._ask("GET", "/readyz", None, None)[0] == 200:
                    return
            except (OSError, HTTPException):
                pass
            time.sleep(0.1)
        said = (self.folder.parent / "service.log").read_text(errors="replace")[-2000:]
        raise NotServedError(f"the service did not start:\n{said}")

    def kill(self) -> None:
        """Take it away as a power cut would; everybody has to sign in again."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in an orderly way."""
        self._end(signal.SIGTERM)

    def _end(self, how: int) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, how)
            self.process.wait()
        self.process = None
        self.tokens.clear()

    def failures(self) -> list[str]:
        """Return what the service's log says failed, each kind of thing once."""
        log = self.folder.parent / "service.log"
        lines = log.read_text("utf-8", errors="replace").splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        ours = [one for one in said if one.get("event") in _OUR_FAULTS]
        return sorted(
            {
                f"{one['event']} {one.get('kind', '')} {one.get('error', '')}"
                for one in ours
                if one.get("kind") not in _ASK_CARRIER
            }
        )

    def ask(self, handle: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Make one request as a member, signing in where that is needed."""
        for _ in range(2):
            if handle not in self.tokens:
                self._sign_in(handle)
            status, answer = self._ask(method, path, body, self.tokens[handle])
            if status != 401:
                return status, answer
            del self.tokens[handle]
        raise NotServedError(f"{handle} is refused right after signing in")

    def must(self, handle: str, method: str, path: str, body: object = None) -> Any:
        """Make a request that has to succeed; return its answer. NotServedError."""
        status, answer = self.ask(handle, method, path, body)
        if status >= 300:
            raise NotServedError(f"{method} {path} as {handle}: {status} {answer}")
        return answer

    def _sign_in(self, handle: str) -> None:
        login = self.logins[handle]
        body = {"handle": handle, "passphrase": login["passphrase"]}
        for _ in range(20):
            status, answer = self._ask("POST", "/v1/sessions", body, None)
            if status == 201:
                self.tokens[handle] = answer["token"]
                self.sign_ins += 1
                return
            self.network.advance(5)  # throttled: a person would wait a moment, too
        raise NotServedError(f"{handle} cannot sign in: {status} {answer}")

    def _ask(self, method: str, path: str, body: object, token: str | None) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        try:
            return response.status, json.loads(said) if said else None
        except ValueError:
            return response.status, None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
