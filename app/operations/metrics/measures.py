"""What the database, the key folder and the disk say when somebody asks for metrics.

Waiting times are given in whole minutes: whoever keeps these numbers shall not learn from them
when exactly somebody wrote.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.crypto import KeyMissing, SealBroken, day_number
from app.errors import Refusal
from app.models import LIVE_STATES, Alert, Case, Job, Outgoing
from app.operations.backup.writer import find_newest_archive
from app.outbox import count_copies
from app.store import Database, Db, find_next_due

TIERS = range(4)
_JOB_STATES = ("queued", "running", "failed")
_TEXT_STATES = (
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "refused",
    "uncertain",
)


def measure_service(database: Database, data_dir: Path, now: datetime) -> list[Metric]:
    """Return what can be measured now; a database that is away is a number, too."""
    measured = [*measure_process(database), *_of_this_machine(database, data_dir, now)]
    try:
        with database.snapshot() as db:
            found = list(_of_the_database(db, now))
    except (SQLAlchemyError, OSError):
        found = []
    up = _gauge("kith_database_up", "1 while the database answers", 1 if found else 0)
    return [*measured, up, *found]


def measure_process(database: Database) -> list[Metric]:
    """Return what differs between processes: each has the operational key or has not."""
    sealed = not (database.keys and database.keys.is_open)
    return [_gauge("kith_sealed", "1 while this process has no operational key", int(sealed))]


def _of_this_machine(database: Database, data_dir: Path, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "kith_disk_free_bytes",
        "Room where the data directory is",
        shutil.disk_usage(data_dir).free,
    )
    if database.keys is None:
        return
    made_at = find_newest_archive(database.keys.files)
    if made_at is not None:
        yield _gauge(
            "kith_backup_age_seconds",
            "Age of the newest archive; absent where there is none",
            max(0.0, (now - made_at).total_seconds()),
        )
    days, today = database.keys.files.shred_days(), day_number(now)
    yield _gauge("kith_shred_keys", "Shred keys on the disk", len(days))
    if days:
        yield _gauge("kith_shred_key_oldest_days", "Age of the oldest shred key", today - min(days))
        yield _gauge(
            "kith_shred_key_days_ahead",
            "For how many days after today shred keys are made",
            max(days) - today,
        )


def _of_the_database(db: Db, now: datetime) -> Iterator[Metric]:
    yield _by(
        "kith_open_cases",
        "Live cases by tier",
        "tier",
        {str(tier): 0 for tier in TIERS} | _cases(db, waiting=False),
    )
    waiting = {str(tier): 0 for tier in TIERS} | _cases(db, waiting=True)
    yield _by("kith_waiting_cases", "Cases that wait for the desk, by tier", "tier", waiting)
    yield _by(
        "kith_oldest_waiting_seconds",
        "How long the case waits that waits longest, by tier; 0 where none waits",
        "tier",
        {
            tier: _longest_wait(db, int(tier), now) if count else 0
            for tier, count in waiting.items()
        },
    )
    yield _by("kith_jobs", "Jobs by state", "state", _counted(db, Job, _JOB_STATES))
    due = find_next_due(db)
    yield _gauge(
        "kith_jobs_oldest_due_seconds",
        "For how long the oldest due job has been due; 0 where none is",
        max(0.0, (now - due).total_seconds()) if due else 0,
    )
    yield _by(
        "kith_outgoing", "Texts of ours by state", "state", _counted(db, Outgoing, _TEXT_STATES)
    )
    oldest = db.scalar(select(func.min(Outgoing.queued_at)).where(Outgoing.state == "queued"))
    yield _gauge(
        "kith_outgoing_oldest_queued_seconds",
        "How long the oldest unsent text has been waiting, to five minutes; 0 where none is",
        max(0.0, (now - oldest).total_seconds()) if oldest else 0,
    )
    count, step = db.execute(
        select(func.count(), func.max(Alert.step)).where(Alert.state == "open")
    ).one()
    yield _by(
        "kith_carrier_copies",
        "Messages that still lie at the carrier: held, pictures (kept for a case), stuck",
        "state",
        count_copies(db),
    )
    yield _gauge("kith_alerts_open", "Alerts that nobody has acknowledged", count)
    yield _gauge("kith_alerts_highest_step", "Times the most repeated alert was paged", step or 0)


def _cases(db: Db, *, waiting: bool) -> dict[str, float]:
    query = select(Case.urgency, func.count()).where(
        Case.state.in_(LIVE_STATES), Case.merged_into.is_(None)
    )
    if waiting:
        query = query.where(Case.waiting)
    return {str(tier): count for tier, count in db.execute(query.group_by(Case.urgency))}


def _longest_wait(db: Db, tier: int, now: datetime) -> float:
    """Return seconds, in whole minutes; while sealed from times that are rounded to five."""
    case = db.scalar(
        select(Case)
        .where(
            Case.state.in_(LIVE_STATES),
            Case.merged_into.is_(None),
            Case.urgency == tier,
            Case.waiting,
        )
        .order_by(Case.queue_order)
        .limit(1)
    )
    if case is None:
        return 0
    minutes = (now - _waiting_since(db, case)).total_seconds() // 60
    return max(0.0, minutes * 60)


def _waiting_since(db: Db, case: Case) -> datetime:
    rounded = case.opened_at if case.state == "new" else case.last_message_at or case.opened_at
    if not db.keys.is_open:
        return rounded
    try:
        since = db.keys.read_values(case).waiting_since
    except (Refusal, KeyMissing, SealBroken):  # sealed just now, or a shred key that is not here
        return rounded
    return since or rounded


def _counted(db: Db, model: Any, states: tuple[str, ...]) -> dict[str, float]:
    found = db.execute(select(model.state, func.count()).group_by(model.state)).all()
    return dict.fromkeys(states, 0.0) | dict(found)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value)


def _by(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
