"""Serving the application: checks before the start, one process or several."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from typing import Any

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.cli.terminal import prepare, settings
from app.clock import Clock
from app.crypto import KeyFiles, UnsafeKeyFile
from app.errors import OperatorError
from app.main import create_app, open_database
from app.operations import Metrics, SharedSeed, WorkerServer, may_read_metrics, measure_process
from app.settings import Settings
from app.store import Database, SchemaBehind, is_schema_current, read_revision
from app.vault import NotMade
from app.worker import Worker

log = structlog.get_logger()

Application = Callable[[Any, Any, Any], Awaitable[None]]  # what ASGI servers call
# Requests that are still running when told to stop get this long.
_GRACE_S = 5
_BACKLOG = 2048


class DemoData(OperatorError):
    """This data directory holds the demo, whose passphrases lie in a file; make another one."""


class AlreadyServed(OperatorError):
    """Another process already serves this data directory; on SQLite there can be only one."""


# Held until the process ends, however it ends.
_held: list[int] = []


def take_the_only_place(chosen: Settings) -> None:
    """Make sure that this is the one process that writes to an SQLite. AlreadyServed."""
    if not chosen.on_sqlite or not chosen.data_dir.exists():
        return  # without a folder there is nothing to serve, as the next check says
    lock = os.open(chosen.data_dir / "serving.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise AlreadyServed from error
    _held.append(lock)


def check_before_start(chosen: Settings) -> None:
    """Refuse to start where something would fail later, or leak.

    Raises ``NotMade``, ``SchemaBehind``, UnsafeKeyFile (in production),
    ``RosterRefused``, KeyMissing.
    """
    if chosen.environment == "production" and (chosen.data_dir / "demo.json").exists():
        raise DemoData
    if read_revision(chosen.sqlalchemy_url) is None:
        raise NotMade
    if not is_schema_current(chosen.sqlalchemy_url):
        raise SchemaBehind
    if chosen.environment == "production" and KeyFiles(chosen.keys_path).unsafe_files():
        raise UnsafeKeyFile
    open_database(chosen, Clock()).close()


def listen(
    app: Application, chosen: Settings, when_ready: Callable[[], None] | None = None
) -> None:
    """Serve until told to stop. OperatorError where the port is taken or the start fails."""
    bound = _bound(chosen, listening=True)
    noting, failures = _noting_failures(app)
    server = _Server(uvicorn.Config(noting, lifespan="on", **_options(chosen)), when_ready)
    try:
        server.run(sockets=[bound])
    except SystemExit:
        # The server only logs why the application did not start; the operator shall hear it.
        if failures:
            raise failures[0] from None
        raise


def _bound(chosen: Settings, *, listening: bool) -> socket.socket:
    """Return a socket on the port; ``listening``: callers wait from now on. OperatorError."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((chosen.host, chosen.port))
        if listening:
            bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise _cannot_listen(chosen.host, chosen.port, error) from error
    return bound


def _cannot_listen(host: str, port: int, error: OSError) -> OperatorError:
    return OperatorError(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}")


def listen_with_children(chosen: Settings, processes: int, *, with_worker: bool) -> None:
    """Serve from several processes until told to stop; each makes its own application.

    They inherit the port and the pair of sockets that holds the operational seed. OperatorError.
    """
    bound = _bound(chosen, listening=False)  # by each child, once it can answer
    with closing(bound), closing(SharedSeed()) as shared:
        factory = partial(_child, shared, with_worker=with_worker)
        options = {**_options(chosen), "lifespan": "on", "factory": True, "workers": processes}
        # On a busy machine a child takes longer than the usual 5 s to load; killed for that and
        # begun anew, none would ever listen.
        options["timeout_worker_healthcheck"] = 60
        Multiprocess(uvicorn.Config(factory, **options), sockets=[bound]).run()


def worker_listening(
    chosen: Settings, port: int, worker: Worker, metrics: Metrics, database: Database
) -> WorkerServer:
    """Return what tells how a worker of its own does. OperatorError where the port is taken.

    What the database says is left to the service, so that it is not counted twice.
    """

    def shown(authorization: str) -> bytes | None:
        demo = chosen.environment == "demo"
        if not may_read_metrics(authorization, chosen.metrics_token, demo=demo):
            return None
        return metrics.render(measure_process(database))

    try:
        return WorkerServer(chosen.host, port, alive=lambda: worker.alive, metrics=shown)
    except OSError as error:
        raise _cannot_listen(chosen.host, port, error) from error


def _child(shared: SharedSeed, *, with_worker: bool) -> Application:
    """Make the application in a child process."""
    prepare()
    return create_app(settings(), with_worker=with_worker, shared=shared)


def _noting_failures(app: Application) -> tuple[Application, list[Exception]]:
    """Return the application with a list that will hold what its start or end fails with."""
    failures: list[Exception] = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if scope["type"] == "lifespan":
                failures.append(error)
            raise

    return noting, failures


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started and self._when_ready:
            self._when_ready()


def _options(chosen: Settings) -> dict[str, Any]:
    return {
        "host": chosen.host,
        "port": chosen.port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        # Addresses and schemes come from the settings, never from what a request claims.
        "proxy_headers": False,
        "timeout_graceful_shutdown": _GRACE_S,
    }
