from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.access import DESK, Principal
from app.desk import close_case
from app.errors import Forbidden
from app.members.accounts import remove_member
from app.members.newcomers import admit_newcomers, is_anyone_waiting
from app.members.sessions import make_principal
from app.models import CaseGrant, Member, TeamWrap, table
from app.vault import open_team_keys, read_roster
from tests.line import Line
from tests.premises import Premises


def comes(premises: Premises, handle: str) -> None:
    """A colleague makes a request, and lets newcomers in on the way."""
    with premises.writing() as db:
        admit_newcomers(db, premises.principal(handle), premises.now)


def change_from_outside(premises: Premises, member_id: UUID, **columns: Any) -> None:
    """Change a member's row as somebody does who has the database and no key."""
    with premises.database.engine.begin() as db:
        db.execute(update(table(Member)).where(table(Member).c.id == member_id).values(**columns))


def listen(premises: Premises) -> list[tuple[str, tuple[Any, ...]]]:
    """The damaged rows that coordinators would be told of from now on."""
    told: list[tuple[str, tuple[Any, ...]]] = []
    premises.database.on_damage = told.extend
    return told


def newcomer(premises: Premises, handle: str = "lark") -> Principal:
    with premises.reading() as db:
        member = db.query(Member).where(Member.handle == handle).one()
        return make_principal(db, member, premises.keys[handle], uuid4())


def test_a_newcomer_has_no_role_until_a_coordinator_comes(premises: Premises) -> None:
    premises.redeem(premises.invite("dispatcher"))
    assert newcomer(premises).roles == frozenset()
    comes(premises, "heron")
    assert premises.state("lark") == "waiting"
    comes(premises, "crane")
    assert newcomer(premises).roles == frozenset()
    premises.confirm(by="wren")
    assert newcomer(premises).roles == {"dispatcher"}


def test_a_dispatcher_waits_for_a_colleague_with_the_key_of_the_desk(premises: Premises) -> None:
    premises.redeem(premises.invite("dispatcher", by="wren"))
    comes(premises, "wren")
    premises.confirm(by="crane")
    assert premises.state("lark") == "joining"
    with premises.reading() as db:
        epoch = read_roster(db).teams["desk"].epoch
        with pytest.raises(Forbidden):
            open_team_keys(db, newcomer(premises), "desk", epoch)
    comes(premises, "heron")
    assert premises.state("lark") == "active"
    with premises.reading() as db:
        open_team_keys(db, newcomer(premises), "desk", epoch)
        assert not is_anyone_waiting(db)


def test_who_is_in_no_team_waits_for_the_coordinator_only(premises: Premises) -> None:
    premises.redeem(premises.invite("accompanier"))
    comes(premises, "crane")
    assert premises.state("lark") == "active"
    assert premises.log().count("member.admitted") == len(premises.residents)


def test_a_row_that_this_server_did_not_vouch_for_is_left_out(premises: Premises) -> None:
    enrolled = premises.redeem(premises.invite("accompanier"))
    premises.redeem(premises.invite("accompanier"), "wagtail")
    change_from_outside(premises, enrolled.member.id, roles=["coordinator"])
    comes(premises, "crane")
    assert premises.state("lark") == "waiting"
    assert premises.state("wagtail") == "active"
    with premises.reading() as db:
        assert enrolled.member.id not in read_roster(db).by_id


def test_where_all_who_wait_are_damaged_nobody_comes_in(premises: Premises) -> None:
    enrolled = premises.redeem(premises.invite("accompanier"))
    change_from_outside(premises, enrolled.member.id, handle="wagtail")
    told = listen(premises)
    comes(premises, "crane")
    assert told == [("members", (enrolled.member.id,))]


# -- rows of last week


def old_row(premises: Premises, handle: str) -> dict[str, Any]:
    """A member's row with a MAC that is right."""
    with premises.reading() as db:
        members = table(Member)
        return dict(db.execute(select(members).where(members.c.handle == handle)).mappings().one())


