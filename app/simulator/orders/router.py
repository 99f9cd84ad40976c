"""All orders, as one router below ``/simulator``."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.clock import Clock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.orders.calls import make_call_routes
from app.simulator.orders.network import AdvanceClock, make_network_routes
from app.simulator.orders.order import Endpoint, Problem, refuse_other_sites


def create_orders(
    carrier: SimulatedCarrier, *, clock: Clock, advance_clock: AdvanceClock
) -> APIRouter:
    """The routes below ``/simulator`` that answer in JSON."""
    router = APIRouter(include_in_schema=False)
    network = make_network_routes(carrier, clock, advance_clock)
    for method, path, endpoint in (*network, *make_call_routes(carrier)):
        router.add_route("/simulator" + path, _refuse_in_words(endpoint), methods=[method])
    return router


def _refuse_in_words(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            refuse_other_sites(request)
            return await endpoint(request)
        except Problem as problem:
            return problem.response()

    return answer
