"""A new second factor: the passphrase and two coordinators, or one and a day; all sessions end."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from app.crypto.totp import make_totp_code
from app.members.confirmations import CONFIRM_TEXTS
from app.models import ConfirmationKind
from app.texts import MemberNotice, MemberText
from tests.service import PASSPHRASE, Client, House, refusal

OWNER, WREN = "+15145550171", "+15145550161"


@pytest.fixture
def confirmed(house: House) -> House:
    """A house in which heron confirmed their second factor, with phones to be told by."""
    code = house.residents["heron"].totp_code(house.clock())
    assert house.as_("heron").post("/v1/members/me/totp", {"code": code}).status_code == 204
    for handle, number in (("heron", OWNER), ("wren", WREN)):
        house.as_(handle).patch("/v1/members/me", {"phone": number}, version="*")
    house.advance(seconds=60)
    return house


def ask(house: House, passphrase: str = PASSPHRASE, handle: str = "heron") -> Any:
    body = {"handle": handle, "passphrase": passphrase}
    return house.nobody.post("/v1/sessions/second-factor", body)


def secret_of(answer: Any) -> bytes:
    assert answer.status_code == 201, answer.text
    return base64.b32decode(parse_qs(urlsplit(answer.json()["totp_uri"]).query)["secret"][0])


def waiting(house: House, by: str = "crane") -> dict[str, Any]:
    [one] = house.as_(by).get("/v1/confirmations").json()["items"]
    found: dict[str, Any] = one
    return found


def confirm(house: House, *handles: str) -> None:
    path = f"/v1/confirmations/{waiting(house)['id']}/confirm"
    for handle in handles:
        assert house.as_(handle).post(path).status_code == 200


def new_code(house: House, secret: bytes) -> str:
    return make_totp_code(secret, house.clock())


def old_code(house: House) -> str:
    return house.residents["heron"].totp_code(house.clock())


def test_two_coordinators_make_it_count_and_end_all_sessions(confirmed: House) -> None:
    house, here = confirmed, confirmed.as_("heron")
    secret = secret_of(ask(house))
    assert waiting(house)["missing"] == 2
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    confirm(house, "crane")
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    assert here.get("/v1/members/me").json()["waits_for"][0]["missing"] == 1
    confirm(house, "wren")
    assert refusal(here.get("/v1/members/me")) == (401, "unauthenticated")
    assert house.sign_in("heron", old_code(house)).status_code == 401, "the old app is of no use"
    assert house.sign_in("heron").status_code == 401
    signed_in = house.sign_in("heron", new_code(house, secret))
    assert signed_in.status_code == 201
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401, "a code works once"
    heron = Client(house.http, signed_in.json()["token"])
    me = heron.get("/v1/members/me").json()
    assert (me["second_factor"], me["waits_for"]) == (True, [])
    house.advance(seconds=60)
    assert house.sign_in("heron", old_code(house)).status_code == 401
    assert house.sign_in("heron", new_code(house, secret)).status_code == 201


def test_one_coordinator_and_a_day_are_enough_and_all_are_told(confirmed: House) -> None:
    house = confirmed
    secret = secret_of(ask(house))
    house.advance(hours=25)
    assert waiting(house)["state"] == "asked", "without a coordinator it waits"
    confirm(house, "crane")
    house.settle()
    told = MemberNotice(CONFIRM_TEXTS[ConfirmationKind.SECOND_FACTOR]).write("en")
    assert house.phone(WREN).inbox() == [told]
    assert house.phone(OWNER).inbox() == [MemberNotice(MemberText.NEW_FACTOR).write("en")]
    house.advance(hours=23)
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    here = house.as_("heron")
    house.advance(hours=1, minutes=-5)
    here = house.as_("heron")
    house.advance(minutes=15)
    assert refusal(here.get("/v1/members/me")) == (401, "unauthenticated")
    assert house.sign_in("heron", new_code(house, secret)).status_code == 201


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_its_owner_takes_it_back(confirmed: House) -> None:
    house = confirmed
    secret = secret_of(ask(house))
    confirm(house, "crane")
    path = f"/v1/confirmations/{waiting(house)['id']}"
    assert refusal(house.as_("plover").post(f"{path}/withdraw")) == (404, "not-found")
    assert house.as_("heron").post(f"{path}/withdraw").json()["state"] == "withdrawn"
    assert refusal(house.as_("wren").post(f"{path}/confirm")) == (400, "bad-request")
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    assert house.sign_in("heron", old_code(house)).status_code == 201


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_coordinator_confirms_neither_twice_nor_their_own(house: House) -> None:
    secret_of(ask(house))
    confirm(house, "crane")
    path = f"/v1/confirmations/{waiting(house)['id']}/confirm"
    assert refusal(house.as_("crane").post(path)) == (403, "forbidden")
    assert house.as_("wren").post(path).status_code == 200
    secret_of(ask(house, handle="crane"))
    [own] = [
        one
        for one in house.as_("crane").get("/v1/confirmations").json()["items"]
        if one["handle"] == "crane"
    ]
    answer = house.as_("crane").post(f"/v1/confirmations/{own['id']}/confirm")
    assert refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_it_needs_the_passphrase_and_tells_nothing(house: House) -> None:
    wrong = [ask(house, "not the passphrase"), ask(house, handle="nobody-there")]
    assert {refusal(answer) for answer in wrong} == {(401, "unauthenticated")}
    assert wrong[0].json() == wrong[1].json()
    assert house.as_("crane").get("/v1/confirmations").json()["items"] == []


def test_the_database_confirms_none(confirmed: House) -> None:
    house = confirmed
    secret = secret_of(ask(house))
    with house.database.transaction() as db:
        db.execute(
            text(
                "UPDATE confirmations SET state = 'confirmed', first_by = member_id,"
                " second_by = member_id, first_at = asked_at, told = 3 WHERE state = 'asked'"
            )
        )
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    house.advance(hours=25)
    assert house.sign_in("heron", new_code(house, secret)).status_code == 401
    assert house.sign_in("heron", old_code(house)).status_code == 201


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_it_works_while_the_server_is_sealed(house: House) -> None:
    secret = secret_of(ask(house))
    confirm(house, "crane", "wren")
    house.seal()
    assert house.sign_in("heron", new_code(house, secret)).status_code == 201
    assert house.nobody.get("/readyz").json()["key"] == "open"
