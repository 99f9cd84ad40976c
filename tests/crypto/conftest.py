"""A folder of key files, as a first process makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.crypto import KeyFiles


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    """The key files of a new deployment."""
    made = KeyFiles(tmp_path / "keys")
    made.create()
    return made
