"""A call in the database: locked with its case, brought on by one event, and what follows queued.

Lock order as everywhere: the case, then the call; the audit log last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from app.calls.carrier_ids import forget_at_carrier
from app.calls.case_effects import follow_call
from app.calls.machine import step_call
from app.calls.staff import find_phones_on_duty
from app.calls.states import (
    CallAction,
    CallEvent,
    CallState,
    Cancel,
    Check,
    Digits,
    Keep,
    Leg,
    LegDigits,
    LegDown,
    Listen,
    Move,
    PhonesOnDuty,
    Polled,
    Ring,
)
from app.calls.twiml import CallPlace
from app.models import Call, CallLeg, CallLegValues, CallValues, Case, Job, rounded
from app.store import Db, add_jobs, new_job, position_after

# The jobs that carry out what the machine decided; all of them are of one crew.
RING, CANCEL, MOVE, LOOK, KEEP, DEADLINE = (
    "voice-ring",
    "voice-cancel",
    "voice-move",
    "voice-look",
    "voice-keep",
    "voice-deadline",
)
CALL_JOBS = (RING, CANCEL, MOVE, LOOK, KEEP, DEADLINE)
_NOBODY = PhonesOnDuty()


@dataclass
class HeldCall:
    """A call that this transaction holds, with its case."""

    case: Case
    row: Call
    legs: dict[UUID, CallLeg]
    # None once it has ended.
    values: CallValues | None
    state: CallState

    @property
    def sid(self) -> str | None:
        """The carrier's name for it."""
        return self.values.sid if self.values else None

    def place(self, url: str) -> CallPlace:
        """Return where its webhooks are."""
        return CallPlace(url, self.row.id, self.values.room if self.values else "")


def lock_call(db: Db, call_id: UUID) -> HeldCall | None:
    """Lock a call and its case; None for one that is not known, or not any more."""
    case_id = db.scalar(select(Call.case_id).where(Call.id == call_id))
    if case_id is None:
        return None
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is not None and case.merged_into is not None:
        case = db.get(Case, case.merged_into, with_for_update=True, populate_existing=True)
    row = db.get(Call, call_id, with_for_update=True, populate_existing=True)
    if case is None or row is None:
        return None
    listed = select(CallLeg).where(CallLeg.call_id == call_id).order_by(CallLeg.number)
    legs = {leg.id: leg for leg in db.scalars(listed.execution_options(populate_existing=True))}
    values = db.keys.find_values(row)
    return HeldCall(case, row, legs, values, _state(row, values, legs.values()))


def lock_call_of_leg(db: Db, leg_id: UUID) -> HeldCall | None:
    """Lock the call for which a phone rings."""
    call_id = db.scalar(select(CallLeg.call_id).where(CallLeg.id == leg_id))
    return lock_call(db, call_id) if call_id else None


def find_call_by_sid(db: Db, sid: str) -> UUID | None:
    """Return the call that the carrier knows by this identifier."""
    return db.scalar(select(Call.id).where(Call.sid_lookup == db.keys.sid_lookup(sid)))


def add_call(
    db: Db,
    case: Case,
    state: CallState,
    actions: Iterable[CallAction],
    now: datetime,
    *,
    sid: str | None = None,
) -> HeldCall:
    """Add a call to a case."""
    case.last_position = position_after(case.last_position, now)
    values = _values(state, CallValues(sid=sid, room=uuid4().hex))
    row = Call(
        id=state.id,
        case_id=case.id,
        direction="outbound" if state.outgoing else "inbound",
        state=state.name,
        at=rounded(now),
        position=case.last_position,
        sid_lookup=db.keys.sid_lookup(sid) if sid else None,
        winner=state.winner,
        custody=state.custody,
        **db.keys.new_values(Call, state.id, values, now),
    )
    db.add(row)
    db.flush()
    held = HeldCall(case, row, {}, values, state)
    _write_legs(db, held, state, now)
    _queue(db, held, replace(state, deadline=None), actions, now)
    return held


def advance_call(db: Db, held: HeldCall, event: CallEvent, now: datetime) -> CallState:
    """Let something happen to a call; write what it became, and queue what is to be done."""
    before = held.state
    who = find_phones_on_duty(db, now) if _asks_for_people(before, event) else _NOBODY
    after, actions = step_call(before, event, who, now)
    if after == before and not actions:
        return before
    if _newly_won(before, after) and not _claim(db, held, after):
        return before
    held.state = after
    held.row.state, held.row.disposition = after.name, after.disposition
    if before.outgoing or before.winner is not None:
        held.row.winner = after.winner
    _write_legs(db, held, after, now)
    follow_call(db, held.case, held.row, before, after, now)
    if held.values is not None:
        _write_values(db, held, held.values, now)
    _queue(db, held, before, actions, now)
    db.flush()
    return after


