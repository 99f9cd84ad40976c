"""The processes that stay, as an operator starts and ends them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from uvicorn import Config

from app.cli import serving
from app.settings import load_settings
from app.store.schema import downgrade_schema
from tests.cli.conftest import PASSPHRASE, Kith


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A free port, which the service is told to use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    monkeypatch.setenv("KITH_PORT", str(found))
    return found


@pytest.fixture
def on_postgresql(kith: Kith, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Kith:
    """An installation whose data lies in PostgreSQL."""
    downgrade_schema(postgresql_url, "base")
    monkeypatch.setenv("KITH_DATABASE_URL", postgresql_url)
    ran = kith("init", "--handle", "wren", "--passphrase-stdin", "--json", stdin=PASSPHRASE)
    assert ran.code == 0, ran.err
    return kith


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", "from app.cli import main; main()", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr
        process.stderr.close()


def until(process: subprocess.Popen[str], event: str) -> None:
    """Read the process's log up to ``event``."""
    said = []
    for line in process.stderr or ():
        said.append(line)
        if line.startswith("{") and json.loads(line)["event"] == event:
            return
    raise AssertionError(said)


def alive(port: int) -> int:
    """Ask for a sign of life, waiting for the port to be listened on."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=9), trust_env=False) as client:
        return client.get(f"http://127.0.0.1:{port}/healthz").status_code


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


def test_the_service_answers_without_telling_what_it_is_and_ends(
    made: Kith, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option goes before the environment; meanwhile a drill and an audit can be held."""
    assert load_settings().port == port
    monkeypatch.setenv("KITH_PORT", "1")
    with started("serve", "--port", str(port)) as process:
        until(process, "service.ready")
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert made("drill", "--json").code == 0
        assert made("verify-audit").code == 0
        assert end(process) in (0, -signal.SIGTERM)


def test_one_sign_in_opens_every_process_and_those_started_later(
    on_postgresql: Kith, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITH_REQUIRE_MFA", "false")
    with started("serve", "--workers", "2") as service, started("worker") as worker:
        until(worker, "worker.ready")
        assert alive(port) == 200
        assert sign_in(port) == 201
        until(worker, "server.unsealed")
        until(service, "server.unsealed")  # the other child; the one that was asked says nothing
        os.kill(children_of(service)[0], signal.SIGKILL)
        until(service, "server.unsealed")  # in its place
        assert end(worker) == 0
        assert end(service) in (0, -signal.SIGTERM)


def test_children_that_are_slow_to_load_are_waited_for(
    made: Kith, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine; five seconds, as is usual, killed them again and again for ever."""
    waits: list[int] = []

    class Unstarted:
        def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
            waits.append(config.timeout_worker_healthcheck)

        def run(self) -> None:
            pass

    monkeypatch.setattr("app.cli.serving.Multiprocess", Unstarted)
    serving.listen_with_children(load_settings(), 2, with_worker=False)
    assert min(waits) >= 60


def sign_in(port: int) -> int:
    body = {"handle": "wren", "passphrase": PASSPHRASE.strip()}
    url = f"http://127.0.0.1:{port}/v1/sessions"
    return httpx.post(url, json=body, timeout=30, trust_env=False).status_code


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes behind the sockets in the data directory that are this one's children."""
    folder = load_settings().data_dir / "run"
    found = [int(path.name.partition("-")[0]) for path in folder.glob("*.sock")]
    return [pid for pid in found if os.getpgid(pid) == process.pid]
