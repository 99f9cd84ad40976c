"""Calls of a case that is erased, and what is not needed any more of calls that are over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from app.calls.carrier_ids import forget_erased_call
from app.models import Call, CallLeg, CallState, Job
from app.store import Db


def forget_calls(db: Db, case_id: UUID, now: datetime) -> None:
    """Forget the calls of a case with what was still to be done, at the carrier too.

    One that goes on is ended: nobody stays on a line of which nothing is known any more.
    """
    mine = select(Call.id).where(Call.case_id == case_id)
    legs = select(CallLeg.id).where(CallLeg.call_id.in_(mine))
    for row in db.scalars(select(Call).where(Call.case_id == case_id, Call.op_key.is_not(None))):
        if db.keys.is_open:
            theirs = db.scalars(select(CallLeg).where(CallLeg.call_id == row.id))
            forget_erased_call(db, row, theirs, now)
    db.execute(delete(Job).where(or_(Job.ref.in_(mine), Job.ref.in_(legs))))
    db.execute(delete(CallLeg).where(CallLeg.call_id.in_(mine)))
    db.execute(delete(Call).where(Call.case_id == case_id))


def forget_ended_calls(db: Db) -> None:
    """Drop what the phones of calls that are over were known by at the carrier."""
    ended = select(Call.id).where(Call.state == CallState.ENDED)
    db.execute(
        update(CallLeg)
        .where(CallLeg.call_id.in_(ended), CallLeg.op_key.is_not(None))
        .values(op_key=None, op_values=None, shred_day=None)
    )
