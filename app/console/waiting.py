"""How long a caller has waited, against what their tier promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.desk import CaseLine
from app.paging import REPLY_TARGETS


@dataclass(frozen=True)
class Wait:
    """Somebody waits since ``length``; ``overdue`` by how much, or None."""

    length: timedelta
    target: timedelta

    @property
    def overdue(self) -> timedelta | None:
        """How far the target is behind."""
        return self.length - self.target if self.length > self.target else None


def wait(line: CaseLine, now: datetime) -> Wait | None:
    """Return how long this case's caller has waited; None where nobody waits."""
    since = line.values.waiting_since
    if not line.case.waiting or not since:
        return None
    return Wait(now - since, REPLY_TARGETS[line.case.urgency])
