"""A stand-in for the service, and a simulated network served over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import uvicorn
from aiohttp import web
from fastapi import FastAPI, Request, Response
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from app.clock import FixedClock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.phones import Network
from app.simulator.router import create_router
from app.simulator.values.config import SimulatorConfig

ACCOUNT = "AC" + 32 * "0"
TOKEN = "simulated-token"
HOTLINE = "+15145550100"
PHONE = "+15145550123"
MESSAGES, STATUS, FALLBACK = "/twilio/messages", "/status", "/twilio/fallback/messages"
SILENT = "/silent"


def config_for(url: str, **changes: Any) -> SimulatorConfig:
    known = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": HOTLINE, "service_url": url}
    return SimulatorConfig(**{**known, **changes})


@dataclass
class Webhook:
    path: str
    url: str
    headers: Mapping[str, str]
    fields: dict[str, str]


class Hotline:
    """Remembers every webhook, and answers 200 with empty TwiML unless told otherwise."""

    def __init__(self) -> None:
        self.webhooks: list[Webhook] = []
        self.answers: dict[str, deque[web.Response]] = {}
        app = web.Application()
        app.router.add_post("/{path:.*}", self._hear)
        self._runner = web.AppRunner(app)
        self.never = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.never.set()
        await self._runner.cleanup()

    def answer(self, path: str, *answers: web.Response) -> None:
        self.answers.setdefault(path, deque()).extend(answers)

    def heard(self, path: str) -> list[dict[str, str]]:
        return [webhook.fields for webhook in self.webhooks if webhook.path == path]

    def bodies(self) -> list[str]:
        return [fields["Body"] for fields in self.heard(MESSAGES)]

    def statuses(self) -> list[str]:
        return [fields["MessageStatus"] for fields in self.heard(STATUS)]

    async def _hear(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        heard = Webhook(request.path, str(request.url), dict(request.headers), form)
        self.webhooks.append(heard)
        if request.path == SILENT:
            await self.never.wait()
        waiting = self.answers.get(request.path)
        return waiting.popleft() if waiting else twiml("")


def twiml(inside: str, *, status: int = 200, content_type: str = "text/xml") -> web.Response:
    body = f"<Response>{inside}</Response>"
    return web.Response(text=body, status=status, content_type=content_type)


Form = dict[str, str]


class Service:
    """What answers calls: one document for each path, and everything it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, str | Response] = {}
        self.heard: list[tuple[str, Form]] = []
        self.refused = 0

    def on(self, path: str) -> list[Form]:
        return [form for where, form in self.heard if where == path]

    def news(self, path: str, name: str) -> list[str]:
        return [form[name] for form in self.on(path)]

    async def hear(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        signature = request.headers["X-Twilio-Signature"]
        if not RequestValidator(TOKEN).validate(str(request.url), form, signature):
            self.refused += 1
            return Response(status_code=403)
        path = request.url.path
        self.heard.append((path, form or dict(request.query_params)))
        answer = self.answers.get(path, "")
        if isinstance(answer, Response):
            return answer
        return Response(f"<Response>{answer}</Response>", media_type="text/xml")


@dataclass
class ServedNetwork:
    url: str
    carrier: SimulatedCarrier
    clock: FixedClock
    network: Network
    service: Service

    def client(self, username: str = ACCOUNT, password: str = TOKEN) -> Client:
        client = Client(username, password, ACCOUNT, http_client=TwilioHttpClient(timeout=5))
        client.api.base_url = self.url + "/simulator/twilio"
        return client

    def reset(self) -> None:
        self.network.advance(0)  # what the test before sent has arrived
        self.carrier.faults.clear()
        self.carrier.opted_out.clear()
        self.carrier.messages.clear()
        self.carrier.media.clear()
        self.carrier.handsets.clear()
        self.network.clear_calls()
        self.network.advance(0)
        self.service.answers.clear()
        self.service.heard.clear()


@contextmanager
def serve_network() -> Iterator[ServedNetwork]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        clock = FixedClock(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
        carrier = SimulatedCarrier(
            config_for(url, api_key="SK" + 32 * "1", api_secret="s"), clock=clock
        )
        service = Service()
        config = uvicorn.Config(_app(carrier, clock, service), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        ready = threading.Event()
        thread = threading.Thread(target=_run, args=(server, listening, ready))
        thread.start()
        ready.wait()
        yield ServedNetwork(url, carrier, clock, Network(url), service)
        server.should_exit = True
        thread.join()


def _run(server: uvicorn.Server, listening: socket.socket, ready: threading.Event) -> None:
    # A bound socket queues whoever comes before the server accepts.
    listening.listen()
    ready.set()
    server.run(sockets=[listening])


def _app(carrier: SimulatedCarrier, clock: FixedClock, service: Service) -> FastAPI:
    async def advance_clock(seconds: float) -> datetime:
        return clock.advance(timedelta(seconds=seconds))

    app = FastAPI()
    app.include_router(create_router(carrier, clock=clock, advance_clock=advance_clock))

    @app.post("/twilio/messages")
    async def receive(request: Request) -> Response:
        return Response("<Response/>", media_type="text/xml")

    app.add_api_route("/{path:path}", service.hear, methods=["GET", "POST"])
    return app