def test_who_is_on_the_roster_is_not_admitted_again(premises: Premises) -> None:
    enrolled = premises.redeem(premises.invite("accompanier"))
    waiting = old_row(premises, "lark")
    comes(premises, "crane")
    change_from_outside(premises, enrolled.member.id, **waiting)
    told = listen(premises)
    with premises.reading() as db:
        before = read_roster(db).version
    comes(premises, "crane")
    with premises.reading() as db:
        assert read_roster(db).version == before
    assert told == [("members", (enrolled.member.id,))]


def test_who_was_removed_is_not_admitted_again(premises: Premises) -> None:
    row = premises.redeem(premises.invite("accompanier")).member
    waiting = old_row(premises, "lark")
    comes(premises, "crane")
    with premises.writing() as db:
        crane = premises.principal("crane")
        remove_member(db, premises.sessions, crane, row.id, None, premises.now)
    change_from_outside(premises, row.id, **waiting)
    told = listen(premises)
    comes(premises, "crane")
    with premises.reading() as db:
        assert row.id not in read_roster(db).by_id
    assert told == [("members", (row.id,))]


# -- which seeds they get


def leave(premises: Premises, handle: str) -> None:
    """Remove a member: the teams they were in get a new key."""
    with premises.writing() as db:
        crane, leaving = premises.principal("crane"), premises.id(handle)
        remove_member(db, premises.sessions, crane, leaving, handle, premises.now)


def held_epochs(premises: Premises, member_id: UUID, team: str) -> set[int]:
    with premises.reading() as db:
        of = (TeamWrap.member_id == member_id, TeamWrap.team == team)
        return set(db.scalars(select(TeamWrap.epoch).where(*of)))


def join_desk(premises: Premises) -> UUID:
    """A newcomer joins the desk and gets its keys of heron."""
    member_id = premises.redeem(premises.invite("dispatcher")).member.id
    comes(premises, "crane")
    premises.confirm(by="wren")
    comes(premises, "heron")
    assert premises.state("lark") == "active"
    return member_id


def test_a_newcomer_gets_the_seeds_that_live_cases_use(line: Line) -> None:
    line.open_case()
    leave(line, "plover")
    assert held_epochs(line, join_desk(line), DESK) == {1, 2}


def test_a_newcomer_gets_no_seed_that_no_live_case_uses(line: Line) -> None:
    case = line.open_case()
    leave(line, "plover")
    with line.writing() as db:
        close_case(db, line.principal("heron"), case.id, "supported", line.now)
    assert held_epochs(line, line.id("heron"), DESK) == {1, 2}
    assert held_epochs(line, join_desk(line), DESK) == {2}


def test_a_newcomer_gets_no_seed_for_a_grant_made_by_hand(line: Line) -> None:
    case = line.open_case()
    leave(line, "plover")
    grants = table(CaseGrant)
    with line.database.engine.begin() as db:
        forged = dict(db.execute(select(grants).where(grants.c.epoch == 1)).mappings().one())
    with line.writing() as db:
        close_case(db, line.principal("heron"), case.id, "supported", line.now)
    other = line.open_case(sender="+15145550199")
    with line.database.engine.begin() as db:
        db.execute(grants.insert().values({**forged, "case_id": other.id, "epoch": 9}))
    assert held_epochs(line, join_desk(line), DESK) == {2}


def test_a_newcomer_waits_for_no_seed_that_nobody_has(line: Line) -> None:
    line.open_case()
    leave(line, "plover")
    wraps = table(TeamWrap)
    with line.database.engine.begin() as db:
        db.execute(wraps.delete().where(wraps.c.team == DESK, wraps.c.epoch == 1))
    assert held_epochs(line, join_desk(line), DESK) == {2}


def test_one_whose_own_seed_is_damaged_keeps_nobody_out(premises: Premises) -> None:
    premises.redeem(premises.invite("dispatcher", by="wren"))
    comes(premises, "wren")
    premises.confirm(by="crane")
    wraps, told = table(TeamWrap), listen(premises)
    of_heron = wraps.c.member_id == premises.id("heron")
    with premises.database.engine.begin() as db:
        [row_id] = db.scalars(select(wraps.c.id).where(of_heron))
        db.execute(update(wraps).where(of_heron).values(wrap=b"K"))
    comes(premises, "heron")
    assert premises.state("lark") == "joining"
    assert told == [("team_wraps", (row_id,))]
    comes(premises, "wren")
    assert premises.state("lark") == "active"
