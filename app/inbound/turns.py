"""One text: which case it belongs to, what the script says to it, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.cases import (
    FIRST_URGENCY,
    ChangingCase,
    mark_open,
    note_text,
    parse_safe_hours,
)
from app.inbound.batches import WITHOUT_CASE, Batch, is_answerable
from app.inbound.erase_dialogue import answer_erase_dialogue
from app.inbound.keywords import choose_allowed, find_words, make_notice, obey_keyword
from app.inbound.messages import add_inbound_message, add_reply, make_payload
from app.intake import (
    ContactHint,
    Keyword,
    Step,
    read_hours,
    take_step,
)
from app.models import (
    CaseState,
    Message,
    Reach,
)
from app.organisation import TEXT_METHODS
from app.outbox import TextDraft
from app.paging import ALERTED_AT_ONCE, MINE_ANSWER, make_alert_job, take_paged_case
from app.requests import read_answer, take_answer
from app.store import make_row_id, position_after
from app.telephony import Channel, InboundText


def take_text(batch: Batch, text: InboundText, lookup: bytes | None) -> None:
    """Work on one text: it lands in the number's live case, or opens one, or needs none."""
    if lookup and lookup in batch.pages and text.body.strip() == MINE_ANSWER:
        batch.drafts.append(
            make_notice(text, take_paged_case(batch.db, batch.pages[lookup], batch.now))
        )
        return
    if lookup and lookup in batch.asked and read_answer(text.body):
        batch.drafts.extend(_to_member(batch, text, lookup))
        return
    thread = batch.known.live.get(lookup) if lookup else None
    result = _ask_script(batch, thread, text, lookup)
    can_answer = is_answerable(batch.desk, text)
    if can_answer and result.keyword is None and lookup in batch.dialogues:
        texts = batch.desk.script.texts
        said = answer_erase_dialogue(batch.db, texts, batch.dialogues, lookup, text.body, batch.now)
        if said is not None:
            batch.drafts.extend(
                make_notice(text, body) for body in choose_allowed(batch, text, [said])
            )
            return
    if thread is None and result.keyword in WITHOUT_CASE and lookup:
        notices = obey_keyword(batch, text, result) if can_answer else []
        batch.drafts.extend(
            make_notice(text, body) for body in choose_allowed(batch, text, notices)
        )
        return
    if thread is None:
        thread = batch.open_case(text)
    _append(batch, thread, text, result, can_answer=can_answer)


def _to_member(batch: Batch, text: InboundText, lookup: bytes) -> list[TextDraft]:
    """Take a member's answer to an offer; return what to tell them."""
    said = take_answer(batch.db, lookup, text.body, batch.now)
    return (
        [TextDraft(text.sender, said, None, None, "offer", 1, text.at, text.channel)]
        if said
        else []
    )


def _ask_script(
    batch: Batch, thread: ChangingCase | None, text: InboundText, lookup: bytes | None
) -> Step:
    values = thread.known_values if thread else None
    stopped = "stop" in batch.suppressions.get(lookup or b"", set())
    stamps = (values.last_inbound_at, values.last_outbound_at) if values else ()
    last = max((stamp for stamp in stamps if stamp), default=None)
    return take_step(
        batch.desk.script,
        values.script if values else None,
        find_words(text, stopped=stopped),
        silent_for=batch.came_at(text) - last if last else None,
        urgency=thread.urgency if thread else FIRST_URGENCY,
        regions=batch.regions,
        human=values is not None and values.human,
    )


def _append(
    batch: Batch, thread: ChangingCase, text: InboundText, result: Step, *, can_answer: bool
) -> None:
    batch.rows.threads[thread.id] = thread
    message_id = make_row_id(batch.db, Message, batch.came_at(text))
    purpose = "notice" if result.keyword in WITHOUT_CASE else "script"
    said: list[str] = []
    if can_answer:
        obeyed = purpose == "notice"
        said = obey_keyword(batch, text, result) if obeyed else [r.text for r in result.replies]
        said = choose_allowed(batch, text, said, purpose)
    replies = {make_row_id(batch.db, Message, batch.came_at(text)): body for body in said}
    add_inbound_message(
        batch, thread, text, message_id, make_payload(batch, thread, text, result, replies)
    )
    for reply_id, body in replies.items():
        add_reply(batch, thread, text, message_id, reply_id)
        urgency = min(thread.urgency, result.urgency)
        batch.drafts.append(
            TextDraft(
                text.sender, body, thread.id, reply_id, purpose, urgency, text.at, text.channel
            )
        )
    _note_changes(batch, thread, text, result)


def _note_changes(batch: Batch, thread: ChangingCase, text: InboundText, result: Step) -> None:
    """Bring a case's plain and operational values up to date with one text."""
    values, at = thread.known_values, batch.came_at(text)
    known: dict[str, Any] = {
        name: value
        for name, value in (
            ("language", result.language),
            ("region", result.region),
            ("situation", result.situation),
        )
        if value is not None and value != getattr(values, name)
    }
    changed = bool(known) or result.urgency != thread.urgency
    values = replace(values, **known, script=result.state)
    values = note_text(values, text.number, text.channel, at)
    if result.contact is not None:
        values = replace(values, reach=_reach(result.contact, text.channel))
    if result.callback:
        values = replace(values.with_flag("callback"), call_wanted_at=at)
        batch.rows.call_backs[thread.id] = at
    thread.values = values
    thread.version += changed and thread.row is not None
    before, thread.urgency = thread.urgency, result.urgency
    newly_waiting = not thread.waiting
    note_waiting(batch, thread, batch.came_at(text))
    silenced = is_going_silent(result)
    if thread.urgency <= ALERTED_AT_ONCE and (newly_waiting or silenced or thread.urgency < before):
        batch.jobs.append(make_alert_job(thread.id, batch.now))


def is_going_silent(result: Step) -> bool:
    """Return whether the caller stopped our texts: the desk of an urgent case must know."""
    return result.keyword in (Keyword.STOP, Keyword.WRONG_NUMBER)


def _reach(said: ContactHint, channel: Channel) -> Reach:
    """Take hours only where they are certain; all else about them is for the desk to ask.

    Who is content with texts means the channel that they say it on.
    """
    hours = parse_safe_hours(read_hours(said.hours or ""))
    methods = tuple(TEXT_METHODS[channel] if one == "text" else one for one in said.methods)
    return Reach(granted=bool(methods), methods=methods, hours=hours)


def note_waiting(batch: Batch, thread: ChangingCase, since: datetime) -> None:
    """Note that somebody waits for a person."""
    thread.unread += 1
    if thread.state == CaseState.WAITING:
        mark_open(thread)
    if not thread.waiting:
        thread.waiting = True
        if thread.values is not None:
            thread.values = replace(thread.values, waiting_since=since)
        late = since < batch.now
        order = batch.db.order
        thread.queue_order = position_after(0, since) if late else order.next(batch.now)
