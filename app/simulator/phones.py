"""A client of the simulated network over HTTP, for tests and benchmarks."""

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
    """The simulated network refused an order; ``detail`` says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that left a phone; ``http_status`` is None if it did not reach the service."""

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
        """Order a fault for the next ``count`` (1) matching events; see ``faults.KINDS``."""
        order = {"kind": kind, "match": match, "count": count, "delay_s": delay_s}
        return self.ask("POST", "/faults", order)

    def active_faults(self) -> list[dict[str, Any]]:
        """The faults that are still to happen."""
        return list(self.ask("GET", "/faults")["items"])

    def clear_faults(self) -> None:
        """Let everything work again."""
        self.ask("DELETE", "/faults")

    def carrier(self) -> dict[str, Any]:
        """What the carrier still holds: messages, media, calls, log, counts of webhooks."""
        return self.ask("GET", "/carrier")

    def encrypt_recordings(self, public_key_pem: str | None) -> None:
        """Let the carrier encrypt recordings from now on, or no more."""
        order = {"pem": public_key_pem}
        self.ask("POST" if public_key_pem else "DELETE", "/recording-key", order)

    def calls(self) -> list[PhoneCall]:
        """All calls and legs, oldest first, also those that the API deleted since."""
        return [PhoneCall(self, seen) for seen in self.ask("GET", "/calls")["items"]]

    def clear_calls(self) -> None:
        """Forget calls, conferences and recordings; calls in progress end without news."""
        self.ask("DELETE", "/calls")

    def call(self, sid: str) -> PhoneCall:
        """Any call, by its sid."""
        return PhoneCall(self, self.ask("GET", f"/calls/{sid}"))

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward; returns the new instant when all that became due is done."""
        return datetime.fromisoformat(self.ask("POST", "/clock", {"advance_s": seconds})["now"])

    def now(self) -> datetime:
        """The instant of the clock."""
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
        """Text the hotline; returns when the service has answered, or could not be reached."""
        order = {"body": body, "media": media}
        answer = self._network.ask("POST", self._path + "/texts", order)
        return SentText(answer["sid"], answer["http_status"])

    def call(self, *, shown: str | None = None, forwarded_from: str | None = None) -> PhoneCall:
        """Call the hotline; ``shown`` (``anonymous``) instead of the phone's own number."""
        order = {"from": shown, "forwarded_from": forwarded_from}
        return PhoneCall(self._network, self._network.ask("POST", self._path + "/calls", order))

    def calls(self) -> list[PhoneCall]:
        """The calls of this phone, both ways, oldest first."""
        items = self._network.ask("GET", self._path + "/calls")["items"]
        return [PhoneCall(self._network, seen) for seen in items]

    def answering(self, behaviour: str, *, after_s: float = 0.0, presses: str = "") -> None:
        """Set how this phone takes calls; see ``values.answering.BEHAVIOURS``."""
        order = {"behaviour": behaviour, "after_s": after_s, "presses": presses}
        self._network.ask("POST", self._path + "/answering", order)

    def inbox(self, after: str | None = None) -> list[ReceivedText]:
        """The texts it received, oldest first; with ``after``, a text's sid, only later ones."""
        query = "?" + urlencode({"after": after}) if after else ""
        items = self._network.ask("GET", self._path + "/inbox" + query)["items"]
        return [ReceivedText(i["sid"], i["body"], datetime.fromisoformat(i["at"])) for i in items]


class PhoneCall:
    """One call of a simulated phone, in either direction; its properties ask the network."""

    def __init__(self, network: Network, seen: dict[str, Any]) -> None:
        self.sid: str = seen["sid"]
        self._network = network
        self._path = f"/calls/{self.sid}"
        self.seen = seen
        """The last answer of ``GET /simulator/calls/{sid}``."""

    def look(self) -> dict[str, Any]:
        """The call as it is now: state, prompt, verbs, legs, conference, whom it hears."""
        self.seen = self._network.ask("GET", self._path)
        return self.seen

    def press(self, digits: str) -> PhoneCall:
        """Press keys; returns when the call waits again or is over."""
        return self._order("/digits", {"digits": digits})

    def speak(self, seconds: int) -> PhoneCall:
        """Say something, into a recording if there is one."""
        return self._order("/speech", {"seconds": seconds})

    def hang_up(self) -> PhoneCall:
        """Hang up, or decline what rings."""
        return self._order("/hangup")

    def answer(self) -> PhoneCall:
        """Pick up a phone that rings."""
        return self._order("/answer")

    @property
    def state(self) -> str:
        """The carrier's word for how the call is now."""
        return str(self.look()["state"])

    @property
    def prompt(self) -> str:
        """The words since the last key."""
        return str(self.look()["prompt"])

    @property
    def heard(self) -> list[str]:
        """All words and sounds, in order."""
        return [v["text"] for v in self.look()["verbs"] if v["verb"] in {"Say", "Play"}]

    @property
    def verbs(self) -> list[str]:
        """The names of all verbs executed, in order."""
        return [verb["verb"] for verb in self.look()["verbs"]]

    @property
    def hears(self) -> list[str]:
        """The sids of the calls whose phones this one hears."""
        return list(self.look()["hears"])

    @property
    def shown(self) -> str:
        """The number this phone shows for the other side."""
        return str(self.seen["shown"])

    @property
    def received(self) -> bool:
        """Whether the network called this phone."""
        return str(self.seen["direction"]) != "inbound"

    def _order(self, what: str, order: object = None) -> PhoneCall:
        self.seen = self._network.ask("POST", self._path + what, order)
        return self
