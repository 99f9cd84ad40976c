"""Wiring: from settings to a running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from fastapi import FastAPI
from sqlalchemy import select, update

from app import __version__
from app.api import Service, install_api, make_takers, take_webhooks
from app.calls import CallSettings
from app.clock import Clock
from app.console import install_console
from app.crypto import KeyFiles, Secret
from app.inbound import IntakeSettings
from app.intake import load_script
from app.members import MemorySessions, SessionStore, SignInThrottle, TableSessions
from app.models import Deployment
from app.operations import Door, Metrics, SharedSeed, watch_for_damage
from app.organisation import read_regions
from app.outbox import Pacer, SendSettings
from app.paging import Waker, read_wake_numbers
from app.settings import Settings
from app.store import Database, GroupWriter
from app.telephony import CarrierError
from app.texts import load_spoken
from app.twilio_gateway import SignatureVerifier, TwilioCarrier
from app.vault import open_keyring
from app.worker import Worker, WorkerTools


def open_database(settings: Settings, clock: Clock) -> Database:
    """Open the database with its keys; NotMade before ``kith init``.

    In the demo the clock is where the simulated network left it.
    """
    database = Database(settings.sqlalchemy_url)
    watch_for_damage(database, clock)
    open_keyring(database, KeyFiles(settings.keys_path))
    database.zone = settings.zone
    if settings.environment == "demo":
        with database.snapshot() as db:
            offset = db.scalars(select(Deployment.clock_offset_s)).one()
        clock.set_offset(timedelta(seconds=offset))
    return database


def make_desk(settings: Settings) -> IntakeSettings:
    """Return what the intake needs to know."""
    return IntakeSettings(load_script(), read_regions, settings.twilio_number)


def make_line(settings: Settings) -> CallSettings:
    """Return what calls need to know; OSError where the key for recordings cannot be read."""
    key = settings.recording_key_file
    return CallSettings(
        settings.url,
        load_spoken(settings.data_dir / "prompts"),
        Secret(key.read_bytes()) if key else None,
    )


def make_carrier(
    settings: Settings, failed: Callable[[CarrierError], None] = lambda _: None
) -> TwilioCarrier:
    """Return the configured carrier."""
    return TwilioCarrier(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret.get_secret_value(),
        number=settings.twilio_number,
        messaging_service=settings.twilio_messaging_service_sid,
        api_url=settings.twilio_api_url,
        failed=failed,
    )


def make_sessions(database: Database) -> SessionStore:
    """Return where sessions are kept: in the one process that SQLite has, or in a table."""
    return MemorySessions() if database.on_sqlite else TableSessions()


def make_worker(
    settings: Settings,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    sessions: SessionStore,
) -> Worker:
    """Return a worker that sends by the configured carrier, and is measured."""
    carrier = make_carrier(settings, metrics.carrier_failed)
    pacer = Pacer(settings.twilio_rate)
    waker = Waker(read_wake_numbers(settings.wake_numbers_file))
    status_url = f"{settings.url}/twilio/messages/status"
    sending = SendSettings(status_url, settings.twilio_whatsapp_template)
    desk, line = make_desk(settings), make_line(settings)
    tools = WorkerTools(database, carrier, clock, pacer, sending, desk, waker, line, sessions)
    worker = Worker(tools)
    metrics.watch(worker)
    return worker


def make_service(
    settings: Settings,
    database: Database,
    clock: Clock,
    worker: Worker | None,
    metrics: Metrics,
    sessions: SessionStore,
) -> Service:
    """Put the parts together; nothing runs yet."""
    desk, line = make_desk(settings), make_line(settings)
    return Service(
        settings=settings,
        database=database,
        clock=clock,
        sessions=sessions,
        door=SignInThrottle(),
        desk=desk,
        line=line,
        verifier=SignatureVerifier(settings.twilio_auth_token.get_secret_value(), settings.url),
        writer=GroupWriter(database, partial(take_webhooks, make_takers(desk, line)), clock),
        worker_alive=(lambda: worker.alive) if worker else None,
        metrics=metrics,
    )


def create_app(
    settings: Settings,
    *,
    with_worker: bool = True,
    clock: Clock | None = None,
    shared: SharedSeed | None = None,
) -> FastAPI:
    """Return the application; its lifespan opens the database and runs writer and worker.

    ``shared`` is the operational seed that the children of one service share.
    """
    clock = clock or Clock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _run(app, settings, clock, shared, with_worker=with_worker):
            yield

    app = FastAPI(
        title="Kith",
        version=__version__,
        description="Confidential case support: the desk's interface.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    install_api(app)
    install_console(app)
    if settings.environment == "demo":
        _mount_simulator(app, settings, clock)
    return app


@asynccontextmanager
async def _run(
    app: FastAPI, settings: Settings, clock: Clock, shared: SharedSeed | None, *, with_worker: bool
) -> AsyncIterator[None]:
    """Run writer, door and worker while the application serves."""
    database = open_database(settings, clock)
    metrics = Metrics()
    sessions = make_sessions(database)
    worker = make_worker(settings, database, clock, metrics, sessions) if with_worker else None
    service = make_service(settings, database, clock, worker, metrics, sessions)
    app.state.service, app.state.worker = service, worker
    service.writer.start()
    door = Door(settings.data_dir / "run", database, clock, service.sessions.drop, shared)
    if worker:
        worker.start()
    try:
        yield
    finally:
        if worker:
            await asyncio.to_thread(worker.stop)
        await asyncio.to_thread(service.writer.stop)
        door.close()
        if shared:
            shared.close()
        database.close()


def _mount_simulator(app: FastAPI, settings: Settings, clock: Clock) -> None:
    """Give the demo its telephone network; production never imports it."""
    from app.simulator import (  # noqa: PLC0415  # production must never load it
        OneSimulator,
        SimulatedCarrier,
        SimulatorConfig,
        create_router,
    )

    config = SimulatorConfig(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret.get_secret_value(),
        number=settings.twilio_number,
        service_url=settings.url,
    )

    app.add_middleware(OneSimulator)

    async def advance(seconds: float) -> datetime:
        return await asyncio.to_thread(_advance, app.state.service, app.state.worker, seconds)

    app.include_router(
        create_router(SimulatedCarrier(config, clock=clock), clock=clock, advance_clock=advance),
        include_in_schema=False,
    )


def _advance(service: Service, worker: Worker | None, seconds: float) -> datetime:
    """Step the clock for everything, remember it, and wait until what became due is done."""
    offset = service.clock.offset + timedelta(seconds=seconds)
    if seconds:
        with service.database.transaction() as db:
            db.execute(update(Deployment).values(clock_offset_s=offset.total_seconds()))
    now = service.clock.advance(timedelta(seconds=seconds))
    if worker:
        worker.drain()
    return now.astimezone(UTC)
