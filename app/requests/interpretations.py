"""Text interpretation: the desk picks texts for the interpreter of a request.

The interpreter reads exactly these, sealed to the brief that they hold: no case, no number, no
name. All of it, with the answers, goes with the brief, and when the caller takes the consent back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app import audit
from app.access import Permission, Principal
from app.cases import INTERPRETER_SCOPE, find_tree_ids, has_agreed
from app.crypto import CaseKeys
from app.errors import BadRequest, ConsentMissing
from app.models import (
    Assignment,
    Brief,
    Case,
    Interpretation,
    Message,
    Request,
)
from app.requests.assignments import (
    find_assignment,
)
from app.requests.briefs import list_brief_holders
from app.requests.interpreter_texts import seal_to_brief
from app.requests.locks import lock_request_with_case
from app.requests.member_texts import tell_members
from app.store import Db
from app.texts import MemberText
from app.vault import (
    INTERPRETED_ORIGINAL,
    INTERPRETER_TEXT,
    MESSAGE_BODY,
    open_case_grants,
    read_field,
    read_roster,
    seal_for_case,
)

LONGEST_WORDS, MOST_TEXTS = 1600, 100
# Who may read texts as an interpreter: the last step of a ladder asks the desk itself.
_READERS = frozenset(("interpreter", "dispatcher"))


@dataclass(frozen=True)
class PickedTexts:
    """What the desk gives to an interpreter: texts of the conversation, and words of its own."""

    messages: Sequence[UUID] = ()
    words: str = field(default="", repr=False)


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
    tell_members(db, [assignment.member_id], MemberText.TEXTS_WAIT, request, now)
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