def _write_values(db: Db, held: HeldCall, values: CallValues, now: datetime) -> None:
    held.values = _values(held.state, values)
    if held.state.ended:
        forget_at_carrier(db, held.row, held.legs.values(), held.values, now)
        held.row.op_key = held.row.op_values = held.row.shred_day = None
    else:
        db.keys.write_values(held.row, held.values)


def _asks_for_people(state: CallState, event: CallEvent) -> bool:
    """Whether the rota may decide: it is not looked up for a phone that merely waits."""
    match event:
        case Polled():
            return state.name == "ringing" and not state.running()
        case Digits():
            return state.name == "situation"
        case LegDown() | LegDigits():
            return state.name == "ringing"
        case _:
            return False


def _newly_won(before: CallState, after: CallState) -> bool:
    return not before.outgoing and before.winner is None and after.winner is not None


def _claim(db: Db, held: HeldCall, after: CallState) -> bool:
    """Write the winner, if there is none yet: the row decides, whoever else thinks they won."""
    free = (Call.id == held.row.id, Call.winner.is_(None))
    won = db.execute(update(Call).where(*free).values(winner=after.winner).returning(Call.id)).all()
    if won:
        db.refresh(held.row, ["winner"])
    return bool(won)


# -- rows and states


def _state(row: Call, values: CallValues | None, legs: Iterable[CallLeg]) -> CallState:
    values = values or CallValues(room="")
    return CallState(
        id=row.id,
        name=row.state,  # type: ignore[arg-type]  # the table allows these alone
        deadline=values.deadline,
        outgoing=row.direction == "outbound",
        language=values.language,
        situation=values.situation,
        rings=values.rings,
        known=values.known,
        custody=row.custody,
        turn=values.turn,
        tries=values.tries,
        winner=row.winner,
        disposition=row.disposition,
        recording=values.recording,
        legs=tuple(Leg(leg.id, leg.kind, leg.member_id, leg.state) for leg in legs),  # type: ignore[arg-type]
    )


def _values(state: CallState, values: CallValues) -> CallValues:
    """Return a call's values brought up to date with its state."""
    return replace(
        values,
        deadline=state.deadline,
        language=state.language,
        situation=state.situation,
        rings=state.rings,
        known=state.known,
        turn=state.turn,
        tries=state.tries,
        recording=state.recording,
    )


def _write_legs(db: Db, held: HeldCall, state: CallState, now: datetime) -> None:
    for number, leg in enumerate(state.legs):
        row = held.legs.get(leg.id)
        if row is None:
            row = CallLeg(
                id=leg.id,
                call_id=state.id,
                number=number,
                kind=leg.kind,
                member_id=leg.member,
                state=leg.state,
                **db.keys.new_values(CallLeg, leg.id, CallLegValues(), now),
            )
            db.add(row)
            held.legs[leg.id] = row
        row.state = leg.state
    db.flush()


def note_heard(db: Db, held: HeldCall) -> None:
    """Note what the caller's phone was last told, so that it is not torn away to hear it again."""
    if held.values is not None and not has_heard(held) and not held.state.ended:
        held.values = replace(held.values, heard=_told(held.state))
        db.keys.write_values(held.row, held.values)


def has_heard(held: HeldCall) -> bool:
    """Whether the caller's phone knows already where the call is."""
    return held.values is not None and held.values.heard == _told(held.state)


def _told(state: CallState) -> str:
    return f"{state.name} {state.turn} {state.tries}"


# -- what follows, as jobs


def _queue(
    db: Db, held: HeldCall, before: CallState, actions: Iterable[CallAction], now: datetime
) -> None:
    after = held.state
    rows = [_job(held.row.id, action, now) for action in actions]
    if after.deadline != before.deadline or after.ended:
        mine = (Job.kind == DEADLINE, Job.ref == held.row.id)
        db.execute(delete(Job).where(*mine))
    if after.deadline is not None and after.deadline != before.deadline:
        delay = max(after.deadline - now, timedelta(0))
        rows.append(new_job(DEADLINE, held.row.id, now, priority=0, delay=delay))
    add_jobs(db, rows)


def _job(call_id: UUID, action: CallAction, now: datetime) -> dict[str, Any]:
    match action:
        case Ring(leg=leg):
            return new_job(RING, leg, now, priority=0)
        case Cancel(leg=leg):
            return new_job(CANCEL, leg, now, priority=1)
        case Move(leg=leg):
            return new_job(MOVE, leg or call_id, now, priority=0)
        case Check() | Listen():
            return new_job(LOOK, call_id, now, priority=1)
        case Keep():
            return new_job(KEEP, call_id, now, priority=2)
