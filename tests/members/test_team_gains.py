"""Gaining a team takes two coordinators, or a day and a text to all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.crypto import SealBroken
from app.errors import Forbidden, NotFound
from app.members.accounts import MemberChanges, change_member, remove_member
from app.members.confirmations import (
    CONFIRM_TEXTS,
    ConfirmationOver,
    ConfirmOwn,
    confirm_second,
    forget_old_confirmations,
    list_confirmations,
    withdraw_confirmation,
)
from app.members.newcomers import admit_newcomers
from app.members.profiles import change_profile
from app.members.team_gains import confirm_change, give_confirmed_teams, let_day_go_by
from app.models import Confirmation, ConfirmationKind, Member, MemberState, Outgoing, table
from app.models.people import MemberProfile
from app.texts import MemberNotice
from app.vault import read_roster
from tests.premises import Premises
from tests.service import House, refusal

# -- at the domain


def change(premises: Premises, handle: str, by: str = "crane", **changes: Any) -> Member:
    with premises.writing() as db:
        return change_member(
            db,
            premises.principal(by),
            premises.id(handle),
            premises.member(handle).version,
            MemberChanges(lambda same: same, **changes),
            premises.now,
        )


def phone(premises: Premises, handle: str = "wren") -> None:
    with premises.writing() as db:
        member = db.get_one(Member, premises.id(handle))
        change_profile(db, member, lambda _: MemberProfile(phone="+15145550161"))


def waiting(premises: Premises) -> list[Confirmation]:
    with premises.reading() as db:
        return list_confirmations(db)


def confirm(premises: Premises, by: str = "wren", one: UUID | None = None) -> None:
    with premises.writing() as db:
        wanted = one or waiting(premises)[0].id
        confirm_change(db, premises.sessions, premises.principal(by), wanted, premises.now)


def day_goes_by(premises: Premises) -> None:
    premises.clock.advance(timedelta(hours=24, minutes=5))
    with premises.writing() as db:
        let_day_go_by(db, premises.sessions, premises.now)


def comes(premises: Premises, handle: str) -> None:
    """What each request of a coordinator or dispatcher does on its way."""
    with premises.writing() as db:
        admit_newcomers(db, premises.principal(handle), premises.now)
        give_confirmed_teams(db, premises.principal(handle), premises.now)


def listed(premises: Premises, handle: str) -> tuple[tuple[str, ...], bool]:
    with premises.reading() as db:
        member_id = db.scalars(select(Member.id).where(Member.handle == handle)).one()
        line = read_roster(db).by_id[member_id]
        return line.roles, line.archive


def test_a_role_that_opens_cases_waits_and_the_rest_of_the_change_does_not(
    premises: Premises,
) -> None:
    change(premises, "finch", roles=["dispatcher", "interpreter"])
    assert listed(premises, "finch") == (("interpreter",), False)
    [one] = waiting(premises)
    assert (one.roles, one.first_by) == (["dispatcher", "interpreter"], premises.id("crane"))
    confirm(premises)
    assert listed(premises, "finch") == (("dispatcher", "interpreter"), False)
    assert premises.member("finch").state == MemberState.ACTIVE, "wren passes the key on, too"
    assert waiting(premises) == []
    assert {"teams.asked", "teams.confirmed", "teams.given"} <= set(premises.log())


@pytest.mark.parametrize(
    ("handle", "wanted", "archive"),
    [
        ("crane", ["coordinator", "dispatcher"], None),
        ("finch", ["coordinator"], None),
        ("heron", ["coordinator", "dispatcher"], True),
        ("finch", ["dispatcher"], None),
    ],
)
def test_desk_archive_and_those_who_confirm_are_gained_by_nobodys_word_alone(
    premises: Premises, handle: str, wanted: list[str], archive: bool | None
) -> None:
    before = listed(premises, handle)
    change(premises, handle, roles=wanted, archive=archive)
    for _ in range(2):
        comes(premises, "crane")
    assert listed(premises, handle) == before
    with pytest.raises(ConfirmOwn):
        confirm(premises, "crane")
    confirm(premises)
    assert listed(premises, handle)[0] == tuple(sorted(wanted))


def test_the_archive_is_for_those_marked_for_it(premises: Premises) -> None:
    change(premises, "heron", roles=["coordinator", "dispatcher"])
    confirm(premises)
    assert listed(premises, "heron") == (("coordinator", "dispatcher"), False)
    change(premises, "heron", archive=True)
    assert not listed(premises, "heron")[1]
    confirm(premises)
    assert listed(premises, "heron")[1]


def test_what_is_lost_is_lost_at_once(premises: Premises) -> None:
    change(premises, "wren", roles=["coordinator", "dispatcher"], archive=False)
    assert listed(premises, "wren") == (("coordinator", "dispatcher"), False)
    assert waiting(premises) == []


def test_a_newcomer_waits_for_a_second_coordinator(premises: Premises) -> None:
    premises.redeem(premises.invite("dispatcher", "interpreter", by="crane"))
    for handle in ("crane", "wren", "heron"):
        comes(premises, handle)
    assert listed(premises, "lark") == (("interpreter",), False)
    with pytest.raises(ConfirmOwn):
        confirm(premises, "crane")
    confirm(premises)
    assert listed(premises, "lark") == (("dispatcher", "interpreter"), False)
    assert premises.state("lark") == MemberState.ACTIVE


def test_an_invited_coordinator_opens_the_archive_only_when_marked(premises: Premises) -> None:
    premises.redeem(premises.invite("coordinator"))
    comes(premises, "crane")
    confirm(premises)
    assert listed(premises, "lark") == (("coordinator",), False)


# -- 24 hours


def test_after_a_day_and_a_text_to_all_one_coordinator_is_enough(premises: Premises) -> None:
    phone(premises)
    change(premises, "finch", roles=["dispatcher"])
    with premises.reading() as db:
        bodies = [db.keys.read_values(row).body for row in db.scalars(select(Outgoing))]
    assert bodies == [MemberNotice(CONFIRM_TEXTS[ConfirmationKind.TEAMS]).write("en")]
    premises.clock.advance(timedelta(hours=23, minutes=59))
    with premises.writing() as db:
        let_day_go_by(db, premises.sessions, premises.now)
    comes(premises, "crane")
    assert listed(premises, "finch")[0] == ("accompanier",)
    premises.clock.advance(timedelta(minutes=6))
    with premises.writing() as db:
        let_day_go_by(db, premises.sessions, premises.now)
    comes(premises, "crane")
    assert listed(premises, "finch")[0] == ("dispatcher",)
    assert "teams.waited" in premises.log()


def test_a_day_is_not_enough_where_nobody_could_be_texted(premises: Premises) -> None:
    change(premises, "finch", roles=["dispatcher"])
    day_goes_by(premises)
    comes(premises, "crane")
    assert listed(premises, "finch")[0] == ("accompanier",)


def test_any_coordinator_takes_it_back_and_then_it_never_holds(premises: Premises) -> None:
    phone(premises)
    change(premises, "crane", roles=["coordinator", "dispatcher"])
    [one] = waiting(premises)
    with premises.writing() as db:
        withdraw_confirmation(db, premises.principal("wren"), one.id, premises.now)
    day_goes_by(premises)
    comes(premises, "crane")
    assert listed(premises, "crane")[0] == ("coordinator",)
    with pytest.raises(ConfirmationOver):
        confirm(premises, "wren", one.id)


def test_the_word_of_somebody_who_left_counts_no_more(premises: Premises) -> None:
    phone(premises)
    change(premises, "finch", by="crane", roles=["dispatcher"])
    with premises.writing() as db:
        crane = premises.id("crane")
        wren = premises.principal("wren")
        remove_member(db, premises.sessions, wren, crane, None, premises.now)
    day_goes_by(premises)
    confirm(premises)  # wren is the first now, and there is nobody else
    assert listed(premises, "finch")[0] == ("accompanier",)
    day_goes_by(premises)
    comes(premises, "wren")
    assert listed(premises, "finch")[0] == ("dispatcher",)


def test_what_nobody_confirms_lapses_after_a_week(premises: Premises) -> None:
    change(premises, "finch", roles=["dispatcher"])
    premises.clock.advance(timedelta(days=7))
    with premises.writing() as db:
        forget_old_confirmations(db, premises.now)
    assert waiting(premises) == []


def test_another_order_takes_the_place_of_the_one_that_waits(premises: Premises) -> None:
    change(premises, "finch", roles=["dispatcher"])
    [first] = waiting(premises)
    change(premises, "finch", roles=["dispatcher"])
    assert [one.id for one in waiting(premises)] == [first.id], "the same again is no other order"
    change(premises, "finch", roles=["accompanier"])
    assert waiting(premises) == []


def test_only_coordinators_confirm(premises: Premises) -> None:
    change(premises, "finch", roles=["dispatcher"])
    for handle in ("heron", "finch"):
        with pytest.raises(Forbidden):
            confirm(premises, handle)
    [one] = waiting(premises)
    with premises.writing() as db, pytest.raises(NotFound):
        withdraw_confirmation(db, premises.principal("heron"), one.id, premises.now)


# -- whoever writes to the database


def rewrite(premises: Premises, one: Confirmation, **columns: Any) -> None:
    """Change a confirmation as somebody does who has the database and no key."""
    rows = table(Confirmation)
    with premises.database.engine.begin() as db:
        db.execute(update(rows).where(rows.c.id == one.id).values(**columns))


@pytest.mark.parametrize(
    "written",
    [
        {"state": "confirmed"},
        {"first_by": "wren"},
        {"told": 5},
        {"roles": ["coordinator", "dispatcher"]},
        {"archive": True},
        {"member_id": "owl"},
        {"roster_version": 1},
        {"asked_at": timedelta(days=-3)},
        {"first_at": timedelta(days=-3)},
    ],
)
def test_a_changed_row_confirms_nothing(premises: Premises, written: dict[str, Any]) -> None:
    phone(premises)
    change(premises, "finch", roles=["dispatcher"])
    before = {handle: listed(premises, handle) for handle in ("finch", "owl")}
    [one] = waiting(premises)
    values = {
        name: premises.id(value)
        if name in ("first_by", "member_id")
        else premises.now + value
        if isinstance(value, timedelta)
        else value
        for name, value in written.items()
    }
    rewrite(premises, one, **values)
    for by in ("wren", "crane"):
        with premises.writing() as db, pytest.raises(SealBroken):
            confirm_change(db, premises.sessions, premises.principal(by), one.id, premises.now)
    with premises.writing() as db:
        let_day_go_by(db, premises.sessions, premises.now)
    comes(premises, "crane")
    assert {handle: listed(premises, handle) for handle in before} == before
    assert waiting(premises) == []


def test_a_confirmed_row_that_is_written_back_after_a_demotion_gives_nothing(
    premises: Premises,
) -> None:
    change(premises, "finch", roles=["dispatcher"])
    [one] = waiting(premises)
    with premises.writing() as db:
        row = db.get_one(Confirmation, one.id)
        confirm_second(db, row, premises.id("wren"), premises.now)
    with premises.reading() as db:
        row = db.get_one(Confirmation, one.id)
        copied = {column.name: getattr(row, column.name) for column in table(Confirmation).columns}
    comes(premises, "crane")
    assert listed(premises, "finch")[0] == ("dispatcher",)
    change(premises, "finch", roles=["accompanier"])
    rewrite(premises, one, **copied)
    [back] = waiting(premises)
    assert (back.state, back.id) == ("confirmed", one.id), "its MAC is right"
    comes(premises, "crane")
    assert listed(premises, "finch")[0] == ("accompanier",)
    assert waiting(premises) == []


# -- through the outside


def test_a_coordinator_alone_does_not_make_themselves_a_dispatcher(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    wren, crane, me = house.as_("wren"), house.as_("crane"), house.residents["crane"].id
    assert wren.patch("/v1/members/me", {"phone": "+15145550161"}, version="*").status_code == 200
    assert refusal(crane.get(f"/v1/cases/{case['id']}")) == (404, "not-found")
    asked = crane.patch(
        f"/v1/members/{me}", {"roles": ["coordinator", "dispatcher"]}, version="*"
    ).json()
    assert asked["roles"] == ["coordinator"]
    [one] = asked["waits_for"]
    assert (one["state"], one["missing"], one["first_by"]) == ("waiting", 1, str(me))
    house.as_("heron").get("/v1/members/me")
    assert refusal(crane.get(f"/v1/cases/{case['id']}")) == (404, "not-found")
    path = f"/v1/confirmations/{one['id']}"
    assert refusal(crane.post(f"{path}/confirm")) == (403, "forbidden")
    house.settle()
    assert house.phone("+15145550161").inbox() == [
        MemberNotice(CONFIRM_TEXTS[ConfirmationKind.TEAMS]).write("en")
    ]
    assert house.as_("wren").get("/v1/confirmations").json()["items"] == [one]
    done = house.as_("wren").post(f"{path}/confirm").json()
    assert (done["state"], done["missing"]) == ("done", 0)
    assert house.as_("crane").get(f"/v1/cases/{case['id']}").status_code == 200


def test_nor_by_the_database_and_no_puppet_confirms(house: House) -> None:
    crane, me = house.as_("crane"), house.residents["crane"].id
    order = {"roles": ["coordinator", "dispatcher"]}
    assert crane.patch(f"/v1/members/{me}", order, version="*").status_code == 200
    with house.database.transaction() as db:
        db.execute(text("UPDATE confirmations SET state = 'confirmed' WHERE state = 'waiting'"))
    crane.get("/v1/members/me")
    house.advance(hours=25)
    crane = house.as_("crane")
    assert crane.get("/v1/members/me").json()["roles"] == ["coordinator"]
    code = crane.post("/v1/invitations", {"roles": ["coordinator"]}).json()["code"]
    body = {"code": code, "handle": "puppet", "passphrase": "seven quiet herons wade"}
    assert house.nobody.post("/v1/invitations/redeem", body).status_code == 201
    crane.get("/v1/members/me")
    puppet = house.sign_in("puppet").json()
    assert puppet["member"]["roles"] == []


def test_after_a_day_the_worker_makes_it_good(house: House) -> None:
    for handle, number in (("wren", "+15145550161"), ("crane", "+15145550162")):
        house.as_(handle).patch("/v1/members/me", {"phone": number}, version="*")
    finch = house.residents["finch"].id
    house.as_("crane").patch(f"/v1/members/{finch}", {"roles": ["dispatcher"]}, version="*")
    house.settle()
    for number in ("+15145550161", "+15145550162"):
        assert len(house.phone(number).inbox()) == 1
    house.advance(hours=24, minutes=10)
    house.as_("crane").get("/v1/members/me")
    house.as_("heron").get("/v1/members/me")
    me = house.as_("finch").get("/v1/members/me").json()
    assert (me["roles"], me["state"], me["waits_for"]) == (["dispatcher"], "active", [])
