"""A member's phone gets no texts: coordinators are told, and nobody waits for its answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.models import Offer, OfferState
from app.outbox import find_phone_troubles
from app.paging import hurry_pages, tell_coordinators
from app.requests.timers import hurry_requests
from app.store import ClaimedJob, Db, finish_job
from app.texts import MemberNotice, MemberText


def follow_phone_trouble(db: Db, claimed: ClaimedJob, now: datetime) -> None:
    """Go on without a member whose phone gets no texts, and tell the coordinators of it."""
    finish_job(db, claimed)
    member_id = claimed.ref
    if member_id is None or member_id not in find_phone_troubles(db, now):
        return
    asked = (Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    requests = db.scalars(select(Offer.request_id).where(*asked).order_by(Offer.request_id))
    hurry_requests(db, list(requests), now)
    hurry_pages(db, member_id, now)
    tell_coordinators(db, MemberNotice(MemberText.PHONE_TROUBLE), now, but=member_id)
