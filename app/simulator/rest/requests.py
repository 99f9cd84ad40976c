"""One request to the carrier's API, and the handlers that answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Response

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.values.errors import bad_request

FormFields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to the API: names from the path, the form, the query."""

    path: str
    names: dict[str, str]
    form: FormFields
    query: dict[str, str]

    def field(self, name: str) -> str:
        """The last value of a form field, empty if there is none."""
        return self.form[name][-1] if name in self.form else ""

    def flag(self, name: str, *, default: bool) -> bool:
        """A form field that is true or false."""
        return self.field(name).lower() == "true" if name in self.form else default

    def seconds(self, name: str, default: float | None) -> float | None:
        """A form field with a number of seconds; raises 20001 for anything else."""
        text = self.field(name)
        if not text:
            return default
        if not text.isdecimal():
            raise bad_request(20001, f"{name} is not a number of seconds")
        return float(text)

    def method(self, name: str) -> str:
        """A form field that is GET or POST."""
        return "GET" if self.field(name).upper() == "GET" else "POST"

    def url(self, name: str, code: int) -> str:
        """A form field with an address, empty if there is none; raises ``code`` for others."""
        url = self.field(name)
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise bad_request(code, f"{name} is not a valid URL: {url}")
        return url


Handler = Callable[[SimulatedCarrier, ApiRequest], Response]
Route = tuple[str, str, Handler]
