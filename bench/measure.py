"""One run: start a server alone, send it texts for some seconds, read what happened."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.contestants import Contestant, Workplace

_REPLAY = Path(__file__).with_name("replay.lua")
_PATIENCE = 30.0  # seconds until a server must answer its first text


class VoidRunError(Exception):
    """This run says nothing, because not every text was answered with success."""


@dataclass(frozen=True)
class Run:
    """What one run showed. Times are in milliseconds, memory in MB.

    ``cpu_ms`` is the server's processor time for one text, without its database's.
    """

    contestant: str
    round: int
    connections: int
    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    cpu_ms: float | None


@dataclass(frozen=True)
class Load:
    """How hard and for how long: ``warm_up`` and ``seconds`` are seconds, ``file`` of ``lines``."""

    file: Path
    connections: int
    seconds: float
    warm_up: float


def measure(name: str, contestant: Contestant, place: Workplace, load: Load, round_: int) -> Run:
    """Measure one contestant once; raises ``VoidRunError`` or ``machine.ServerFailedError``."""
    launch = contestant(place)
    log = place.folder / f"{name}.log"
    with machine.running(launch.command, launch.environment, log) as server:
        await_first_answer(place, load.file, server, log)
        used = 1
        if load.warm_up:
            used += _send(place, load, load.warm_up, skip=used)["requests"] + load.connections
        return take_turn(name, server.pid, place, load, round_, used)


def take_turn(name: str, pid: int, place: Workplace, load: Load, round_: int, skip: int) -> Run:
    """Measure a server that runs; the first ``skip`` texts of the file were sent before.

    VoidRunError, ``machine.ServerFailedError``.
    """
    before = machine.processor_seconds(pid)
    seen = _send(place, load, load.seconds, skip=skip)
    after = machine.processor_seconds(pid)
    busy = None if before is None or after is None else (after - before) * 1000
    return Run(
        contestant=name,
        round=round_,
        connections=load.connections,
        requests=seen["requests"],
        rps=round(seen["requests"] / seen["seconds"], 1),
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        memory_mb=round(machine.memory_mb(pid), 1),
        cpu_ms=None if busy is None else round(busy / seen["requests"], 3),
    )


def _send(place: Workplace, load: Load, seconds: float, skip: int) -> dict[str, int]:
    command = [machine.load_program(), "-t1", f"-c{load.connections}", f"-d{seconds:g}s"]
    script = ["--latency", "--timeout", "30s", "-s", str(_REPLAY), place.webhook, "--"]
    done = subprocess.run(
        machine.pinned(machine.LOAD_CORE, [*command, *script, str(load.file), str(skip)]),
        capture_output=True,
        check=False,
        text=True,
        timeout=seconds + 90,
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), None)
    if line is None:
        raise machine.ServerFailedError(f"wrk failed:\n{done.stdout}{done.stderr}")
    seen: dict[str, int] = json.loads(line.removeprefix("RESULT "))
    if seen["refused"] or seen["broken"] or seen["exhausted"] or not seen["requests"]:
        raise VoidRunError(line)
    return seen


def await_first_answer(
    place: Workplace, file: Path, server: subprocess.Popen[bytes], log: Path
) -> None:
    """Post the file's first text until it is taken; a refusal is an error at once."""
    with file.open(encoding="ascii") as lines:
        signature, body = lines.readline().rstrip("\n").split("\t")
    request = urllib.request.Request(  # noqa: S310  # our own loopback address
        place.webhook, data=body.encode(), headers={"X-Twilio-Signature": signature}
    )
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as refusal:
            raise machine.ServerFailedError(
                f"the first text was answered with {refusal.code}"
            ) from None
        except OSError:
            time.sleep(0.05)
    raise machine.ServerFailedError(
        f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}"
    )
