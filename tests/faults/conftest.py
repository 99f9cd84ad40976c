from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Starts processes quickly; they end with the module's tests."""
    with Nursery() as nursery:
        yield nursery
