"""One house for all tests of a module: each has its own phone and its own browsers.

The console is the same on both databases, so its tests run on the faster one. A test that
changes what others rely on has a house of its own: its module asks for ``open_house``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from tests.console.visitor import Visitor, visitor
from tests.service import Caller, House

_numbers = count()


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def house(shared_house: House) -> House:
    return shared_house


@pytest.fixture
def phone(house: House) -> Caller:
    """A phone that nobody has texted from yet."""
    number = next(_numbers)
    return house.phone(f"+1{450 + number // 100}5550{100 + number % 100}")


@pytest.fixture
def visit(house: House) -> Iterator[Callable[..., Visitor]]:
    """Open a browser at the house, as somebody or nobody."""
    with ExitStack() as stack:
        yield lambda handle=None: stack.enter_context(visitor(house, handle))


@pytest.fixture
def desk(visit: Callable[..., Visitor]) -> Visitor:
    """The browser of a dispatcher."""
    return visit("heron")
