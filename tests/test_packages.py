"""What the product stands on is what it names, pinned, and from nowhere in particular."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAMED = [Requirement(text).name for text in PROJECT["dependencies"]]


def imported_by(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"app"}


def provided_by(package: str) -> set[str]:
    return {file.parts[0].removesuffix(".py") for file in distribution(package).files or ()}


def test_every_package_that_the_product_imports_is_asked_for() -> None:
    provided = set().union(*map(provided_by, NAMED))
    unasked = {
        f"{source.relative_to(ROOT)} imports {package}"
        for source in (ROOT / "app").rglob("*.py")
        for package in imported_by(source) - provided
    }
    assert not unasked


@pytest.mark.parametrize("lock_file", ["requirements.lock", "requirements-test.lock"])
def test_every_pinned_package_has_a_hash_and_no_address(lock_file: str) -> None:
    text = (ROOT / lock_file).read_text()
    pinned = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in pinned)
    assert "://" not in text


def test_everything_the_product_runs_on_is_tested_at_the_same_version() -> None:
    pins = [
        set(re.findall(r"^(\S+==\S+)", (ROOT / lock_file).read_text(), re.MULTILINE))
        for lock_file in ("requirements.lock", "requirements-test.lock")
    ]
    assert pins[0] <= pins[1]
