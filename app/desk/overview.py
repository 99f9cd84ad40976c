"""How the desk's work stands now: exact counts, for whoever runs the desk, never to be published.

By tier, and never by language or region: together with what somebody knows, those would tell of
people. What is published is ``app.statistics``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select

from app.access import Permission, Principal
from app.errors import Forbidden
from app.models import LIVE_STATES, Case, Outgoing, Request
from app.outbox import MonthSpending, read_month
from app.paging import REPLY_TARGETS
from app.store import Db

# What "lately" is, and how many cases are looked at for it.
LATELY = timedelta(days=7)
_MOST = 500
_FILLED, _UNFILLED = ("assigned", "done"), ("unfilled",)
_FAILED = ("failed", "undelivered", "refused", "uncertain")


@dataclass(frozen=True)
class TierLoad:
    """The open work of one tier. Minutes are until a person had a case, lately; None without any.

    ``in_time`` counts those of ``reached`` whom somebody reached within the tier's target.
    """

    tier: int
    open: int
    waiting: int
    overdue: int
    reached: int
    in_time: int
    median_minutes: int | None


@dataclass(frozen=True)
class Overview:
    """The desk at one instant; ``filled`` of ``asked`` requests, ``failed`` of ``texts``."""

    tiers: Sequence[TierLoad]
    asked: int
    filled: int
    texts: int
    failed: int
    month: MonthSpending


def read_overview(db: Db, principal: Principal, now: datetime) -> Overview:
    """Return how the work stands. Forbidden, Sealed."""
    if not (principal.may(Permission.CASES) or principal.may(Permission.SETTINGS)):
        raise Forbidden
    requests = _by_state(db, Request, Request.opened_at > now - LATELY)
    texts = _by_state(db, Outgoing, Outgoing.queued_at > now - LATELY)
    filled = sum(requests[state] for state in _FILLED)
    return Overview(
        _tiers(db, now),
        filled + sum(requests[state] for state in _UNFILLED),
        filled,
        texts.total(),
        sum(texts[state] for state in _FAILED),
        read_month(db, now),
    )


def _by_state(db: Db, model: Any, which: Any) -> Counter[str]:
    counted = select(model.state, func.count()).where(which).group_by(model.state)
    return Counter(dict(db.execute(counted).all()))


def _tiers(db: Db, now: datetime) -> list[TierLoad]:
    live = (Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
    open_cases = Counter(db.scalars(select(Case.urgency).where(*live)))
    waiting: Counter[int] = Counter()
    overdue: Counter[int] = Counter()
    for case in db.scalars(select(Case).where(*live, Case.waiting)):
        since = db.keys.read_values(case).waiting_since
        waiting[case.urgency] += 1
        if since and now - since > REPLY_TARGETS[case.urgency]:
            overdue[case.urgency] += 1
    reached = _reached(db, now)
    return [
        TierLoad(
            tier,
            open_cases[tier],
            waiting[tier],
            overdue[tier],
            len(times),
            sum(time <= REPLY_TARGETS[tier] for time in times),
            round(median(time.total_seconds() for time in times) / 60) if times else None,
        )
        for tier, times in enumerate(reached)
    ]


def _reached(db: Db, now: datetime) -> list[list[timedelta]]:
    """Return for each tier how long the newest cases waited for a person."""
    newest = select(Case).where(
        Case.opened_at > now - LATELY, Case.merged_into.is_(None), Case.state != "erased"
    )
    found: list[list[timedelta]] = [[] for _ in REPLY_TARGETS]
    for case in db.scalars(newest.order_by(Case.opened_at.desc()).limit(_MOST)):
        waited = db.keys.read_values(case).time_to_human
        if waited is not None:
            found[case.urgency].append(waited)
    return found
