"""Logging stays as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.process.keeping import logging_as_before


@pytest.fixture(autouse=True)
def logging_kept() -> Iterator[None]:
    with logging_as_before():
        yield
