"""The case of a caller: found by the number, or opened; also while the server is sealed.

A phone has one case, whether it texts or calls. Callers who withhold their number get a case of
their own each time, which shares nothing with any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.calls.case_effects import CALL_BACK_TASK, make_caller_wait
from app.calls.held_calls import HeldCall
from app.cases import (
    BatchRows,
    ChangingCase,
    NewCaller,
    add_task,
    find_known_cases,
    make_caller_lookup,
    open_new_case,
    read_case_values,
    write_cases,
)
from app.models import LIVE_STATES, ROUNDING, Call, Case
from app.organisation import read_settings
from app.outbox import SILENCED, UNSAFE, find_suppressions
from app.store import Db
from app.telephony import InboundCall

CUSTODY_FLAG = "custody_line"
_HOUR = 12 * ROUNDING
# How somebody who called is texted, if at all.
_TEXTED_BY = "sms"


def find_caller_case(
    db: Db, number: str | None, now: datetime, *, follows: UUID | None = None
) -> Case:
    """Return the live case of a caller, locked; a new one where they have none.

    ``follows``: the closed case that a new one follows, where the number does not say.
    """
    rows, lookup = BatchRows(), make_caller_lookup(db, number) if number else None
    known = find_known_cases(db, {lookup} if lookup else set())
    thread = known.live.get(lookup) if lookup else None
    if thread is None:
        if follows is not None:
            known.closed.setdefault(lookup or b"", follows)
        thread = open_new_case(db, rows, known, NewCaller(_TEXTED_BY, number), now)
        _begin(db, thread, now)
        write_cases(db, rows, now)
    return db.get_one(Case, thread.id, with_for_update=True, populate_existing=True)


def find_case_after_closing(db: Db, closed: Case, call: HeldCall, now: datetime) -> Case:
    """Return where what a caller leaves belongs once their case was closed: a case that follows it.

    The closed one stays as it is. Whoever called waits in the new one.
    """
    number = call.values.number if call.values else None
    if number is None:  # withheld: only the closed case leads to the one that follows
        later = select(Case).where(Case.follows == closed.id, Case.state.in_(LIVE_STATES))
        if (found := db.scalars(later.limit(1).with_for_update()).first()) is not None:
            return found
    case = find_caller_case(db, number, now, follows=closed.id)
    if not case.waiting:
        make_caller_wait(db, case, call.course, now)
        if call.course.known:
            add_task(db, case.id, CALL_BACK_TASK, call.row.id, now, now)
    return case


def _begin(db: Db, thread: ChangingCase, now: datetime) -> None:
    """A case begins at the end of its queue until the call says more; nothing has been read."""
    thread.queue_order = db.order.next(now)
    if thread.values is not None:
        thread.values = replace(thread.values, last_message_at=now)


def may_ring_phones(db: Db, case: Case, call: InboundCall, now: datetime) -> bool:
    """Whether phones may ring: not for a blocked number, nor for one that calls again and again.

    Whatever it is, the call is recorded and can leave a message.
    """
    if call.number:
        lookup = db.keys.number_lookup(call.number)
        if find_suppressions(db, [lookup], now).get(lookup, set()) & {*SILENCED, UNSAFE}:
            return False
    most = read_settings(db).calls_per_hour
    return not most or _recent(db, case.id, now) < most


def _recent(db: Db, case_id: UUID, now: datetime) -> int:
    mine = (Call.case_id == case_id, Call.direction == "inbound", Call.at > now - _HOUR)
    return db.scalar(select(func.count()).select_from(Call).where(*mine)) or 0


def is_challenged(db: Db) -> bool:
    """Whether callers have to press a digit first, during a flood of machines."""
    return read_settings(db).voice_challenge


def is_custody_line(db: Db, case: Case) -> bool:
    """Whether somebody of the desk said that this phone is a place of detention's."""
    return CUSTODY_FLAG in read_case_values(db, case).flags
