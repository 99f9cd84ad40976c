"""A server as it stands in a rented rack: its own process, files, logs, temporary folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from app.crypto import passphrases
from app.simulator.phones import Network

ACCOUNT, CARRIER_TOKEN, HOTLINE = "AC00000000" + 24 * "1", "carrier-token", "+15145550100"
_ROOT = Path(__file__).parents[2]
# How hard passphrases are stretched is no matter of a seizure; and it is half of the day's work.
_EASY_KIB = 64
_KITH = f"""
import os
from datetime import timedelta
from app.cli import main
from app.clock import Clock
from app.crypto import passphrases
passphrases._MEMORY_KIB = {_EASY_KIB}
if ago := os.environ.get("DAYS_AGO"):
    Clock.__call__ = lambda clock, real=Clock.__call__: real(clock) - timedelta(days=int(ago))
main()
"""
_PATIENCE_S = 180  # of a machine that has much else to do


@dataclass(frozen=True)
class Premises:
    """Everything of one server lies below ``folder``: that is what is seized."""

    folder: Path
    database_url: str | None
    port: int
    operational_key: str = "file"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The service's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """The data directory, the key files in it."""
        return self.folder / "data"

    @property
    def starts_sealed(self) -> bool:
        """Whether each start waits for somebody of the desk to sign in."""
        return self.operational_key == "unseal"

    @property
    def sqlalchemy_url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data / 'kith.db'}"

    def prepare(self) -> None:
        """Make the folders and the configuration, as an operator would."""
        for name in ("data", "logs", "tmp", "home", "etc"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "etc" / "carrier-token").write_text(CARRIER_TOKEN)
        lines = [f"{name}={value}" for name, value in self._settings().items()]
        (self.folder / "etc" / "kith.env").write_text("\n".join(lines))

    def _settings(self) -> dict[str, str]:
        return {
            "KITH_DATA_DIR": str(self.data),
            "KITH_ENVIRONMENT": "demo",  # for the simulated network; the files are the same
            "KITH_LOG_LEVEL": "DEBUG",
            "KITH_OPERATIONAL_KEY": self.operational_key,
            "KITH_PORT": str(self.port),
            "KITH_REQUIRE_MFA": "false",
            "KITH_TWILIO_ACCOUNT_SID": ACCOUNT,
            "KITH_TWILIO_API_URL": f"{self.url}/simulator/twilio",
            "KITH_TWILIO_AUTH_TOKEN_FILE": str(self.folder / "etc" / "carrier-token"),
            "KITH_TWILIO_NUMBER": HOTLINE,
            "KITH_TWILIO_RATE": "10000",
            **({"KITH_DATABASE_URL": self.database_url} if self.database_url else {}),
            **self.extra,
        }

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KITH_", "COV_"))}
        places = {"HOME": self.folder / "home", "TMPDIR": self.folder / "tmp"}
        return {
            **kept,
            **{name: str(path) for name, path in places.items()},
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self._settings(),
        }

    def kith(self, *arguments: str, typed: str = "", days_ago: int = 0) -> dict[str, Any]:
        """Run a command to its end, long ago if you like; return the JSON it printed."""
        with (self.folder / "logs" / "commands.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-c", _KITH, *arguments],
                input=typed.encode(),
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment() | ({"DAYS_AGO": str(days_ago)} if days_ago else {}),
                timeout=_PATIENCE_S,
                check=True,
            )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the service; it is told to stop afterwards, and must end well."""
        with (self.folder / "logs" / "service.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _KITH, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd=self.folder / "tmp",
            )
        try:
            self._wait(process)
            yield
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        assert process.returncode in (0, -signal.SIGTERM), "the service did not end well"

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        with httpx.Client(verify=False, trust_env=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(httpx.TransportError):
                    if client.get(f"{self.url}/healthz").status_code == 200:
                        return
                time.sleep(0.05)  # nothing else tells when another process is ready
        raise AssertionError(f"the service did not start; see {self.folder / 'logs'}")

    @property
    def network(self) -> Network:
        """The simulated phones."""
        return Network(self.url)

    def settle(self) -> None:
        """Return once no job is due and no callback outstanding."""
        attempts = None
        while attempts != (attempts := self.network.carrier()["webhooks"]["attempts"]):
            self.network.advance(0)


@contextmanager
def as_on_the_premises() -> Iterator[None]:
    """Stretch passphrases as this server does."""
    with patch.object(passphrases, "_MEMORY_KIB", _EASY_KIB):
        yield


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
