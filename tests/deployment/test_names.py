"""What operators are told to set is what Kith reads, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import _FROM_FILE, Settings
from tests.deployment.conftest import REPOSITORY, text

READ = {f"KITH_{name.upper()}" for name in Settings.model_fields}
FROM_FILES = {f"KITH_{name}_FILE" for name in _FROM_FILE}
SAID = ("README.md", "Dockerfile", "docker-compose.yml")


def files() -> list[Path]:
    folders = (REPOSITORY / "deploy", REPOSITORY / "docs")
    found = [path for folder in folders for path in folder.iterdir() if path.suffix != ".py"]
    return [*(REPOSITORY / name for name in SAID), *(p for p in found if p.is_file())]


def names(path: Path) -> set[str]:
    """The variables a file speaks of; ``KITH_…`` and ``KITH_…_FILE`` are no names."""
    return set(re.findall(r"\bKITH_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_variable_that_is_spoken_of_is_read(path: Path) -> None:
    assert names(path) <= READ | FROM_FILES


def test_every_variable_that_is_read_is_explained() -> None:
    explained = set(re.findall(r"^\| `(KITH_\w+)`", text("docs/deployment.md"), re.MULTILINE))
    assert explained == READ


def test_the_explanation_says_which_may_be_files() -> None:
    page = text("docs/deployment.md")
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `(KITH_\w+)`.*$", page, re.MULTILINE)}
    assert {
        f"{name}_FILE" for name, row in rows.items() if "file" in row.split("|")[2]
    } == FROM_FILES
