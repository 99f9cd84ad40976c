from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.crypto import SealBroken
from app.errors import BadRequest, Forbidden, LastKeyHolder, NotFound, StaleVersion, Unauthenticated
from app.members.accounts import (
    MemberChanges,
    change_member,
    change_own_profile,
    list_handles,
    list_members,
    remove_member,
)
from app.members.sessions import resume_session, start_session
from app.models import Member
from app.models.base import table
from app.vault import read_roster
from tests.premises import Premises


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


def remove(
    premises: Premises, handle: str, acknowledge: str | None = None, by: str = "crane"
) -> None:
    with premises.writing() as db:
        remove_member(
            db,
            premises.sessions,
            premises.principal(by),
            premises.id(handle),
            acknowledge,
            premises.now,
        )


def sign_in(premises: Premises, handle: str) -> str:
    with premises.writing() as db:
        member, keys = db.get_one(Member, premises.id(handle)), premises.residents[handle].keys
        return start_session(db, premises.sessions, member, keys, premises.now).token


# -- profiles


def test_members_change_their_own_profile(premises: Premises) -> None:
    version = premises.member("finch").version
    with premises.writing() as db:
        finch = premises.principal("finch")
        changed = change_own_profile(
            db, finch, version, lambda known: replace(known, name="F."), premises.now
        )
    assert changed.version == version + 1
    assert premises.log()[-1] == "member.changed"


def test_of_two_who_read_the_same_version_only_the_first_changes_it(premises: Premises) -> None:
    change(premises, "finch", roles=["interpreter"])
    with premises.writing() as db, pytest.raises(StaleVersion):
        change_own_profile(db, premises.principal("finch"), 1, lambda same: same, premises.now)


def test_what_is_so_already_is_no_change(premises: Premises) -> None:
    before = premises.log()
    assert change(premises, "finch", roles=["accompanier"], archive=False).version == 1
    assert premises.log() == before


# -- roles


def test_who_becomes_a_dispatcher_gets_the_key_from_a_colleague(premises: Premises) -> None:
    change(premises, "finch", by="wren", roles=["dispatcher"])
    premises.confirm(by="crane")
    assert premises.state("finch") == "joining", "crane holds no key of the desk"
    change(premises, "owl", roles=["dispatcher"])
    premises.confirm(by="wren")
    assert premises.state("owl") == "active"


def test_who_leaves_the_desk_leaves_it_with_a_new_key(premises: Premises) -> None:
    with premises.reading() as db:
        before = read_roster(db).teams["desk"].epoch
    change(premises, "plover", roles=["accompanier"])
    with premises.reading() as db:
        after = read_roster(db)
    assert after.by_id[premises.id("plover")].roles == ("accompanier",)
    assert after.teams["desk"].epoch == before + 1


def test_only_coordinators_hold_the_archive(premises: Premises) -> None:
    change(premises, "heron", roles=["coordinator", "dispatcher"], archive=True)
    premises.confirm(by="wren")
    assert premises.member("heron").archive
    assert not change(premises, "heron", roles=["dispatcher"], archive=True).archive


@pytest.mark.parametrize("roles", [[], ["king"]])
def test_roles_that_there_are_not_are_refused(shared_premises: Premises, roles: list[str]) -> None:
    with pytest.raises(BadRequest):
        change(shared_premises, "finch", roles=roles)


def test_only_coordinators_change_others(shared_premises: Premises) -> None:
    with pytest.raises(Forbidden):
        change(shared_premises, "finch", by="heron", roles=["legal"])


def test_roles_that_somebody_wrote_into_the_database_are_not_passed_on(premises: Premises) -> None:
    with premises.database.engine.begin() as db:
        db.execute(update(table(Member)).values(roles=["coordinator"]))
    with pytest.raises(SealBroken):
        change(premises, "finch", roles=["coordinator"])


# -- leaving


def test_removal_ends_every_session_of_the_member_and_of_nobody_else(premises: Premises) -> None:
    tokens = [sign_in(premises, "plover") for _ in range(2)]
    other = sign_in(premises, "heron")
    remove(premises, "plover")
    with premises.reading() as db:
        assert premises.sessions.of_member(db, premises.id("plover")) == []
    for token in tokens:
        with pytest.raises(Unauthenticated):
            resume_session(premises.database, premises.sessions, token, premises.now)
    heron = resume_session(premises.database, premises.sessions, other, premises.now)
    assert heron.handle == "heron"


def test_who_is_removed_leaves_no_key_and_no_profile(premises: Premises) -> None:
    remove(premises, "plover")
    plover = premises.member("plover")
    assert plover.state == "removed"
    assert {plover.seed_wrap, plover.recovery_wrap, plover.totp, plover.op_values} == {None}
    with premises.reading() as db:
        roster = read_roster(db)
        assert plover.id in roster.removed
        assert plover.id not in roster.by_id
        assert plover.handle not in {member.handle for member in list_members(db)}
        assert list_handles(db)[plover.id] == "plover", "the log still names them"
    with pytest.raises(NotFound):
        remove(premises, "plover")


def test_a_newcomer_who_waits_can_be_removed(premises: Premises) -> None:
    lark = premises.redeem(premises.invite("legal")).member
    with premises.writing() as db:
        remove_member(
            db, premises.sessions, premises.principal("crane"), lark.id, None, premises.now
        )
    with premises.reading() as db:
        assert lark.id in read_roster(db).removed


def test_the_last_of_a_team_goes_only_with_their_name(premises: Premises) -> None:
    for handle, role in (("wren", "coordinator"), ("plover", "accompanier")):
        change(premises, handle, roles=[role])
    for acknowledge in (None, "yes"):
        with pytest.raises(LastKeyHolder):
            remove(premises, "heron", acknowledge)
        with pytest.raises(LastKeyHolder):
            change(premises, "heron", roles=["accompanier"], acknowledge=acknowledge)
    assert change(premises, "heron", roles=["accompanier"], acknowledge="heron").roles


def test_one_coordinator_always_remains(premises: Premises) -> None:
    remove(premises, "wren")
    with pytest.raises(LastKeyHolder):
        remove(premises, "crane", "crane")


def test_nobody_there_is_not_found(shared_premises: Premises) -> None:
    with shared_premises.writing() as db, pytest.raises(NotFound):
        remove_member(
            db,
            shared_premises.sessions,
            shared_premises.principal("crane"),
            uuid4(),
            None,
            shared_premises.now,
        )
