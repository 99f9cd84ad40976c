"""What the database, the key folder and the disk say when the operator asks for metrics."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client.core import Metric
from sqlalchemy.exc import SQLAlchemyError

from app.crypto import day_number
from app.operations.backup.folders import find_newest_archive
from app.operations.metrics.database_measures import measure_database
from app.operations.metrics.gauges import make_gauge
from app.store import Database


def measure_service(database: Database, data_dir: Path, now: datetime) -> list[Metric]:
    """Return what can be measured now; a database that is away is a number, too."""
    measured = [*measure_process(database), *_measure_machine(database, data_dir, now)]
    try:
        with database.snapshot() as db:
            found = list(measure_database(db, now))
    except (SQLAlchemyError, OSError):
        found = []
    up = make_gauge("kith_database_up", "1 while the database answers", 1 if found else 0)
    return [*measured, up, *found]


def measure_process(database: Database) -> list[Metric]:
    """Return what differs between processes: each has the operational key or has not."""
    sealed = not (database.keys and database.keys.is_open)
    return [make_gauge("kith_sealed", "1 while this process has no operational key", int(sealed))]


def _measure_machine(database: Database, data_dir: Path, now: datetime) -> Iterator[Metric]:
    free = shutil.disk_usage(data_dir).free
    yield make_gauge("kith_disk_free_bytes", "Room where the data directory is", free)
    if database.keys is None:
        return
    made_at = find_newest_archive(database.keys.files)
    if made_at is not None:
        yield make_gauge(
            "kith_backup_age_seconds",
            "Age of the newest archive; absent where there is none",
            max(0.0, (now - made_at).total_seconds()),
        )
    days, today = database.keys.files.shred_days(), day_number(now)
    yield make_gauge("kith_shred_keys", "Shred keys on the disk", len(days))
    if days:
        oldest = today - min(days)
        yield make_gauge("kith_shred_key_oldest_days", "Age of the oldest shred key", oldest)
        yield make_gauge(
            "kith_shred_key_days_ahead",
            "For how many days after today shred keys are made",
            max(days) - today,
        )
