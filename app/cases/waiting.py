"""Who waits for a person, and when a person first had a case: the one place that says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.cases.case import read_case_values, write_case_values
from app.cases.states import mark_answered, mark_open
from app.intake import ScriptState
from app.models import Case, CaseState, CaseValues, rounded
from app.store import NOT_WAITING, Db


def note_person(values: CaseValues, at: datetime) -> CaseValues:
    """Return the values of a case that a person takes part in from ``at`` on, if not before.

    How long it took until then is counted, once.
    """
    return replace(values, human_at=values.human_at or at)


def give_case(case: Case, member_id: UUID) -> None:
    """Let a member have a case, whoever had it before."""
    case.assigned_to = member_id
    if case.state == CaseState.NEW:
        mark_open(case)


def take_case(db: Db, case: Case, member_id: UUID, now: datetime) -> None:
    """Let a member take a case for themselves: now a person has it."""
    give_case(case, member_id)
    values = read_case_values(db, case)
    if values.human_at is None:
        write_case_values(db, case, replace(values, human_at=now))


def join_queue(db: Db, case: Case, now: datetime) -> bool:
    """Put a case at the end of its tier's queue, unless it waits there; return whether it is new.

    All that a sealed server can do about a caller who waits.
    """
    if case.waiting:
        return False
    case.waiting, case.queue_order = True, db.order.next(now)
    return True


def start_waiting(db: Db, case: Case, values: CaseValues, now: datetime) -> CaseValues:
    """Let the caller wait for a person from now on, unless they wait already.

    Return the case's values, which the caller of this function writes.
    """
    if case.state == CaseState.WAITING:
        mark_open(case)
    return replace(values, waiting_since=now) if join_queue(db, case, now) else values


def stop_waiting(case: Case, values: CaseValues, now: datetime) -> CaseValues:
    """A person of the desk speaks or writes to the caller: nothing is unread, and nobody waits.

    Return the case's values, which the caller of this function writes.
    """
    case.waiting, case.unread, case.last_message_at = False, 0, rounded(now)
    return replace(values, human=True, last_message_at=now, waiting_since=None)


def answer_caller(db: Db, case: Case, values: CaseValues, now: datetime) -> CaseValues:
    """The desk writes to the caller, and the case waits for them.

    Return the case's values, which the caller of this function writes; ``note_written`` is for
    those of the phone that is written to.
    """
    answered = note_person(stop_waiting(case, values, now), now)
    mark_answered(case)
    case.queue_order = NOT_WAITING + db.order.next(now)
    return replace(answered, human=values.human)


def note_written(values: CaseValues, now: datetime) -> CaseValues:
    """Return the values of the phone that a person writes to: there the script is quiet now."""
    never_greeted = values.script is None or values.script.stage == "new"
    script = ScriptState("done") if never_greeted else values.script  # it answers a person
    return replace(values, human=True, last_outbound_at=now, script=script)


def note_unheard(values: CaseValues) -> CaseValues:
    """Return the values of a phone that a person's text never reached: there it was no talk."""
    return replace(values, last_outbound_at=None)


def inherit_waiting(into: Case, values: CaseValues, case: Case, gone: CaseValues) -> CaseValues:
    """Let a case wait as long and as urgently as one that is put under it (its values: ``gone``).

    Return the values of the case that stays, which the caller of this function writes.
    """
    since = min(
        (at for at in (values.unconfirmed_since, gone.unconfirmed_since) if at), default=None
    )
    values = replace(values, unconfirmed_since=since)
    into.urgency = min(into.urgency, case.urgency)
    into.unread += case.unread
    if not case.waiting:
        return values
    if into.state == CaseState.WAITING:
        mark_open(into)
    if into.waiting:
        return values
    into.waiting, into.queue_order = True, case.queue_order
    return replace(values, waiting_since=gone.waiting_since or gone.opened_at)
