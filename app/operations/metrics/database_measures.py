"""What the database says when the operator asks for metrics.

Waiting times are given in whole minutes, so that these numbers never tell when exactly a caller
wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import Metric
from sqlalchemy import func, select

from app.crypto import KeyMissing, SealBroken
from app.errors import Refusal
from app.models import LIVE_STATES, Alert, Case, CaseState, Job, Outgoing, OutgoingState
from app.operations.metrics.gauges import make_gauge, make_gauge_by
from app.outbox import count_copies
from app.store import Db, find_next_due

TIERS = range(4)
_LIVE = (Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
_JOB_STATES = ("queued", "running", "failed")


def measure_database(db: Db, now: datetime) -> Iterator[Metric]:
    """Yield what can be counted in the database."""
    yield from _measure_cases(db, now)
    yield from _measure_jobs(db, now)
    yield from _measure_texts(db, now)
    yield from _measure_alerts(db)


def _measure_cases(db: Db, now: datetime) -> Iterator[Metric]:
    live, waiting = _count_cases(db), _count_cases(db, Case.waiting)
    longest = {
        tier: _measure_longest_wait(db, int(tier), now) if count else 0
        for tier, count in waiting.items()
    }
    yield make_gauge_by("kith_open_cases", "Live cases by tier", "tier", live)
    yield make_gauge_by(
        "kith_waiting_cases", "Cases that wait for the desk, by tier", "tier", waiting
    )
    yield make_gauge_by(
        "kith_oldest_waiting_seconds",
        "How long the case waits that waits longest, by tier; 0 where none waits",
        "tier",
        longest,
    )


def _count_cases(db: Db, *where: Any) -> dict[str, float]:
    """Return how many live cases each tier has."""
    query = select(Case.urgency, func.count()).where(*_LIVE, *where).group_by(Case.urgency)
    found = {str(tier): float(count) for tier, count in db.execute(query)}
    return {str(tier): 0.0 for tier in TIERS} | found


def _measure_longest_wait(db: Db, tier: int, now: datetime) -> float:
    """Return seconds, in whole minutes; while sealed from times that are rounded to five."""
    query = select(Case).where(*_LIVE, Case.urgency == tier, Case.waiting)
    case = db.scalar(query.order_by(Case.queue_order).limit(1))
    if case is None:
        return 0
    minutes = (now - _find_waiting_since(db, case)).total_seconds() // 60
    return max(0.0, minutes * 60)


def _find_waiting_since(db: Db, case: Case) -> datetime:
    is_new = case.state == CaseState.NEW
    rounded = case.opened_at if is_new else case.last_message_at or case.opened_at
    if not db.keys.is_open:
        return rounded
    try:
        return db.keys.read_values(case).waiting_since or rounded
    except (Refusal, KeyMissing, SealBroken):  # sealed just now, or a shred key that is not here
        return rounded


def _measure_jobs(db: Db, now: datetime) -> Iterator[Metric]:
    due = find_next_due(db)
    yield make_gauge_by("kith_jobs", "Jobs by state", "state", _count_by(db, Job, _JOB_STATES))
    yield make_gauge(
        "kith_jobs_oldest_due_seconds",
        "For how long the oldest due job has been due; 0 where none is",
        max(0.0, (now - due).total_seconds()) if due else 0,
    )


def _measure_texts(db: Db, now: datetime) -> Iterator[Metric]:
    oldest = db.scalar(
        select(func.min(Outgoing.queued_at)).where(Outgoing.state == OutgoingState.QUEUED)
    )
    yield make_gauge_by(
        "kith_outgoing",
        "Texts of ours by state",
        "state",
        _count_by(db, Outgoing, tuple(OutgoingState)),
    )
    yield make_gauge(
        "kith_outgoing_oldest_queued_seconds",
        "How long the oldest unsent text has been waiting, to five minutes; 0 where none is",
        max(0.0, (now - oldest).total_seconds()) if oldest else 0,
    )
    yield make_gauge_by(
        "kith_carrier_copies",
        "Messages that still lie at the carrier: held, pictures (kept for a case), stuck",
        "state",
        count_copies(db),
    )


def _measure_alerts(db: Db) -> Iterator[Metric]:
    query = select(func.count(), func.max(Alert.step)).where(Alert.state == "open")
    count, step = db.execute(query).one()
    yield make_gauge("kith_alerts_open", "Alerts that nobody has acknowledged", count)
    yield make_gauge(
        "kith_alerts_highest_step", "Times the most repeated alert was paged", step or 0
    )


def _count_by(db: Db, model: Any, states: tuple[str, ...]) -> dict[str, float]:
    found = db.execute(select(model.state, func.count()).group_by(model.state)).all()
    return dict.fromkeys(states, 0.0) | dict(found)
