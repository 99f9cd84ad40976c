"""Calls whose webhook never arrived: found in the carrier's list, with what was said in them.

Where the service or its database is away, the carrier's fallback lets callers leave a message. The
list since the last look is gone through every few minutes; a call that is not known becomes one
that was missed, and its recordings are fetched like any other's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import select

from app.calls.actions import Listen
from app.calls.call_rows import add_call
from app.calls.caller_case import find_caller_case
from app.calls.case_effects import CALL_BACK_TASK, make_caller_wait
from app.calls.courses import LASTS, CallCourse
from app.cases import add_task
from app.models import CallState, CarrierLook, Deployment, rounded
from app.outbox import note_running_call
from app.store import Database, Db
from app.telephony import CALL_OVER, CarrierCall, InboundCall, Phones

log = structlog.get_logger()

_LOOK = "calls"
_OVERLAP = timedelta(hours=1)
# A webhook gets this long before the list is believed.
_ON_ITS_WAY = timedelta(minutes=1)


def take_in_lost_calls(database: Database, phones: Phones, now: datetime) -> int:
    """Take in the calls that are missing; return how many. Nothing while sealed. CarrierError."""
    with database.snapshot() as db:
        if not db.keys.is_open:
            return 0
        last = db.get(CarrierLook, _LOOK)
        since = last.at if last else db.scalars(select(Deployment.created_at)).one()
    listed = [one for one in phones.calls(since=min(since, now) - _OVERLAP) if _is_over(one, now)]
    taken = 0
    for call in listed:
        with database.transaction() as db:
            taken += _take_in(db, call, now)
    if taken:
        log.warning("call.found_at_carrier", count=taken)
    with database.transaction() as db:
        db.merge(CarrierLook(direction=_LOOK, at=rounded(now)))
    return taken


def _is_over(call: CarrierCall, now: datetime) -> bool:
    began = call.started_at or now - _ON_ITS_WAY
    return call.status in CALL_OVER and began <= now - _ON_ITS_WAY


def _take_in(db: Db, found: CarrierCall, now: datetime) -> bool:
    call = InboundCall.from_form({"CallSid": found.sid, "From": found.from_})
    if not note_running_call(db, call.sid, now):
        return False
    case = find_caller_case(db, call.number, now)
    until = now + LASTS[CallState.KEEPING]
    lost = CallCourse(uuid4(), CallState.KEEPING, until, known=not call.withheld, tries=1)
    add_call(db, case, lost, [Listen()], now, sid=call.sid, number=call.number)
    make_caller_wait(db, case, lost, now)
    if not call.withheld:
        add_task(db, case.id, CALL_BACK_TASK, lost.id, now, now)
    return True
