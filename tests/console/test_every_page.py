"""What holds for each page: who may open it, what it tells the browser, what is in its markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.console.visitor import Page, Visitor, a_shift, console_routes, visitor
from tests.service import PEOPLE, Caller, House

Visit = Callable[..., Visitor]
DESK, COORDINATORS = {"wren", "heron", "plover"}, {"wren", "crane"}
EVERYBODY = set(PEOPLE)
# Who gets a page; the others get 403, or 404 where they may not even know that it exists.
PAGES = {
    "/": (EVERYBODY, 403),
    "/me": (EVERYBODY, 403),
    "/cases/new": (DESK, 403),
    "/cases/{case}": (DESK, 404),
    "/cases/{case}/erase": (DESK, 403),
    "/cases/{case}/export": (DESK, 404),
    "/cases/{case}/break-glass": ({"wren"}, 404),
    "/rota": (EVERYBODY - {"magpie"}, 403),
    "/rota/shifts/{shift}": (COORDINATORS, 403),
    "/rota/shifts/{shift}/hand-over": (DESK, 403),
    "/events": (DESK, 403),
    "/requests": (DESK, 403),
    "/cases/{case}/route": (DESK, 404),
    "/raids": (DESK, 403),
    "/offers": (EVERYBODY - {"magpie"}, 403),
    "/directory": (DESK | COORDINATORS, 403),
    "/cards": (DESK | COORDINATORS, 403),
    "/complaints": (DESK | COORDINATORS, 403),
    "/rules": (COORDINATORS, 403),
    "/members": (COORDINATORS, 403),
    "/members/{member}": (COORDINATORS, 403),
    "/texts": (COORDINATORS, 403),
    "/texts/{code}": (COORDINATORS, 403),
    "/texts/{code}/{key}": (COORDINATORS, 403),
    "/blocks": (COORDINATORS, 403),
    "/settings": (COORDINATORS, 403),
    "/desk": (DESK | COORDINATORS, 403),
    "/statistics": (COORDINATORS | {"magpie"}, 403),
    "/audit": (COORDINATORS | {"magpie"}, 403),
    "/health": (DESK | COORDINATORS, 403),
}
# Who may send a form; what anybody else is told.
FORMS = {
    "/cases/{case}/erasure/stop": (DESK, 404),
    "/cases/{case}/contact/confirmed": (DESK, 404),
    "/cases/new": (DESK, 403),
    "/cases/{case}/claim": (DESK, 404),
    "/cases/{case}/release": (DESK, 404),
    "/cases/{case}/assign": (DESK, 404),
    "/cases/{case}/change": (DESK, 404),
    "/cases/{case}/reply": (DESK, 404),
    "/cases/{case}/notes": (DESK, 404),
    "/cases/{case}/consents": (DESK, 404),
    "/cases/{case}/interpret": (DESK, 404),
    "/cases/{case}/close": (DESK, 404),
    "/cases/{case}/reopen": (DESK, 404),
    "/cases/{case}/hold": (DESK, 404),
    "/cases/{case}/hold/lift": (DESK, 404),
    "/cases/{case}/erase": (DESK, 403),
    "/cases/{case}/export": (DESK, 404),
    "/cases/{case}/break-glass": ({"wren"}, 404),
    "/cases/{case}/contact": (DESK, 404),
    "/cases/{case}/contact/compromised": (DESK, 404),
    "/cases/{case}/contact/trusted": (DESK, 404),
    "/cases/{case}/merge": (DESK, 404),
    "/cases/{case}/call": (DESK, 404),
    "/cases/{case}/calls/{member}/hand-over": (DESK, 404),
    "/cases/{case}/calls/{member}/interpreter": (DESK, 404),
    "/cases/{case}/calls/{member}/custody": (DESK, 404),
    "/cases/{case}/events": (DESK, 404),
    "/cases/{case}/events/{member}": (DESK, 404),
    "/cases/{case}/episodes": (DESK, 404),
    "/cases/{case}/episodes/{member}": (DESK, 404),
    "/cases/{case}/denials": (DESK, 404),
    "/cases/{case}/denials/{member}": (DESK, 404),
    "/cases/{case}/denials/{member}/dossier": (DESK, 404),
    "/cases/{case}/route": (DESK, 404),
    "/complaints/{member}": (DESK | COORDINATORS, 403),
    "/tasks/{member}/done": (DESK, 403),
    "/requests/{member}/brief": (DESK, 403),
    "/requests/{member}/cancel": (DESK, 403),
    "/raids": (DESK, 403),
    "/raids/{member}": (DESK, 403),
    "/offers/{member}/accept": (EVERYBODY - {"magpie"}, 403),
    "/offers/{member}/decline": (EVERYBODY - {"magpie"}, 403),
    "/offers/taken/{member}/report": (EVERYBODY - {"magpie"}, 403),
    "/offers/taken/{member}/texts/{member}": (EVERYBODY - {"magpie"}, 403),
    "/directory": (DESK | COORDINATORS, 403),
    "/directory/{member}": (DESK | COORDINATORS, 403),
    "/cards": (COORDINATORS, 403),
    "/cards/{member}": (COORDINATORS, 403),
    "/rules/{member}": (COORDINATORS, 403),
    "/blocks": (COORDINATORS, 403),
    "/blocks/{member}/lift": (COORDINATORS, 403),
    "/settings": (COORDINATORS, 403),
    "/texts/{code}": (COORDINATORS, 403),
    "/texts/{code}/{key}": (COORDINATORS, 403),
    "/statistics": (COORDINATORS, 403),
    "/statistics/{member}/confirm": (COORDINATORS, 403),
    "/rota/sign-up": (EVERYBODY - {"magpie"}, 403),
    "/rota/swap": (EVERYBODY - {"magpie"}, 403),
    "/rota/swaps/{member}/take": (EVERYBODY - {"magpie"}, 403),
    "/rota/swaps/{member}/withdraw": (EVERYBODY - {"magpie"}, 403),
    "/rota/calendar": (EVERYBODY - {"magpie"}, 403),
    "/rota/calendar/stop": (EVERYBODY - {"magpie"}, 403),
    "/rota/shifts": (COORDINATORS, 403),
    "/rota/shifts/{shift}/remove": (COORDINATORS, 403),
    "/rota/shifts/{shift}/override": (COORDINATORS, 403),
    "/rota/shifts/{shift}/hand-over": (DESK, 403),
    "/members/invitations": (COORDINATORS, 403),
    "/members/confirmations/{member}/confirm": (COORDINATORS, 403),
    "/members/confirmations/{member}/withdraw": (EVERYBODY, 404),
    "/members/{member}/change": (COORDINATORS, 403),
    "/members/{member}/remove": (COORDINATORS, 403),
}
OPEN_TO_ALL = ("/sign-in", "/invitation", "/recovery", "/second-factor")


def filled(path: str, house: House, case: dict[str, str]) -> str:
    shift = a_shift(house) if "{shift}" in path else ""
    return path.format(
        case=case["id"], member=house.residents["owl"].id, shift=shift, code="pa", key="thanks"
    )


def test_each_page_opens_for_whom_it_is_for(house: House, phone: Caller, visit: Visit) -> None:
    case = house.case_of("hello", number=phone.number)
    for handle in PEOPLE:
        browser = visit(handle)
        for path, (allowed, otherwise) in PAGES.items():
            status = browser.open(filled(path, house, case)).status
            assert status == (200 if handle in allowed else otherwise), (handle, path)


def test_each_form_is_taken_from_whom_it_is_for(house: House, phone: Caller, visit: Visit) -> None:
    case = house.case_of("hello", number=phone.number)
    for handle in EVERYBODY - DESK - COORDINATORS | {"crane", "heron"}:
        browser = visit(handle)
        token = browser.token()
        for path, (allowed, otherwise) in FORMS.items():
            if handle not in allowed:
                page = browser.post(filled(path, house, case), {"form_token": token, "body": "x"})
                assert page.status == otherwise, (handle, path)
    assert house.read(case["id"])["state"] == "new"


def test_every_route_of_the_console_is_in_these_tables() -> None:
    known = {
        (re.sub(r"\{\w+\}", "{}", path), method)
        for table, method in ((PAGES, "GET"), (FORMS, "POST"))
        for path in table
    }
    elsewhere = {
        "/assets/{}",
        "/favicon.ico",
        "/robots.txt",
        "/leave",
        "/sign-out",
        "/me",
        "/cases/{}/attachments",  # sends a file: tests/console/test_files.py
        "/cases/{}/attachments/{}",  # needs a voicemail: tests/calls/test_desk_calls.py
        "/cases/{}/attachments/{}/thumbnail",  # needs a picture: tests/console/test_files.py
        "/cases/{}/denials/{}/dossier",  # needs a draft: tests/console/test_complaints.py
        "/statistics/{}",  # needs a release: tests/console/test_statistics.py
        "/statistics/{}/files/{}",
        "/offers/taken/{}",  # needs an assignment: tests/console/test_offers.py
        "/me/totp",
        "/me/sessions/{}/end",
        *OPEN_TO_ALL,
    }
    for path, method in console_routes():
        path_alone = re.sub(r"\{\w+\}", "{}", path)
        assert path_alone in elsewhere or (path_alone, method) in known, (path, method)


def test_nobody_sees_a_page_without_signing_in(house: House, phone: Caller, visit: Visit) -> None:
    case = house.case_of("hello", number=phone.number)
    browser = visit()
    for path in PAGES:
        assert browser.open(filled(path, house, case)).has_form("/sign-in"), path
    for path in FORMS:
        page = browser.post(filled(path, house, case), {})
        assert page.status == 401, path
        assert page.has_form("/sign-in"), path


@pytest.fixture(scope="module")
def pages(shared_house: House) -> Iterator[dict[str, Page]]:
    """Each page of the console once."""
    with ExitStack() as stack:

        def visit(handle: str | None = None) -> Visitor:
            return stack.enter_context(visitor(shared_house, handle))

        yield _every_page(shared_house, visit)


def _every_page(house: House, visit: Visit) -> dict[str, Page]:
    case = house.case_of("hello", "4", "1", number="+14385550100")
    wren, nobody = visit("wren"), visit()
    pages = {path: wren.open(filled(path, house, case)) for path in PAGES}
    pages |= {path: nobody.open(path) for path in OPEN_TO_ALL}
    pages["own page"] = visit("finch").open("/")
    pages["nothing here"] = wren.open("/cases/nonsense")
    pages["no such path"] = nobody.open("/wp-admin")
    pages["refused"] = nobody.post("/sign-in", {})
    pages["preview"] = wren.send(pages["/cases/{case}"], "/reply", body="x", action="preview")
    return pages


def test_every_page_tells_the_browser_what_to_refuse(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        headers = page.response.headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), name
        assert "unsafe" not in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert headers["cache-control"] == "no-store", name
        assert headers["referrer-policy"] == "no-referrer", name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["x-frame-options"] == "DENY", name
        assert "noindex" in headers["x-robots-tag"], name


def test_every_page_is_sound(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert "<title>Notes</title>" in page.html, name
        assert page.all("html") == [{"lang": "en"}], name
        assert all(script.get("src") for script in page.all("script")), name
        assert not page.all("style"), name
        for tag, attributes in page.tags:
            assert "style" not in attributes, (name, tag)
            assert not [a for a in attributes if a.startswith("on")], (name, tag)
        assert len(page.all("main")) == len(page.all("h1")) == 1, name
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), name


def test_every_field_has_a_label_and_every_form_a_token(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        labels = {label["for"] for label in page.all("label")}
        for tag, field in page.tags:
            if tag in {"select", "textarea"} or (tag == "input" and field.get("type") != "hidden"):
                assert field["id"] in labels, (name, field)
        for form in page.forms:
            if form.method == "post" and form.action != "/leave":
                assert "form_token" in form.fields, (name, form.action)


def test_every_page_has_the_way_out(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert page.has_form("/leave"), name


def test_programs_get_no_pages(house: House) -> None:
    answer = house.nobody.get("/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/nothing", "/cases/1", "/members/x"])
def test_where_nothing_is_a_page_says_so(desk: Visitor, path: str) -> None:
    page = desk.open(path)
    assert page.status in {403, 404}
    assert page.response.headers["content-type"].startswith("text/html")


def test_files_are_kept_for_a_day_by_this_browser_alone(desk: Visitor) -> None:
    [style] = [a["href"] for a in desk.open("/").all("link") if a["rel"] == "stylesheet"]
    response = desk.http.get(style)
    assert response.headers["content-type"].startswith("text/css")
    assert response.headers["cache-control"].startswith("private, max-age=86400")
    assert desk.http.get("/assets/frame.html").status_code == 404
    assert desk.http.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert desk.http.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
