"""How far a member has come: the one place that changes it."""

from __future__ import annotations

from app.models import MEMBER_TRANSITIONS, Member, MemberState, check_step


def move_member(member: Member, after: MemberState) -> None:
    """Bring a member into another state. WrongStep.

    Which keys and rows go with the step is for the caller: admitting, passing keys on, removing.
    """
    check_step(MEMBER_TRANSITIONS, member.state, after)
    member.state = after
