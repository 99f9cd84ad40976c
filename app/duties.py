"""What the worker does: one table of handlers, one of recurring jobs, and who does which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app import (
    alerts,
    assignments,
    audit,
    backup,
    carrier_traces,
    grants,
    jobs,
    offers,
    organisation,
    outgoing,
    reconciler,
    reminders,
    replies,
    requests,
    retention,
    rotation,
    seeking,
    spending,
)
from app.clock import Clock
from app.conversations import Desk, absorb
from app.db import Database
from app.jobs import Claimed
from app.shifts import watching
from app.statistics import accumulator, exports
from app.statistics.releasing import PRINT_JOB
from app.telephony import Carrier
from app.voice import calls, carrying, lost_calls
from app.voice.line import Line
from app.wake import Waker

log = structlog.get_logger()


@dataclass(frozen=True)
class Tools:
    """What handlers work with."""

    database: Database
    carrier: Carrier
    clock: Clock
    pacer: outgoing.Pacer
    status_url: str
    desk: Desk
    waker: Waker
    line: Line


# Does several jobs of one kind, in one transaction where that is more than one.
Handler = Callable[[Tools, Sequence[Claimed]], None]


def _absorb(tools: Tools, now: datetime) -> None:
    """Merge what came in while this server, or another process of it, was sealed."""
    absorbed = absorb(tools.database, tools.desk, now)
    if absorbed:
        log.info("server.absorbed", cases=absorbed)


def _alerts(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Page the next people about cases."""
    with tools.database.transaction() as db:
        alerts.step(db, claimed, tools.clock())


