"""Texts to members about a request. They say nothing of its kind or place, and no name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.models import Request
from app.outbox import find_member_phone, queue_notice
from app.store import Db
from app.texts import MemberNotice, MemberText


def tell_members(
    db: Db,
    member_ids: Iterable[UUID],
    text: MemberText | MemberNotice,
    request: Request,
    now: datetime,
) -> None:
    """Text members about a request for which they were asked, or which they had."""
    phones = [phone for one in set(member_ids) if (phone := find_member_phone(db, one))]
    notice = text if isinstance(text, MemberNotice) else MemberNotice(text)
    queue_notice(db, phones, notice, now, purpose="offer", urgency=request.urgency)
