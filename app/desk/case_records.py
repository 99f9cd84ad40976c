"""The records of a case, opened to be shown; what is damaged is noted and left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.crypto import CaseKeys, SealBroken
from app.desk.case_file import (
    DAMAGED_KINDS,
    CaseNote,
    ConversationText,
    DamagedRecord,
    RecordedConsent,
    show_consent,
)
from app.models import Case, CaseSheet, Consent, Message, MessageBody, Note
from app.store import Db, show_rows
from app.vault import (
    MESSAGE_BODY,
    NOTE_BODY,
    OVERRIDE_REASON,
    SealedField,
    find_field,
    read_field,
    read_sheet,
)

V = TypeVar("V")
_LONG_NUMBER = 8
# By case and epoch.
TreeKeys = Mapping[UUID, Mapping[int, CaseKeys]]


def list_damaged(db: Db) -> list[DamagedRecord]:
    """Return what was to be read of the case and did not verify or open."""
    found = ((DAMAGED_KINDS.get(table), key[0]) for table, key in db.damaged)
    return sorted(DamagedRecord(kind, str(key)) for kind, key in found if kind)


def show_sheet(db: Db, field: SealedField[V], case: Case, keys: Mapping[int, CaseKeys]) -> V | None:
    """Return one value of the sheet to be shown; None where it is damaged, which is noted."""
    try:
        return read_sheet(db, field, case, keys)
    except SealBroken:
        db.note_damage(CaseSheet.__tablename__, (case.id,))
        return None


@dataclass(frozen=True)
class ReadTexts:
    """The conversation of a case in order, and what the script learnt from it.

    ``unproven``: what was answered after a silence, each with its instant and its phone.
    """

    texts: Sequence[ConversationText]
    answers: Mapping[str, str] = field(repr=False)
    unproven: Sequence[tuple[datetime, str | None, Mapping[str, str]]] = field(repr=False)

    def find_unconfirmed(self, since: datetime | None) -> dict[str | None, dict[str, str]]:
        """Return, for each phone, what it answered from ``since`` on and nobody confirmed."""
        said: dict[str | None, dict[str, str]] = {}
        for at, phone, answers in self.unproven:
            if since is not None and at >= since:
                said.setdefault(phone, {}).update(answers)
        return said


def list_texts(db: Db, keys: TreeKeys) -> ReadTexts:
    """Return the conversation of a case and of all that was merged with it."""

    def opened_body(row: Message) -> tuple[Message, MessageBody | None]:
        return row, read_field(db, MESSAGE_BODY, row, keys[row.case_id]) if row.body else None

    query = select(Message).where(Message.case_id.in_(keys)).order_by(Message.position)
    found = show_rows(db, query, opened_body)
    opened = {row.id: body for row, body in found}
    bodies = [body for body in opened.values() if body]
    answers = {name: value for body in bodies for name, value in body.answers.items()}
    unproven = [(body.at, body.phone, body.unconfirmed) for body in bodies if body.unconfirmed]
    masks = _mask_phones({body.phone for body in bodies if body.phone})
    texts = []
    for row, _ in found:
        if (row.source_id or row.id) in opened:
            texts.append(_show_text(row, opened[row.source_id or row.id], masks))
        else:  # its words lie in a text that is damaged or gone
            db.note_damage(Message.__tablename__, (row.id,))
    # Positions compare within one case; between merged ones the exact, sealed time decides.
    return ReadTexts(sorted(texts, key=lambda text: text.at), answers, unproven)


def mask_number(number: str | None, ends: int = 2) -> str | None:
    """Return a number with all but its ends hidden; of a short one at most half is shown."""
    if not number:
        return None
    first = 2 if len(number) >= _LONG_NUMBER else 0
    last = min(ends, len(number) // 2)
    return number[:first] + "•" * (len(number) - first - last) + number[len(number) - last :]


def _mask_phones(numbers: Collection[str]) -> dict[str, str | None]:
    """Return the phones of one case masked, but so that they can be told apart."""
    for ends in range(2, 6):
        masks = {number: mask_number(number, ends) for number in numbers}
        if len({*masks.values()}) == len(masks):
            break
    return masks


def _show_text(
    row: Message, source: MessageBody | None, masks: Mapping[str, str | None]
) -> ConversationText:
    """Return a text; the words of the script's replies lie in the text that they answer."""
    own = source if row.source_id is None else None
    body = own.body if own else source.replies.get(row.id) if source else None
    return ConversationText(
        row.id,
        row.direction,
        row.channel,
        body,
        source.at if source else row.at,
        row.status,
        row.author_id,
        [one.content_type for one in own.media] if own else (),
        masks.get(source.phone) if source and source.phone else None,
        own.profile_name if own else None,
    )


def list_notes(db: Db, keys: TreeKeys) -> list[CaseNote]:
    """Return the notes of the desk in order."""

    def show_note(row: Note) -> CaseNote:
        opened = read_field(db, NOTE_BODY, row, keys[row.case_id])
        return CaseNote(row.id, row.kind, row.author_id, opened.body, opened.at)

    query = select(Note).where(Note.case_id.in_(keys)).order_by(Note.position)
    return show_rows(db, query, show_note)


def list_consents(db: Db, keys: TreeKeys) -> list[RecordedConsent]:
    """Return what the caller allowed or took back, in order."""

    def show(row: Consent) -> RecordedConsent:
        reason = find_field(db, OVERRIDE_REASON, row, keys[row.case_id])
        return show_consent(row, db.keys.read_values(row), reason)

    query = select(Consent).where(Consent.case_id.in_(keys)).order_by(Consent.position)
    return show_rows(db, query, show)
