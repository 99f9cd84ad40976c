"""The texts of a flood, and what is looked at while it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from urllib.parse import urlencode, urlsplit

from bench import load, machine
from bench.desk import Desk

PHONES = 5_000
_CONNECTIONS = 32
IN_DANGER = load.make_number(PHONES)
_DANGER = "theyre at the door right now with a dog, my kids are here"
_DANGER_AT = 0.6  # of the burst: while everything else waits
# Most phones belong to a machine that has the carrier bill us; the first always asks for answers.
_PUMPING_SHARE = 0.9
_LOOP = "HELP"
_REAL = (
    "my hearing is next month can somebody come with me",
    "bonjour j'ai recu une lettre pour le mois prochain",
    "hola, mi cita es en tres semanas y no tengo abogado",
    "bonjou mwen bezwen yon entepret pou lekol la",
    "3",
    "6",
    "toronto",
)
_LOOKS_EVERY_S = 0.25


@dataclass
class Flood:
    """The texts of the burst; times are monotonic seconds."""

    url: str
    texts: int
    danger_sent: float | None = None
    refused: int = 0
    _connections: threading.local = field(default_factory=threading.local)

    def write_forms(self) -> Iterator[dict[str, str]]:
        """Give the carrier's form of each text, the same ones every time."""
        chance = Random(20260115)  # noqa: S311  # the same flood every time
        for index in range(self.texts):
            sid = f"SM{chance.getrandbits(96):024x}{index:08x}"
            yield load.make_form(sid, *self._write_text(chance, index))

    def _write_text(self, chance: Random, index: int) -> tuple[str, str]:
        if index == int(self.texts * _DANGER_AT):
            return IN_DANGER, _DANGER
        phone = chance.randrange(PHONES) if index % 10 else 0
        if phone == 0:
            said = _LOOP
        elif phone < PHONES * _PUMPING_SHARE:
            said = f"code {chance.randrange(10_000):04d}"
        else:
            said = chance.choice(_REAL)
        return load.make_number(phone), said

    def send_all(self, forms: Iterable[dict[str, str]]) -> None:
        """Send texts over many connections at once."""
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            for _ in pool.map(self._send, forms):
                pass

    def _send(self, form: dict[str, str]) -> None:
        if form["Body"] == _DANGER:
            self.danger_sent = time.monotonic()
        address = urlsplit(self.url)
        connection = getattr(self._connections, "kept", None)
        if connection is None:
            connection = self._connections.kept = HTTPConnection(address.netloc, timeout=120)
        headers = {
            "X-Twilio-Signature": load.sign_form(self.url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", address.path, urlencode(form), headers)
        answer = connection.getresponse()
        answer.read()
        self.refused += answer.status != 200


@dataclass
class Watch:
    """What was seen while the flood went on. Memory is in MB, times are monotonic seconds."""

    memory_before: float
    memory_most: float
    on_top_at: float | None = None


@contextmanager
def watch_flood(pid: int, desk: Desk, flood: Flood) -> Iterator[Watch]:
    """Look at the queue's top and at memory while the block runs."""
    memory = machine.memory_mb(pid)
    watch, over = Watch(memory, memory), threading.Event()

    def look_on() -> None:
        while not over.wait(_LOOKS_EVERY_S):
            watch.memory_most = max(watch.memory_most, machine.memory_mb(pid))
            if flood.danger_sent is not None and watch.on_top_at is None:
                case = desk.read_most_urgent()
                if case and case["urgency"] == 0:
                    watch.on_top_at = time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look_on)
        try:
            yield watch
        finally:
            over.set()
        looking.result()  # an error there is one here
