"""Measure calls: how fast a webhook is answered, how soon all phones ring, what a voicemail weighs.

python -m bench.voice                          200 calls in progress, SQLite

Service, simulated network, the bare endpoint and this program share one process, so that whatever
slows one slows all; read the ratio. Exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import http.client
import re
import sys
import tempfile
import threading
import time
import tracemalloc
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hmac import digest
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

from app.calls import CallCourse, add_call, keep_recording
from app.clock import Clock
from app.models import Call, CallState, Case, Member
from app.rota import ShiftFacts, add_shift, show_wall_time
from app.store import upgrade_schema
from app.telephony import Phones, Recording
from app.vault import write_profile
from tests import service as houses
from tests.service import HOTLINE, TOKEN, Blueprint, House

_REQUESTS = 1_000
_EVERY_S = 8.0
_TARGET_RATIO, _TARGET_LEGS_S, _TARGET_MB = 10.0, 1.0, 20.0
_THREE_MINUTES = 180 * 8000 * 2  # telephone quality, 16 bit
_PIECE = 1 << 18
_ADDRESS = re.compile(r'action="([^"]+)"|<Redirect[^>]*>([^<]+)<')


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=200)
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _house(Path(folder)) as house:
        legs = _until_all_ring(house)
        with _bare() as bare:
            ratio = _webhooks(house, bare, wanted.calls)
        weight = _voicemail(house)
    missed = ratio > _TARGET_RATIO or legs > _TARGET_LEGS_S or weight > _TARGET_MB
    return int(missed)


@contextmanager
def _house(folder: Path) -> Iterator[House]:
    """A running service with ten people on duty, each with a phone."""
    made, served = folder / "made", folder / "served"
    made.mkdir()
    url = f"sqlite:///{made / 'kith.db'}"
    upgrade_schema(url)
    blueprint = Blueprint(made, houses._people(url, made))  # noqa: SLF001  # as its fixture does
    with houses.opened(blueprint, served, cast("Any", Clock())) as house:
        residents = [house.residents["wren"], house.residents["heron"], house.residents["plover"]]
        residents += [house.newcomer(f"bird{n}", "dispatcher") for n in range(7)]
        with house.database.transaction() as db:
            for place, resident in enumerate(residents):
                member = db.get_one(Member, resident.id)
                profile = db.keys.read_values(member)
                phone = f"+15145550{150 + place}"
                write_profile(db, member, replace(profile, phone=phone))
            begins = show_wall_time(house.clock(), db.zone).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            people = [resident.id for resident in residents]
            every_day = ShiftFacts("FREQ=DAILY", begins, timedelta(hours=24), people)
            add_shift(db, house.principal("crane"), every_day, house.clock())
        yield house


# -- webhooks


class _Line:
    """One connection, over which signed webhooks go."""

    def __init__(self, url: str) -> None:
        self._url, parts = url, urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[float, str]:
        """Post a webhook; return seconds and answer."""
        text = self._url + path + "".join(name + value for name, value in sorted(fields.items()))
        signature = b64encode(digest(TOKEN.encode(), text.encode(), "sha1")).decode()
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        started = time.perf_counter()
        self._connection.request("POST", path, urlencode(fields), headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        took = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return took, body


def _next(answer: str, url: str) -> str:
    found = _ADDRESS.search(answer)
    if found is None:
        raise RuntimeError(f"nothing comes after {answer}")
    return unescape(found[1] or found[2]).removeprefix(url)


def _fields(number: int, sid: str) -> dict[str, str]:
    caller = f"+1{201 + number // 100}55501{number % 100:02}"
    return {"CallSid": sid, "From": caller, "To": HOTLINE, "CallStatus": "in-progress"}


def _begin(line: _Line, house: House, number: int) -> tuple[str, dict[str, str]]:
    """Call, choose a language and what it is about; return where the phone asks again."""
    fields = _fields(number, f"CA{uuid4().hex}")
    _, answer = line.post("/twilio/voice", fields)
    for _ in range(2):
        _, answer = line.post(_next(answer, house.url), {**fields, "Digits": "1"})
    return _next(answer, house.url), fields


def _until_all_ring(house: House) -> float:
    """Return the seconds from the caller's last digit until all ten phones were requested."""
    line = _Line(house.url)
    took = []
    for number in range(3):
        started = time.perf_counter()
        _, fields = _begin(line, house, 700 + number)
        while len(house.network.carrier()["calls"]) < 10 * (number + 1):
            if time.perf_counter() - started > 30:
                raise RuntimeError("not all phones ring")
            time.sleep(0.01)
        took.append(time.perf_counter() - started)
        line.post("/twilio/voice/status", {**fields, "CallStatus": "completed"})
        time.sleep(1.0)
    print(f"all ten phones requested after {median(took):.2f} s (target {_TARGET_LEGS_S} s)")
    return median(took)


