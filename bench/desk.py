"""A coordinator at the REST interface of the service that is measured."""

from __future__ import annotations

import base64
import json
import urllib.request
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.crypto import make_totp_code

_PATIENCE_S = 60.0


class Desk:
    """Signs in with the secrets that ``kith init`` printed, and asks for what a desk sees."""

    def __init__(self, url: str, account: dict[str, Any], passphrase: str) -> None:
        self._url = url
        uri = parse_qs(urlsplit(account["totp_uri"]).query)
        code = make_totp_code(base64.b32decode(uri["secret"][0]), datetime.now(UTC))
        handle = account["member"]["handle"]
        said = {"handle": handle, "passphrase": passphrase, "code": code}
        self._token = ""
        self._token = self._call("POST", "/v1/sessions", said)["token"]

    def set_phone(self, number: str) -> None:
        """Have the desk's texts go to this phone."""
        me = next(iter(self._call("GET", "/v1/members")["items"]))
        self._call("PATCH", "/v1/members/me", {"phone": number}, version=me["version"])

    def bound_replies(self, per_hour: int) -> None:
        """Let so many automatic texts go out in an hour, to everybody together."""
        self._call("PUT", "/v1/settings", {"automatic_per_hour": per_hour})

    def read_most_urgent(self) -> dict[str, Any] | None:
        """Return the case on top of the queue, None if there is none."""
        items: list[dict[str, Any]] = self._call("GET", "/v1/cases?limit=1")["items"]
        return items[0] if items else None

    def _call(self, method: str, path: str, body: object = None, version: int = 0) -> Any:
        headers = {"Content-Type": "application/json"}
        if version:
            headers["If-Match"] = f'"{version}"'
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  # our own loopback address
            self._url + path, data=content, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
