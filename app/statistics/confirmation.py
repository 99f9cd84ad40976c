"""Confirming a release: a second coordinator has it drawn, once for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import Forbidden
from app.models import ReleaseState, StatisticsFile, StatisticsHead, StatisticsRelease
from app.reports import MAKERS, ReleaseRecord, load_record, write_record
from app.statistics.calendar import FAMILIES, Period, list_months, list_periods
from app.statistics.chain import append_release, check_chain
from app.statistics.consistency import KnownTable, list_sums
from app.statistics.joint_counts import measure_counts, sum_months
from app.statistics.ledger import write_debit
from app.statistics.mechanism import Drawn, Mechanism, Question
from app.statistics.months import find_first_month, forget_month
from app.statistics.plans import fix_plan, lock_head
from app.statistics.release_records import list_known, make_record
from app.statistics.release_rules import check_period, find_whole_period, sum_cost
from app.statistics.releases import change_release_state, find_release
from app.statistics.tables import Plan
from app.store import Database, Db, add_jobs, new_job
from app.vault import read_roster

# How long the only coordinator of an organisation thinks about it.
ALONE = timedelta(hours=24)
PRINT_JOB = "print"
Draw = Callable[[Question], Drawn]


def confirm_release(
    database: Database,
    principal: Principal,
    release_id: UUID,
    now: datetime,
    mechanism: Callable[[], AbstractContextManager[Draw]] = Mechanism,
) -> StatisticsRelease:
    """Draw a release that another coordinator asked for; return it also where it was drawn before.

    Debit, noise and result are one transaction. The process that draws has loaded before that
    begins, so that texts do not wait for it. Forbidden, NotFound, NotReleasable, BudgetSpent,
    Sealed.
    """
    principal.require(Permission.STATISTICS)
    with database.snapshot() as db:
        release = find_release(db, principal, release_id)
        if release.state == ReleaseState.RELEASED:
            return release
        _refuse_alone(db, principal, release, now)
    with mechanism() as draw, database.transaction() as db:
        head = lock_head(db)
        release = db.get_one(
            StatisticsRelease, release_id, with_for_update=True, populate_existing=True
        )
        if release.state != ReleaseState.RELEASED:
            _refuse_alone(db, principal, release, now)
            _draw_release(db, head, release, draw, now)
            release.confirmed_by = principal.member_id
            db.flush()
            add_jobs(db, [new_job(PRINT_JOB, release.id, now)])
            audit.record(db, "statistics.released", principal.member_id, release.id, now)
        return release


def _refuse_alone(db: Db, principal: Principal, release: StatisticsRelease, now: datetime) -> None:
    """Raise Forbidden unless two people take part, or the only one has slept on it."""
    if principal.member_id != release.requested_by:
        return
    members = read_roster(db).members
    if sum("coordinator" in member.roles for member in members) > 1:
        raise Forbidden("You asked for this release, so another coordinator has to confirm it.")
    if now - release.requested_at < ALONE:
        raise Forbidden(
            "There is no second coordinator here, so think about it: confirm it again tomorrow."
        )


def _draw_release(
    db: Db, head: StatisticsHead, release: StatisticsRelease, draw: Draw, now: datetime
) -> None:
    """Debit, draw and store; all of it or nothing is committed."""
    check_chain(db)
    period = find_whole_period(release.family, release.period)
    check_period(db, period)
    plan, family = fix_plan(db, head), release.family
    write_debit(db, release.id, family, period.months, sum_cost(plan, family, period))
    known = list_known(_find_parts(db, release, period))
    drawn = draw(_make_question(db, plan, family, period, known))
    today = now.astimezone(db.zone).date()
    record = make_record(release.id, family, period, plan, drawn, known, today)
    change_release_state(release, ReleaseState.RELEASED)
    release.released_on = today
    append_release(db, head, release, write_record(record))
    _forget_spent(db, period.name[:4])
    db.add_all(
        StatisticsFile(release_id=release.id, format=name, content=make(record))
        for name, make in MAKERS.items()
    )


def _forget_spent(db: Db, year: str) -> None:
    """Empty the counts of a year from which nothing more can be drawn."""
    months = list_months(max(f"{year}-01", find_first_month(db)), f"{year}-12")
    rows = select(StatisticsRelease).where(StatisticsRelease.state == ReleaseState.RELEASED)
    released = {(row.family, row.period) for row in db.scalars(rows)}
    for month in months:
        of_month = {
            (family, one.name) for family in FAMILIES for one in list_periods(family, month, month)
        }
        if of_month <= released:
            forget_month(db, month)


def _make_question(
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


def _find_parts(db: Db, release: StatisticsRelease, period: Period) -> Sequence[ReleaseRecord]:
    """Return the records of the period's parts, where all of them were released.

    What lies before the first month of this organisation held no case, and is never released.
    """
    first = find_first_month(db)
    names = [part.name for part in period.parts if part.months[-1] >= first]
    rows = db.scalars(
        select(StatisticsRelease).where(
            StatisticsRelease.family == release.family,
            StatisticsRelease.period.in_(names),
            StatisticsRelease.schema_version == release.schema_version,
            StatisticsRelease.state == ReleaseState.RELEASED,
        )
    ).all()
    return [load_record(row.record or "") for row in rows] if len(rows) == len(names) else []
