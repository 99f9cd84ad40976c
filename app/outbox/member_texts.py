"""Texts to members: to the phone in their profile, in their language."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.models import Member, MemberProfile, MemberState
from app.outbox.queue import TextDraft, queue_texts
from app.store import Db
from app.telephony import Channel, clean_number
from app.texts import MemberNotice, choose_member_language
from app.vault import find_profile, read_whole_values

_IN = (MemberState.JOINING, MemberState.ACTIVE)


@dataclass(frozen=True)
class MemberPhone:
    """A member's phone, and the language of the texts to it."""

    member_id: UUID
    number: str = field(repr=False)
    language: str

    def draft(
        self,
        notice: MemberNotice,
        purpose: str = "alert",
        urgency: int = 1,
        answers: datetime | None = None,
        channel: Channel = "sms",
    ) -> TextDraft:
        """Return a text to this phone."""
        body = notice.write(self.language)
        return TextDraft(self.number, body, None, None, purpose, urgency, answers, channel)


def make_member_phone(member_id: UUID, profile: MemberProfile | None) -> MemberPhone | None:
    """Return the phone in a profile, None where there is none."""
    number = clean_number(profile.phone or "") if profile else None
    if number is None or profile is None:
        return None
    return MemberPhone(member_id, number, choose_member_language(profile.languages))


def find_member_phone(
    db: Db, member_id: UUID, states: Collection[MemberState] = _IN
) -> MemberPhone | None:
    """Return a member's phone; None where they have none, or left."""
    return make_member_phone(member_id, find_profile(db, member_id, states))


def read_member_phone(db: Db, member: Member) -> MemberPhone | None:
    """Return the phone of a member whose row is at hand; None where it is damaged."""
    return make_member_phone(member.id, read_whole_values(db, member))


def queue_notice(
    db: Db,
    phones: Iterable[MemberPhone],
    notice: MemberNotice,
    now: datetime,
    *,
    purpose: str = "alert",
    urgency: int = 1,
) -> None:
    """Queue one text to each of these phones, once to each number."""
    by_number = {phone.number: phone for phone in phones}
    drafts = [by_number[number].draft(notice, purpose, urgency) for number in sorted(by_number)]
    queue_texts(db, drafts, now)
