"""Texts that arrive while the server is sealed, and what becomes of them once it opens.

Nothing operational can be read then. A text goes into a provisional case: its operational row is
sealed to the public half, and texts of one phone are grouped by an HMAC under a key that only this
process has. The only answer is the greeting. Afterwards the cases are merged by reference into
those of their numbers; nothing is encrypted again but row keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from app.cases import (
    FIRST_URGENCY,
    ChangingCase,
    find_known_cases,
    inherit_channels,
    inherit_waiting,
    make_caller_lookup,
    note_text,
    read_case_values,
    write_case_values,
    write_cases,
)
from app.crypto import SealBroken
from app.inbound.batches import WITHOUT_CASE, Batch, IntakeSettings, is_answerable
from app.inbound.erase_dialogue import begin_erase_dialogue
from app.inbound.keywords import find_words
from app.inbound.messages import add_inbound_message, make_payload
from app.inbound.own_script import with_own_script
from app.inbound.turns import note_waiting
from app.intake import Keyword, take_step
from app.models import Case, CaseValues, Message, PendingKeyword, PendingKeywordValues, table
from app.outbox import TextDraft, keep_pictures, lift_suppressions, queue_texts, suppress_number
from app.store import Database, Db, make_row_id
from app.telephony import InboundText

# Never answered while sealed: they wait, and bind once the server is open.
_UNANSWERED = (Keyword.STOP, Keyword.WRONG_NUMBER, Keyword.ERASE)


def receive_sealed_texts(
    db: Db, desk: IntakeSettings, texts: Sequence[InboundText], now: datetime
) -> dict[str, str]:
    """Take in texts while sealed; return the greeting for those that get it, by SID."""
    lookups = {text.sid: make_caller_lookup(db, text.number) for text in texts if text.number}
    known = find_known_cases(db, set(lookups.values()))
    batch = Batch(db, desk, now, regions=(), known=known)
    said: dict[str, str] = {}
    for text in texts:
        if _take_turn(batch, text, lookups.get(text.sid)):
            said[text.sid] = desk.script.texts.get(None, "greeting")
    write_cases(db, batch.rows, now)
    for case_id, sids in batch.rows.pictures.items():
        keep_pictures(db, case_id, sids)
    return said


def _take_turn(batch: Batch, text: InboundText, lookup: bytes | None) -> bool:
    """Store one text; return whether it is answered with the greeting."""
    thread = batch.known.live.get(lookup) if lookup else None
    result = take_step(
        batch.desk.script,
        None,
        find_words(text),
        silent_for=None,
        urgency=thread.urgency if thread else FIRST_URGENCY,
        regions=(),
        human=False,
    )
    first = thread is None
    if thread is None:
        thread = batch.open_case(text)
    batch.rows.threads[thread.id] = thread
    content = make_payload(batch, thread, text, result, {})
    message_id = make_row_id(batch.db, Message, batch.came_at(text))
    add_inbound_message(batch, thread, text, message_id, content)
    thread.urgency = min(thread.urgency, result.urgency)
    came_at = batch.came_at(text)
    if thread.values is not None:
        thread.values = note_text(thread.values, text.number, text.channel, came_at)
    note_waiting(batch, thread, came_at)
    if result.keyword in WITHOUT_CASE and is_answerable(batch.desk, text):
        _keep_keyword(batch, thread, text, result.keyword, result.reply_language)
    return first and result.keyword not in _UNANSWERED and is_answerable(batch.desk, text)


def _keep_keyword(
    batch: Batch, thread: ChangingCase, text: InboundText, keyword: Keyword, language: str | None
) -> None:
    row_id = uuid4()
    values = PendingKeywordValues(
        number=text.sender, keyword=keyword.value, language=language, channel=text.channel
    )
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


# -- once open


def absorb_provisional_cases(database: Database, desk: IntakeSettings, now: datetime) -> int:
    """Let waiting keywords bind and merge provisional cases; return how many. Nothing while sealed.

    Keywords first, and each case by itself: one that fails holds up no other, and never a STOP.
    The last failure is raised once all have had their turn.
    """
    with database.transaction() as db:
        if not db.keys.is_open:
            return 0
        _bind_keywords(db, with_own_script(db, desk), now)
        waiting = select(Case.id).where(Case.provisional).order_by(Case.queue_order)
        ids = db.scalars(waiting).all()
    failed: Exception | None = None
    for case_id in ids:
        try:
            with database.transaction() as db:
                _settle_one(db, case_id, now)
        except (SQLAlchemyError, KeyError, ValueError, SealBroken) as error:
            failed = error
    if failed is not None:
        raise failed
    return len(ids)


def _settle_one(db: Db, case_id: UUID, now: datetime) -> None:
    still = select(Case).where(Case.id == case_id, Case.provisional)
    case = db.scalars(still.with_for_update()).one_or_none()
    if case is not None:
        _settle(db, case, now)


def _bind_keywords(db: Db, desk: IntakeSettings, now: datetime) -> None:
    rows = db.scalars(
        select(PendingKeyword).order_by(PendingKeyword.position).with_for_update()
    ).all()
    for row in rows:
        _bind(db, desk, db.keys.read_values(row), now)
    db.execute(delete(PendingKeyword).where(PendingKeyword.id.in_([row.id for row in rows])))


def _bind(db: Db, desk: IntakeSettings, values: PendingKeywordValues, now: datetime) -> None:
    number = values.number
    match Keyword(values.keyword):
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


def _settle(db: Db, case: Case, now: datetime) -> None:
    """Give a provisional case its number's index, or put it under that number's live case."""
    values = db.keys.read_values(case)
    db.keys.move_values(case, values, now)
    case.provisional, case.number_lookup = False, None
    case.reference_lookup = db.keys.reference_lookup(values.reference)
    db.flush()
    if values.number is None:
        return
    lookup = db.keys.number_lookup(values.number)
    known = find_known_cases(db, {lookup})
    live = known.live.get(lookup)
    if live is not None:
        case.merged_into = live.id
        _pass_on(db, case, values, db.get_one(Case, live.id))
    else:
        case.follows = known.closed.get(lookup)
    case.number_lookup = lookup
    db.flush()


def _pass_on(db: Db, case: Case, gone: CaseValues, live: Case) -> None:
    """Let a live case know what came into a provisional one, which is put under it."""
    known = [at for at in (live.last_message_at, case.last_message_at) if at is not None]
    live.last_message_at = max(known, default=None)
    live.last_position = max(live.last_position, case.last_position)
    values = inherit_waiting(live, read_case_values(db, live), case, gone)
    values = inherit_channels(values, gone)
    newest = {  # a call has not written anything
        name: max(stamps)
        for name in ("last_message_at", "last_inbound_at")
        if (stamps := [at for at in (getattr(values, name), getattr(gone, name)) if at])
    }
    write_case_values(db, live, replace(values, **newest))
