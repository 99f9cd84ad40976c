"""Answers to pages: a member who says *mine* takes the case; a no lets nobody wait for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select

from app import audit
from app.cases import take_case
from app.intake import PageAnswer
from app.models import Alert, Case, Page
from app.outbox import find_member_phone
from app.paging.alerts import acknowledge_alert, hurry_pages
from app.paging.pages import UNSEEN
from app.paging.recipients import DESK_ROLES
from app.store import Db
from app.texts import MemberNotice, MemberText
from app.vault import read_roster

_ANSWER_WITHIN = timedelta(hours=1)


def find_pages(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, Page]:
    """Return the newest page of the last hour for each of these numbers.

    A number answers only while it is its member's, and the member's at the desk: an attacker who
    writes to the database can name any number in a page.
    """
    if not lookups:
        return {}
    pages = db.scalars(
        select(Page)
        .where(Page.number_lookup.in_(lookups), Page.paged_at > now - _ANSWER_WITHIN)
        .order_by(Page.paged_at)
    )
    return {page.number_lookup: page for page in pages if _is_theirs(db, page)}


def _is_theirs(db: Db, page: Page) -> bool:
    listed = read_roster(db).by_id.get(page.member_id)
    if listed is None or not set(DESK_ROLES) & set(listed.roles):
        return False
    phone = find_member_phone(db, page.member_id)
    return phone is not None and db.keys.number_lookup(phone.number) == page.number_lookup


def is_page_open(db: Db, page: Page) -> bool:
    """Return whether the page's caller still waits for somebody to look."""
    unseen = select(Alert.id).join(Case).where(Alert.id == page.alert_id, *UNSEEN)
    return db.scalar(unseen) is not None


def take_page_answer(db: Db, page: Page, answer: PageAnswer, now: datetime) -> MemberNotice:
    """Do what a member answers to a page; return what to tell them."""
    match answer:
        case PageAnswer.MINE:
            return MemberNotice(_take_paged_case(db, page, now))
        case PageAnswer.NO:
            hurry_pages(db, page.member_id, now)
            return MemberNotice(MemberText.PAGE_DECLINED)
        case _:
            return MemberNotice(MemberText.PAGE_HOW)


def _take_paged_case(db: Db, page: Page, now: datetime) -> MemberText:
    """Give the most urgent case that a member was paged for to them; return what to tell them.

    Pages name no case, so what is meant is what the desk would take next: by tier, then by how
    long it waits.
    """
    theirs = select(Page.alert_id).where(
        Page.member_id == page.member_id, Page.paged_at > now - _ANSWER_WITHIN
    )
    row = db.execute(
        select(Case, Alert)
        .join(Alert, Alert.case_id == Case.id)
        .where(Alert.id.in_(theirs), *UNSEEN)
        .order_by(Case.urgency, Case.queue_order, Case.id)
        .limit(1)
        .with_for_update(of=Case)
    ).first()
    if row is None:
        return MemberText.PAGE_GONE
    case = row[0]
    take_case(db, case, page.member_id, now)
    acknowledge_alert(db, case.id, page.member_id)
    audit.record(db, "case.claimed", page.member_id, case.id, now)
    return MemberText.PAGE_MINE
