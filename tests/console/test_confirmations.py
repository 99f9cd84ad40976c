"""The pages say which confirmation is missing and since when, and take it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from app.crypto.totp import make_totp_code
from tests.console.visitor import Visitor
from tests.service import PASSPHRASE, House

Visit = Callable[..., Visitor]


@pytest.fixture
def wren(visit: Visit) -> Visitor:
    return visit("wren")


@pytest.fixture
def crane(visit: Visit) -> Visitor:
    return visit("crane")


def member_path(house: House, handle: str) -> str:
    return f"/members/{house.residents[handle].id}"


def test_a_newcomers_pages_say_what_is_missing_until_it_is_there(
    visit: Visit, wren: Visitor, crane: Visitor
) -> None:
    page = crane.send(crane.open("/members"), "/members/invitations", roles=["dispatcher"])
    code = next(word for word in page.text.split() if word.count("-") == 5)
    lark = visit()
    typed = {"code": code, "handle": "lark", "passphrase": PASSPHRASE, "again": PASSPHRASE}
    missing = "Missing: a second coordinator who confirms it."
    joined = lark.send(lark.open("/invitation"), "/invitation", **typed)
    assert joined.says("You are to be dispatcher. Waits since 07:00.")
    assert joined.says(missing)
    assert lark.sign_in("lark").says(missing)
    assert lark.open("/me").says(missing)
    asked = crane.open("/members")
    assert asked.says("lark is to be dispatcher. Waits since 07:00. crane is for it (07:00).")
    assert asked.says("Another coordinator has to confirm it.")
    assert not [form for form in asked.forms if form.action.endswith("/confirm")]
    assert wren.open("/").says("1 change to members waits for a second coordinator.")
    done = wren.send(wren.open("/members"), "/confirm")
    assert done.says("You confirmed it.")
    assert not done.says("Waits for confirmation")
    assert lark.open("/").says("Queue")


def test_a_form_that_is_saved_again_keeps_what_waits(house: House, crane: Visitor) -> None:
    path = member_path(house, "finch")
    asked = crane.send(crane.open(path), "/change", roles=["accompanier", "dispatcher"])
    assert asked.says("finch is to be accompanier and dispatcher.")
    saved = crane.send(crane.open(path), "/change", skills="court")
    assert saved.says("finch is to be accompanier and dispatcher.")
    back = crane.send(crane.open(path), "/change", roles=["accompanier"])
    assert not back.says("is to be")


def test_a_coordinator_takes_it_back(house: House, wren: Visitor, crane: Visitor) -> None:
    crane.send(crane.open(member_path(house, "finch")), "/change", roles=["dispatcher"])
    assert wren.send(wren.open("/members"), "/withdraw").says("It is taken back.")
    assert not crane.open("/members").says("is to be")


def test_a_lost_phone_is_replaced_from_the_door(
    house: House, visit: Visit, wren: Visitor, crane: Visitor
) -> None:
    lost = visit()
    page = lost.send(
        lost.open("/second-factor"), "/second-factor", handle="heron", passphrase=PASSPHRASE
    )
    assert page.status == 201
    assert page.says("Missing: two coordinators who confirm it, or one and then 24 hours.")
    secret = page.text.split("secret=")[1].split("&")[0].split()[0]
    wrong = lost.send(
        lost.open("/second-factor"), "/second-factor", handle="heron", passphrase="a wrong one"
    )
    assert wrong.status == 401
    assert visit("heron").open("/me").says("Missing: two coordinators who confirm it")
    for visitor in (crane, wren):
        assert visitor.send(visitor.open("/members"), "/confirm").says("You confirmed it.")
    code = make_totp_code(base64.b32decode(secret), house.clock())
    assert visit().sign_in("heron", code=code).status == 200
