"""Pages: the texts that tell members that a caller waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select

from app.models import LIVE_STATES, Alert, AlertState, Case, Member, Page, rounded, table
from app.outbox import MemberPhone, TextDraft, queue_texts
from app.paging.recipients import find_reachable_phone, find_recipients
from app.store import Db, insert_rows
from app.texts import MemberNotice, MemberText

log = structlog.get_logger()

# So many cases that wait unseen are more than a desk can look at within minutes.
MANY_ALERTS = 20
_NEVER = 4  # of a tier that there is not
# A caller waits, and no member has looked yet.
UNSEEN = (Alert.state == AlertState.OPEN, Case.state.in_(LIVE_STATES), Case.waiting)


@dataclass(frozen=True)
class RaisedAlert:
    """An open alert. ``step`` counts how often it was paged before."""

    id: UUID
    kind: str
    step: int


def page_members(db: Db, raised: Sequence[tuple[Case, RaisedAlert]], now: datetime) -> None:
    """Text each member once, about the most urgent of the alerts that are theirs.

    While very many wait who are as urgent, nobody is texted twice within five minutes for what is
    no more urgent: they know, and a phone that never rests is put away.
    """
    waiting = _count_unseen(db)
    count = waiting.total()
    told = _told_just_now(db, now) if count >= MANY_ALERTS else {}
    pages: list[dict[str, Any]] = []
    drafts: dict[str, TextDraft] = {}
    declined = _list_declined(db, [alert.id for _, alert in raised])
    asked: dict[tuple[int, bool], list[tuple[Member, MemberPhone]]] = {}
    for case, alert in sorted(raised, key=lambda one: one[0].urgency):
        group = alert.step, case.urgency > 0
        if group not in asked:
            asked[group] = _reachable(db, alert.step, case.urgency, now)
        if not asked[group]:
            log.error("alert.nobody", step=alert.step, tier=case.urgency)
        page = make_page(count, alert.kind, case.urgency)
        willing = [one for one in asked[group] if (alert.id, one[0].id) not in declined]
        many = sum(waiting[tier] for tier in range(case.urgency + 1)) >= MANY_ALERTS
        for member, phone in willing or asked[group]:
            if not many or told.get(member.id, _NEVER) > case.urgency:
                drafts.setdefault(phone.number, phone.draft(page, urgency=0))
            pages.append(_page(db, alert, case, member, phone.number, now))
    insert_rows(db, table(Page), pages)
    queue_texts(db, list(drafts.values()), now)


def _count_unseen(db: Db) -> Counter[int]:
    """Return by tier how many cases wait that nobody looks at."""
    count = func.count().label("count")
    query = select(Case.urgency, count).select_from(Alert).join(Case).where(*UNSEEN)
    rows = db.execute(query.group_by(Case.urgency))
    return Counter({row["urgency"]: row["count"] for row in rows.mappings()})


def make_page(count: int, kind: str, urgency: int) -> MemberNotice:
    """Return the text of a page. It names no case: whoever reads along learns nothing."""
    text = MemberText.PAGE_NEW if kind == "new" else MemberText.PAGE_WAITING
    return MemberNotice(text, {"count": str(count)}, tier=urgency)


def _reachable(
    db: Db, step_number: int, urgency: int, now: datetime
) -> list[tuple[Member, MemberPhone]]:
    """Return the members who are paged at a step and may be texted now, with their phones."""
    return [
        (member, phone)
        for member in find_recipients(db, step_number, now)
        if (phone := find_reachable_phone(db, member, urgency, now))
    ]


def _page(
    db: Db, alert: RaisedAlert, case: Case, member: Member, number: str, now: datetime
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "alert_id": alert.id,
        "member_id": member.id,
        "urgency": case.urgency,
        "number_lookup": db.keys.number_lookup(number),
        "paged_at": rounded(now),
        "declined": False,
    }


def _list_declined(db: Db, alert_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return who said no to which of these alerts."""
    said = select(Page).where(Page.alert_id.in_(alert_ids), Page.declined)
    return {(page.alert_id, page.member_id) for page in db.list_whole(said)}


def _told_just_now(db: Db, now: datetime) -> dict[UUID, int]:
    """Return the most urgent tier each member was paged for in these five minutes, still unseen."""
    query = (
        select(Page.member_id, func.min(Page.urgency).label("tier"))
        .join(Alert, Alert.id == Page.alert_id)
        .where(Page.paged_at == rounded(now), Alert.state == AlertState.OPEN)
        .group_by(Page.member_id)
    )
    return {told.member_id: told.tier for told in db.execute(query)}
