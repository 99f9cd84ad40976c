"""What differs between machines: pinning to a core, counting memory, the load program."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
_PACKAGES = ("uvicorn", "uvloop", "starlette", "fastapi", "sqlalchemy", "cryptography", "twilio")


class NoLoadProgramError(Exception):
    """wrk is not installed (Debian: apt install wrk; macOS: brew install wrk).

    Nothing slower will do: a load program in Python would measure itself.
    """

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class ServerFailedError(Exception):
    """A server, or a program that prepares or loads it, did not do its part."""


def load_program() -> str:
    """Return where wrk is; raises ``NoLoadProgramError``."""
    found = shutil.which("wrk")
    if found is None:
        raise NoLoadProgramError
    return found


def can_pin() -> bool:
    """Whether server and load can each have a core of their own."""
    return shutil.which("taskset") is not None and (os.cpu_count() or 1) > LOAD_CORE


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return ``command`` so that it runs on ``core`` alone, where this machine can do that."""
    return ["taskset", "-c", str(core), *command] if can_pin() else list(command)


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on its core for the length of the block, then end it and what it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(SERVER_CORE, command),
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for ask, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        if process.poll() is None:
            os.killpg(process.pid, ask)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def await_health(url: str, process: subprocess.Popen[bytes], patience: float = 30.0) -> None:
    """Wait until a server that was just started is alive; ``ServerFailedError`` if it is not."""
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310  # our own
                return
        except OSError:
            time.sleep(0.05)
    raise ServerFailedError("the server did not start")


def memory_mb(pid: int) -> float:
    """Return what a process holds in memory now, in MB."""
    answer = subprocess.run(
        [shutil.which("ps") or "ps", "-o", "rss=", "-p", str(pid)],
        capture_output=True,
        check=True,
        text=True,
    )
    return int(answer.stdout) / 1024


def processor_seconds(pid: int) -> float | None:
    """Return the processor time a process has used; ``None`` on systems without /proc."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return None
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def description() -> dict[str, object]:
    """Return what a reader needs in order to compare two results; nothing names the machine."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "pinned": can_pin(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
