"""The carrier Twilio: its client behind our protocol, and its webhook signatures.

The only module that imports the carrier's library. Requests made: create, list, fetch and delete
of Messages, list and delete of their Media, list of IncomingPhoneNumbers.
"""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from requests import exceptions as http
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # ships no types
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3 import exceptions as transport

from app.telephony.errors import CarrierError, CarrierUnreachable, Gone, carrier_error
from app.telephony.forms import Form, Pairs, read_form
from app.telephony.messages import (
    Accepted,
    CarrierMessage,
    Direction,
    NumberWebhooks,
    OutgoingText,
)
from app.telephony.signatures import is_signed, origins
from app.telephony.statuses import from_carrier

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PAGE_SIZE = 100
_T = TypeVar("_T")

# What the library raises on an answer that is no JSON, or not the JSON it expects.
_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)


class TwilioCarrier:
    """One account and one number at Twilio, or at any server that speaks its API.

    ``api_key`` and ``api_secret`` may be empty: the account's own token is used then. Safe to
    share between threads, each of which keeps its own client and connections.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        number: str,
        api_url: str,
        api_key: str = "",
        api_secret: str = "",
        timeout: float = 10.0,
        failed: Callable[[CarrierError], None] = lambda _: None,
    ) -> None:
        """Take credentials and, in seconds, how long to wait for connecting and for an answer.

        ``failed`` is told of each request that the carrier did not fulfil, to count it.
        """
        self._account = account_sid
        self._login = (api_key, api_secret) if api_key else (account_sid, auth_token)
        self._number = number
        self._api_url = api_url
        self._timeout, self._failed = timeout, failed
        self._own = threading.local()
        _silence_libraries()
        # Loads most of the library: now, not while the first text is neither sent nor unsent.
        self._client()

    def send(self, text: OutgoingText) -> Accepted:
        """See ``Carrier.send``."""
        message = self._ask(
            lambda client: client.messages.create(
                to=text.to,
                from_=_like(text.to, self._number),
                body=text.body,
                **({"status_callback": text.status_callback} if text.status_callback else {}),
            )
        )
        if not message.sid:
            raise CarrierUnreachable(maybe_sent=True)
        return Accepted(sid=message.sid, status=from_carrier(str(message.status)) or "sending")

    def recent(
        self, direction: Direction, *, since: datetime, to: str | None = None
    ) -> Iterator[CarrierMessage]:
        """See ``Carrier.recent``.

        The carrier filters by the time of sending, which a text still in its queue does not have;
        so only inbound lists are cut there, outbound ones here.
        """
        start = since.astimezone(UTC).replace(microsecond=0)
        filters: dict[str, object] = {"from_": self._number}
        if direction == "inbound":
            filters = {"to": self._number, "date_sent_after": start - timedelta(seconds=1)}
        elif to is not None:
            filters = {"to": to, "from_": _like(to, self._number)}
        found = self._ask(lambda client: client.messages.stream(**filters, page_size=_PAGE_SIZE))
        while (record := self._ask(lambda _: next(found, None))) is not None:
            message = _message(record)
            if message.direction == direction and (message.created_at or start) >= start:
                yield message

    def media(self, sid: str) -> tuple[tuple[str, str], ...]:
        """See ``Carrier.media``."""
        listed = self._unless_gone(lambda client: client.messages(sid).media.list()) or []
        return tuple(
            (self._api_url + item.uri.removesuffix(".json"), item.content_type) for item in listed
        )

    def delete_media(self, sid: str) -> None:
        """See ``Carrier.delete_media``."""
        for item in self._unless_gone(lambda client: client.messages(sid).media.list()) or []:
            self._delete_medium(sid, item.sid)

    def _delete_medium(self, sid: str, media_sid: str) -> None:
        self._unless_gone(lambda client: client.messages(sid).media(media_sid).delete())

    def delete_message(self, sid: str) -> None:
        """See ``Carrier.delete_message``."""
        self._unless_gone(lambda client: client.messages(sid).delete())

    def exists(self, sid: str) -> bool:
        """See ``Carrier.exists``."""
        return self._unless_gone(lambda client: client.messages(sid).fetch()) is not None

    def webhooks(self) -> NumberWebhooks | None:
        """See ``Carrier.webhooks``."""
        owned = self._ask(
            lambda client: client.incoming_phone_numbers.list(phone_number=self._number)
        )
        for number in owned:
            if number.phone_number == self._number:
                return NumberWebhooks(
                    **{name: getattr(number, name) or "" for name in NumberWebhooks.__slots__}
                )
        return None

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


def _like(to: str, number: str) -> str:
    """Return our number on the channel that ``to`` is on."""
    return f"whatsapp:{number}" if to.startswith("whatsapp:") else number


def _message(record: Any) -> CarrierMessage:  # the library has no types
    created = record.date_created or record.date_sent
    return CarrierMessage(
        sid=record.sid,
        to=record.to or "",
        from_=record.from_ or "",
        body=record.body or "",
        status=str(record.status or ""),
        direction="inbound" if record.direction == "inbound" else "outbound",
        created_at=created if isinstance(created, datetime) else None,
        error_code=_code(record.error_code),
        num_media=int(media) if (media := str(record.num_media)).isdigit() else 0,
    )


def _code(value: object) -> int | None:
    """Return the carrier's error number; the library puts the HTTP status there if it has none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and int(text) >= 1000 else None


