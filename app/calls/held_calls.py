"""Calls that a transaction holds, locked with their case.

Lock order as everywhere: the case, then the call; the audit log last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from app.calls.addresses import CallPlace
from app.calls.courses import CallCourse, Leg
from app.models import Call, CallLeg, CallValues, Case
from app.store import Db


@dataclass
class HeldCall:
    """A call that this transaction holds, with its case."""

    case: Case
    row: Call
    legs: dict[UUID, CallLeg]
    # None once it has ended.
    values: CallValues | None
    course: CallCourse

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
    return HeldCall(case, row, legs, values, _course(row, values, legs.values()))


def lock_call_of_leg(db: Db, leg_id: UUID) -> HeldCall | None:
    """Lock the call for which a phone rings."""
    call_id = db.scalar(select(CallLeg.call_id).where(CallLeg.id == leg_id))
    return lock_call(db, call_id) if call_id else None


def find_call_by_sid(db: Db, sid: str) -> UUID | None:
    """Return the call that the carrier knows by this identifier."""
    return db.scalar(select(Call.id).where(Call.sid_lookup == db.keys.sid_lookup(sid)))


def _course(row: Call, values: CallValues | None, legs: Iterable[CallLeg]) -> CallCourse:
    known = values or CallValues(room="")
    return CallCourse(
        id=row.id,
        state=row.state,
        deadline=known.deadline,
        outgoing=row.direction == "outbound",
        language=known.language,
        situation=known.situation,
        rings=known.rings,
        known=known.known,
        custody=row.custody,
        turn=known.turn,
        tries=known.tries,
        winner=row.winner,
        disposition=row.disposition,
        recording=known.recording,
        legs=tuple(Leg(leg.id, leg.kind, leg.member_id, leg.state) for leg in legs),
    )


def note_heard(db: Db, held: HeldCall) -> None:
    """Note what the caller's phone was last told, so that it is not torn away to hear it again."""
    if held.values is not None and not has_heard(held) and not held.course.ended:
        held.values = replace(held.values, heard=_told(held.course))
        db.keys.write_values(held.row, held.values)


def has_heard(held: HeldCall) -> bool:
    """Whether the caller's phone knows already where the call is."""
    return held.values is not None and held.values.heard == _told(held.course)


def _told(call: CallCourse) -> str:
    return f"{call.state} {call.turn} {call.tries}"
