"""One text: which case it belongs to, what the script says to it, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.cases import (
    FIRST_URGENCY,
    ChangingCase,
    mark_open,
    note_text,
    parse_safe_hours,
)
from app.inbound.batches import OF_THE_PHONE, WITHOUT_CASE, Batch, is_answerable
from app.inbound.erase_dialogue import answer_erase_dialogue
from app.inbound.keywords import choose_allowed, find_words, make_notice, obey_keyword
from app.inbound.member_phones import hear_member, tell_whether_kept
from app.inbound.messages import add_inbound_message, add_reply, make_payload
from app.inbound.proof import begin_talk
from app.intake import (
    ContactHint,
    Keyword,
    Step,
    read_hours,
    take_step,
)
from app.models import (
    ERASE_REQUESTED,
    CaseState,
    Message,
    Reach,
)
from app.organisation import TEXT_METHODS
from app.outbox import TextDraft
from app.paging import ALERTED_AT_ONCE, make_alert_job
from app.store import make_row_id, position_after
from app.telephony import Channel, InboundText

# Of the replies of the script, to whomever.
SCRIPT_PRIORITY = 2


@dataclass(frozen=True)
class Talk:
    """Where a text lands, and where its phone's dialogue is: the same unless it was merged."""

    case: ChangingCase
    own: ChangingCase


def take_text(batch: Batch, text: InboundText, lookup: bytes | None) -> None:
    """Work on one text: it lands in the number's live case, or opens one, or needs none."""
    thread = batch.known.live.get(lookup) if lookup else None
    own = batch.known.own.get(lookup) if lookup else None
    result = _ask_script(batch, thread, own, text, lookup)
    member = lookup if lookup in batch.members else None
    if member:
        heard = hear_member(batch, text, member, own, result, in_case=thread is not None)
        if heard is None:
            return
        result = heard
    can_answer = is_answerable(batch.desk, text)
    if can_answer and result.keyword is None and lookup in batch.dialogues:
        said = answer_erase_dialogue(batch, lookup, text.body)
        if said is not None:
            notices = choose_allowed(batch, text, [said.text])
            batch.drafts.extend(make_notice(text, body) for body in notices)
            if said.is_all:
                return
    alone = OF_THE_PHONE if member else WITHOUT_CASE
    if thread is None and result.keyword in alone and lookup:
        notices = obey_keyword(batch, text, result) if can_answer else []
        batch.drafts.extend(
            make_notice(text, body) for body in choose_allowed(batch, text, notices)
        )
        return
    if thread is None and member and not tell_whether_kept(batch, text, member, result):
        return
    if thread is None:
        thread = batch.open_case(text)
    _append(batch, Talk(thread, own or thread), text, result, can_answer=can_answer)


def _ask_script(
    batch: Batch,
    thread: ChangingCase | None,
    own: ChangingCase | None,
    text: InboundText,
    lookup: bytes | None,
) -> Step:
    values = own.known_values if own else None
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


def _append(batch: Batch, talk: Talk, text: InboundText, result: Step, *, can_answer: bool) -> None:
    thread = talk.case
    batch.rows.threads |= {thread.id: thread, talk.own.id: talk.own}
    if result.begins:
        own = talk.own.known_values
        talk.own.values = begin_talk(own, thread.known_values, batch.came_at(text))
    proven = not talk.own.known_values.unproven
    message_id = make_row_id(batch.db, Message, batch.came_at(text))
    purpose = "notice" if result.keyword in OF_THE_PHONE else "script"
    said: list[str] = []
    if can_answer:
        obeyed = purpose == "notice"
        said = obey_keyword(batch, text, result) if obeyed else [r.text for r in result.replies]
        said = choose_allowed(batch, text, said, purpose)
    replies = {make_row_id(batch.db, Message, batch.came_at(text)): body for body in said}
    payload = make_payload(batch, text, result, replies, proven=proven)
    add_inbound_message(batch, thread, text, message_id, payload)
    for reply_id, body in replies.items():
        add_reply(batch, thread, text, message_id, reply_id)
        # Each with the same priority: what is known of a case must not show in how long it takes.
        draft = TextDraft(
            text.sender,
            body,
            thread.id,
            reply_id,
            purpose,
            SCRIPT_PRIORITY,
            text.at,
            text.channel,
        )
        batch.drafts.append(draft)
    if payload.unconfirmed and thread.known_values.unconfirmed_since is None:
        at = batch.came_at(text)
        thread.values = replace(thread.known_values, unconfirmed_since=at)
    changed = proven and _take_answers(talk, text, result)
    _note_changes(batch, talk, text, result, changed=changed)


def _take_answers(talk: Talk, text: InboundText, result: Step) -> bool:
    """Let what a text answered count; return whether that changed the case."""
    values = talk.case.known_values
    known: dict[str, Any] = {
        name: value
        for name, value in (
            ("language", result.language),
            ("region", result.region),
            ("situation", result.situation),
        )
        if value is not None and value != getattr(values, name)
    }
    if result.language and values.language_guessed:
        known["language_guessed"] = False
    elif values.language is None and result.detected_language:
        known |= {"language": result.detected_language, "language_guessed": True}
    talk.case.values = replace(values, **known)
    if result.contact is not None:
        reach = _reach(result.contact, text.channel)
        talk.own.values = replace(talk.own.known_values, reach=reach)
    return bool(known)


def _note_changes(
    batch: Batch, talk: Talk, text: InboundText, result: Step, *, changed: bool
) -> None:
    """Bring a case's plain and operational values up to date with one text."""
    thread, at = talk.case, batch.came_at(text)
    own = replace(talk.own.known_values, script=result.state)
    talk.own.values = note_text(own, text.number, text.channel, at)
    values = thread.known_values
    # A text that comes late takes nothing back.
    values = replace(values, last_message_at=max(values.last_message_at or at, at))
    if result.callback:
        values = replace(values.with_flag("callback"), call_wanted_at=at)
        batch.rows.call_backs[thread.id] = at
    thread.values = values
    changed |= result.urgency != thread.urgency
    thread.version += changed and thread.row is not None
    before, thread.urgency = thread.urgency, result.urgency
    newly_waiting = not thread.waiting
    # "1" and "1" may answer two questions.
    answers = result.understood and result.keyword is None
    again = batch.says_again(text) and thread.unread > 0 and not answers
    note_waiting(batch, thread, batch.came_at(text), again=again)
    urgent = thread.urgency <= ALERTED_AT_ONCE
    news = newly_waiting or is_going_silent(result) or thread.urgency < before
    if (urgent and news) or ERASE_REQUESTED in (*values.flags, *talk.own.known_values.flags):
        batch.jobs.append(make_alert_job(thread.id, thread.urgency, batch.now))


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


def note_waiting(
    batch: Batch, thread: ChangingCase, since: datetime, *, again: bool = False
) -> None:
    """Note that somebody waits for a person. What they send ``again`` is nothing new to read."""
    thread.unread += not again
    if thread.state == CaseState.WAITING:
        mark_open(thread)
    if not thread.waiting:
        thread.waiting = True
        if thread.values is not None:
            thread.values = replace(thread.values, waiting_since=since)
        late = since < batch.now
        order = batch.db.order
        thread.queue_order = position_after(0, since) if late else order.next(batch.now)
