"""Every page against axe-core, on a desk and on a phone, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # ships no types
    Axe,
)
from playwright.sync_api import Browser, Page

from tests.console.visitor import a_shift, enter, visitor
from tests.service import Caller, House

pytestmark = pytest.mark.browser

_RULES: dict[str, Any] = {
    "resultTypes": ["violations"],  # what passed is not described, which takes thrice as long
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # The lock after half an hour is there so that a screen left open shows nobody's words; the
    # footer says so. WCAG excepts limits without which the activity would not be safe.
    "rules": {"meta-refresh": {"enabled": False}},
}
# Only what is wrong leaves the browser; all of it together is as large as a book.
_LOOK = """
options => axe.run(options).then(found => found.violations.flatMap(
    ({id, nodes}) => nodes.map(node => `${id}: ${node.html.slice(0, 120)}`)))
"""
Scheme = Literal["light", "dark"]


@pytest.fixture(params=[("light", 1200), ("dark", 320)], ids=["desk-by-day", "phone-by-night"])
def page(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme: Scheme
    scheme, width = request.param
    context = browser.new_context(
        base_url=house.url, color_scheme=scheme, viewport={"width": width, "height": 700}
    )
    yield context.new_page()
    context.close()


def complaints(page: Page) -> list[str]:
    """What axe-core finds: the rule, and where."""
    page.evaluate(Axe().axe_script)
    found: list[str] = page.evaluate(_LOOK, _RULES)
    return found


def know_something(house: House, case_id: str) -> None:
    """Fill the pages about dates, requests, raids and the directory."""
    heron = house.as_("heron")
    soon = (house.clock() + timedelta(days=3)).isoformat()
    for path, body in (
        ("/v1/raid-reports", {"size": "three cars", "location": "the corner"}),
        ("/v1/raid-reports", {"size": "a van"}),
        ("/v1/directory", {"kind": "clinic", "name": "Clinic", "phone": "+15145550142"}),
        (f"/v1/cases/{case_id}/events", {"kind": "hearing", "starts_at": soon, "place": "x"}),
        (f"/v1/cases/{case_id}/episodes", {"place": "Laval", "from": "2026-01-10"}),
        (f"/v1/cases/{case_id}/consents", {"scope": "accompanier", "granted": True}),
        (
            f"/v1/cases/{case_id}/denials",
            {"sector": "school", "service": "admission", "provider": "École"},
        ),
    ):
        assert heron.post(path, body).status_code == 201
    event = heron.get(f"/v1/cases/{case_id}").json()["events"][0]["id"]
    request = {"kind": "accompaniment", "event_id": event}
    assert heron.post(f"/v1/cases/{case_id}/requests", request).status_code == 201
    house.settle()


@pytest.mark.parametrize("page", [("dark", 320)], ids=["phone-by-night"], indirect=True)
def test_what_a_member_is_asked_on_their_phone(page: Page, house: House, phone: Caller) -> None:
    case = house.case_of("hello", "2", "1", "oui", number=phone.number)
    house.phone(f"whatsapp:{phone.number}").text("allo")
    know_something(house, case["id"])
    enter(page.context, house, "finch")
    page.goto("/offers")
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert complaints(page) == []
    page.get_by_role("button", name="Yes, I take it").first.click()
    assert page.get_by_role("heading", name="What you need to know").is_visible()
    assert complaints(page) == []


def test_pages_of_the_desk(page: Page, house: House, phone: Caller) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    case = house.case_of("hello", "1", "1", "oui", number=phone.number)
    with visitor(house, "wren") as wren:
        wren.send(wren.case(case["reference"]), "/notes", body="seen")
    know_something(house, case["id"])
    enter(page.context, house, "wren")
    owl = f"/members/{house.residents['owl'].id}"
    paths = ["/", f"/cases/{case['id']}", "/members", "/me"]
    if width > 320:  # each look takes a second; these are built of the same pieces
        paths += [
            "/cases/new",
            "/rota",
            "/events",
            "/requests",
            f"/cases/{case['id']}/route",
            "/complaints",
            "/raids",
            "/offers",
            "/directory",
            "/rules",
            f"/rota/shifts/{a_shift(house)}",
            owl,
            "/texts",
            "/blocks",
            "/settings",
            "/audit",
            "/health",
            f"/cases/{case['id']}/erase",
        ]
    for path in paths:
        page.goto(path)
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        assert complaints(page) == [], path


def test_pages_of_a_visitor(page: Page) -> None:
    for path in ("/sign-in", "/invitation", "/recovery", "/nothing"):
        page.goto(path)
        assert complaints(page) == [], path


def test_pages_that_tell_of_a_mistake(page: Page, house: House, phone: Caller) -> None:
    case = house.case_of("hello", number=phone.number)
    enter(page.context, house, "heron")
    page.goto(f"/cases/{case['id']}")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("alert").get_by_role("link").get_attribute("href") == "#reply"
    assert page.get_by_label("Text to the caller").get_attribute("aria-invalid") == "true"
    assert complaints(page) == []
    page.get_by_label("Text to the caller").fill("fenêtre")
    page.get_by_role("button", name="Preview and cost").click()
    assert complaints(page) == []
