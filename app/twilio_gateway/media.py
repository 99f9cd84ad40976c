"""The bytes of a picture, document or sound: from the carrier's own hosts, and from nowhere else.

The carrier's API leads on to a short-lived address on a host that serves files. Each step of that
way is checked before it is taken, our credentials go to the API only, and a connection to a private
address is closed before anything is said on it, whatever a name led to.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests import exceptions as http
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from app.telephony import CarrierError, CarrierUnreachable, Refused, name_carrier_error
from app.twilio_gateway.client import TwilioRequests

_PIECE = 1 << 18
_MOST_STEPS = 3
_LONGEST_S = 20.0
_LED_ON = (301, 302, 303, 307, 308)
# Hosts that serve the carrier's files, and where on them. Source: Twilio's "Media Resource" pages,
# https://www.twilio.com/docs/messaging/api/media-resource, and what its API answers.
_FILES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"([a-z0-9-]+\.)*twiliocdn\.com"), "/"),
    (re.compile(r"media\.twiliocdn\.com\.s3-external-1\.amazonaws\.com"), "/"),
    (re.compile(r"s3-external-1\.amazonaws\.com"), "/media.twiliocdn.com/"),
)


class ElsewhereRefused(Refused):
    """The carrier's answer leads to an address that is not the carrier's; nothing was fetched."""


class TwilioMedia(TwilioRequests):
    """The method of ``Carrier`` that fetches what came with a text."""

    def fetch_media(self, url: str) -> Iterator[bytes]:
        """See ``Carrier.fetch_media``."""
        try:
            with self._media_session() as session:
                yield from self._follow(session, url)
        except http.RequestException:
            error: CarrierError = CarrierUnreachable(maybe_sent=True)
        except CarrierError as named:
            error = named
        else:
            return
        self._failed(error)
        raise error

    def _follow(self, session: requests.Session, url: str) -> Iterator[bytes]:
        """Go from the API's address to the file. RequestException, CarrierError."""
        until, api = time.monotonic() + _LONGEST_S, self._api_url.rstrip("/") + "/2010-04-01/"
        if not _without_tricks(urlsplit(url)) or not url.startswith(api):
            raise ElsewhereRefused
        for step in range(_MOST_STEPS + 1):
            login = self._login if step == 0 else None
            with session.get(
                url, auth=login, timeout=self._timeout, stream=True, allow_redirects=False
            ) as answer:
                if answer.status_code not in _LED_ON:
                    yield from _read(answer, until)
                    return
                url = urljoin(url, answer.headers.get("Location", ""))
            if not self._serves_files(url):
                raise ElsewhereRefused
        raise ElsewhereRefused

    def _serves_files(self, url: str) -> bool:
        """Return whether an address is one from which the carrier serves files."""
        found, api = urlsplit(url), urlsplit(self._api_url)
        if not _without_tricks(found):
            return False
        if (found.scheme, found.netloc) == (api.scheme, api.netloc):
            return True
        host = found.hostname or ""
        return found.scheme == "https" and any(
            known.fullmatch(host) and found.path.startswith(path) for known, path in _FILES
        )

    def _media_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = self._client().http_client.session.trust_env
        session.auth = _NoLogin()  # else the library would look for one in a file
        session.mount("https://", _PublicOnly())
        return session


def _without_tricks(found: SplitResult) -> bool:
    """Return whether an address has no login, no climbing path, and the usual port or an API's."""
    steps = found.path.split("/")
    return found.username is None and ".." not in steps and "\\" not in found.geturl()


def _read(answer: requests.Response, until: float) -> Iterator[bytes]:
    if answer.status_code != 200:
        raise name_carrier_error(answer.status_code, None)
    taken, told = 0, answer.headers.get("Content-Length", "")
    for piece in answer.iter_content(_PIECE):
        taken += len(piece)
        if time.monotonic() > until:
            raise CarrierUnreachable(maybe_sent=True)
        yield piece
    if told.isdigit() and "Content-Encoding" not in answer.headers and taken != int(told):
        raise CarrierUnreachable(maybe_sent=True)


class _NoLogin(requests.auth.AuthBase):
    """Adds nothing to a request."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _PublicConnection(HTTPSConnection):
    """A connection to a public address, or none."""

    def _new_conn(self) -> Any:
        connected = super()._new_conn()
        found = ipaddress.ip_address(connected.getpeername()[0].partition("%")[0])
        if not is_public(found):
            connected.close()
            raise NewConnectionError(self, "the name leads to an address that is not public")
        return connected


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is one of the internet's, and not only in another's clothes."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicOnly(HTTPAdapter):
    """Connects to public addresses only. Through a proxy, the proxy connects."""

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        known = dict(self.poolmanager.pool_classes_by_scheme)
        self.poolmanager.pool_classes_by_scheme = {**known, "https": _PublicPool}
