"""The texts of a flood, and what is looked at while it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from bench import load, machine
from bench.desk import Desk

PHONES = 5_000
_CONNECTIONS = 32
_DANGER = "theyre at the door right now with a dog, my kids are here"
_DANGER_AT = 0.6  # of the burst: while everything else waits
# Most phones belong to a machine that has the carrier bill us; the first answers every answer.
_PUMPING_SHARE = 0.9
_LOOP = "Thank you for your message. This mailbox is not read. Reference {index}"
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
            return load.make_number(PHONES), _DANGER
        phone = chance.randrange(PHONES) if index % 10 else 0
        if phone == 0:
            said = _LOOP.format(index=index)
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


class Watch:
    """Looks at the queue's top and at memory while the flood goes on."""

    def __init__(self, pid: int, desk: Desk, flood: Flood) -> None:
        self._pid, self._desk, self._flood = pid, desk, flood
        self.memory_before = self.memory_most = machine.memory_mb(pid)
        self.on_top_at: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(_LOOKS_EVERY_S):
            self.memory_most = max(self.memory_most, machine.memory_mb(self._pid))
            if self._flood.danger_sent is not None and self.on_top_at is None:
                case = self._desk.read_most_urgent()
                if case and case["urgency"] == 0:
                    self.on_top_at = time.monotonic()
