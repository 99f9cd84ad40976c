"""Commands run in the test's own process, as from a shell; what they change of it is put back."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from tests.process.keeping import logging_as_before


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Kith = Callable[..., Ran]


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty data directory, and the process's logging as it was before."""
    monkeypatch.setenv("KITH_DATA_DIR", str(tmp_path / "var"))
    with logging_as_before():
        yield


@pytest.fixture
def kith(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kith:
    """Run ``kith``; ``stdin`` is what is piped into it."""

    def ran(*arguments: str, stdin: str | bytes = "") -> Ran:
        piped = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped), "utf-8"))
        capsys.readouterr()
        code = run(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return ran


PASSPHRASE = "seven quiet herons wade\n"
INIT = ("init", "--handle", "wren", "--passphrase-stdin", "--json")


@dataclass(frozen=True)
class Initialised:
    """A data directory after ``kith init``, and what that printed."""

    folder: Path
    printed: dict[str, Any]


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Initialised:
    """One ``kith init`` for all tests of the other commands, which copy it: it takes a second."""
    folder, out = tmp_path_factory.mktemp("initialised") / "var", io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setenv("KITH_DATA_DIR", str(folder))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PASSPHRASE.encode()), "utf-8"))
        assert run(INIT) == 0
    return Initialised(folder, json.loads(out.getvalue()))


@pytest.fixture
def made(kith: Kith, initialised: Initialised, tmp_path: Path) -> Kith:
    """``kith`` where ``kith init`` has been run."""
    shutil.copytree(initialised.folder, tmp_path / "var")
    return kith
