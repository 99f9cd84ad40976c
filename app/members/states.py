"""How far a member has come: the one place that changes it."""

from __future__ import annotations

from app.models import MEMBER_TRANSITIONS, Member, MemberState


def move_member(member: Member, after: MemberState) -> None:
    """Bring a member into another state. ValueError where ``MEMBER_TRANSITIONS`` has no such step.

    Which keys and rows go with the step is for the caller: admitting, passing keys on, removing.
    """
    if after not in MEMBER_TRANSITIONS[MemberState(member.state)]:
        raise ValueError(f"a member who is {member.state} does not become {after}")
    member.state = after
