"""What carries out the jobs of calls, and how a job ends: done, tried again, or told to its call.

Every request to the carrier is made outside a transaction, and each answer is an event again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.calls.call_rows import advance_call
from app.calls.events import CallEvent
from app.calls.held_calls import lock_call
from app.calls.line import CallSettings
from app.clock import Clock
from app.store import ClaimedJob, Database, finish_job, postpone_job
from app.telephony import CALL_OVER, CarrierError, Phones

# So often a request is made that the carrier was too busy for, or did not answer.
MOST_TRIES = 3
_AGAIN = timedelta(seconds=2)


@dataclass(frozen=True)
class CallCrew:
    """What carrying out needs."""

    database: Database
    phones: Phones
    clock: Clock
    line: CallSettings

    def finish(self, job: ClaimedJob) -> None:
        """Drop a job that is done, or has become pointless."""
        with self.database.transaction() as db:
            finish_job(db, job)

    def try_later(self, job: ClaimedJob, *, longest: int = MOST_TRIES) -> None:
        """Put a job off: longer with each try, but not longer than after ``longest`` tries."""
        with self.database.transaction() as db:
            postpone_job(db, job, self.clock() + _AGAIN * min(job.attempts, longest))

    def tell_call(self, job: ClaimedJob, call_id: UUID, event: CallEvent | None) -> None:
        """Bring a call on by what the carrier answered; the job is done."""
        with self.database.transaction() as db:
            held = lock_call(db, call_id) if event else None
            if held is not None and event is not None:
                advance_call(db, held, event, self.clock())
            finish_job(db, job)

    def is_over(self, sid: str) -> bool:
        """Whether the carrier says that a call is over."""
        try:
            status = self.phones.call_status(sid)
        except CarrierError:
            return False
        return status is None or status in CALL_OVER
