"""Requests to Twilio, or to any server that speaks its API: one client a thread, named errors."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests import exceptions as http
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # ships no types
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3 import exceptions as transport

from app.telephony import CarrierError, CarrierUnreachable, Gone, name_carrier_error

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_T = TypeVar("_T")

# The library raises these on an answer that is no JSON, or not the JSON it expects.
_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)


class TwilioRequests:
    """Requests to one account, with every failure under its own name.

    ``api_key`` and ``api_secret`` may be empty: the account's own token is used then. Safe to
    share between threads, each of which keeps its own client and connections.
    """

    def __init__(  # noqa: PLR0913  # what an account is made of, each by its name
        self,
        *,
        account_sid: str,
        auth_token: str,
        number: str,
        api_url: str,
        messaging_service: str = "",
        api_key: str = "",
        api_secret: str = "",
        timeout: float = 10.0,
        failed: Callable[[CarrierError], None] = lambda _: None,
    ) -> None:
        """Take credentials and, in seconds, how long to wait for connecting and for an answer.

        With ``messaging_service``, its SID, texts go out by it, from whichever of its numbers.
        ``failed`` is told of each request that the carrier did not fulfil, to count it.
        """
        self._account = account_sid
        self._login = (api_key, api_secret) if api_key else (account_sid, auth_token)
        self._number, self._service = number, messaging_service
        self._api_url = api_url
        self._timeout, self._failed = timeout, failed
        self._own = threading.local()
        _silence_libraries()
        # Loads most of the library: now, not while the first text is neither sent nor unsent.
        self._client()

    def clock(self) -> datetime | None:
        """See ``Carrier.clock``."""
        return getattr(self._own, "date", None)

    def _ask(self, request: Callable[[Any], _T]) -> _T:
        """Run one request on this thread's client, with every failure under its own name.

        The named error is raised outside the handler, so that no traceback carries the library's
        exception, whose text holds numbers.
        """
        try:
            return request(self._client())
        except (TwilioException, http.RequestException, *_MISSHAPEN) as error:
            named = _named(error, getattr(self._own, "retry_after", None))
        self._failed(named)
        raise named

    def _unless_gone(self, request: Callable[[Any], _T]) -> _T | None:
        try:
            return self._ask(request)
        except Gone:
            return None

    def _client(self) -> Any:  # the library has no types
        if not hasattr(self._own, "client"):
            self._own.client = self._new_client()
        return self._own.client

    def _new_client(self) -> Any:  # the library has no types
        connection = TwilioHttpClient(
            timeout=self._timeout, request_hooks={"response": [self._remember_headers]}
        )
        # A proxy from the environment is for the way out, not for a carrier on this machine.
        connection.session.trust_env = urlsplit(self._api_url).hostname not in _LOOPBACK
        # Anything but an empty environment, or the library falls back to the process's own, where
        # a stray TWILIO_EDGE or TWILIO_REGION would send callers' texts to another host.
        client = Client(
            *self._login, self._account, http_client=connection, environment={"TWILIO_EDGE": ""}
        )
        client.api.base_url = self._api_url
        return client

    def _remember_headers(self, response: requests.Response, **_: object) -> None:
        """Keep what the library drops: its clock, and seconds to wait where the carrier says so."""
        value = response.headers.get("Retry-After", "")
        self._own.retry_after = float(value) if value.isascii() and value.isdigit() else None
        self._own.date = _date(response.headers.get("Date", ""))


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None


def _silence_libraries() -> None:
    """Stop logs that would hold bodies (the client's) or numbers (addresses with a query)."""
    for name in ("twilio", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def code_of(value: object) -> int | None:
    """Return the carrier's error number; the library puts the HTTP status there if it has none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and int(text) >= 1000 else None


def _named(error: Exception, retry_after: float | None) -> CarrierError:
    match error:
        case TwilioRestException() | TwilioServiceException():
            return name_carrier_error(error.status, code_of(error.code), retry_after)
        case TwilioException(args=(_, answer)):  # a list's page; it comes with the whole answer
            return name_carrier_error(answer.status_code, _code_in(answer.text), retry_after)
        case http.RequestException():
            return CarrierUnreachable(maybe_sent=not never_left(error))
        case _:  # a misshapen answer; the request got there
            return CarrierUnreachable(maybe_sent=True)


def _code_in(body: str) -> int | None:
    try:
        return code_of(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return None


def never_left(error: http.RequestException) -> bool:
    """Whether the connection was never made: no name, no route, no certificate, no answer to SYN.

    A reset or an aborted connection proves nothing, since the request may have been read.
    """
    if isinstance(error, http.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, transport.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, transport.NewConnectionError)
