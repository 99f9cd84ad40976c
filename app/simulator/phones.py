"""Driving the simulated network from Python over HTTP, for tests and benchmarks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

# A webhook may take 15 s, and as long again at the fallback.
_PATIENCE_S = 60.0


class NetworkRefused(Exception):
    """The simulated network did not accept an order; ``detail`` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that left a phone; ``http_status`` is ``None`` if the service was not reached."""

    sid: str
    http_status: int | None


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text on a phone."""

    sid: str
    body: str
    at: datetime


class Network:
    """The simulated network behind a service, or on its own. Safe to use from many threads."""

    def __init__(self, base_url: str, *, timeout_s: float = _PATIENCE_S) -> None:
        url = urlsplit(base_url)
        self._host, self._port = url.hostname or "127.0.0.1", url.port or 80
        self._base = url.path.rstrip("/").removesuffix("/simulator") + "/simulator"
        self._timeout_s = timeout_s

    def phone(self, number: str) -> Phone:
        """A phone with that number, short code, or ``anonymous``."""
        return Phone(self, number)

    def faults(
        self,
        kind: str,
        *,
        match: str | None = None,
        count: int | None = None,
        delay_s: float | None = None,
    ) -> dict[str, Any]:
        """Order a fault for the next ``count`` (1) events that match; see ``faults.KINDS``."""
        order = {"kind": kind, "match": match, "count": count, "delay_s": delay_s}
        return self.ask("POST", "/faults", order)

    def active_faults(self) -> list[dict[str, Any]]:
        """Faults ordered and not used up."""
        return list(self.ask("GET", "/faults")["items"])

    def clear_faults(self) -> None:
        """Let everything work again."""
        self.ask("DELETE", "/faults")

    def carrier(self) -> dict[str, Any]:
        """What the carrier still holds: messages, media, log, webhooks."""
        return self.ask("GET", "/carrier")

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward; returns the new instant when what became due is done."""
        return datetime.fromisoformat(self.ask("POST", "/clock", {"advance_s": seconds})["now"])

    def now(self) -> datetime:
        """What the clock says."""
        return datetime.fromisoformat(self.ask("GET", "/clock")["now"])

    def ask(self, method: str, path: str, order: object = None) -> dict[str, Any]:
        """Make one request below ``/simulator``; raises ``NetworkRefused`` or ``OSError``."""
        connection = HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        try:
            body = None if order is None else json.dumps(order)
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, self._base + path, body, headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read() or b"{}")
        finally:
            connection.close()
        if response.status >= 400:
            raise NetworkRefused(response.status, str(answer.get("detail", "")))
        return answer


class Phone:
    """One simulated phone."""

    def __init__(self, network: Network, number: str) -> None:
        self.number = number
        self._network = network
        self._path = f"/phones/{quote(number, safe='')}"

    def text(self, body: str, media: list[dict[str, str] | str] | None = None) -> SentText:
        """Text the hotline; returns when its webhook has been answered, or could not be."""
        order = {"body": body, "media": media}
        answer = self._network.ask("POST", self._path + "/texts", order)
        return SentText(answer["sid"], answer["http_status"])

    def inbox(self, after: str | None = None) -> list[ReceivedText]:
        """Texts received, oldest first; only later than ``after``, any text's sid, if given."""
        query = "?" + urlencode({"after": after}) if after else ""
        items = self._network.ask("GET", self._path + "/inbox" + query)["items"]
        return [ReceivedText(i["sid"], i["body"], datetime.fromisoformat(i["at"])) for i in items]
