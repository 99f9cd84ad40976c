from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from app.console.security import EXIT_URL
from tests.console.visitor import Page, Visitor
from tests.service import PASSPHRASE, House

Visit = Callable[..., Visitor]


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def sent_cookies(response: httpx.Response) -> list[str]:
    return response.headers.get_list("set-cookie")


def test_a_member_signs_in_and_sees_the_queue(visit: Visit) -> None:
    page = visit().sign_in("heron")
    assert page.status == 200
    assert page.says("Queue")
    assert page.says("Signed in as heron")


def test_the_cookie_is_the_token_and_goes_with_the_browser(house: House, visit: Visit) -> None:
    visitor = visit()
    visitor.http.follow_redirects = False
    response = visitor.sign_in("heron").response
    assert (response.status_code, response.headers["location"]) == (303, "/")
    [cookie] = [c for c in sent_cookies(response) if c.startswith("kith=") and len(c) > 60]
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly",
        "Path=/",
        "SameSite=strict",
    }
    token = visitor.http.cookies["kith"]
    answer = house.nobody.get("/v1/cases", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_over_https_the_cookie_is_bound_to_the_host(open_house: Callable[..., House]) -> None:
    house = open_house(public_url="https://desk.example.org")
    behind_the_proxy = f"http://127.0.0.1:{house.settings.port}/sign-in"
    asked = httpx.get(behind_the_proxy, trust_env=False)
    [door] = sent_cookies(asked)
    assert door.startswith("__Host-kith-door=")
    form = Page(asked).form("/sign-in").fields
    name, _, value = door.partition(";")[0].partition("=")
    response = httpx.post(
        behind_the_proxy,
        data={**form, "handle": "heron", "passphrase": PASSPHRASE},
        headers={"Cookie": f"{name}={value}"},
        trust_env=False,
    )
    [session] = [c for c in sent_cookies(response) if c.startswith("__Host-kith=")]
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in session.split(";")}
    assert response.headers["strict-transport-security"].startswith("max-age=")


def test_a_wrong_passphrase_and_an_unknown_name_read_the_same(visit: Visit) -> None:
    wrong = visit().sign_in("heron", "not the passphrase")
    unknown = visit().sign_in("heron2", "not the passphrase")
    assert wrong.status == unknown.status == 401
    assert wrong.says("The name, passphrase or code was not right")
    assert wrong.text == unknown.text


def test_the_second_factor_is_asked_for(open_house: Callable[..., House]) -> None:
    house = open_house(require_mfa=True)
    form = {**_signing_in(house), "handle": "heron", "passphrase": PASSPHRASE}
    assert house.http.post("/sign-in", data=form).status_code == 401
    code = house.residents["heron"].totp_code(house.clock())
    assert house.http.post("/sign-in", data={**form, "code": code}).status_code == 303


def _signing_in(house: House) -> dict[str, list[str]]:
    return Page(house.http.get("/sign-in")).form("/sign-in").fields


def test_guessing_is_slowed_down_and_said_so(visit: Visit) -> None:
    visitor = visit()
    statuses = [visitor.sign_in("heron", "a wrong guess").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    page = visitor.sign_in("heron", "a wrong guess")
    assert page.says("Too many tries")
    assert int(page.response.headers["retry-after"]) >= 1


def test_signing_out_ends_the_session(visit: Visit) -> None:
    visitor = visit("heron")
    token = visitor.http.cookies["kith"]
    assert visitor.send(visitor.open("/"), "/sign-out").says("Sign in")
    visitor.http.cookies.set("kith", token, domain="127.0.0.1", path="/")
    assert visitor.open("/").has_form("/sign-in")


def test_half_an_hour_without_use_ends_the_session_and_signing_in_leads_back(
    house: House, visit: Visit
) -> None:
    visitor = visit("heron")
    [lock] = [m for m in visitor.open("/health").all("meta") if m.get("http-equiv") == "refresh"]
    assert lock["content"] == "1800; url=/sign-in?next=/health"
    house.advance(minutes=31)
    asked = visitor.open("/health")
    assert asked.has_form("/sign-in")
    back = visitor.send(asked, "/sign-in", handle="heron", passphrase=PASSPHRASE)
    assert back.response.url.path == "/health"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org", "//example.org", "/\\example.org", "javascript:1", "/?x=1", "/%2f/x"],
)
def test_signing_in_leads_only_to_pages_of_ours(visit: Visit, elsewhere: str) -> None:
    visitor = visit("heron")
    visitor.http.follow_redirects = False
    response = visitor.http.get("/sign-in", params={"next": elsewhere})
    assert response.headers["location"] == "/"


def test_a_text_that_came_too_late_is_not_lost(house: House, desk: Visitor) -> None:
    case = house.case_of("hello")
    page = desk.case(case["reference"])
    house.advance(minutes=31)
    late = desk.send(page, "/reply", body="We are <here>.")
    assert late.status == 401
    assert late.says("This was not sent")
    assert late.says("We are <here>.")
    assert late.form("/sign-in").fields["next"] == [f"/cases/{case['id']}"]


def test_no_other_site_can_make_the_sign_in_page_show_its_words(
    house: House, desk: Visitor
) -> None:
    desk.open("/")
    house.advance(minutes=31)
    page = desk.post("/cases/x/reply", {"body": "call +15145550199"})
    assert not page.says("call +1")


def test_leaving_signs_out_and_shows_something_else(desk: Visitor) -> None:
    page = desk.open("/")
    desk.http.follow_redirects = False
    left = desk.send(page, "/leave").response
    assert (left.status_code, left.headers["location"]) == (303, EXIT_URL)
    assert left.headers["referrer-policy"] == "no-referrer"
    assert desk.open("/").response.headers["location"] == "/sign-in?next=/"


def test_leaving_never_refuses_but_another_site_signs_nobody_out(desk: Visitor) -> None:
    desk.http.follow_redirects = False
    assert desk.post("/leave", {}).response.headers["location"] == EXIT_URL
    assert desk.open("/").status == 200


def test_a_passphrase_is_replaced_with_the_recovery_code(house: House, visit: Visit) -> None:
    visitor, words = visit(), "another quiet heron wades"
    page = visitor.send(
        visitor.open("/recovery"),
        "/recovery",
        handle="heron",
        recovery_code=house.residents["heron"].recovery_code.lower(),
        passphrase=words,
        again=words,
    )
    assert page.says("Your passphrase is new")
    assert visitor.sign_in("heron", words).says("Queue")


def test_a_wrong_recovery_code_changes_nothing(visit: Visit) -> None:
    visitor, words = visit(), "another quiet heron wades"
    page = visitor.send(
        visitor.open("/recovery"),
        "/recovery",
        handle="heron",
        recovery_code="AAAA",
        passphrase=words,
        again=words,
    )
    assert page.status == 401
    assert visitor.sign_in("heron").says("Queue")
