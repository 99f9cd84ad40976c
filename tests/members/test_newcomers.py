from __future__ import annotations

from uuid import uuid4

import pytest

from app.access import Principal
from app.crypto import SealBroken
from app.errors import Forbidden
from app.members.newcomers import admit_newcomers, is_anyone_waiting
from app.members.sessions import make_principal
from app.models import Member
from app.vault import open_team_keys, read_roster
from tests.premises import Premises


def comes(premises: Premises, handle: str) -> None:
    """A colleague makes a request, and lets newcomers in on the way."""
    with premises.writing() as db:
        admit_newcomers(db, premises.principal(handle), premises.now)


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


def test_a_row_that_this_server_did_not_vouch_for_is_not_admitted(premises: Premises) -> None:
    enrolled = premises.redeem(premises.invite("accompanier"))
    with premises.writing() as db:
        db.get_one(Member, enrolled.member.id).roles = ["coordinator"]
    with pytest.raises(SealBroken):
        comes(premises, "crane")