def _named(error: Exception, retry_after: float | None) -> CarrierError:
    match error:
        case TwilioRestException() | TwilioServiceException():
            return carrier_error(error.status, _code(error.code), retry_after)
        case TwilioException(args=(_, answer)):  # a list's page; it comes with the whole answer
            return carrier_error(answer.status_code, _code_in(answer.text), retry_after)
        case http.RequestException():
            return CarrierUnreachable(maybe_sent=not never_left(error))
        case _:  # a misshapen answer; the request got there
            return CarrierUnreachable(maybe_sent=True)


def _code_in(body: str) -> int | None:
    try:
        return _code(json.loads(body)["code"])
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


class SignatureVerifier:
    """Tells the carrier's webhooks from everybody else's, by the URL the carrier was given.

    What a proxy or a stranger could put into other headers is never looked at.
    """

    def __init__(self, auth_token: str, url: str) -> None:
        """Take the account's token and the public URL, without the path of a webhook."""
        self._token = auth_token.encode()
        self._url = url.rstrip("/")
        self._origins = origins(self._url)
        self._library = RequestValidator(auth_token)

    def verify(
        self, target: str, form: Mapping[str, object] | None, raw_body: bytes, header: str | None
    ) -> bool:
        """Whether ``header`` signs this request.

        ``target`` is path and query as they were sent. ``form`` is what the body was parsed into
        (nothing trimmed, blank fields kept; empty for a GET), or ``None`` for any other body,
        which the URL must then name by ``bodySHA256``.
        """
        if not header or not self._token:
            return False
        if form is None:
            return self._verify_document(target, raw_body, header)
        pairs = form.pairs if isinstance(form, Form) else read_form(raw_body).pairs
        if is_signed(self._token, tuple(o + target for o in self._origins), pairs, header):
            return True
        # The library has the last word. It sees text, where bytes that are no UTF-8 have become
        # replacement characters, which is what some senders sign.
        return bool(self._library.validate(self._url + target, _Fields(pairs), header))

    def _verify_document(self, target: str, raw_body: bytes, header: str) -> bool:
        if "bodySHA256" not in parse_qs(urlsplit(target).query):
            return False
        try:
            text = raw_body.decode()
        except UnicodeDecodeError:  # no JSON then, and nothing that the carrier sends
            return False
        return bool(self._library.validate(self._url + target, text, header))


class _Fields(dict[str, list[str]]):
    """A form as the library wants it; its own way with other multi-dicts is quadratic."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name.decode(errors="replace"), []).append(
                value.decode(errors="replace")
            )

    def getlist(self, name: str) -> list[str]:
        return self[name]
