from __future__ import annotations

from itertools import product

import pytest

from app.members.states import move_member
from app.models import MEMBER_TRANSITIONS, Member, MemberState, WrongStep


@pytest.mark.parametrize(("before", "after"), list(product(MemberState, repeat=2)))
def test_a_member_goes_only_where_the_table_leads(before: MemberState, after: MemberState) -> None:
    member = Member(state=before)
    if after in {before, *MEMBER_TRANSITIONS[before]}:
        move_member(member, after)
        assert member.state == after
    else:
        with pytest.raises(WrongStep):
            move_member(member, after)
        assert member.state == before


def test_nobody_comes_back_once_they_are_removed() -> None:
    assert not MEMBER_TRANSITIONS[MemberState.REMOVED]
    others = set(MemberState) - {MemberState.REMOVED}
    assert all(MemberState.REMOVED in MEMBER_TRANSITIONS[state] for state in others)
