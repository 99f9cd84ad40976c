"""The repository's files for operators, read once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def program(name: str, package: str) -> str:
    """The path of a program of the system; the test is skipped without it, but never in CI."""
    found = shutil.which(name)
    if found is None:
        reason = f"NOT CHECKED: {name} is missing (Debian: apt install {package})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def text(path: str) -> str:
    """One file of the repository."""
    return (REPOSITORY / path).read_text(encoding="utf-8")
