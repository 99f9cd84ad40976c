"""An interpreter who accepts what was asked for a running call is rung into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.calls.call_rows import advance_call
from app.calls.events import Summon
from app.calls.held_calls import lock_call
from app.calls.staff import find_busy_members
from app.models import Assignment, Request
from app.store import ClaimedJob, Db, finish_job


def ring_interpreters(db: Db, claimed: Sequence[ClaimedJob], now: datetime) -> None:
    """Ring everybody who accepted to come into a call that still goes on."""
    for job in claimed:
        assignment = db.get(Assignment, job.ref)
        if assignment is not None and assignment.state == "active":
            _ring(db, assignment, now)
        finish_job(db, job)


def _ring(db: Db, assignment: Assignment, now: datetime) -> None:
    request = db.get(Request, assignment.request_id)
    call_id = db.keys.read_values(request).call if request else None
    held = lock_call(db, call_id) if call_id else None
    if held is not None and not find_busy_members(db, [assignment.member_id]):
        advance_call(db, held, Summon("interpreter", assignment.member_id), now)
