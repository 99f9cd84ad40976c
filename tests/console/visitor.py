"""A browser without scripts, as small as it can be: it follows redirects and sends whole forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self

import httpx
from fastapi.routing import APIRoute
from playwright.sync_api import BrowserContext

from app import console
from tests.service import PASSPHRASE, House

_VOID = {"input", "link", "meta", "br", "img", "hr"}


@dataclass
class FormOnPage:
    """A form with what it would send if nobody typed anything."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A page: its forms, its text, and every tag with its attributes."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.response = response
        self.status = response.status_code
        self.html = response.text
        self.forms: list[FormOnPage] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._form: FormOnPage | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._words: list[str] = []
        self.feed(self.html)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "form":
            self._form = FormOnPage(attributes["action"], attributes["method"])
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, attributes)

    def _field(self, form: FormOnPage, tag: str, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "")
        if tag == "input":
            ticked = attributes.get("type") not in {"checkbox", "radio"} or "checked" in attributes
            if name and ticked:
                form.fields.setdefault(name, []).append(attributes.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in attributes or self._select not in form.fields:
                form.fields[self._select] = [attributes.get("value", "")]
        elif tag == "textarea":
            self._area = name
            form.fields[name] = [""]
        elif tag == "button":
            form.buttons.append(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._area is not None and self._form is not None:
            typed = self._form.fields[self._area]
            typed[0] = (typed[0] + data).removeprefix("\n") if not typed[0] else typed[0] + data

    def form(self, action: str) -> FormOnPage:
        """The form that goes to ``action`` (an ending is enough)."""
        found = [form for form in self.forms if form.action.split("#")[0].endswith(action)]
        assert found, f"no form to {action}; there are {[form.action for form in self.forms]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(form.action.split("#")[0].endswith(action) for form in self.forms)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def says(self, words: str) -> bool:
        return words in self.text


@dataclass
class Visitor:
    """A browser with cookies."""

    house: House
    http: httpx.Client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, path: str) -> Page:
        return Page(self.http.get(path))

    def send(self, page: Page, action: str, /, **values: Any) -> Page:
        """Send the form to ``action`` with some values typed in; ``__`` in a name is a dot."""
        form = page.form(action)
        typed = {name.replace("__", "."): value for name, value in values.items()}
        return self.post(form.action, {**form.fields, **typed})

    def post(self, path: str, data: dict[str, Any]) -> Page:
        return Page(self.http.post(path.split("#", maxsplit=1)[0], data=data))

    def token(self) -> str:
        """A genuine form token of this browser."""
        return self.open("/me").form("/me").fields["form_token"][0]

    def sign_in(self, handle: str, passphrase: str = PASSPHRASE, code: str = "") -> Page:
        page = self.open("/sign-in")
        return self.send(page, "/sign-in", handle=handle, passphrase=passphrase, code=code)

    def case(self, reference: str) -> Page:
        """Open a case from the queue, by its name."""
        page = self.open(f"/?reference={reference}")
        [path] = {
            a["href"] for a in page.all("a") if re.fullmatch(r"/cases/[0-9a-f-]{36}", a["href"])
        }
        return self.open(path)


def visitor(house: House, handle: str | None = None) -> Visitor:
    """A fresh browser, signed in as ``handle`` without their passphrase, or not at all."""
    http = httpx.Client(
        base_url=house.url, follow_redirects=True, timeout=30, verify=False, trust_env=False
    )
    if handle is not None:
        token = house.as_(handle).token
        assert token
        http.cookies.set("kith", token, domain="127.0.0.1", path="/")
    return Visitor(house, http)


def enter(context: BrowserContext, house: House, handle: str) -> None:
    """Sign a real browser in without the slow work on a passphrase."""
    token = house.as_(handle).token
    assert token
    context.add_cookies([{"name": "kith", "value": token, "url": house.url}])


def desk_time(house: House) -> str:
    """The time of day as the desk reads it now."""
    return f"{house.clock().astimezone(house.settings.zone):%H:%M}"


def a_shift(house: House) -> str:
    """The one shift of the house, which never comes to an end."""
    crane = house.as_("crane")
    shift = {
        "rrule": "FREQ=DAILY",
        "starts_at": "2026-01-15T09:00",
        "duration": "PT8H",
        "members": [str(house.residents["wren"].id)],
    }
    known = crane.get("/v1/shifts").json()["items"] or [crane.post("/v1/shifts", shift).json()]
    shift_id: str = known[0]["id"]
    return shift_id


def console_routes() -> list[tuple[str, str]]:
    """Every path of the console with its method."""
    return [
        (route.path, method)
        for module in console.PAGES
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
