"""Everything the simulated network serves, as one router."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from app.clock import Clock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.orders.network import AdvanceClock
from app.simulator.orders.router import create_orders
from app.simulator.page import create_page
from app.simulator.rest.api import create_api


def create_router(
    carrier: SimulatedCarrier, *, clock: Clock, advance_clock: AdvanceClock
) -> APIRouter:
    """Serve ``carrier``: its API below ``/simulator/twilio``, the orders and the phone page.

    ``advance_clock(seconds)`` steps the whole application's time, and returns the new instant when
    all that became due is done. The carrier closes when the application around this router ends.
    """

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        async with carrier:
            yield

    router = APIRouter(lifespan=lifespan)
    router.include_router(create_page(carrier))
    router.include_router(create_orders(carrier, clock=clock, advance_clock=advance_clock))
    router.include_router(create_api(carrier))
    return router


class OneSimulator:
    """Serves ``/simulator/simulator/…`` as ``/simulator/…``, for clients that join both parts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a shorter path where that begins twice."""
        if scope["type"] == "http" and scope["path"].startswith("/simulator/simulator"):
            raw = scope["raw_path"].removeprefix(b"/simulator")
            scope = {**scope, "path": scope["path"].removeprefix("/simulator"), "raw_path": raw}
        await self._app(scope, receive, send)
