"""What a call means for its case: who has it now, or that somebody waits to be called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app import audit
from app.calls.courses import CallCourse
from app.calls.machine import find_tier
from app.cases import (
    add_task,
    give_case,
    read_case_values,
    settle_tasks_of_kind,
    start_waiting,
    stop_waiting,
    write_case_values,
)
from app.models import LIVE_STATES, Call, CallState, Case, CaseValues, rounded
from app.paging import ALERTED_AT_ONCE, acknowledge_alert, make_alert_job
from app.store import Db, add_jobs

CALL_BACK_TASK = "call_back"
_UNANSWERED = (CallState.VOICEMAIL, CallState.KEEPING, CallState.ENDED)


def follow_call(
    db: Db, case: Case, row: Call, before: CallCourse, after: CallCourse, now: datetime
) -> None:
    """Bring the case up to date with what became of a call."""
    if case.state not in LIVE_STATES:
        return
    if after.state == CallState.BRIDGED and before.state != CallState.BRIDGED:
        _talked(db, case, after, now)
    elif after.winner != before.winner and after.winner and not after.ended:
        _handed_over(db, case, after.winner, now)
    unanswered = after.state in _UNANSWERED and before.state not in _UNANSWERED
    # A caller who is still there when whoever helped is gone waits as much as one nobody took.
    left_alone = before.state == CallState.BRIDGED and not after.ended
    if unanswered and (after.winner is None or left_alone) and not after.outgoing:
        make_caller_wait(db, case, after, now)
        if after.known:
            add_task(db, case.id, CALL_BACK_TASK, row.id, now, now)


def _talked(db: Db, case: Case, call: CallCourse, now: datetime) -> None:
    """Note that a person speaks with the caller: the case is theirs, and nobody waits."""
    if call.winner is None:
        return
    values = stop_waiting(case, read_case_values(db, case), now)
    values = _note_said(values, call)
    if not call.outgoing:
        values = replace(values, last_call_at=now)
    write_case_values(db, case, values)
    case.urgency = case.urgency if call.outgoing else min(case.urgency, find_tier(call.situation))
    give_case(case, case.assigned_to or call.winner)
    acknowledge_alert(db, case.id, call.winner)
    settle_tasks_of_kind(db, case.id, CALL_BACK_TASK, call.winner)
    audit.record(db, "call.answered", call.winner, case.id, now)


def _handed_over(db: Db, case: Case, member: UUID, now: datetime) -> None:
    give_case(case, member)
    audit.record(db, "call.handed_over", member, case.id, now)


def make_caller_wait(db: Db, case: Case, call: CallCourse, now: datetime) -> None:
    """Note that the caller waits for a person; page the desk where it is urgent."""
    values = replace(read_case_values(db, case), last_message_at=now, last_call_at=now)
    values = _note_said(values, call)
    before, newly = case.urgency, not case.waiting
    case.urgency = min(before, find_tier(call.situation))
    case.unread += 1
    case.last_message_at = rounded(now)
    write_case_values(db, case, start_waiting(db, case, values, now))
    if case.urgency <= ALERTED_AT_ONCE and (newly or case.urgency < before):
        add_jobs(db, [make_alert_job(case.id, case.urgency, now)])


def _note_said(values: CaseValues, call: CallCourse) -> CaseValues:
    """Keep what the caller chose, where it was not known yet."""
    return replace(
        values,
        language=values.language or call.language,
        situation=values.situation or call.situation,
    )
