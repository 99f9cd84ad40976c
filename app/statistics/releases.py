"""Asking for a release, confirming it, and drawing it: once, for good.

Whether something can be released depends on public facts alone: the calendar, what was released
before, the budget. Never on how many cases there are: a refusal for that would tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, Forbidden, NotFound, NotReleasable
from app.models import StatisticsFile, StatisticsHead, StatisticsRelease, rounded
from app.reports import MAKERS
from app.statistics.accumulator import (
    find_first_month,
    forget_month,
    list_frozen_months,
    measure_counts,
    sum_months,
)
from app.statistics.calendar import (
    FAMILIES,
    Period,
    find_month,
    find_month_end,
    find_period,
    list_months,
    list_periods,
)
from app.statistics.categories import VERSION
from app.statistics.chain import append_release, check_chain
from app.statistics.consistency import KnownTable, list_sums
from app.statistics.ledger import check_budget, write_debit
from app.statistics.mechanism import Drawn, Mechanism, Question
from app.statistics.plans import fix_plan, lock_head
from app.statistics.records import Record, list_known, make_record, write_record
from app.statistics.tables import Plan
from app.store import Database, Db, add_jobs, new_job
from app.vault import read_roster

# How long an organisation with one coordinator thinks about it.
ALONE = timedelta(hours=24)
PRINT_JOB = "print"
Draw = Callable[[Question], Drawn]
AWAITING, RELEASED = "awaiting_confirmation", "released"


@dataclass(frozen=True)
class ReleaseEntry:
    """A line of the calendar."""

    family: str
    period: str
    kind: str
    state: str
    release: StatisticsRelease | None


# -- the calendar


def list_releases(db: Db, principal: Principal, now: datetime) -> list[ReleaseEntry]:
    """Return every period from the organisation's first month to now, with its state."""
    principal.require(Permission.STATISTICS_READ)
    first = find_first_month(db)
    last, frozen = find_month(now, db.zone), list_frozen_months(db)
    known = {(one.family, one.period): one for one in db.scalars(select(StatisticsRelease))}
    found = []
    for family in FAMILIES:
        for one in list_periods(family, first, last):
            release = known.get((family, one.name))
            due = "due" if _is_over(one, first, frozen) else "not_due"
            state = release.state if release else due
            found.append(ReleaseEntry(family, one.name, one.kind, state, release))
    return found


def _is_over(period: Period, first: str, frozen: set[str]) -> bool:
    """Return whether all months of a period are frozen; before the first there was nothing."""
    return all(month in frozen for month in period.months if month >= first) and (
        period.months[-1] >= first
    )


def find_release(db: Db, principal: Principal, release_id: UUID) -> StatisticsRelease:
    """Return a release. NotFound."""
    principal.require(Permission.STATISTICS_READ)
    release = db.get(StatisticsRelease, release_id)
    if release is None:
        raise NotFound
    return release


# -- asking


def request_release(
    db: Db, principal: Principal, family: str, period_name: str, now: datetime
) -> StatisticsRelease:
    """Ask for a release, or return the one that was asked for. BadRequest, NotReleasable."""
    principal.require(Permission.STATISTICS)
    period = _period(family, period_name)
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
    _refuse_early(db, period)
    _refuse_restored(db, period)
    plan = fix_plan(db, head)
    check_budget(db, family, period.months, _cost(plan, family, period))
    release = StatisticsRelease(
        id=uuid4(),
        family=family,
        period=period.name,
        schema_version=plan.schema_version,
        state=AWAITING,
        requested_by=principal.member_id,
        requested_at=rounded(now),
    )
    db.add(release)
    db.flush()
    audit.record(db, "statistics.requested", principal.member_id, release.id, now)
    return release


def _period(family: str, name: str) -> Period:
    if family not in FAMILIES:
        raise BadRequest(f"A family is one of: {', '.join(FAMILIES)}.")
    period = find_period(family, name)
    if period is None:
        raise NotReleasable
    return period


def _refuse_early(db: Db, period: Period) -> None:
    first, frozen = find_first_month(db), list_frozen_months(db)
    if not _is_over(period, first, frozen):
        raise NotReleasable(
            "This period is not over, or not in the calendar. Nothing is told of part of one."
        )


def _refuse_restored(db: Db, period: Period) -> None:
    """Raise NotReleasable for what may have been drawn before, on a server that is no more.

    Where an archive was restored and no anchor was left, nothing knows what was released between.
    """
    restored_at = db.keys.files.read_anchor().get("restored_at")
    if not restored_at:
        return
    end = find_month_end(period.months[-1], db.zone)
    if end <= datetime.fromisoformat(str(restored_at)):
        raise NotReleasable(
            "This server was restored from an archive after the period had ended. Whether it was "
            "released before, nobody can know, so it is not released again."
        )


