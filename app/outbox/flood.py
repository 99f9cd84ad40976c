"""Floods: a phone, or a machine, that texts faster than people do gets no more answers.

Whatever comes in is stored and read by a person; only the automatic answers end. A phone gets
``SCRIPT_PER_HOUR`` of the script's, and a few more where it stops, resumes or erases, so that a
forged flood in somebody's name does not keep them from that. What goes out to everybody together
is bounded by ``app.outbox.budget``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete

from app.models import ReplyCount, rounded, table
from app.store import Db, insert_rows

SCRIPT_PER_HOUR = 20
NOTICES_TOO = 30
# The carrier's own name for a loop of machines: over 30 texts between two numbers in 30 s.
REPLY_LOOP = 14107
# How long a count counts.
HOUR = timedelta(hours=1)
_COUNTS = table(ReplyCount)
_COUNTED_AGAIN = (
    " ON CONFLICT (number_lookup) DO UPDATE SET since = excluded.since, count = excluded.count"
)


@dataclass
class ReplyAllowance:
    """The automatic texts that the phones of one batch may still get.

    ``counts`` says how many each got, since when, as far as that is within the hour.
    """

    db: Db
    counts: dict[bytes, tuple[datetime, int]]
    now: datetime
    _changed: set[bytes] = field(default_factory=set)

    def take(self, lookup: bytes, purpose: str, texts: int) -> bool:
        """Return whether ``texts`` more may go to this phone, and count them if so."""
        since, count = self.counts.get(lookup, (rounded(self.now), 0))
        if count + texts > (NOTICES_TOO if purpose == "notice" else SCRIPT_PER_HOUR):
            return False
        self.counts[lookup] = since, count + texts
        self._changed.add(lookup)
        return True

    def write(self) -> None:
        """Write what was counted."""
        _write(self.db, ((lookup, *self.counts[lookup]) for lookup in sorted(self._changed)))


def _write(db: Db, counts: Iterable[tuple[bytes, datetime, int]]) -> None:
    rows: list[dict[str, Any]] = [
        {"number_lookup": lookup, "since": since, "count": count} for lookup, since, count in counts
    ]
    insert_rows(db, _COUNTS, rows, then=_COUNTED_AGAIN)


def silence_number(db: Db, number: str, now: datetime) -> None:
    """Answer this phone no more for an hour: the carrier says that two machines are talking."""
    _write(db, [(db.keys.number_lookup(number), rounded(now), NOTICES_TOO)])


def forget_old_counts(db: Db, now: datetime) -> None:
    """Drop counts whose hour is over."""
    db.execute(delete(ReplyCount).where(ReplyCount.since <= now - HOUR))
