"""The duties: every timer of the product, on this page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app import audit
from app.calls import take_in_lost_calls
from app.desk import sweep_reminders
from app.inbound import absorb_provisional_cases, take_in_lost_texts
from app.members import forget_old_confirmations, let_day_go_by
from app.operations import anchor_audit, check_audit, look_after_archives, sweep_retention
from app.outbox import (
    catch_up_with_carrier,
    delete_copies,
    find_new_warning,
    give_up_held_texts,
)
from app.paging import drop_old_pages, raise_overdue_alerts, tell_coordinators
from app.requests import ask_for_legal, follow_raised_cases, plan_surge, sweep_assignments
from app.rota import describe_lacking, find_untold_turns, note_told, put_away_old
from app.statistics import freeze_due_months
from app.store import Database, Db
from app.texts import MemberNotice, MemberText
from app.vault import ABSORB_JOB, EPOCHS_JOB, ratchet_if_due, renew_case_epochs, renew_forgetting
from app.worker.tools import WorkerTools

log = structlog.get_logger()
Run = Callable[[WorkerTools, datetime], object]


@dataclass(frozen=True)
class RecurringDuty:
    """Something that the worker does again and again."""

    every: timedelta
    run: Run


def _minutes(minutes: int, run: Run) -> RecurringDuty:
    return RecurringDuty(timedelta(minutes=minutes), run)


def _with_database(do: Callable[[Database, datetime], object]) -> Run:
    """Have something done that makes its own transactions."""
    return lambda tools, now: do(tools.database, now)


def _while_open(do: Callable[[Db, datetime], object]) -> Run:
    """Have something done in one transaction, unless the server is sealed."""

    def run(tools: WorkerTools, now: datetime) -> None:
        with tools.database.transaction() as db:
            if db.keys.is_open:
                do(db, now)

    return run


def _absorb_cases(tools: WorkerTools, now: datetime) -> None:
    """Merge what came in while this server, or another process of it, was sealed."""
    absorbed = absorb_provisional_cases(tools.database, tools.desk, now)
    if absorbed:
        log.info("server.absorbed", cases=absorbed)


def _look_for_overdue(db: Db, now: datetime) -> None:
    """Raise alerts for targets that are nearly missed."""
    raise_overdue_alerts(db, now)
    give_up_held_texts(db, now)
    drop_old_pages(db, now)


def _look_at_confirmations(tools: WorkerTools, now: datetime) -> None:
    """Make good what a day went by for with nobody taking it back; forget what is over."""
    with tools.database.transaction() as db:
        let_day_go_by(db, tools.sessions, now)
        forget_old_confirmations(db, now)


def _look_at_spending(tools: WorkerTools, now: datetime) -> None:
    """Tell the coordinators when the month's cap comes near."""
    with tools.database.transaction() as db:
        reached = find_new_warning(db, now)
        if reached:
            tell_coordinators(db, MemberNotice(MemberText.COSTS, {"percent": str(reached)}), now)


def _look_at_reading(db: Db, now: datetime) -> None:
    """Tell two coordinators of a member who opens unusually many cases."""
    for member_id in audit.mass_reading(db, now):
        audit.record(db, audit.UNUSUAL, None, member_id, now)
        tell_coordinators(db, MemberNotice(MemberText.MANY_OPENED), now, but=member_id)


def _look_at_rota(db: Db, now: datetime) -> None:
    """Tell the coordinators two days ahead of shifts that lack people; put away what is over."""
    put_away_old(db, now)
    lacking = find_untold_turns(db, now)
    if lacking and tell_coordinators(db, describe_lacking(lacking), now, urgency=2):
        note_told(db, lacking)


def _plan_surge(database: Database, now: datetime) -> None:
    """Plan for all requests at once, where very many wait for people."""
    plan = plan_surge(database, now)
    if plan is not None:
        log.info("surge.planned", requests=len(plan.chosen), left_out=len(plan.left_out))


def _freeze_months(database: Database, now: datetime) -> None:
    """Count the cases of each month that is over, once for good."""
    for month in freeze_due_months(database, now):
        log.info("statistics.frozen", month=month)


def _renew_case_epochs(database: Database, now: datetime) -> None:
    """Give new keys to the cases that a removed member could open."""
    renewed = renew_case_epochs(database, now)
    if renewed:
        log.info("case_epochs.renewed", cases=renewed)


RECURRING: Mapping[str, RecurringDuty] = {
    ABSORB_JOB: _minutes(1, _absorb_cases),
    "archives": _minutes(30, _with_database(look_after_archives)),
    "assignments": _minutes(15, _with_database(sweep_assignments)),
    "audit-anchor": _minutes(1, _with_database(anchor_audit)),
    "audit-check": _minutes(60, _with_database(check_audit)),
    "carrier-copies": _minutes(
        1, lambda tools, now: delete_copies(tools.database, tools.carrier, now)
    ),
    "carrier-calls": _minutes(
        3, lambda tools, now: take_in_lost_calls(tools.database, tools.carrier, now)
    ),
    "carrier-list": _minutes(
        3, lambda tools, now: take_in_lost_texts(tools.database, tools.carrier, tools.desk, now)
    ),
    EPOCHS_JOB: _minutes(5, _with_database(_renew_case_epochs)),
    "confirmations": _minutes(5, _look_at_confirmations),
    "events": _minutes(
        5, lambda tools, now: sweep_reminders(tools.database, tools.desk.script.texts, now)
    ),
    "forgetting": _minutes(30, _with_database(renew_forgetting)),
    "index-key": _minutes(5, _with_database(ratchet_if_due)),
    # Apart from alerts, which must not wait for it.
    "lawyers": _minutes(1, _while_open(ask_for_legal)),
    "lost-callbacks": _minutes(
        5, lambda tools, now: catch_up_with_carrier(tools.database, tools.carrier, now)
    ),
    "overdue": _minutes(1, _while_open(_look_for_overdue)),
    "reading": _minutes(5, _while_open(_look_at_reading)),
    "rota": _minutes(30, _while_open(_look_at_rota)),
    "sessions": _minutes(5, lambda tools, now: tools.sessions.sweep(tools.database, now)),
    "spending": _minutes(5, _look_at_spending),
    "urgency": _minutes(1, _while_open(follow_raised_cases)),
    "wake": _minutes(1, lambda tools, now: tools.waker(tools.database, tools.carrier, now)),
    "surge": _minutes(5, _with_database(_plan_surge)),
    "statistics": _minutes(15, _with_database(_freeze_months)),
    "sweep": _minutes(30, _with_database(sweep_retention)),
}
