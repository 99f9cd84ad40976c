"""What texts cost: segments counted by month, a cap that pages before it bites.

The price per segment is the organisation's setting; the carrier's own bill is what counts. At 80 %
of the cap somebody is told, at 100 % automatic texts that are not urgent stop. What a person
writes, what concerns tier 0 or 1, alerts, and the notices about stopping and erasing always go.

The same counting, by the hour, bounds automatic texts to everybody together, but those of tier 0:
a flood of texts in must not become a flood of texts out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.models import Case, Outgoing, Sent, table
from app.organisation import read_settings
from app.store import Db

log = structlog.get_logger()

_SENT = table(Sent)
# Parts of the cap, in percent, at which somebody is told.
NEAR, REACHED = 80, 100
# The last tier that no month's cap holds back. A text that nobody understands is of this tier, so
# that a machine's are too: by the hour it may use the bound twice. Tier 0 always goes.
_URGENT = 1
_URGENT_SHARE = 2
_HOURS_KEPT = timedelta(days=2)


@dataclass(frozen=True)
class MonthSpending:
    """What this month cost so far, in the currency of the carrier's account."""

    month: str
    texts: int
    segments: int
    cost: float
    cap: float

    @property
    def percent(self) -> int:
        """How much of the cap is spent; 0 without one."""
        return int(100 * self.cost / self.cap) if self.cap else 0


def read_month(db: Db, now: datetime) -> MonthSpending:
    """Return what was spent in the month that it is for the organisation. Sealed."""
    settings = read_settings(db)
    month = _month(db, now)
    row = db.get(Sent, month, populate_existing=True)
    segments = row.segments if row else 0
    cost = round(segments * settings.price_per_segment, 4)
    return MonthSpending(month, row.texts if row else 0, segments, cost, settings.monthly_cap)


def count_texts(db: Db, texts: list[Outgoing], now: datetime) -> None:
    """Count texts that the carrier took over; one statement.

    One that was given up for uncertain has no length any more, and counts as one segment.
    """
    if not texts:
        return
    values = {
        "texts": len(texts),
        "segments": sum(text.segments or 1 for text in texts),
        "automatic": sum(text.purpose == "script" for text in texts),
        "told": 0,
    }
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_SENT)
    counters = ("texts", "segments", "automatic")
    added = {name: _SENT.c[name] + statement.excluded[name] for name in counters}
    periods = [{"period": period, **values} for period in (_month(db, now), _hour(now))]
    db.execute(statement.on_conflict_do_update(index_elements=["period"], set_=added), periods)


def is_held_back(db: Db, row: Outgoing, now: datetime) -> bool:
    """Return whether a budget stops this text: an automatic one, of a case that is not urgent."""
    if row.purpose != "script":
        return False
    urgency = db.scalar(select(Case.urgency).where(Case.id == row.case_id))
    if urgency == 0:
        return False
    urgent = urgency is not None and urgency <= _URGENT
    if not urgent and read_month(db, now).percent >= REACHED:
        return True
    sent = db.scalar(select(Sent.automatic).where(Sent.period == _hour(now))) or 0
    return sent >= read_settings(db).automatic_per_hour * (_URGENT_SHARE if urgent else 1)


def find_new_warning(db: Db, now: datetime) -> int | None:
    """Return 80 or 100 the first time in a month that so much of the cap is spent, and log it."""
    if not db.keys.is_open:
        return None
    month = read_month(db, now)
    reached = next((part for part in (REACHED, NEAR) if month.percent >= part), None)
    if reached is None:
        return None
    newly = db.execute(
        update(Sent)
        .where(Sent.period == month.month, Sent.told < reached)
        .values(told=reached)
        .returning(Sent.period)
    ).all()
    if not newly:
        return None
    log.error("spending.cap", percent=reached)
    return reached


def forget_hourly_counts(db: Db, now: datetime) -> None:
    """Drop the counts of single hours; those of months stay."""
    old = (func.length(Sent.period) > 7, Sent.period < _hour(now - _HOURS_KEPT))
    db.execute(delete(Sent).where(*old))


def _month(db: Db, now: datetime) -> str:
    return f"{now.astimezone(db.zone):%Y-%m}"


def _hour(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%dT%H}"
