from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="session")
def _nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def nursery(_nursery: Nursery) -> Iterator[Nursery]:
    """Starts processes quickly; they end with the module's tests."""
    yield _nursery
    _nursery.clear()


@pytest.fixture
def seed() -> int:
    """What chance begins with: another number each time; a failing test prints it."""
    return random.SystemRandom().randrange(1 << 32)