def _offers(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Ask the next people about requests; each alone, for a request is locked before the log."""
    for job in claimed:
        with tools.database.transaction() as db:
            offers.step(db, job, tools.clock())


def _print(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Make the files of releases; each is made in a process of its own."""
    for job in claimed:
        if job.ref is not None:
            exports.print_due(tools.database, job.ref)
        with tools.database.transaction() as db:
            jobs.finish(db, job)


def _send(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Send texts, or find out what became of them."""
    outgoing.send(
        tools.database, tools.carrier, tools.pacer, tools.status_url, claimed, tools.clock
    )


def _unheard(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Let cases wait again in which somebody's reply came to nothing."""
    with tools.database.transaction() as db:
        replies.wait_again(db, claimed, tools.clock())


def _calls(tools: Tools, claimed: Sequence[Claimed]) -> None:
    """Ring phones, move callers, keep voicemails, and hold every call to its deadline."""
    crew = carrying.Crew(tools.database, tools.carrier, tools.clock, tools.line)
    carrying.carry_out(crew, claimed)


def _overdue(tools: Tools, now: datetime) -> None:
    """Raise alerts for targets that are nearly missed."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            alerts.look_for_overdue(db, now)
            alerts.drop_old(db, now)


def _lawyers(tools: Tools, now: datetime) -> None:
    """Ask for lawyers where nobody of the desk looks; apart from alerts, which must not wait."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            requests.ask_for_legal(db, now)


def _follow_raised(tools: Tools, now: datetime) -> None:
    """Let requests be as urgent as their cases have become."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            seeking.follow_raised(db, now)


def _spending(tools: Tools, now: datetime) -> None:
    """Tell when the month's cap comes near."""
    with tools.database.transaction() as db:
        reached = spending.tell(db, now)
        if reached:
            body = f"Desk: texts have cost {reached} % of this month's limit."
            alerts.tell_coordinators(db, body, now)


def _watch_reading(tools: Tools, now: datetime) -> None:
    """Tell two coordinators of somebody who opens unusually many cases."""
    with tools.database.transaction() as db:
        for member_id in audit.mass_reading(db, now) if db.keys.is_open else ():
            audit.record(db, audit.UNUSUAL, None, member_id, now)
            body = "Desk: somebody opened very many notes within an hour. Please look at the log."
            alerts.tell_coordinators(db, body, now, but=member_id)


def _rota(tools: Tools, now: datetime) -> None:
    """Tell the coordinators two days ahead of shifts that lack people; put away what is over."""
    with tools.database.transaction() as db:
        if db.keys.is_open:
            watching.put_away(db, now)
            lacking = watching.untold(db, now)
            if lacking and alerts.tell_coordinators(db, watching.said(lacking), now, urgency=2):
                watching.note_told(db, lacking)


def _surge(tools: Tools, now: datetime) -> None:
    """Plan for all requests at once, where very many look for somebody."""
    plan = offers.plan_surge(tools.database, now)
    if plan is not None:
        log.info("surge.planned", requests=len(plan.chosen), left_out=len(plan.left_out))


def _freeze(tools: Tools, now: datetime) -> None:
    """Count the cases of each month that is over, once for good."""
    for month in accumulator.freeze_due(tools.database, now):
        log.info("statistics.frozen", month=month)


def _renew_case_epochs(database: Database, now: datetime) -> None:
    renewed = grants.renew_case_epochs(database, now)
    if renewed:
        log.info("case_epochs.renewed", cases=renewed)


HANDLERS: Mapping[str, Handler] = {
    "alert": _alerts,
    "offers": _offers,
    PRINT_JOB: _print,
    "send": _send,
    outgoing.UNHEARD: _unheard,
    **dict.fromkeys(calls.KINDS, _calls),
}


@dataclass(frozen=True)
class Recurring:
    """Something done again and again: every timer of the product is in the table below."""

    every: timedelta
    run: Callable[[Tools, datetime], object]


RECURRING: Mapping[str, Recurring] = {
    organisation.ABSORB_JOB: Recurring(timedelta(minutes=1), _absorb),
    "archives": Recurring(
        timedelta(minutes=30), lambda tools, now: backup.look_after(tools.database, now)
    ),
    "assignments": Recurring(
        timedelta(minutes=15), lambda tools, now: assignments.sweep(tools.database, now)
    ),
    "audit-checkpoint": Recurring(
        timedelta(minutes=15), lambda tools, now: retention.checkpoint_audit(tools.database, now)
    ),
    "carrier-copies": Recurring(
        timedelta(minutes=1),
        lambda tools, now: carrier_traces.clear(tools.database, tools.carrier, now),
    ),
    "carrier-calls": Recurring(
        timedelta(minutes=3),
        lambda tools, now: lost_calls.reconcile(tools.database, tools.carrier, now),
    ),
    "carrier-list": Recurring(
        timedelta(minutes=3),
        lambda tools, now: reconciler.reconcile(tools.database, tools.carrier, tools.desk, now),
    ),
    grants.EPOCHS_JOB: Recurring(
        timedelta(minutes=5), lambda tools, now: _renew_case_epochs(tools.database, now)
    ),
    "events": Recurring(
        timedelta(minutes=5),
        lambda tools, now: reminders.sweep(tools.database, tools.desk.script.texts, now),
    ),
    "forgetting": Recurring(
        timedelta(minutes=30), lambda tools, now: retention.renew_forgetting(tools.database, now)
    ),
    "index-key": Recurring(
        timedelta(minutes=5), lambda tools, now: rotation.ratchet_if_due(tools.database, now)
    ),
    "lawyers": Recurring(timedelta(minutes=1), _lawyers),
    "lost-callbacks": Recurring(
        timedelta(minutes=5),
        lambda tools, now: outgoing.catch_up(tools.database, tools.carrier, now),
    ),
    "overdue": Recurring(timedelta(minutes=1), _overdue),
    "reading": Recurring(timedelta(minutes=5), _watch_reading),
    "rota": Recurring(timedelta(minutes=30), _rota),
    "spending": Recurring(timedelta(minutes=5), _spending),
    "urgency": Recurring(timedelta(minutes=1), _follow_raised),
    "wake": Recurring(
        timedelta(minutes=1), lambda tools, now: tools.waker(tools.database, tools.carrier, now)
    ),
    "surge": Recurring(timedelta(minutes=5), _surge),
    "statistics": Recurring(timedelta(minutes=15), _freeze),
    "sweep": Recurring(
        timedelta(minutes=30), lambda tools, now: retention.sweep(tools.database, now)
    ),
}


@dataclass(frozen=True)
class Crew:
    """Threads for some kinds of job, so that no kind waits for another's carrier or rate.

    ``together``: how many jobs of a kind a thread takes at once. ``gives_way_s``: for how long it
    waits at most, while texts pour in, before it begins again.
    """

    kinds: tuple[str, ...]
    threads: int
    together: int = 1
    gives_way_s: float = 0.0


def crews(texts_together: int) -> tuple[Crew, ...]:
    """Return who does what; ``texts_together`` is how many texts a thread sends at once."""
    return (
        Crew(("alert", outgoing.UNHEARD), threads=1, together=64, gives_way_s=0.5),
        Crew(_AT_ONCE, threads=1),
        Crew(("offers",), threads=1),
        Crew((PRINT_JOB,), threads=1),
        Crew(("send",), threads=4, together=texts_together),
        # One for each phone that may ring at once: all of them ring within the second.
        Crew(calls.KINDS, threads=10),
        *ALWAYS,
    )


# What asks the carrier for much may be slow when it is; the other timers do not wait for it.
_ASK_CARRIER = ("carrier-copies", "carrier-calls", "carrier-list", "lost-callbacks")
# What is done at once when it is hastened, also while texts pour in.
_AT_ONCE = (organisation.ABSORB_JOB,)
_OTHERS = tuple(kind for kind in RECURRING if kind not in (*_ASK_CARRIER, *_AT_ONCE))
# The only ones at work while sealed, as far as they can.
ALWAYS = (
    Crew(_OTHERS, threads=2, gives_way_s=30),
    Crew(_ASK_CARRIER, threads=2, gives_way_s=30),
)
