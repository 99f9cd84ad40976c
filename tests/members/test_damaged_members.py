"""Somebody changed a member's row from outside: it is left out and shown, and the others go on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, func, select, update

from app.models import AuditEntry, Confirmation, Invitation, Member, table
from app.vault import read_roster
from tests.console.visitor import visitor
from tests.service import PASSPHRASE, House


def write(house: House, statement: Any) -> None:
    """Change rows as somebody does who has the database and no key."""
    with house.database.engine.begin() as db:
        db.execute(statement)


def change(house: House, handle: str, /, **columns: Any) -> None:
    members = table(Member)
    write(house, update(members).where(members.c.handle == handle).values(**columns))


def join(house: House, *names: str) -> list[str]:
    """Newcomers redeem invitations of crane's, and wait for the roster. Return their ids."""
    crane, order = house.as_("crane"), {"roles": ["accompanier"]}
    codes = [crane.post("/v1/invitations", order).json()["code"] for _ in names]
    ids = []
    for code, handle in zip(codes, names, strict=True):
        newcomer = {"code": code, "handle": handle, "passphrase": PASSPHRASE}
        joined = house.nobody.post("/v1/invitations/redeem", newcomer)
        assert joined.status_code == 201, joined.text
        ids.append(joined.json()["member"]["id"])
    return ids


def told(house: House, name: str) -> int:
    """How often coordinators were told of damage in a table."""
    with house.database.snapshot() as db:
        kind = AuditEntry.kind == f"damaged.{name}"
        return db.scalar(select(func.count()).select_from(AuditEntry).where(kind)) or 0


def listed(house: House, handle: str = "crane") -> dict[str, Any]:
    answer = house.as_(handle).get("/v1/members")
    assert answer.status_code == 200, answer.text
    members: dict[str, Any] = answer.json()
    return members


def handles(members: dict[str, Any]) -> set[str]:
    return {member["handle"] for member in members["items"]}


def is_on_roster(house: House, member_id: str) -> bool:
    with house.database.snapshot() as db:
        return UUID(member_id) in read_roster(db).by_id


def test_a_damaged_newcomer_stops_no_coordinator_and_no_other_newcomer(house: House) -> None:
    damaged, whole = join(house, "lark", "wagtail")
    change(house, "lark", roles=["coordinator"])
    members = listed(house)
    assert [one["id"] for one in members["damaged"]] == [damaged]
    assert handles(members) >= {"wagtail", "crane", "wren"}
    assert (is_on_roster(house, damaged), is_on_roster(house, whole)) == (False, True)
    assert house.as_("wren").get("/v1/cases").status_code == 200
    assert told(house, "members") == 1


def test_a_damaged_newcomer_who_waits_alone_stops_no_coordinator(house: House) -> None:
    [damaged] = join(house, "lark")
    change(house, "lark", handle="linnet")
    assert [one["id"] for one in listed(house)["damaged"]] == [damaged]
    assert not is_on_roster(house, damaged)


def test_a_damaged_member_is_shown_with_what_the_roster_says(house: House) -> None:
    change(house, "heron", roles=["coordinator", "dispatcher"], archive=True)
    members = listed(house)
    heron = {"id": str(house.residents["heron"].id), "roles": ["dispatcher"], "archive": False}
    assert members["damaged"] == [heron]
    assert "heron" not in handles(members)
    assert "plover" in handles(members)
    assert told(house, "members") == 1


def test_a_profile_that_does_not_open_is_damaged_too(house: House) -> None:
    change(house, "heron", op_values=b"K")
    members = listed(house)
    assert [one["id"] for one in members["damaged"]] == [str(house.residents["heron"].id)]
    assert "plover" in handles(members)


def test_a_row_of_before_their_roles_changed_is_damaged_though_its_mac_is_right(
    house: House,
) -> None:
    plover, members = house.residents["plover"], table(Member)
    with house.database.engine.begin() as db:
        old = db.execute(select(members).where(members.c.id == plover.id)).mappings().one()
    order = {"roles": ["interpreter"]}
    changed = house.as_("wren").patch(f"/v1/members/{plover.id}", order, version="*")
    assert changed.status_code == 200
    change(house, "plover", **dict(old))
    assert [one["roles"] for one in listed(house)["damaged"]] == [["interpreter"]]
    again = house.as_("wren").patch(f"/v1/members/{plover.id}", order, version="*")
    assert again.status_code == 503
    assert house.sign_in("plover").status_code == 401
    assert told(house, "members") == 1


