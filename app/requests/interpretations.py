"""Text interpretation: the desk picks texts, the interpreter answers, the desk reads it.

The interpreter of an accepted request reads exactly the texts that a dispatcher picked, sealed to
the brief that they hold: no case, no number, no name. Their answers are sealed to the case. All of
it goes with the brief, and when the caller takes the consent back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select

from app import audit
from app.access import Permission, Principal
from app.cases import INTERPRETER_SCOPE, add_task, find_tree_ids, has_agreed
from app.crypto import CaseKeys
from app.errors import BadRequest, ConsentMissing, NotFound
from app.models import (
    Assignment,
    AssignmentState,
    Brief,
    Case,
    Interpretation,
    Message,
    Request,
    Task,
)
from app.requests.assignments import (
    INTERPRETED_TASK,
    find_assignment,
    lock_case_of_own,
    lock_own_assignment,
)
from app.requests.briefs import list_brief_holders
from app.requests.interpreter_texts import seal_to_brief
from app.requests.locks import lock_request_with_case
from app.requests.member_texts import TEXTS_WAIT_TEXT, tell_members
from app.store import Db, show_rows
from app.vault import (
    INTERPRETED_ORIGINAL,
    INTERPRETER_ANSWER,
    INTERPRETER_TEXT,
    MESSAGE_BODY,
    find_field,
    open_case_grants,
    read_field,
    read_roster,
    seal_for_case,
)

LONGEST_WORDS, LONGEST_ANSWER = 1600, 4000
MOST_TEXTS = 100
# Who may read texts as an interpreter: the last step of a ladder asks the desk itself.
_READERS = frozenset(("interpreter", "dispatcher"))


@dataclass(frozen=True)
class PickedTexts:
    """What the desk gives to an interpreter: texts of the conversation, and words of its own."""

    messages: Sequence[UUID] = ()
    words: str = field(default="", repr=False)


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


# -- the desk gives


def send_to_interpreter(
    db: Db, principal: Principal, request_id: UUID, picked: PickedTexts, now: datetime
) -> Request:
    """Give texts to the interpreter who has a request. A text that they have goes once.

    NotFound, CaseClosed, ConsentMissing; BadRequest where nobody could read them, or for texts of
    another case.
    """
    principal.require(Permission.CASES)
    case, request = lock_request_with_case(db, principal, request_id)
    assignment, brief = _find_reader(db, request)
    if not has_agreed(db, case.id, INTERPRETER_SCOPE):
        raise ConsentMissing("The caller has not agreed that an interpreter reads their texts.")
    words = picked.words.strip()
    if len(words) > LONGEST_WORDS:
        raise BadRequest(f"Words have at most {LONGEST_WORDS} characters.")
    known = select(Interpretation.message_id).where(Interpretation.request_id == request.id)
    wanted = set(picked.messages) - set(db.scalars(known))
    copies: list[tuple[UUID | None, str]] = [*_copy_messages(db, principal, case, wanted)]
    copies += [(None, words)] if words else []
    if not copies and not picked.messages:
        raise BadRequest("Choose at least one text, or write what the interpreter should say.")
    if not copies:
        return request
    store_texts(db, case, assignment, brief, copies)
    tell_members(db, [assignment.member_id], TEXTS_WAIT_TEXT, request, now)
    audit.record(db, "interpretation.asked", principal.member_id, case.id, now)
    return request


def _find_reader(db: Db, request: Request) -> tuple[Assignment, Brief]:
    """Return who has the request of an interpreter, and the brief that they hold. BadRequest."""
    assignment = find_assignment(db, request)
    if db.keys.read_values(request).kind != "interpreter" or assignment is None:
        raise BadRequest("No interpreter has this request. Texts go to who has accepted it.")
    reader = read_roster(db).by_id.get(assignment.member_id)
    holders = list_brief_holders(db, request.id)
    if not holders or reader is None or reader.id not in holders:
        raise BadRequest("This request has no brief yet. Write the brief first.")
    if not _READERS.intersection(reader.roles):
        raise BadRequest("Who has this request is no interpreter any more. Ask for another.")
    return assignment, db.scalars(select(Brief).where(Brief.request_id == request.id)).one()


def _copy_messages(
    db: Db, principal: Principal, case: Case, wanted: set[UUID]
) -> Iterator[tuple[UUID, str]]:
    """Yield these texts of a case's tree, in the order of the conversation. BadRequest."""
    of_tree = Message.case_id.in_(find_tree_ids(db, case.id))
    rows = db.list_whole(select(Message).where(Message.id.in_(wanted), of_tree)) if wanted else ()
    if len(rows) != len(wanted):
        raise BadRequest("Choose texts of this case that are not damaged.")
    keys: dict[UUID, Mapping[int, CaseKeys]] = {}
    opened = []
    for row in rows:
        # The words of the script's replies lie in the text that they answer.
        source = db.get_one(Message, row.source_id) if row.source_id else row
        if row.case_id not in keys:
            keys[row.case_id] = open_case_grants(db, principal, row.case_id)
        if source.body is None:
            raise BadRequest("The words of this text were deleted.")
        body = read_field(db, MESSAGE_BODY, source, keys[row.case_id])
        text = body.body if source is row else body.replies.get(row.id, "")
        opened.append((body.at, row.position, row.id, text))
    yield from ((row_id, text) for _, _, row_id, text in sorted(opened))


def store_texts(
    db: Db,
    case: Case,
    assignment: Assignment,
    brief: Brief,
    copies: Sequence[tuple[UUID | None, str]],
) -> None:
    """Seal texts to the brief, for the interpreter, and to the case."""
    of_request = Interpretation.request_id == assignment.request_id
    last = db.scalar(select(func.max(Interpretation.place)).where(of_request)) or 0
    if last + len(copies) > MOST_TEXTS:
        raise BadRequest(f"One request takes {MOST_TEXTS} texts at most. Ask for another.")
    for place, (message_id, text) in enumerate(copies, start=last + 1):
        row_id = uuid4()
        own: dict[str, Any] = {
            "request_id": assignment.request_id,
            "assignment_id": assignment.id,
            "message_id": message_id,
        }
        at = INTERPRETER_TEXT.place(row_id, brief.epoch, case_id=case.id, **own)
        db.add(
            Interpretation(
                id=row_id,
                case_id=case.id,
                place=place,
                text=seal_to_brief(db, brief, at, text),
                text_epoch=brief.epoch,
                original=seal_for_case(db, INTERPRETED_ORIGINAL, case, row_id, text, **own),
                original_epoch=case.epoch,
                **own,
            )
        )
    db.flush()


# -- the interpreter answers


def answer_text(
    db: Db, principal: Principal, assignment_id: UUID, text_id: UUID, answer: str, now: datetime
) -> Assignment:
    """Seal an interpreter's answer to the case; a later one takes its place. NotFound, BadRequest.

    The desk gets a task, as it sees the answer only where it opens the case.
    """
    principal.require(Permission.OFFERS)
    answer = answer.strip()
    if not 0 < len(answer) <= LONGEST_ANSWER:
        raise BadRequest(f"An answer has 1 to {LONGEST_ANSWER} characters.")
    case = lock_case_of_own(db, principal, assignment_id)
    assignment, request = lock_own_assignment(db, principal, assignment_id)
    if assignment.state != AssignmentState.ACTIVE or db.keys.read_values(assignment).until <= now:
        raise BadRequest("This has ended, so the desk reads no answer to it any more.")
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
