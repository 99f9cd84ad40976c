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
from uuid import UUID

from sqlalchemy import select
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
from app.inbound.batches import OF_THE_PHONE, Batch, IntakeSettings, is_answerable
from app.inbound.kept_answers import bind_keywords, keep_pending, take_pending_answers
from app.inbound.keywords import find_words
from app.inbound.messages import add_inbound_message, add_reply, make_payload
from app.inbound.proof import begin_talk
from app.inbound.sealed_talks import (
    SealedTalk,
    find_sealed_talks,
    follow_talk,
    is_greeting_answered,
)
from app.inbound.turns import note_waiting
from app.intake import Keyword, Step, take_step
from app.models import Case, CaseValues, Message, PendingKeywordValues
from app.outbox import keep_pictures
from app.store import Database, Db, make_row_id
from app.telephony import InboundText

# Never answered while sealed: they wait, and bind once the server is open.
_UNANSWERED = (Keyword.STOP, Keyword.WRONG_NUMBER, Keyword.ERASE)
_KEPT = (*OF_THE_PHONE, Keyword.CALL_ME)


def receive_sealed_texts(
    db: Db, desk: IntakeSettings, texts: Sequence[InboundText], now: datetime
) -> dict[str, str]:
    """Take in texts while sealed; return the greeting for those that get it, by SID."""
    lookups = {text.sid: make_caller_lookup(db, text.number) for text in texts if text.number}
    known = find_known_cases(db, set(lookups.values()))
    batch = Batch(db, desk, now, regions=(), known=known)
    said: dict[str, str] = {}
    talks, news = find_sealed_talks(batch), dict[bytes, SealedTalk]()
    for text in texts:
        lookup = lookups.get(text.sid)
        talk = news.get(lookup) or talks.by_lookup.get(lookup) if lookup else None
        greeting, talk = _take_turn(batch, text, lookup, talk)
        if lookup:
            news[lookup] = talk
        if greeting:
            said[text.sid] = greeting
    db.on_commit(lambda: talks.note(news))
    write_cases(db, batch.rows, now)
    keep_pictures(db, [text.sid for text in texts if text.media], batch.rows.pictures, now)
    return said


def _take_turn(
    batch: Batch, text: InboundText, lookup: bytes | None, talk: SealedTalk | None
) -> tuple[str | None, SealedTalk]:
    """Store one text; return the greeting if that answers it, and where its dialogue stands."""
    thread = batch.known.live.get(lookup) if lookup else None
    came_at = batch.came_at(text)
    result = take_step(
        batch.desk.script,
        talk.script if talk else None,
        find_words(text),
        silent_for=came_at - talk.at if talk else None,
        urgency=thread.urgency if thread else FIRST_URGENCY,
        regions=(),
        human=False,
    )
    if thread is None:
        thread = batch.open_case(text)
    batch.rows.threads[thread.id] = thread
    after, can_answer = follow_talk(talk, result, came_at), is_answerable(batch.desk, text)
    greets = result.begins and result.keyword not in _UNANSWERED and not after.silenced
    greeting = batch.desk.script.texts.get(None, "greeting") if greets and can_answer else None
    _add_messages(batch, thread, text, result, greeting)
    thread.urgency = min(thread.urgency, result.urgency)
    if thread.values is not None:  # as far as this transaction opened it
        heard = note_text(thread.values, text.number, text.channel, came_at)
        thread.values = replace(heard, script=after.script)
    note_waiting(batch, thread, came_at)
    kept = PendingKeywordValues(number=text.sender, channel=text.channel, at=came_at)
    if result.keyword in _KEPT:
        kept = replace(kept, keyword=result.keyword, language=result.reply_language)
    elif is_greeting_answered(talk, result):
        kept = replace(kept, script=result.state)
    if can_answer and (kept.keyword or kept.script):
        keep_pending(batch, thread, kept)
    return greeting, after


def _add_messages(
    batch: Batch, thread: ChangingCase, text: InboundText, result: Step, greeting: str | None
) -> None:
    """Append a text, and the greeting that the answer to its webhook says."""
    came_at = batch.came_at(text)
    message_id = make_row_id(batch.db, Message, came_at)
    replies = {make_row_id(batch.db, Message, came_at): greeting} if greeting else {}
    # Nobody knows yet whether the phone has a case already, so nothing counts by itself.
    content = make_payload(batch, text, result, replies, proven=False)
    add_inbound_message(batch, thread, text, message_id, content)
    for reply_id in replies:
        add_reply(batch, thread, text, message_id, reply_id, "sent")


# -- once open


def absorb_provisional_cases(database: Database, desk: IntakeSettings, now: datetime) -> int:
    """Let waiting keywords bind and merge provisional cases; return how many. Nothing while sealed.

    Keywords first, and each case by itself: one that fails holds up no other, and never a STOP.
    The last failure is raised once all have had their turn.
    """
    with database.transaction() as db:
        if not db.keys.is_open:
            return 0
        bind_keywords(db, desk, now)
        waiting = select(Case.id).where(Case.provisional).order_by(Case.queue_order)
        ids = db.scalars(waiting).all()
    failed: Exception | None = None
    for case_id in ids:
        try:
            with database.transaction() as db:
                _settle_one(db, case_id, now)
        except (SQLAlchemyError, KeyError, ValueError, SealBroken) as error:
            failed = error
    with database.transaction() as db:
        take_pending_answers(db, desk, now)
    if failed is not None:
        raise failed
    return len(ids)


def _settle_one(db: Db, case_id: UUID, now: datetime) -> None:
    still = select(Case).where(Case.id == case_id, Case.provisional)
    case = db.scalars(still.with_for_update()).one_or_none()
    if case is not None:
        _settle(db, case, now)


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
        _begin_anew(db, values, db.get_one(Case, known.own[lookup].id), live.id)
        _pass_on(db, case, values, db.get_one(Case, live.id))
    else:
        case.follows = known.closed.get(lookup)
    case.number_lookup = lookup
    db.flush()


def _begin_anew(db: Db, gone: CaseValues, own: Case, live_id: UUID) -> None:
    """Let the dialogue of a phone stand behind the greeting that it got while sealed."""
    if gone.script is None or gone.last_inbound_at is None:
        return
    main = read_case_values(db, db.get_one(Case, live_id))
    begun = begin_talk(read_case_values(db, own), main, gone.opened_at)
    heard = max(at for at in (begun.last_inbound_at, gone.last_inbound_at) if at)
    write_case_values(db, own, replace(begun, script=gone.script, last_inbound_at=heard))


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
