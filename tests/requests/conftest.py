"""Organisations without their service, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clock import FixedClock
from tests.requests import hall as halls
from tests.requests.hall import Hall
from tests.service import Blueprint


@pytest.fixture
def hall(sqlite_blueprint: Blueprint, tmp_path: Path, clock: FixedClock) -> Iterator[Hall]:
    """An organisation on SQLite."""
    with halls.opened(sqlite_blueprint, tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def postgres_hall(
    postgresql_blueprint: Blueprint, tmp_path: Path, clock: FixedClock
) -> Iterator[Hall]:
    """The same on PostgreSQL."""
    with halls.opened(postgresql_blueprint, tmp_path, clock) as opened:
        yield opened
