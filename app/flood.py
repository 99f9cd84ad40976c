"""Floods: a phone, or a machine, that texts faster than people do gets no more answers.

Whatever comes in is stored and read by a person; only the automatic answers end. A phone gets
``SCRIPT_PER_HOUR`` of the script's, and a few more where it stops, resumes or erases, so that a
forged flood in somebody's name does not keep them from that. What goes out to everybody together
is bounded by ``app.spending``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.db import Db
from app.models import ReplyCount, rounded, table

SCRIPT_PER_HOUR = 20
NOTICES_TOO = 30
# The carrier's own name for a loop of machines: over 30 texts between two numbers in 30 s.
REPLY_LOOP = 14107
_HOUR = timedelta(hours=1)
_COUNTS = table(ReplyCount)


@dataclass
class Allowance:
    """The automatic texts that the phones of one batch may still get.

    Looked up with the first answer, since most texts get none.
    """

    db: Db
    lookups: Collection[bytes]
    now: datetime
    _counts: dict[bytes, tuple[datetime, int]] | None = None
    _changed: set[bytes] = field(default_factory=set)

    def take(self, lookup: bytes, purpose: str, texts: int) -> bool:
        """Return whether ``texts`` more may go to this phone, and count them if so."""
        if self._counts is None:
            self._counts = _read(self.db, self.lookups, self.now)
        since, count = self._counts.get(lookup, (rounded(self.now), 0))
        if count + texts > (NOTICES_TOO if purpose == "notice" else SCRIPT_PER_HOUR):
            return False
        self._counts[lookup] = since, count + texts
        self._changed.add(lookup)
        return True

    def write(self) -> None:
        """Write what was counted."""
        if self._counts is not None:
            changed = sorted(self._changed)
            _write(self.db, ((lookup, *self._counts[lookup]) for lookup in changed))


def _read(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, tuple[datetime, int]]:
    rows = db.execute(
        select(ReplyCount.number_lookup, ReplyCount.since, ReplyCount.count).where(
            ReplyCount.number_lookup.in_(lookups), ReplyCount.since > now - _HOUR
        )
    )
    return {lookup: (since, count) for lookup, since, count in rows}


def _write(db: Db, counts: Iterable[tuple[bytes, datetime, int]]) -> None:
    rows: list[dict[str, Any]] = [
        {"number_lookup": lookup, "since": since, "count": count} for lookup, since, count in counts
    ]
    if not rows:
        return
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_COUNTS)
    values = {name: statement.excluded[name] for name in ("since", "count")}
    db.execute(statement.on_conflict_do_update(index_elements=["number_lookup"], set_=values), rows)


def silence(db: Db, number: str, now: datetime) -> None:
    """Answer this phone no more for an hour: the carrier says that two machines are talking."""
    _write(db, [(db.keys.number_lookup(number), rounded(now), NOTICES_TOO)])


def forget_old(db: Db, now: datetime) -> None:
    """Drop counts whose hour is over."""
    db.execute(delete(ReplyCount).where(ReplyCount.since <= now - _HOUR))
