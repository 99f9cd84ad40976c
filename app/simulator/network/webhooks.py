"""Posting webhooks as the carrier does: signed, impatient, and with its rules for retrying.

Facts: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides and
https://www.twilio.com/docs/usage/webhooks/webhooks-security.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus, urldefrag, urlencode, urlsplit

import aiohttp
from yarl import URL

from app.simulator.values.config import SimulatorConfig

Fields = list[tuple[str, str]]
_PARALLEL = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """How a webhook ended: an HTTP status, or the carrier's error number and why."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    error: int | None = None
    failure: str = ""
    """Empty, or the retry policy that covers it: ``ct``, ``rt``, ``4xx``, ``5xx``."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """How patient the carrier is with one address."""

    retries: int
    policies: frozenset[str]
    connect_s: float
    read_s: float
    total_s: float

    def covers(self, failure: str) -> bool:
        """Whether such a failure is tried again."""
        return bool(failure) and (failure in self.policies or "all" in self.policies)


@lru_cache(maxsize=64)
def overrides(config: SimulatorConfig, url: str) -> Overrides:
    """Read the connection overrides behind ``#`` in ``url``; else one retry on connecting only."""
    found = dict(parse_qsl(urldefrag(url).fragment))
    # What is not a number is ignored, as the carrier ignores what it cannot read.
    number = {name: int(value) for name, value in found.items() if value.isdecimal()}
    return Overrides(
        retries=min(number.get("rc", 1), 5),
        policies=frozenset(found.get("rp", "ct").lower().split(",")),
        connect_s=number.get("ct", config.connect_timeout_s * 1000) / 1000,
        read_s=number.get("rt", config.read_timeout_s * 1000) / 1000,
        total_s=number.get("tt", config.total_timeout_s * 1000) / 1000,
    )


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The ``X-Twilio-Signature`` of a form: HMAC-SHA1 over the address and the sorted fields."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def spell_port(url: str, *, explicit: bool) -> str:
    """Write ``url`` with its port, or without; the carrier signs either."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=f"{host}:{port}" if explicit else host).geturl()


@dataclass(frozen=True, slots=True)
class _Sending:
    """One request, the same at every attempt."""

    method: str
    url: str
    body: bytes
    headers: dict[str, str]


def _query(url: str, fields: str) -> str:
    return "&".join(filter(None, (url.partition("?")[2], fields)))


_NO_LINE = Answer(None, error=11205, failure="ct")


class WebhookClient:
    """The carrier's HTTP client, shared by everything it posts."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._with_port = itertools.cycle((False, True))
        self._lines = asyncio.Semaphore(_PARALLEL)
        self.attempts = 0
        self.retried = 0

    async def post(self, url: str, fields: Fields, *, method: str = "POST") -> Answer:
        """Send ``fields``, retrying as the address asks; never raises for what the other does.

        With ``GET`` they go into the address, which is then all that is signed.
        """
        async with self._lines:  # patience starts when a line is free
            return await self._post(url, fields, method)

    async def _post(self, url: str, fields: Fields, method: str) -> Answer:
        bare, rules = urldefrag(url).url, overrides(self._config, url)
        body = urlencode(fields, quote_via=quote_plus)
        if method == "GET":
            bare = "?".join((bare.partition("?")[0], _query(bare, body)))
            fields, body = [], ""
        sending = _Sending(method, bare, body.encode(), self._headers(bare, fields))
        deadline = time.monotonic() + rules.total_s
        for _ in range(rules.retries):
            answer = await self._attempt(sending, rules, deadline)
            if not rules.covers(answer.failure) or time.monotonic() >= deadline:
                return answer
            self.retried += 1
        return await self._attempt(sending, rules, deadline)

    async def close(self) -> None:
        """Close the connections; what is posted from now on finds no line."""
        self._closed = True
        if self._session:
            await self._session.close()

    def _headers(self, url: str, fields: Fields) -> dict[str, str]:
        signed = spell_port(url, explicit=next(self._with_port))
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign(self._config.auth_token, signed, fields),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        }

    async def _attempt(self, sending: _Sending, rules: Overrides, deadline: float) -> Answer:
        if self._closed:
            return _NO_LINE
        self.attempts += 1
        patience = aiohttp.ClientTimeout(
            total=max(deadline - time.monotonic(), 0.001),
            sock_connect=rules.connect_s,
            sock_read=rules.read_s,
        )
        try:
            async with self._client().request(
                sending.method,
                URL(sending.url, encoded=True),
                data=sending.body or None,
                headers=sending.headers,
                timeout=patience,
                allow_redirects=False,
            ) as response:
                answer = Answer(
                    response.status,
                    response.headers.get("Content-Type", ""),
                    await response.read(),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return _NO_LINE
        except (aiohttp.ClientError, TimeoutError):
            return Answer(None, error=11200, failure="rt")
        return _judged(answer)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Idle connections are dropped long before a server would, so that a post never
            # meets one that is just being closed.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=1.0)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


def _judged(answer: Answer) -> Answer:
    status = answer.status or 0
    if 200 <= status < 300:
        return answer
    return replace(answer, error=11200, failure="5xx" if status >= 500 else "4xx")
