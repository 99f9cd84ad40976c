"""Telling the carrier's webhooks from those of strangers, by their signature."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

from app.telephony import Pairs, WebhookForm, is_signed, list_origins, read_form


class SignatureVerifier:
    """Tells the carrier's webhooks from those of strangers, by the URL that the carrier was given.

    It reads no other header: a proxy or a stranger could write those.
    """

    def __init__(self, auth_token: str, url: str) -> None:
        """Take the account's token and the public URL, without the path of a webhook."""
        self._token = auth_token.encode()
        self._url = url.rstrip("/")
        self._origins = list_origins(self._url)
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
        pairs = form.pairs if isinstance(form, WebhookForm) else read_form(raw_body).pairs
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
