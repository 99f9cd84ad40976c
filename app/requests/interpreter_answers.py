"""What interpreters answer: sealed to the case, so that the desk reads it beside the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.cases import add_task
from app.crypto import CaseKeys
from app.errors import BadRequest, NotFound, OfferExpired
from app.models import Assignment, AssignmentState, Interpretation, Request, Task
from app.requests.assignments import INTERPRETED_TASK, lock_case_of_own, lock_own_assignment
from app.store import Db, show_rows
from app.vault import (
    INTERPRETED_ORIGINAL,
    INTERPRETER_ANSWER,
    find_field,
    read_field,
    seal_for_case,
)

LONGEST_ANSWER = 4000


@dataclass(frozen=True)
class OpenedInterpretation:
    """A text that an interpreter was given, and the answer, opened with the keys of the case.

    ``message_id`` is None for words of the desk's own. ``answer`` is None while there is none.
    """

    id: UUID
    request_id: UUID
    message_id: UUID | None
    interpreter_id: UUID
    original: str = field(repr=False)
    answer: str | None = field(repr=False)


def answer_text(
    db: Db, principal: Principal, assignment_id: UUID, text_id: UUID, answer: str, now: datetime
) -> Assignment:
    """Seal an interpreter's answer to the case; a later one takes its place.

    Raises NotFound, BadRequest, and OfferExpired once the assignment is over.

    The desk gets a task, as it sees the answer only where it opens the case.
    """
    principal.require(Permission.OFFERS)
    answer = answer.strip()
    if not 0 < len(answer) <= LONGEST_ANSWER:
        raise BadRequest(f"An answer has 1 to {LONGEST_ANSWER} characters.")
    case = lock_case_of_own(db, principal, assignment_id)
    assignment, request = lock_own_assignment(db, principal, assignment_id)
    if assignment.state != AssignmentState.ACTIVE or db.keys.read_values(assignment).until <= now:
        raise OfferExpired("This has ended, so the desk reads no answer to it any more.")
    this = (Interpretation.id == text_id, Interpretation.assignment_id == assignment.id)
    row = db.scalar(select(Interpretation).where(*this))
    if row is None:
        raise NotFound
    row.answer_version, row.answer_epoch = row.answer_version + 1, case.epoch
    row.answer = seal_for_case(
        db,
        INTERPRETER_ANSWER,
        case,
        row.id,
        answer,
        row.answer_version,
        request_id=request.id,
        assignment_id=assignment.id,
        message_id=row.message_id,
    )
    db.flush()
    _ask_desk_to_read(db, request, now)
    audit.record(db, "interpretation.answered", principal.member_id, case.id, now)
    return assignment


def _ask_desk_to_read(db: Db, request: Request, now: datetime) -> None:
    """Give the desk one task for a request, anew with each answer."""
    theirs = (Task.subject_id == request.id, Task.kind == INTERPRETED_TASK)
    db.execute(delete(Task).where(*theirs))
    add_task(db, request.case_id, INTERPRETED_TASK, request.id, now, now)


# -- the desk reads


def list_interpretations(
    db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]
) -> list[OpenedInterpretation]:
    """Return what interpreters were given of some cases, in order. ``keys``: by case and epoch."""
    query = (
        select(Interpretation, Assignment.member_id)
        .join(Assignment, Assignment.id == Interpretation.assignment_id)
        .where(Interpretation.case_id.in_(keys))
        .order_by(Interpretation.request_id, Interpretation.place)
    )

    def opened(row: Interpretation, member_id: UUID) -> OpenedInterpretation:
        mine = keys[row.case_id]
        original = read_field(db, INTERPRETED_ORIGINAL, row, mine)
        answer = find_field(db, INTERPRETER_ANSWER, row, mine)
        return OpenedInterpretation(
            row.id, row.request_id, row.message_id, member_id, original, answer
        )

    return show_rows(db, query, opened)
