"""Releases: every period with its state, and asking for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import NotFound
from app.models import RELEASE_TRANSITIONS, ReleaseState, StatisticsRelease, rounded
from app.statistics.calendar import FAMILIES, find_month, list_periods
from app.statistics.categories import VERSION
from app.statistics.chain import is_chain_whole
from app.statistics.ledger import check_budget
from app.statistics.months import find_first_month, list_frozen_months
from app.statistics.plans import fix_plan, lock_head
from app.statistics.release_rules import (
    check_period,
    find_whole_period,
    is_period_over,
    sum_cost,
)
from app.store import Db, RowDamaged


@dataclass(frozen=True)
class ReleaseEntry:
    """A line of the calendar. ``state``: ``not_due``, ``due``, or that of the release."""

    family: str
    period: str
    kind: str
    state: str
    release: StatisticsRelease | None


@dataclass(frozen=True)
class ReleaseCalendar:
    """Every period with its state.

    ``damaged``: records of the statistics were changed or taken out from outside. Those are left
    out, and nothing is drawn until somebody has looked.
    """

    entries: Sequence[ReleaseEntry]
    damaged: bool


def list_releases(db: Db, principal: Principal, now: datetime) -> ReleaseCalendar:
    """Return every period from the organisation's first month to now."""
    principal.require(Permission.STATISTICS_READ)
    entries = _list_entries(db, now)
    damaged = any(table.startswith("statistics_") for table, _ in db.damaged)
    return ReleaseCalendar(entries, damaged or not is_chain_whole(db))


def _list_entries(db: Db, now: datetime) -> list[ReleaseEntry]:
    first = find_first_month(db)
    last, frozen = find_month(now, db.zone), _list_known_months(db)
    releases = db.list_whole(select(StatisticsRelease))
    known = {(one.family, one.period): one for one in releases}
    found = []
    for family in FAMILIES:
        for one in list_periods(family, first, last):
            release = known.get((family, one.name))
            due = "due" if is_period_over(one, first, frozen) else "not_due"
            state = release.state if release else due
            found.append(ReleaseEntry(family, one.name, one.kind, state, release))
    return found


def _list_known_months(db: Db) -> set[str]:
    """Return the frozen months; none where one is damaged, for then nothing is due."""
    try:
        return list_frozen_months(db)
    except RowDamaged:
        return set()


def find_release(db: Db, principal: Principal, release_id: UUID) -> StatisticsRelease:
    """Return a release. NotFound."""
    principal.require(Permission.STATISTICS_READ)
    release = db.get(StatisticsRelease, release_id)
    if release is None:
        raise NotFound
    return release


def request_release(
    db: Db, principal: Principal, family: str, period_name: str, now: datetime
) -> StatisticsRelease:
    """Ask for a release, or return the one that was asked for. BadRequest, NotReleasable."""
    principal.require(Permission.STATISTICS)
    period = find_whole_period(family, period_name)
    head = lock_head(db)
    known = db.scalar(
        select(StatisticsRelease).where(
            StatisticsRelease.family == family,
            StatisticsRelease.period == period.name,
            StatisticsRelease.schema_version == VERSION,
        )
    )
    if known is not None:
        return known
    check_period(db, period)
    plan = fix_plan(db, head)
    check_budget(db, family, period.months, sum_cost(plan, family, period))
    release = StatisticsRelease(
        id=uuid4(),
        family=family,
        period=period.name,
        schema_version=plan.schema_version,
        state=ReleaseState.AWAITING_CONFIRMATION,
        requested_by=principal.member_id,
        requested_at=rounded(now),
    )
    db.add(release)
    db.flush()
    audit.record(db, "statistics.requested", principal.member_id, release.id, now)
    return release


def change_release_state(release: StatisticsRelease, after: ReleaseState) -> None:
    """Bring a release into another state.

    ValueError where ``RELEASE_TRANSITIONS`` has no such step.
    """
    if after not in RELEASE_TRANSITIONS[release.state]:
        raise ValueError(f"no release goes from {release.state} to {after}")
    release.state = after
