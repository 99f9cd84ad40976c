from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from app.crypto.totp import make_totp_code
from tests.console.visitor import Page, Visitor, visitor
from tests.service import PASSPHRASE, House

Visit = Callable[..., Visitor]


@pytest.fixture
def wren(visit: Visit) -> Visitor:
    return visit("wren")


def invited(wren: Visitor, *roles: str) -> str:
    page = wren.send(wren.open("/members"), "/members/invitations", roles=list(roles))
    assert page.status == 201
    return next(word for word in page.text.split() if word.count("-") == 5)


def joined(newcomer: Visitor, invitation: str, handle: str, /, **changes: str) -> Page:
    typed = {"code": invitation, "handle": handle, "passphrase": PASSPHRASE, "again": PASSPHRASE}
    return newcomer.send(newcomer.open("/invitation"), "/invitation", **{**typed, **changes})


def test_all_members_are_listed_with_what_they_are(wren: Visitor) -> None:
    page = wren.open("/members")
    assert page.says("crane coordinator, archive active")
    assert page.says("owl legal contact active")


def test_somebody_is_invited_joins_and_reads(house: House, visit: Visit, wren: Visitor) -> None:
    case = house.case_of("hello", "1", "6", "a lawyer please")
    newcomer = visit()
    page = joined(newcomer, invited(wren, "dispatcher").lower(), "kestrel")
    assert page.status == 201
    assert page.says("You are in, kestrel")
    assert page.says("This page is shown once.")
    assert "<svg" in page.html
    assert "otpauth://" in page.text
    assert newcomer.sign_in("kestrel").says("Hello, kestrel")
    crane = visit("crane")
    crane.send(crane.open("/members"), "/confirm")
    wren.open("/members")
    assert newcomer.open("/").says("Queue")
    assert newcomer.case(case["reference"]).says("a lawyer please")


def test_the_secret_on_the_page_is_the_second_factor(
    house: House, visit: Visit, wren: Visitor
) -> None:
    newcomer = visit()
    page = joined(newcomer, invited(wren, "accompanier"), "linnet")
    secret = page.text.split("secret=")[1].split("&")[0].split()[0]
    newcomer.sign_in("linnet")
    code = make_totp_code(base64.b32decode(secret), house.clock())
    confirmed = newcomer.send(newcomer.open("/me"), "/me/totp", code=code)
    assert confirmed.says("The second factor works.")
    house.advance(seconds=60)
    assert visit().sign_in("linnet").status == 401
    code = make_totp_code(base64.b32decode(secret), house.clock())
    assert visit().sign_in("linnet", code=code).status == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "AAAAA-BBBBB"}, "code"),
        ({"handle": "Not A Handle!"}, "handle"),
        ({"handle": "heron"}, "handle"),
        ({"passphrase": "short", "again": "short"}, "passphrase"),
        ({"again": "something else entirely"}, "again"),
    ],
)
def test_a_newcomers_mistake_is_told_at_its_field(
    visit: Visit, wren: Visitor, wrong: dict[str, str], field: str
) -> None:
    code = invited(wren, "dispatcher")
    page = joined(visit(), code, "siskin", **wrong)
    assert page.status == 400
    assert [a for a in page.all("a") if a["href"] == f"#{field}"]
    assert PASSPHRASE not in page.html


def test_an_invitation_needs_a_role(wren: Visitor) -> None:
    assert wren.send(wren.open("/members"), "/members/invitations").status == 400


def test_six_words_are_offered_anew_each_time(visit: Visit) -> None:
    newcomer = visit()
    pages = [newcomer.open("/invitation").text for _ in range(2)]
    offers = [text.split("in mind: ")[1].split(" .")[0].split(". Write")[0] for text in pages]
    assert offers[0] != offers[1]
    assert len(offers[0].split()) == 6


def member_path(house: House, handle: str) -> str:
    return f"/members/{house.residents[handle].id}"


def test_roles_and_profile_are_changed(house: House, wren: Visitor) -> None:
    page = wren.open(member_path(house, "finch"))
    changed = wren.send(
        page,
        "/change",
        roles=["accompanier", "interpreter"],
        languages="fr, ht",
        regions=["laval"],
        weekly_cap="3",
        vetted_on="2026-01-02",
    )
    assert changed.says("Saved.")
    form = changed.form("/change").fields
    assert form["roles"] == ["accompanier", "interpreter"]
    assert form["languages"] == ["fr, ht"]
    assert form["weekly_cap"] == ["3"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"roles": ["king"]}, 400),
        ({"roles": []}, 400),
        ({"weekly_cap": "1000"}, 400),
        ({"vetted_on": "yesterday"}, 400),
        ({"version": ""}, 428),
        ({"version": "7"}, 412),
    ],
)
def test_a_change_that_cannot_be_is_told(
    house: House, wren: Visitor, wrong: dict[str, object], status: int
) -> None:
    page = wren.send(wren.open(member_path(house, "finch")), "/change", **wrong)
    assert page.status == status
    assert page.says("Not done")


def test_a_member_is_taken_out_once_their_name_is_typed_the_last_with_a_warning(
    open_house: Callable[..., House],
) -> None:
    house = open_house()
    with visitor(house, "plover") as plover, visitor(house, "wren") as wren:
        assert plover.open("/").status == 200
        page = wren.open(member_path(house, "plover"))
        wrong = wren.send(page, "/remove", acknowledge="finch")
        assert wrong.status == 400
        assert wren.send(wrong, "/remove", acknowledge="Plover").says("They are out")
        assert plover.open("/").has_form("/sign-in")
        assert wren.open(member_path(house, "plover")).status == 404
        lose_the_last_key(house, wren)


def lose_the_last_key(house: House, wren: Visitor) -> None:
    wren.send(wren.open(member_path(house, "heron")), "/remove", acknowledge="heron")
    assert wren.open("/").says("Only 1 person holds the key to open cases")
    page = wren.open(member_path(house, "wren"))
    refused = wren.send(page, "/change", roles=["coordinator"])
    assert refused.status == 409
    again = wren.send(refused, "/change", roles=["coordinator"], acknowledge="wren")
    assert again.says("Saved.")


def test_ones_own_page_changes_ones_own_profile(visit: Visit) -> None:
    finch = visit("finch")
    page = finch.send(
        finch.open("/me"), "/me", name="F.", phone="+15145550188", languages="fr", regions=["laval"]
    )
    assert page.says("Saved.")
    assert page.form("/me").fields["phone"] == ["+15145550188"]
    stale = finch.send(page, "/me", version="1", name="G.")
    assert stale.status == 412
    assert finch.send(page, "/me", name="x" * 201).status == 400


def test_a_wrong_code_confirms_nothing(visit: Visit) -> None:
    finch = visit("finch")
    page = finch.send(finch.open("/me"), "/me/totp", code="000000")
    assert page.status == 400
    assert page.says("This code is not right")


def test_a_lost_phone_is_signed_out_from_another(house: House, visit: Visit) -> None:
    lost, mine = visit("starling"), visit("starling")
    lost.open("/")
    page = mine.open("/me")
    ends = [form.action for form in page.forms if form.action.endswith("/end")]
    assert len(ends) == 1
    assert mine.send(page, quote(ends[0])).says("That session has ended.")
    assert lost.open("/").has_form("/sign-in")
    assert mine.send(page, ends[0]).status == 200
