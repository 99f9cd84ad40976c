"""Texts to members about a request. They say nothing of its kind or place, and no name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.models import Request
from app.outbox import TextDraft, queue_texts
from app.store import Db
from app.telephony import clean_number
from app.vault import find_profile

ASK_TEXT = "Desk: can you help? Reply {code} YES or NO"
YOURS_TEXT = "Desk: thank you, it is yours. Please sign in to read it."
DECLINED_TEXT = "Desk: thank you for answering."
TAKEN_TEXT = "Desk: thank you, somebody else was faster this time."
OVER_TEXT = "Desk: thank you, this one is over."
CALLED_OFF_TEXT = "Desk: what you had taken on was called off. Thank you."
TEXTS_WAIT_TEXT = "Desk: something new waits for you. Please sign in to read it."
WRONG_CODE_TEXT = "Desk: this code is not known. Please look again."
HOW_TEXT = "Desk: please reply with the code and YES or NO."
GUESSED_TEXT = "Desk: please answer in the console."


def text_numbers(db: Db, numbers: Iterable[str], body: str, urgency: int, now: datetime) -> None:
    """Queue one text to each of these members' numbers."""
    drafts = [TextDraft(to, body, None, None, "offer", urgency) for to in numbers]
    queue_texts(db, drafts, now)


def tell_members(
    db: Db, member_ids: Iterable[UUID], body: str, request: Request, now: datetime
) -> None:
    """Text members about a request for which they were asked, or which they had."""
    numbers = [
        number for member_id in set(member_ids) if (number := find_member_number(db, member_id))
    ]
    text_numbers(db, sorted(numbers), body, request.urgency, now)


def find_member_number(db: Db, member_id: UUID) -> str | None:
    """Return a member's number; None where they have none, or left."""
    profile = find_profile(db, member_id)
    return clean_number(profile.phone or "") if profile else None
