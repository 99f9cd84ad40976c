"""Commands run in the test's own process, as from a shell; what they change of it is put back."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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


@pytest.fixture
def made(kith: Kith) -> Kith:
    """``kith`` where ``kith init`` has been run."""
    ran = kith("init", "--handle", "wren", "--passphrase-stdin", "--json", stdin=PASSPHRASE)
    assert ran.code == 0, ran.err
    return kith


PASSPHRASE = "seven quiet herons wade\n"
