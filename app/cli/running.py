"""``kith serve``, ``kith worker`` and ``kith demo``: the processes that stay.

What serving needs is imported when it is needed, so that other commands answer at once.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from typing import Annotated

import typer

from app.cli.terminal import say, settings
from app.errors import OperatorError


class NeedsPostgresql(OperatorError):
    """On SQLite all writing goes through one process: use PostgreSQL for more than one."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (KITH_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (KITH_PORT).")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; PostgreSQL only.")] = 1,
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave sending to `kith worker`.")
    ] = False,
) -> None:
    """Run the service, with the worker inside."""
    from app import main
    from app.cli import serving

    # The children of a service read the environment too, so that is where options go.
    given = {"KITH_HOST": host, "KITH_PORT": str(port) if port else None}
    os.environ.update({name: value for name, value in given.items() if value})
    chosen = settings()
    if chosen.on_sqlite and workers > 1:
        raise NeedsPostgresql
    serving.take_the_only_place(chosen)
    serving.check_before_start(chosen)
    if workers > 1:
        serving.listen_with_children(chosen, workers, with_worker=not no_worker)
    else:
        app = main.create_app(chosen, with_worker=not no_worker)
        serving.listen(app, chosen, lambda: serving.log.info("service.ready", port=chosen.port))


def worker(
    port: Annotated[
        int | None,
        typer.Option(help="Answer /healthz and /metrics there (on KITH_HOST); default: nowhere."),
    ] = None,
) -> None:
    """Run a worker of its own; PostgreSQL only."""
    chosen = settings()
    if chosen.on_sqlite:
        raise NeedsPostgresql
    from app import main
    from app.cli import serving
    from app.clock import Clock
    from app.members import TableSessions
    from app.operations import Door, Metrics

    serving.check_before_start(chosen)
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    clock, metrics = Clock(), Metrics()
    database = main.open_database(chosen, clock)
    running = main.make_worker(chosen, database, clock, metrics, main.make_sessions(database))
    door = Door(chosen.data_dir / "run", database, clock, TableSessions().drop)
    running.start()
    with ExitStack() as stack:
        if port is not None:
            listening = serving.worker_listening(chosen, port, running, metrics, database)
            stack.enter_context(listening)
        serving.log.info("worker.ready")
        told_to_stop.wait()
    running.stop()
    door.close()
    database.close()


def demo() -> None:
    """Run the demo: an organisation of its own and a simulated phone network."""
    from app import main
    from app.cli import demo as demonstration
    from app.cli import serving

    chosen = demonstration.make_demo_settings(os.environ)
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    serving.take_the_only_place(chosen)
    shown = demonstration.ensure_demo(chosen, say)
    app = main.create_app(chosen)
    serving.listen(app, chosen, lambda: print(demonstration.write_guide(shown), flush=True))