def _cost(plan: Plan, family: str, period: Period) -> int:
    return sum(measure.milli for measure in plan.measures(family, period.kind))


# -- confirming


def confirm_release(
    database: Database,
    principal: Principal,
    release_id: UUID,
    now: datetime,
    mechanism: Callable[[], AbstractContextManager[Draw]] = Mechanism,
) -> StatisticsRelease:
    """Draw a release that somebody else asked for; return it also where that was done before.

    Debit, noise and result are one transaction; the process that draws has loaded before it begins,
    so that texts do not wait for it. Forbidden, NotFound, NotReleasable, BudgetSpent, Sealed.
    """
    principal.require(Permission.STATISTICS)
    with database.snapshot() as db:
        release = find_release(db, principal, release_id)
        if release.state == RELEASED:
            return release
        _refuse_alone(db, principal, release, now)
    with mechanism() as draw, database.transaction() as db:
        head = lock_head(db)
        release = db.get_one(
            StatisticsRelease, release_id, with_for_update=True, populate_existing=True
        )
        if release.state != RELEASED:
            _refuse_alone(db, principal, release, now)
            _release(db, head, release, draw, now)
            release.confirmed_by = principal.member_id
            db.flush()
            add_jobs(db, [new_job(PRINT_JOB, release.id, now)])
            audit.record(db, "statistics.released", principal.member_id, release.id, now)
        return release


def _refuse_alone(db: Db, principal: Principal, release: StatisticsRelease, now: datetime) -> None:
    """Raise Forbidden unless two people are in it, or the only one has slept on it."""
    if principal.member_id != release.requested_by:
        return
    members = read_roster(db).members
    if sum("coordinator" in member.roles for member in members) > 1:
        raise Forbidden("You asked for this release, so another coordinator has to confirm it.")
    if now - release.requested_at < ALONE:
        raise Forbidden(
            "There is no second coordinator here, so think about it: confirm it again tomorrow."
        )


def _release(
    db: Db, head: StatisticsHead, release: StatisticsRelease, draw: Draw, now: datetime
) -> None:
    """Debit, draw and store; all of it or nothing is committed."""
    check_chain(db)
    period = _period(release.family, release.period)
    _refuse_early(db, period)
    _refuse_restored(db, period)
    plan = fix_plan(db, head)
    write_debit(db, release.id, release.family, period.months, _cost(plan, release.family, period))
    known = list_known(_parts(db, release, period))
    drawn = draw(_question(db, plan, release.family, period, known))
    today = now.astimezone(db.zone).date()
    record = make_record(release.id, release.family, period, plan, drawn, known, today)
    release.state, release.released_on = RELEASED, today
    append_release(db, head, release, write_record(record))
    _forget_spent(db, period.name[:4])
    db.add_all(
        StatisticsFile(release_id=release.id, format=name, content=make(record))
        for name, make in MAKERS.items()
    )


def _forget_spent(db: Db, year: str) -> None:
    """Empty the counts of a year from which nothing more can be drawn."""
    months = list_months(max(f"{year}-01", find_first_month(db)), f"{year}-12")
    rows = select(StatisticsRelease.family, StatisticsRelease.period)
    released = {tuple(row) for row in db.execute(rows.where(StatisticsRelease.state == RELEASED))}
    for month in months:
        of_month = {
            (family, one.name) for family in FAMILIES for one in list_periods(family, month, month)
        }
        if of_month <= released:
            forget_month(db, month)


def _question(
    db: Db,
    plan: Plan,
    family: str,
    period: Period,
    known: dict[tuple[str, ...], KnownTable],
) -> Question:
    measures = plan.measures(family, period.kind)
    joint = sum_months(db, plan, family, period.months)
    return {
        "measured": [
            {
                "milli": measure.milli,
                "counts": measure_counts(plan, family, measure, joint),
            }
            for measure in measures
        ],
        "equal": list_sums(plan, measures, known),
    }


def _parts(db: Db, release: StatisticsRelease, period: Period) -> Sequence[Record]:
    """Return the records of the period's parts, where all of them were released.

    What lies before the first month of this organisation held no case, and is never released.
    """
    first = find_first_month(db)
    names = [part.name for part in period.parts if part.months[-1] >= first]
    rows = db.scalars(
        select(StatisticsRelease.record).where(
            StatisticsRelease.family == release.family,
            StatisticsRelease.period.in_(names),
            StatisticsRelease.schema_version == release.schema_version,
            StatisticsRelease.state == RELEASED,
        )
    ).all()
    return [json.loads(row or "") for row in rows] if len(rows) == len(names) else []
