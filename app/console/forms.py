"""Reading forms, and telling our own from those that another site made a browser send.

Every form carries a token: a random nonce with its MAC under a key derived from the secret in the
browser's cookie. Whoever cannot read the cookie cannot make one, and no two pages carry the same
bytes, so that compression gives nothing away. Origin and Referer are never asked: with
``Referrer-Policy: no-referrer`` browsers send ``Origin: null``.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from app.api import parse_upload
from app.cases import ANY
from app.crypto import derive_key, is_same, keyed_hash
from app.errors import BadRequest, Forbidden, VersionRequired

Shape = TypeVar("Shape", bound=BaseModel)
TOKEN_FIELD = "form_token"  # noqa: S105  # the field's name
_NONCE_BYTES = 16


class ForeignForm(Forbidden):
    """This form did not come from a page opened here, or the page is from before you signed in.

    Nothing was changed. Please open the page again.
    """


class NotConfirmed(BadRequest):
    """The name does not match. Type it exactly as it is shown; nothing was done."""


@dataclass(frozen=True)
class Form:
    """What a browser sent: every value as text, every line end as one character."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    # The one file that a form may send, where it is for files.
    file: bytes = field(default=b"", repr=False)

    def get(self, name: str) -> str:
        """Return a field without the white space around it; empty where it is missing."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field as it was typed; empty where it is missing."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a field, such as ticked boxes."""
        return list(self.values.get(name, ()))

    def number(self, name: str) -> int | None:
        """Return a field that holds a small whole number, or None."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def version(self) -> int:
        """Return the version that the page showed. VersionRequired."""
        version = self.number("version")
        if version is None:
            raise VersionRequired
        return version

    def codes(self, name: str) -> list[str]:
        """Return the codes in a field, with commas or white space between, each once."""
        return list(dict.fromkeys(self.get(name).replace(",", " ").split()))


async def read_form(request: Request) -> Form:
    """Return the form in a request; an empty one for a GET."""
    if request.method != "POST":
        return Form()
    values: dict[str, tuple[str, ...]] = {}
    file = b""
    async with _parse(request) as data:
        for name, value in data.multi_items():
            if isinstance(value, str):
                values[name] = (*values.get(name, ()), _clean(value))
            else:
                file = await value.read()
    return Form(values, file)


@asynccontextmanager
async def _parse(request: Request) -> AsyncIterator[FormData]:
    """Parse a form. A file is taken where files are added, and lies in memory only."""
    kind = request.headers.get("content-type", "")
    if request.url.path.endswith("/attachments") and kind.startswith("multipart/form-data"):
        data = await parse_upload(request)
        try:
            yield data
        finally:
            await data.close()
    else:
        async with request.form(max_files=0, max_fields=300) as data:
            yield data


def _clean(value: str) -> str:
    # Browsers send \r\n, which would cost a text one more character a line; PostgreSQL keeps no
    # NUL in text.
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def form_token(secret: str) -> str:
    """Return a fresh token for a form on a page of the browser that holds ``secret``."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _mac(secret, nonce)).decode()


def is_ours(form: Form, secret: str | None) -> bool:
    """Return whether a form carries a token that was made for the holder of ``secret``."""
    if not secret:
        return False
    try:
        given = base64.b64decode(form.raw(TOKEN_FIELD), altchars="-_", validate=True)
    except ValueError:  # not base64, or not ASCII
        return False
    nonce, mac = given[:_NONCE_BYTES], given[_NONCE_BYTES:]
    return is_same(mac, _mac(secret, nonce))


def _mac(secret: str, nonce: bytes) -> bytes:
    return keyed_hash(derive_key(secret.encode(), "console/form"), "form", nonce)


def checked(model: type[Shape], values: Mapping[str, Any]) -> Shape:
    """Return a form's values in the shape that the API takes, within its limits. BadRequest."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        wrong = sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]})
        named = ", ".join(name.replace("_", " ") for name in wrong)
        raise BadRequest(f"Missing, too long or not understood: {named}.") from error


def stated_hours(form: Form) -> str | None:
    """Return a form's safe hours as REST takes them; None: they were not said. BadRequest.

    Hours that are typed count, whatever is chosen, but never together with any time.
    """
    chosen, typed = form.get("hours_said"), form.get("hours")
    if (chosen == ANY and typed) or (chosen == "windows" and not typed):
        raise BadRequest("Choose any time, or type the safe hours, for example 18:00-21:30.")
    return typed or (ANY if chosen == ANY else None)


def once_key(form: Form) -> str | None:
    """Return what makes a form that is sent twice, by a double click, count once.

    Each page that shows such a form gives it a new ``once``; with other content it is another form.
    """
    if not form.get("once"):
        return None
    content = sorted((k, v) for k, v in form.values.items() if k != TOKEN_FIELD)
    return sha256(repr(content).encode()).hexdigest()


def confirm(typed: str, name: str) -> None:
    """Raise NotConfirmed unless somebody typed the name of what they are about to lose."""
    if typed.casefold() != name.casefold():
        raise NotConfirmed
