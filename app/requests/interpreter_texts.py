"""What an interpreter reads: the texts that the desk gave them, opened with their brief's keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, select

from app.access import Principal
from app.crypto import CaseKeys
from app.models import Assignment, Brief, Interpretation, Request
from app.requests.briefs import find_brief_keys
from app.store import Db, show_rows
from app.vault import INTERPRETED_ORIGINAL, INTERPRETER_TEXT, SealedPlace, read_field, seal_field


@dataclass(frozen=True)
class TextToInterpret:
    """A text as its interpreter sees it: its words alone.

    ``is_written`` is false for words of the desk's own, which are to be said in the caller's
    language. An answer is sealed to the case, so that of it they only see that there is one.
    """

    id: UUID
    text: str = field(repr=False)
    is_written: bool = True
    answered: bool = False


def list_texts_to_interpret(
    db: Db, principal: Principal, assignment: Assignment
) -> list[TextToInterpret]:
    """Return the texts that the holder of an assignment was given, in order."""
    found = find_brief_keys(db, principal, assignment.request_id)
    if found is None:
        return []
    brief, keys = found
    query = (
        select(Interpretation)
        .where(Interpretation.assignment_id == assignment.id)
        .order_by(Interpretation.place)
    )

    def show(row: Interpretation) -> TextToInterpret:
        text = read_field(db, INTERPRETER_TEXT, row, {brief.epoch: keys})
        return TextToInterpret(row.id, text, row.message_id is not None, row.answer is not None)

    return show_rows(db, query, show)


def seal_to_brief(db: Db, brief: Brief, place: SealedPlace, text: str) -> bytes:
    """Seal a text to a brief, whose public key must be vouched for. SealBroken."""
    db.keys.check_public_key("briefs", brief.id, brief.epoch, brief.public, brief.mac)
    return seal_field(db.keys, INTERPRETER_TEXT, place, text, brief.public)


def reseal_texts(db: Db, request: Request, keys: Mapping[int, CaseKeys]) -> None:
    """Seal the texts of a request to its brief, which was written anew.

    ``keys`` are those of its case. A damaged text stays closed, and keeps no brief from being
    written.
    """
    brief = db.scalars(select(Brief).where(Brief.request_id == request.id)).one()

    def reseal(row: Interpretation) -> None:
        original = read_field(db, INTERPRETED_ORIGINAL, row, keys)
        row.text_version, row.text_epoch = row.text_version + 1, brief.epoch
        row.text = seal_to_brief(db, brief, INTERPRETER_TEXT.find_place(row), original)

    show_rows(db, select(Interpretation).where(Interpretation.request_id == request.id), reseal)
    db.flush()


def delete_texts_of_cases(db: Db, case_ids: Collection[UUID]) -> bool:
    """Take from interpreters what they were given of some cases; return whether it was anything."""
    theirs = delete(Interpretation).where(Interpretation.case_id.in_(case_ids))
    return bool(db.execute(theirs.returning(Interpretation.id)).all())
