"""What came while the server was sealed and acts once it is open: keywords, and answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from app.cases import (
    ChangingCase,
    add_task_again,
    find_known_cases,
    note_text,
    read_case_values,
    write_case_values,
)
from app.desk import CaseText, put_text
from app.inbound.batches import OF_THE_PHONE, Batch, IntakeSettings
from app.inbound.erase_dialogue import begin_erase_dialogue
from app.intake import SILENCE, Keyword, make_next_text
from app.models import Case, PendingKeyword, PendingKeywordValues, Reach, table
from app.outbox import TextDraft, lift_suppressions, queue_texts, suppress_number
from app.store import Db


def keep_pending(batch: Batch, thread: ChangingCase, values: PendingKeywordValues) -> None:
    """Keep what a text of this case said, in the order in which it came."""
    row_id = uuid4()
    batch.db.execute(
        insert(table(PendingKeyword)),
        [
            {
                "id": row_id,
                "position": thread.last_position,
                **batch.db.keys.new_values(PendingKeyword, row_id, values, batch.now),
            }
        ],
    )


def _read_pending(db: Db) -> dict[UUID, PendingKeywordValues]:
    query = select(PendingKeyword).order_by(PendingKeyword.position).with_for_update()
    return {row.id: db.keys.read_values(row) for row in db.scalars(query).all()}


def _forget(db: Db, row_ids: Collection[UUID]) -> None:
    db.execute(delete(PendingKeyword).where(PendingKeyword.id.in_(row_ids)))


def bind_keywords(db: Db, desk: IntakeSettings, now: datetime) -> None:
    """Let keywords bind: they act on the phone, whatever its case."""
    pending = _read_pending(db)
    bound = {row_id: one for row_id, one in pending.items() if one.keyword in OF_THE_PHONE}
    for values in bound.values():
        _bind(db, desk, values, now)
    _forget(db, bound)


def _bind(db: Db, desk: IntakeSettings, values: PendingKeywordValues, now: datetime) -> None:
    number = values.number
    match values.keyword:
        case Keyword.STOP:
            suppress_number(db, number, "stop", now)
        case Keyword.WRONG_NUMBER:
            suppress_number(db, number, "locked", now)
        case Keyword.START:
            lift_suppressions(db, number, ("stop", "locked"))
        case _:
            lookup = db.keys.number_lookup(number)
            texts, language = desk.script.texts, values.language
            body = begin_erase_dialogue(db, texts, {}, lookup, number, language, now)
            draft = TextDraft(number, body, None, None, "notice", 2, channel=values.channel)
            queue_texts(db, [draft], now)


# -- answers to the greeting, once the cases of their phones are settled


def take_pending_answers(db: Db, desk: IntakeSettings, now: datetime) -> None:
    """Let answers to the greeting count, and go on with the dialogue while they are fresh."""
    pending = _read_pending(db)
    for values in pending.values():
        known = find_known_cases(db, {lookup := db.keys.number_lookup(values.number)})
        if lookup in known.own:
            case, own = known.live[lookup].id, known.own[lookup].id
            _take_answer(db, desk, values, db.get_one(Case, case), db.get_one(Case, own), now)
    _forget(db, pending)


def _take_answer(
    db: Db, desk: IntakeSettings, said: PendingKeywordValues, case: Case, own: Case, now: datetime
) -> None:
    at = said.at or now
    if said.keyword == Keyword.CALL_ME:
        _want_call(db, case, own, at, now)
    if said.script is None:
        return
    phone = read_case_values(db, own)
    phone = note_text(replace(phone, script=said.script), said.number, said.channel, at)
    write_case_values(db, own, phone)
    values = read_case_values(db, case)
    if phone.unproven:
        values = replace(values, unconfirmed_since=min(values.unconfirmed_since or at, at))
    elif said.script.language is not None:
        values = replace(values, language=said.script.language)
    write_case_values(db, case, values)
    body = make_next_text(desk.script, said.script)
    if now - at < SILENCE:
        text = CaseText(body, "script", said.channel, answers=at)
        put_text(db, case, phone, text, now)


def _want_call(db: Db, case: Case, own: Case, at: datetime, now: datetime) -> None:
    """Note that the phone asked to be called; by no other way unless it said so before."""
    values = read_case_values(db, case)
    write_case_values(db, case, replace(values.with_flag("callback"), call_wanted_at=at))
    phone = read_case_values(db, own)
    if not phone.unproven:
        write_case_values(db, own, replace(phone, reach=Reach(granted=True, methods=("call",))))
    add_task_again(db, case.id, "call_back", case.id, at, now)
