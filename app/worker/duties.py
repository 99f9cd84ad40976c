"""What the worker does: one table of handlers, one of recurring jobs, and who does which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app import audit
from app.calls import (
    CALL_JOBS,
    CallCrew,
    CallSettings,
    carry_out_jobs,
    ring_interpreters,
    take_in_lost_calls,
)
from app.clock import Clock
from app.desk import make_cases_wait, sweep_reminders
from app.inbound import IntakeSettings, absorb_provisional_cases, take_in_lost_texts
from app.operations import checkpoint_audit, look_after_archives, sweep_retention
from app.outbox import (
    UNHEARD_JOB,
    Pacer,
    catch_up_with_carrier,
    delete_copies,
    find_new_warning,
    send_texts,
)
from app.paging import (
    Waker,
    drop_old_pages,
    page_next_people,
    raise_overdue_alerts,
    tell_coordinators,
)
from app.requests import (
    JOIN_CALL_JOB,
    ask_for_legal,
    climb_ladder,
    follow_raised_cases,
    plan_surge,
    sweep_assignments,
)
from app.rota import describe_lacking, find_untold_turns, note_told, put_away_old
from app.statistics import PRINT_JOB, freeze_due_months, print_due_files
from app.store import ClaimedJob, Database, finish_job
from app.telephony import Carrier
from app.vault import ABSORB_JOB, EPOCHS_JOB, ratchet_if_due, renew_case_epochs, renew_forgetting

log = structlog.get_logger()


@dataclass(frozen=True)
class WorkerTools:
    """What handlers work with."""

    database: Database
    carrier: Carrier
    clock: Clock
    pacer: Pacer
    status_url: str
    desk: IntakeSettings
    waker: Waker
    line: CallSettings


# Does several jobs of one kind, in one transaction where that is more than one.
Handler = Callable[[WorkerTools, Sequence[ClaimedJob]], None]


def _absorb(tools: WorkerTools, now: datetime) -> None:
    """Merge what came in while this server, or another process of it, was sealed."""
    absorbed = absorb_provisional_cases(tools.database, tools.desk, now)
    if absorbed:
        log.info("server.absorbed", cases=absorbed)


def _alerts(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Page the next people about cases."""
    with tools.database.transaction() as db:
        page_next_people(db, claimed, tools.clock())