def test_a_damaged_confirmation_stops_no_coordinator_and_gives_nothing(house: House) -> None:
    finch, owl = house.residents["finch"], house.residents["owl"]
    for member in (finch, owl):
        order = {"roles": ["accompanier", "dispatcher"]}
        asked = house.as_("crane").patch(f"/v1/members/{member.id}", order, version="*")
        assert asked.json()["waits_for"]
    rows = table(Confirmation)
    write(house, update(rows).where(rows.c.member_id == finch.id).values(state="confirmed"))
    assert house.as_("wren").get("/v1/members/me").status_code == 200
    [one] = house.as_("wren").get("/v1/confirmations").json()["items"]
    assert one["member_id"] == str(owl.id)
    with house.database.snapshot() as db:
        assert read_roster(db).by_id[finch.id].roles == ("accompanier",)
    assert told(house, "confirmations") == 1


def test_what_is_confirmed_of_a_damaged_member_waits(house: House) -> None:
    finch = house.residents["finch"]
    order = {"roles": ["accompanier", "dispatcher"]}
    asked = house.as_("crane").patch(f"/v1/members/{finch.id}", order, version="*")
    [one] = asked.json()["waits_for"]
    change(house, "finch", archive=True)
    confirmed = house.as_("wren").post(f"/v1/confirmations/{one['id']}/confirm")
    assert confirmed.json()["state"] == "confirmed"
    assert house.as_("wren").get("/v1/cases").status_code == 200
    change(house, "finch", archive=False)
    assert house.as_("wren").get("/v1/cases").status_code == 200
    with house.database.snapshot() as db:
        assert "dispatcher" in read_roster(db).by_id[finch.id].roles


# -- who may do what


def shift(house: House, role: str) -> httpx.Response:
    """A coordinator puts finch, an accompanier, into a shift."""
    times = {"starts_at": "2026-01-16T09:00", "duration": "PT2H", "rrule": "FREQ=DAILY;COUNT=1"}
    who = {"members": [str(house.residents["finch"].id)], "role": role}
    return house.as_("crane").post("/v1/shifts", {**times, **who})


def test_a_role_written_into_a_row_puts_nobody_into_a_shift(house: House) -> None:
    change(house, "finch", roles=["dispatcher"])
    assert shift(house, "dispatcher").status_code == 400
    assert shift(house, "accompanier").status_code == 201


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_shows_the_damaged_one_and_the_others(house: House) -> None:
    change(house, "owl", roles=["coordinator"])
    with visitor(house, "crane") as crane:
        page = crane.open("/members")
    assert page.status == 200
    assert page.says("Nothing of them is used. Ask who is missing above, and find out who can")
    assert page.says(f"legal contact {house.residents['owl'].id}")
    assert page.says("plover dispatcher active")


# -- taking out whose row is damaged


def test_a_damaged_member_can_be_taken_out_and_invited_again(house: House) -> None:
    heron = str(house.residents["heron"].id)
    change(house, "heron", roles=["coordinator"], handle="linnet")
    assert listed(house)["damaged"]
    removed = house.as_("wren").delete(f"/v1/members/{heron}")
    assert removed.status_code == 204, removed.text
    assert not is_on_roster(house, heron)
    members = listed(house)
    assert members["damaged"] == []
    assert not handles(members) & {"heron", "linnet"}
    for handle in ("heron", "linnet"):
        assert house.sign_in(handle).status_code == 401
    [again] = join(house, "lark")
    listed(house, "wren")
    assert is_on_roster(house, again)


def test_so_can_one_whose_row_is_gone(house: House) -> None:
    owl = house.residents["owl"].id
    rows = table(Member)
    write(house, update(table(Invitation)).values(redeemed_by=None))
    write(house, delete(rows).where(rows.c.id == owl))
    assert [one["id"] for one in listed(house)["damaged"]] == [str(owl)]
    assert house.as_("wren").delete(f"/v1/members/{owl}").status_code == 204
    assert not is_on_roster(house, str(owl))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_takes_out_a_damaged_member_whose_id_is_typed(house: House) -> None:
    plover = str(house.residents["plover"].id)
    change(house, "plover", roles=["coordinator"])
    with visitor(house, "crane") as crane:
        page = crane.open("/members")
        crane.send(page, f"/members/{plover}/remove", acknowledge="plover")
        assert is_on_roster(house, plover)
        crane.send(crane.open("/members"), f"/members/{plover}/remove", acknowledge=plover)
    assert not is_on_roster(house, plover)
