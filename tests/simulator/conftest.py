from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.clock import FixedClock
from app.simulator.network.carrier import SimulatedCarrier
from tests.simulator.hotline import Hotline, ServedNetwork, config_for, serve_network


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hotline(anyio_backend: str) -> AsyncIterator[Hotline]:
    async with Hotline() as hotline:
        yield hotline


@pytest.fixture
async def carrier(hotline: Hotline, clock: FixedClock) -> AsyncIterator[SimulatedCarrier]:
    async with SimulatedCarrier(config_for(hotline.url), clock=clock) as carrier:
        yield carrier


@pytest.fixture(scope="module")
def server() -> Iterator[ServedNetwork]:
    with serve_network() as served:
        yield served


@pytest.fixture
def served(server: ServedNetwork) -> ServedNetwork:
    server.reset()
    return server