def _offers(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ask the next people about requests; each alone, for a request is locked before the log."""
    for job in claimed:
        with tools.database.transaction() as db:
            climb_ladder(db, job, tools.clock())


def _print(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Make the files of releases; each is made in a process of its own."""
    for job in claimed:
        if job.ref is not None:
            print_due_files(tools.database, job.ref)
        with tools.database.transaction() as db:
            finish_job(db, job)


def _send(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Send texts, or find out what became of them."""
    send_texts(tools.database, tools.carrier, tools.pacer, tools.status_url, claimed, tools.clock)


def _unheard(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Let cases wait again in which somebody's reply came to nothing."""
    with tools.database.transaction() as db:
        make_cases_wait(db, claimed, tools.clock())


def _calls(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ring phones, move callers, keep voicemails, and hold every call to its deadline."""
    crew = CallCrew(tools.database, tools.carrier, tools.clock, tools.line)
    carry_out_jobs(crew, claimed)


def _join_call(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ring interpreters into the calls they were asked for."""
    with tools.database.transaction() as db:
        ring_interpreters(db, claimed, tools.clock())


def _overdue(tools: WorkerTools, now: datetime) -> None:
    """Raise alerts for targets that are nearly missed."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            raise_overdue_alerts(db, now)
            drop_old_pages(db, now)


def _lawyers(tools: WorkerTools, now: datetime) -> None:
    """Ask for lawyers where nobody of the desk looks; apart from alerts, which must not wait."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            ask_for_legal(db, now)


def _follow_raised(tools: WorkerTools, now: datetime) -> None:
    """Let requests be as urgent as their cases have become."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            follow_raised_cases(db, now)


def _spending(tools: WorkerTools, now: datetime) -> None:
    """Tell when the month's cap comes near."""
    with tools.database.transaction() as db:
        reached = find_new_warning(db, now)
        if reached:
            body = f"Desk: texts have cost {reached} % of this month's limit."
            tell_coordinators(db, body, now)


def _watch_reading(tools: WorkerTools, now: datetime) -> None:
    """Tell two coordinators of somebody who opens unusually many cases."""
    with tools.database.transaction() as db:
        for member_id in audit.mass_reading(db, now) if db.keys.is_open else ():
            audit.record(db, audit.UNUSUAL, None, member_id, now)
            body = "Desk: somebody opened very many notes within an hour. Please look at the log."
            tell_coordinators(db, body, now, but=member_id)


def _rota(tools: WorkerTools, now: datetime) -> None:
    """Tell the coordinators two days ahead of shifts that lack people; put away what is over."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            put_away_old(db, now)
            lacking = find_untold_turns(db, now)
            if lacking and tell_coordinators(db, describe_lacking(lacking), now, urgency=2):
                note_told(db, lacking)


def _surge(tools: WorkerTools, now: datetime) -> None:
    """Plan for all requests at once, where very many look for somebody."""
    plan = plan_surge(tools.database, now)
    if plan is not None:
        log.info("surge.planned", requests=len(plan.chosen), left_out=len(plan.left_out))


def _freeze(tools: WorkerTools, now: datetime) -> None:
    """Count the cases of each month that is over, once for good."""
    for month in freeze_due_months(tools.database, now):
        log.info("statistics.frozen", month=month)


def _renew_case_epochs(database: Database, now: datetime) -> None:
    renewed = renew_case_epochs(database, now)
    if renewed:
        log.info("case_epochs.renewed", cases=renewed)


HANDLERS: Mapping[str, Handler] = {
    "alert": _alerts,
    "offers": _offers,
    PRINT_JOB: _print,
    "send": _send,
    UNHEARD_JOB: _unheard,
    JOIN_CALL_JOB: _join_call,
    **dict.fromkeys(CALL_JOBS, _calls),
}


@dataclass(frozen=True)
class RecurringDuty:
    """Something done again and again: every timer of the product is in the table below."""

    every: timedelta
    run: Callable[[WorkerTools, datetime], object]


RECURRING: Mapping[str, RecurringDuty] = {
    ABSORB_JOB: RecurringDuty(timedelta(minutes=1), _absorb),
    "archives": RecurringDuty(
        timedelta(minutes=30), lambda tools, now: look_after_archives(tools.database, now)
    ),
    "assignments": RecurringDuty(
        timedelta(minutes=15), lambda tools, now: sweep_assignments(tools.database, now)
    ),
    "audit-checkpoint": RecurringDuty(
        timedelta(minutes=15), lambda tools, now: checkpoint_audit(tools.database, now)
    ),
    "carrier-copies": RecurringDuty(
        timedelta(minutes=1),
        lambda tools, now: delete_copies(tools.database, tools.carrier, now),
    ),
    "carrier-calls": RecurringDuty(
        timedelta(minutes=3),
        lambda tools, now: take_in_lost_calls(tools.database, tools.carrier, now),
    ),
    "carrier-list": RecurringDuty(
        timedelta(minutes=3),
        lambda tools, now: take_in_lost_texts(tools.database, tools.carrier, tools.desk, now),
    ),
    EPOCHS_JOB: RecurringDuty(
        timedelta(minutes=5), lambda tools, now: _renew_case_epochs(tools.database, now)
    ),
    "events": RecurringDuty(
        timedelta(minutes=5),
        lambda tools, now: sweep_reminders(tools.database, tools.desk.script.texts, now),
    ),
    "forgetting": RecurringDuty(
        timedelta(minutes=30), lambda tools, now: renew_forgetting(tools.database, now)
    ),
    "index-key": RecurringDuty(
        timedelta(minutes=5), lambda tools, now: ratchet_if_due(tools.database, now)
    ),
    "lawyers": RecurringDuty(timedelta(minutes=1), _lawyers),
    "lost-callbacks": RecurringDuty(
        timedelta(minutes=5),
        lambda tools, now: catch_up_with_carrier(tools.database, tools.carrier, now),
    ),
    "overdue": RecurringDuty(timedelta(minutes=1), _overdue),
    "reading": RecurringDuty(timedelta(minutes=5), _watch_reading),
    "rota": RecurringDuty(timedelta(minutes=30), _rota),
    "spending": RecurringDuty(timedelta(minutes=5), _spending),
    "urgency": RecurringDuty(timedelta(minutes=1), _follow_raised),
    "wake": RecurringDuty(
        timedelta(minutes=1), lambda tools, now: tools.waker(tools.database, tools.carrier, now)
    ),
    "surge": RecurringDuty(timedelta(minutes=5), _surge),
    "statistics": RecurringDuty(timedelta(minutes=15), _freeze),
    "sweep": RecurringDuty(
        timedelta(minutes=30), lambda tools, now: sweep_retention(tools.database, now)
    ),
}


@dataclass(frozen=True)
class WorkerCrew:
    """Threads for some kinds of job, so that no kind waits for another's carrier or rate.

    ``together``: how many jobs of a kind a thread takes at once. ``gives_way_s``: for how long it
    waits at most, while texts pour in, before it begins again.
    """

    kinds: tuple[str, ...]
    threads: int
    together: int = 1
    gives_way_s: float = 0.0


def make_crews(texts_together: int) -> tuple[WorkerCrew, ...]:
    """Return who does what; ``texts_together`` is how many texts a thread sends at once."""
    return (
        WorkerCrew(("alert", UNHEARD_JOB), threads=1, together=64, gives_way_s=0.5),
        WorkerCrew(_AT_ONCE, threads=1),
        WorkerCrew(("offers", JOIN_CALL_JOB), threads=1),
        WorkerCrew((PRINT_JOB,), threads=1),
        WorkerCrew(("send",), threads=4, together=texts_together),
        # One for each phone that may ring at once: all of them ring within the second.
        WorkerCrew(CALL_JOBS, threads=10),
        *ALWAYS,
    )


# What asks the carrier for much may be slow when it is; the other timers do not wait for it.
_ASK_CARRIER = ("carrier-copies", "carrier-calls", "carrier-list", "lost-callbacks")
# What is done at once when it is hastened, also while texts pour in.
_AT_ONCE = (ABSORB_JOB,)
_OTHERS = tuple(kind for kind in RECURRING if kind not in (*_ASK_CARRIER, *_AT_ONCE))
# The only ones at work while sealed, as far as they can.
ALWAYS = (
    WorkerCrew(_OTHERS, threads=2, gives_way_s=30),
    WorkerCrew(_ASK_CARRIER, threads=2, gives_way_s=30),
)
