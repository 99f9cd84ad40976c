"""The carrier's HTTP client: signed, impatient, and with the carrier's rules for retrying.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus, urldefrag, urlencode

import aiohttp
from yarl import URL

from app.simulator.network.signatures import sign, spell_port
from app.simulator.resources.formats import Fields
from app.simulator.values.config import SimulatorConfig

_PARALLEL = 256


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """The end of a webhook: an HTTP status, or the carrier's error number and the reason."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    error: int | None = None
    failure: str = ""
    """Empty, or the retry policy for it: ``ct``, ``rt``, ``4xx``, ``5xx``."""


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """The carrier's patience with one address."""

    retries: int
    policies: frozenset[str]
    connect_s: float
    read_s: float
    total_s: float

    def covers(self, failure: str) -> bool:
        """Whether the carrier tries again after such a failure."""
        return bool(failure) and (failure in self.policies or "all" in self.policies)


@lru_cache(maxsize=64)
def read_overrides(config: SimulatorConfig, url: str) -> ConnectionOverrides:
    """Read the overrides behind ``#`` in ``url``; by default one retry, for connecting only."""
    found = dict(parse_qsl(urldefrag(url).fragment))
    # The carrier ignores a value that is not a number.
    number = {name: int(value) for name, value in found.items() if value.isdecimal()}
    return ConnectionOverrides(
        retries=min(number.get("rc", 1), 5),
        policies=frozenset(found.get("rp", "ct").lower().split(",")),
        connect_s=number.get("ct", config.connect_timeout_s * 1000) / 1000,
        read_s=number.get("rt", config.read_timeout_s * 1000) / 1000,
        total_s=number.get("tt", config.total_timeout_s * 1000) / 1000,
    )


@dataclass(frozen=True, slots=True)
class _Sending:
    """One request, the same at every attempt."""

    method: str
    url: str
    body: bytes
    headers: dict[str, str]


def _query(url: str, fields: str) -> str:
    return "&".join(filter(None, (url.partition("?")[2], fields)))


_NO_LINE = WebhookAnswer(None, error=11205, failure="ct")


class WebhookClient:
    """Posts everything that the carrier posts."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._with_port = itertools.cycle((False, True))
        self._lines = asyncio.Semaphore(_PARALLEL)
        self.attempts = 0
        self.retried = 0

    async def post(self, url: str, fields: Fields, *, method: str = "POST") -> WebhookAnswer:
        """Send ``fields``, retrying as the address asks; never raises for a bad or absent answer.

        With ``GET`` the fields go into the address, and the signature covers the address alone.
        """
        async with self._lines:  # the patience starts when a line is free
            return await self._post(url, fields, method)

    async def _post(self, url: str, fields: Fields, method: str) -> WebhookAnswer:
        bare, rules = urldefrag(url).url, read_overrides(self._config, url)
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
        """Close the connections; posts from now on find no line."""
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

    async def _attempt(
        self, sending: _Sending, rules: ConnectionOverrides, deadline: float
    ) -> WebhookAnswer:
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
                answer = WebhookAnswer(
                    response.status,
                    response.headers.get("Content-Type", ""),
                    await response.read(),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return _NO_LINE
        except (aiohttp.ClientError, TimeoutError):
            return WebhookAnswer(None, error=11200, failure="rt")
        return _judge(answer)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # We drop idle connections long before a server would. So a post never meets one
            # that the server is just closing.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=1.0)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


def _judge(answer: WebhookAnswer) -> WebhookAnswer:
    status = answer.status or 0
    if 200 <= status < 300:
        return answer
    return replace(answer, error=11200, failure="5xx" if status >= 500 else "4xx")
