"""What a call means for its case: who has it now, or that somebody waits to be called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app import audit
from app.calls.machine import find_tier
from app.calls.states import CallState
from app.cases import (
    add_task,
    give_case,
    read_case_values,
    settle_tasks_of_kind,
    start_waiting,
    stop_waiting,
    write_case_values,
)
from app.models import LIVE_STATES, Call, Case, CaseValues, rounded
from app.paging import ALERTED_AT_ONCE, acknowledge_alert, make_alert_job
from app.store import Db, add_jobs

CALL_BACK_TASK = "call_back"
_UNANSWERED = ("voicemail", "keeping", "ended")


def follow_call(
    db: Db, case: Case, row: Call, before: CallState, after: CallState, now: datetime
) -> None:
    """Bring the case up to date with what became of a call."""
    if case.state not in LIVE_STATES:
        return
    if after.name == "bridged" and before.name != "bridged":
        _talked(db, case, after, now)
    elif after.winner != before.winner and after.winner and not after.ended:
        _handed_over(db, case, after.winner, now)
    unanswered = after.name in _UNANSWERED and before.name not in _UNANSWERED
    # A caller who is still there when whoever helped is gone waits as much as one nobody took.
    left_alone = before.name == "bridged" and not after.ended
    if unanswered and (after.winner is None or left_alone) and not after.outgoing:
        make_caller_wait(db, case, after, now)
        if after.known:
            add_task(db, case.id, CALL_BACK_TASK, row.id, now, now)


def _talked(db: Db, case: Case, state: CallState, now: datetime) -> None:
    """Note that a person speaks with the caller: the case is theirs, and nobody waits."""
    if state.winner is None:
        return
    values = stop_waiting(case, read_case_values(db, case), now)
    values = _note_said(values, state)
    if not state.outgoing:
        values = replace(values, last_call_at=now)
    write_case_values(db, case, values)
    case.urgency = case.urgency if state.outgoing else min(case.urgency, find_tier(state.situation))
    give_case(case, case.assigned_to or state.winner)
    acknowledge_alert(db, case.id, state.winner)
    settle_tasks_of_kind(db, case.id, CALL_BACK_TASK, state.winner)
    audit.record(db, "call.answered", state.winner, case.id, now)


def _handed_over(db: Db, case: Case, member: UUID, now: datetime) -> None:
    give_case(case, member)
    audit.record(db, "call.handed_over", member, case.id, now)


def make_caller_wait(db: Db, case: Case, state: CallState, now: datetime) -> None:
    """Note that the caller waits for a person; page the desk where it is urgent."""
    values = replace(read_case_values(db, case), last_message_at=now, last_call_at=now)
    values = _note_said(values, state)
    before, newly = case.urgency, not case.waiting
    case.urgency = min(before, find_tier(state.situation))
    case.unread += 1
    case.last_message_at = rounded(now)
    write_case_values(db, case, start_waiting(db, case, values, now))
    if case.urgency <= ALERTED_AT_ONCE and (newly or case.urgency < before):
        add_jobs(db, [make_alert_job(case.id, now)])


def _note_said(values: CaseValues, state: CallState) -> CaseValues:
    """Keep what the caller chose, where it was not known yet."""
    return replace(
        values,
        language=values.language or state.language,
        situation=values.situation or state.situation,
    )
