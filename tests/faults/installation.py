"""A whole Kith on this machine: organisation, service, worker and carrier, each killable."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from app.access import Principal
from app.crypto import KeyFiles
from app.members.session_stores import MemorySessions
from app.members.sessions import sign_in
from app.members.sign_in_throttle import SignInThrottle
from app.operations.foundation import found_organisation
from app.simulator.phones import Network
from app.store.db import Database, Db
from app.store.schema import upgrade_schema
from app.vault.operational_key import open_keyring
from tests.faults.nursery import Nursery

HANDLE, PASSPHRASE = "wren", "lantern copper meadow violin"
HOTLINE = "+15145550100"
ACCOUNT, TOKEN = "AC00000000" + 24 * "1", "carrier-token"
# The carrier tries a webhook three times more: on a 5xx, on a refused and on a broken connection.
RETRIES = "rc=3&rp=5xx,ct,rt"
_PATIENCE_S = 60.0


class NotReady(AssertionError):
    """A process did not come up, or the desk was refused; the message holds what it said."""


@dataclass(frozen=True)
class Installation:
    """Where everything is. The carrier has its own process and its own memory."""

    folder: Path
    nursery: Nursery
    database_url: str
    port: int
    carrier_port: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The service's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def network(self) -> Network:
        """The carrier and its phones."""
        return Network(f"http://127.0.0.1:{self.carrier_port}")

    @property
    def environment(self) -> dict[str, str]:
        """What the processes are configured with."""
        return {
            "KITH_DATA_DIR": str(self.folder),
            "KITH_DATABASE_URL": self.database_url,
            "KITH_ENVIRONMENT": "demo",  # so that its clock can be moved
            "KITH_OPERATIONAL_KEY": "file",
            "KITH_REQUIRE_MFA": "false",
            "KITH_PORT": str(self.port),
            "KITH_TWILIO_ACCOUNT_SID": ACCOUNT,
            "KITH_TWILIO_AUTH_TOKEN": TOKEN,
            "KITH_TWILIO_NUMBER": HOTLINE,
            "KITH_TWILIO_RATE": "1000",
            "KITH_TWILIO_API_URL": f"http://127.0.0.1:{self.carrier_port}/simulator/twilio",
            **self.settings,
        }

    def start_service(self, *arguments: str, program: str = "kith") -> int:
        """Start ``kith serve`` and return its number at once."""
        log = self.folder / "service.log"
        return self.nursery.start(program, ["serve", *arguments], self.environment, log)

    def start_worker(self, program: str = "kith") -> int:
        """Start ``kith worker`` and return its number at once."""
        log = self.folder / "worker.log"
        return self.nursery.start(program, ["worker"], self.environment, log)

    def start_carrier(self, *arguments: str) -> int:
        """Start the simulated carrier and wait until it answers."""
        given = {"port": self.carrier_port, "service-url": self.url}
        given |= {"account-sid": ACCOUNT, "number": HOTLINE, "retries": RETRIES}
        options = [part for name, value in given.items() for part in (f"--{name}", str(value))]
        log = self.folder / "carrier.log"
        pid = self.nursery.start("simulator", [*options, *arguments], self.environment, log)
        wait_for_http(self.carrier_port, "/simulator/clock", log)
        return pid

    def wait_for_service(self) -> None:
        """Return once the service answers; NotReady with its log."""
        wait_for_http(self.port, "/healthz", self.folder / "service.log")

    def wait_until(self, come_true: Callable[[], bool]) -> None:
        """Return once something is so; NotReady with all that was said if it never is."""
        deadline = time.monotonic() + _PATIENCE_S
        while not come_true():
            if time.monotonic() > deadline:
                raise NotReady("\n".join(map(self.said, ("service", "worker"))))
            time.sleep(0.05)

    def stop(self, pid: int) -> None:
        """End a process in an orderly way."""
        self.nursery.kill(pid, signal.SIGTERM)

    def advance(self, seconds: float) -> None:
        """Move the clocks of service and carrier; on SQLite, return when what is due is done."""
        self.network.advance(seconds)
        status, answer = request(self.port, "POST", "/simulator/clock", {"advance_s": seconds})
        if status != 200:
            raise NotReady(answer)

    def said(self, name: str) -> str:
        """The log of ``service``, ``worker`` or ``carrier``."""
        log = self.folder / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    @contextmanager
    def records(self) -> Iterator[tuple[Db, Principal]]:
        """Open the database as its first member would; on SQLite with the service stopped."""
        database = Database(self.database_url)
        open_keyring(database, KeyFiles(self.folder / "keys"))
        try:
            member = sign_in(
                database,
                MemorySessions(),
                SignInThrottle(),
                handle=HANDLE,
                passphrase=PASSPHRASE,
                code=None,
                require_mfa=False,
                now=datetime.now(UTC),
            ).principal
            with database.transaction() as db:
                yield db, member
        finally:
            database.close()


def build(folder: Path, nursery: Nursery, database_url: str | None = None) -> Installation:
    """Found an organisation in ``folder``, on SQLite there unless told otherwise."""
    url = database_url or f"sqlite:///{folder / 'kith.db'}"
    upgrade_schema(url)
    database = Database(url)
    try:
        found_organisation(
            database,
            KeyFiles(folder / "keys"),
            handle=HANDLE,
            passphrase=PASSPHRASE,
            keep_operational_seed=True,
            now=datetime.now(UTC),
        )
    finally:
        database.close()
    return Installation(folder, nursery, url, free_port(), free_port())


class Desk:
    """A dispatcher who works by the REST interface."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._token = ""

    def sign_in(self) -> None:
        """Sign in. NotReady; OSError while the service is down."""
        given = {"handle": HANDLE, "passphrase": PASSPHRASE}
        status, answer = request(self._port, "POST", "/v1/sessions", given)
        if status != 201:
            raise NotReady(f"{status}: {answer}")
        self._token = answer["token"]

    def ask(self, method: str, path: str, order: object = None) -> tuple[int, Any]:
        """Return status and body of one request below ``/v1``. OSError while it is down."""
        return request(self._port, method, f"/v1{path}", order, self._token)

    def queue(self, limit: int = 200) -> list[dict[str, Any]]:
        """The live cases, first page."""
        status, answer = self.ask("GET", f"/cases?limit={limit}")
        if status != 200:
            raise NotReady(f"{status}: {answer}")
        return list(answer["items"])


def request(
    port: int, method: str, path: str, order: object = None, token: str = ""
) -> tuple[int, Any]:
    """Make one request with a JSON body; return status and JSON (``None`` for no body).

    OSError or ``http.client.HTTPException`` where the service is down or dies on the way.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = None if order is None else json.dumps(order)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else None
    finally:
        connection.close()


def wait_for_http(port: int, path: str, log: Path) -> None:
    """Return once ``path`` answers. NotReady."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            request(port, "GET", path)
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise NotReady(log.read_text(errors="replace"))


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
