from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import BadRequest, Forbidden
from app.members.enrolment import HandleRefused, HandleTaken
from app.members.invitations import INVITATION_LIFE, InvitationRefused, make_invitation
from app.models import Invitation, MemberProfile
from tests.premises import Premises


def test_an_invitation_is_good_for_three_days(premises: Premises) -> None:
    with premises.writing() as db:
        crane = premises.principal("crane")
        _, expires_at = make_invitation(db, crane, ["legal"], [], [], premises.now)
    assert expires_at - premises.now == INVITATION_LIFE == timedelta(hours=72)
    assert premises.log()[-1] == "invitation.made"


def test_a_newcomer_is_what_they_were_invited_for(premises: Premises) -> None:
    enrolled = premises.redeem(premises.invite("legal"), " Lark ", name="L.", phone="+15145550177")
    member = enrolled.member
    assert (member.handle, member.roles, member.state) == ("lark", ["legal"], "waiting")
    with premises.reading() as db:
        assert db.keys.read_values(member) == MemberProfile(
            name="L.", phone="+15145550177", languages=("ht",), regions=("laval",)
        )
    assert premises.log()[-1] == "invitation.redeemed"


def test_a_code_works_once(premises: Premises) -> None:
    code = premises.invite("legal")
    lark = premises.redeem(code).member
    with pytest.raises(InvitationRefused):
        premises.redeem(code, "linnet")
    with premises.reading() as db:
        used = db.query(Invitation).where(Invitation.redeemed_by == lark.id).one()
    assert (used.op_key, used.op_values) == (None, None)


def test_a_code_ends(premises: Premises) -> None:
    code = premises.invite("legal")
    premises.clock.advance(INVITATION_LIFE)
    with pytest.raises(InvitationRefused):
        premises.redeem(code)


def test_a_code_may_be_read_aloud(premises: Premises) -> None:
    premises.redeem(premises.invite("legal").lower().replace("-", " "))


def test_a_code_that_nobody_made_is_refused(shared_premises: Premises) -> None:
    for code in ("ABCDE-ABCDE-ABCDE-ABCDE", "\x00"):
        with pytest.raises(InvitationRefused):
            shared_premises.redeem(code)


def test_a_refused_name_does_not_use_up_the_code(premises: Premises) -> None:
    code = premises.invite("legal")
    for handle in ("heron", " HERON "):
        with pytest.raises(HandleTaken):
            premises.redeem(code, handle)
    for handle in ("no spaces", "-dash", "nul\x00", ""):
        with pytest.raises(HandleRefused):
            premises.redeem(code, handle)
    assert premises.redeem(code).member.handle == "lark"


@pytest.mark.parametrize("roles", [[], ["boss"], ["dispatcher", "boss"]])
def test_only_known_roles_can_be_offered(shared_premises: Premises, roles: list[str]) -> None:
    with pytest.raises(BadRequest):
        shared_premises.invite(*roles)


def test_only_a_coordinator_invites(shared_premises: Premises) -> None:
    with pytest.raises(Forbidden):
        shared_premises.invite("legal", by="heron")


def test_a_changed_end_in_the_database_prolongs_nothing(premises: Premises) -> None:
    code = premises.invite("legal")
    with premises.writing() as db:
        for invitation in db.query(Invitation):
            invitation.expires_at += timedelta(days=30)
    premises.clock.advance(INVITATION_LIFE)
    with pytest.raises(InvitationRefused):
        premises.redeem(code)