def _webhooks(house: House, bare: str, count: int) -> float:
    """Return how many times a bare endpoint's p99 a waiting phone's webhook takes."""
    line, over = _Line(house.url), threading.Event()
    waiting = [_begin(line, house, number) for number in range(count)]
    others = threading.Thread(target=_keep_asking, args=(house, waiting, over))
    others.start()
    mine = _Line(house.url)
    address, fields = waiting[0]
    ours = _measured(lambda: mine.post(address, fields)[0])
    theirs_line = _Line(bare)
    theirs = _measured(lambda: theirs_line.post("/twilio/voice", fields)[0])
    over.set()
    others.join()
    ratio = ours / theirs
    print(
        f"webhook p99 with {count} calls in progress {ours * 1000:.1f} ms, bare "
        f"{theirs * 1000:.1f} ms: {ratio:.1f} times (target {_TARGET_RATIO:.0f})"
    )
    return ratio


def _keep_asking(
    house: House, waiting: Sequence[tuple[str, dict[str, str]]], over: threading.Event
) -> None:
    """Let every waiting phone ask again every eight seconds, as they do."""
    line = _Line(house.url)
    while not over.is_set():
        for address, fields in waiting:
            if over.is_set():
                return
            line.post(address, fields)
            over.wait(_EVERY_S / len(waiting))


def _measured(request: Callable[[], float]) -> float:
    for _ in range(50):
        request()
    return quantiles([request() for _ in range(_REQUESTS)], n=100)[98]


@contextmanager
def _bare() -> Iterator[str]:
    """The usual pieces with no product around them: a form, the carrier's validator, an answer."""
    validator = RequestValidator(TOKEN)

    async def receive(request: Request) -> Response:
        form = await request.form()
        signature = request.headers.get("x-twilio-signature", "")
        if not validator.validate(str(request.url), form, signature):
            return Response(status_code=403)
        return Response("<Response><Pause/></Response>", media_type="text/xml")

    app = Starlette(routes=[Route("/twilio/voice", receive, methods=["POST"])])
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


# -- a voicemail


class _ThreeMinutes:
    """A carrier that has one recording, of three minutes, and hands it over piece by piece."""

    def recordings(self, call_sid: str) -> list[Recording]:
        return [Recording("RE1", call_sid, "completed", 180)]

    def fetch_recording(self, _sid: str) -> Iterator[bytes]:
        for start in range(0, _THREE_MINUTES, _PIECE):
            yield bytes(min(_PIECE, _THREE_MINUTES - start))


def _voicemail(house: House) -> float:
    """Return how many MB more are held, at the most, while a voicemail is sealed and verified."""
    now = house.clock()
    with house.database.transaction() as db:
        case = db.query(Case).filter(Case.state.in_(("new", "open"))).first()
        if case is None:
            raise RuntimeError("there is no case")
        until = now + timedelta(minutes=2)
        call = CallCourse(uuid4(), CallState.KEEPING, until, recording="RE1")
        add_call(db, case, call, (), now, sid=f"CA{uuid4().hex}")
    tracemalloc.start()
    phones = cast("Phones", _ThreeMinutes())
    kept = keep_recording(house.database, phones, house.service.line, house.clock, call.id)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with house.database.snapshot() as db:
        if not kept or db.get_one(Call, call.id).disposition != "voicemail":
            raise RuntimeError("the voicemail was not kept")
    weight = most / 1e6
    print(f"sealing a voicemail of three minutes holds {weight:.1f} MB (target {_TARGET_MB:.0f})")
    return weight


if __name__ == "__main__":
    sys.exit(main())
