"""Requests for which the ladder found nobody: it tries again later, and tells the coordinators."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app import audit
from app.models import SEEKING, Request, RequestState
from app.paging import tell_coordinators
from app.requests.lifecycle import end_request
from app.requests.states import mark_request_unfilled
from app.requests.surge_plan import SURGE_SIZE
from app.store import Db
from app.texts import MemberNotice, MemberText

# How long until everybody is asked again, by tier; after each vain round twice as long. A request
# that ten rounds did not fill needs a coordinator more than an eleventh text.
LADDER_RETRY = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24), timedelta(hours=24))
LONGEST_RETRY = (timedelta(hours=2), timedelta(hours=8), timedelta(hours=24), timedelta(hours=24))


def lapse_request(db: Db, request: Request, now: datetime) -> None:
    """Cancel a request that nobody took in time, and tell the coordinators."""
    end_request(db, request, RequestState.CANCELLED, now)
    tell_coordinators(db, MemberNotice(MemberText.DATE_PASSED), now)
    audit.record(db, "request.lapsed", None, request.case_id, now)


def pause_search(db: Db, request: Request, now: datetime) -> datetime:
    """Note that nobody is left to ask and tell the coordinators; return when to ask again."""
    mark_request_unfilled(request)
    values = db.keys.read_values(request)
    if values.retry_at:  # members who came free meanwhile said no, too
        return values.retry_at
    rounds, tier = values.rounds, request.urgency
    again = now + find_pause(tier, rounds)
    values = replace(values, retry_at=again, rounds=rounds + 1)
    if _tell_of_unfilled(db, request, now):
        values = replace(values, told_at=now, told_tier=tier)
    db.keys.write_values(request, values)
    audit.record(db, "request.unfilled", None, request.case_id, now)
    return again


def find_pause(tier: int, rounds: int) -> timedelta:
    """Return how long to wait after ``rounds`` earlier rounds in vain."""
    longer: timedelta = LADDER_RETRY[tier] * 2 ** min(rounds, 8)
    return min(longer, LONGEST_RETRY[tier])


def _tell_of_unfilled(db: Db, request: Request, now: datetime) -> bool:
    """Text the coordinators about a request; where many are unfilled, about all of them at once.

    Return whether a text went out.
    """
    db.flush()
    lately = audit.find_entries_since(db, "request.unfilled", now - timedelta(hours=1))
    this_hour = {entry.object for entry in lately}
    without = (Request.state.in_(SEEKING), Request.case_id.in_(this_hour))
    others = db.scalars(select(Request).where(*without, Request.id != request.id)).all()
    tier, count = request.urgency, len(others) + 1
    if count >= SURGE_SIZE and any(_told_lately(db, one, tier, now) for one in (request, *others)):
        return False
    notice = MemberNotice(MemberText.NOBODY_FOUND, tier=tier)
    if count >= SURGE_SIZE:
        notice = MemberNotice(MemberText.NOBODY_FOR_MANY, {"count": str(count)}, tier)
    # Quiet hours hold back texts that can wait for the morning, not those about today.
    return tell_coordinators(db, notice, now, urgency=0 if tier <= 1 else tier) > 0


def _told_lately(db: Db, request: Request, tier: int, now: datetime) -> bool:
    values = db.keys.read_values(request)
    if values.told_at is None or values.told_tier is None:
        return False
    return values.told_tier <= tier and now - values.told_at < LADDER_RETRY[0]
