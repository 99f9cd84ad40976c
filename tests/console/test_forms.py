from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from app.console.forms import (
    TOKEN_FIELD,
    Form,
    NotConfirmed,
    confirm,
    form_token,
    is_ours,
    once_key,
)
from tests.console.visitor import Page, Visitor, console_routes
from tests.service import PASSPHRASE, Caller, House


def form(**values: str) -> Form:
    return Form({name: (value,) for name, value in values.items()})


def signed(token: str) -> Form:
    return form(**{TOKEN_FIELD: token})


def test_a_form_of_a_page_we_gave_to_this_browser_is_ours() -> None:
    assert is_ours(signed(form_token("secret")), "secret")


def test_no_two_pages_carry_the_same_token() -> None:
    assert form_token("secret") != form_token("secret")


@pytest.mark.parametrize("token", ["", "x", "é", "AAAA", 64 * "A"])
def test_any_other_token_is_foreign(token: str) -> None:
    assert not is_ours(signed(token), "secret")


def test_a_token_for_another_browser_or_a_shortened_one_is_foreign() -> None:
    assert not is_ours(signed(form_token("other")), "secret")
    assert not is_ours(signed(form_token("secret")[:-4]), "secret")


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_cookie_every_form_is_foreign(secret: str | None) -> None:
    assert not is_ours(signed(form_token("")), secret)


def test_the_same_form_sent_twice_counts_once_and_another_content_counts_again() -> None:
    first = once_key(form(once="1", body="hello", form_token="a"))
    assert first == once_key(form(once="1", body="hello", form_token="b"))
    assert first != once_key(form(once="1", body="hello!", form_token="a"))
    assert once_key(form(body="hello")) is None


def test_what_is_lost_for_good_is_confirmed_by_name() -> None:
    confirm("Calm-River-12", "calm-river-12")
    with pytest.raises(NotConfirmed):
        confirm("calm-river", "calm-river-12")


def _posting_paths() -> list[str]:
    """Every path of the console that takes a form and may refuse it, with ids filled in."""
    paths = [path for path, method in console_routes() if method == "POST" and path != "/leave"]
    return [re.sub(r"\{\w+\}", str(UUID(int=1)), path) for path in paths]


def test_every_form_without_our_token_is_refused(
    house: House, visit: Callable[..., Visitor]
) -> None:
    wren, heron = visit("wren"), visit("heron")
    foreign = heron.token()
    paths = _posting_paths()
    assert len(paths) > 20
    for path in paths:
        for data in ({}, {TOKEN_FIELD: ""}, {TOKEN_FIELD: foreign}):
            page = wren.post(path, {**data, "body": "x"})
            assert page.status == 403, path
            assert page.says("Nothing was changed"), path


def test_a_genuine_token_is_enough_whatever_the_origin_says(
    house: House, phone: Caller, desk: Visitor
) -> None:
    case = house.case_of("hello", number=phone.number)
    page = desk.case(case["reference"])
    desk.http.headers.update({"Origin": "null", "Sec-Fetch-Site": "cross-site"})
    assert desk.send(page, "/claim").says("The case is yours")


def test_nobody_is_signed_in_as_somebody_else_by_another_site(house: House) -> None:
    form = {"handle": "heron", "passphrase": PASSPHRASE}
    assert house.http.post("/sign-in", data=form).status_code == 403
    token = Page(house.http.get("/sign-in")).form("/sign-in").fields[TOKEN_FIELD]
    house.http.cookies.clear()
    assert house.http.post("/sign-in", data={**form, TOKEN_FIELD: token}).status_code == 403


def test_a_form_is_read_as_it_was_typed_but_for_line_ends(
    house: House, phone: Caller, desk: Visitor
) -> None:
    case = house.case_of("hello", number=phone.number)
    desk.send(desk.case(case["reference"]), "/reply", body="one\r\ntwo\rthree\0")
    assert house.read(case["id"])["messages"][-1]["body"] == "one\ntwo\nthree\ufffd"


def test_a_form_larger_than_a_megabyte_is_refused(desk: Visitor) -> None:
    page = desk.post("/me", {"form_token": desk.token(), "name": "x" * 1_100_000})
    assert page.status == 413
