"""One text: what the script says to it, what a keyword does, what is sealed and what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from app.cases import (
    FIRST_URGENCY,
    BatchRows,
    ChangingCase,
    KnownCases,
    NewCaller,
    mark_open,
    open_new_case,
)
from app.inbound.erase_dialogue import answer_erase_dialogue, begin_erase_dialogue
from app.intake import (
    ContactHint,
    Keyword,
    Script,
    Step,
    is_builtin_start,
    is_builtin_stop,
    take_step,
)
from app.models import (
    CaseState,
    CaseValues,
    Erasure,
    MediaLink,
    MessageBody,
    Page,
    Reach,
    rounded,
)
from app.outbox import SILENCED, ReplyAllowance, TextDraft, lift_suppressions, suppress_number
from app.paging import ALERTED_AT_ONCE, MINE_ANSWER, make_alert_job, take_paged_case
from app.requests import read_answer, take_answer
from app.store import Db, position_after
from app.telephony import InboundText
from app.vault import MESSAGE_BODY, SealedPlace, lock_field, seal_field

# Only such senders can be answered; short codes and names belong to machines.
_ANSWERABLE = re.compile(r"\+[1-9][0-9]{6,14}")
# Asked by a phone we know nothing of, these need no case.
WITHOUT_CASE = (Keyword.STOP, Keyword.START, Keyword.WRONG_NUMBER, Keyword.ERASE)


@dataclass(frozen=True)
class IntakeSettings:
    """What the intake needs to know of the organisation."""

    script: Script
    regions: Callable[[Db], Sequence[str]]
    own_number: str


@dataclass(frozen=True)
class Batch:
    """What the texts of one transaction share, and what they will write."""

    db: Db
    desk: IntakeSettings
    now: datetime
    regions: Sequence[str]
    known: KnownCases
    suppressions: dict[bytes, set[str]] = field(default_factory=dict)
    dialogues: dict[bytes, Erasure] = field(default_factory=dict)
    rows: BatchRows = field(default_factory=BatchRows)
    drafts: list[TextDraft] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    pages: Mapping[bytes, Page] = field(default_factory=dict)
    # Numbers of members that were texted an offer.
    asked: frozenset[bytes] = frozenset()
    allowance: ReplyAllowance | None = None

    def came_at(self, text: InboundText) -> datetime:
        """Return when a text reached the carrier: now, unless its webhook got lost."""
        return text.at or self.now

    def open_case(self, text: InboundText) -> ChangingCase:
        """Open a case for a text from a phone that has none."""
        caller = NewCaller(text.channel, text.number)
        return open_new_case(self.db, self.rows, self.known, caller, self.now)

    def about(self, text: InboundText) -> datetime:
        """Return the same as a plain column may tell it."""
        return rounded(text.at) if text.at else self._about_now

    def stamp(self, text: InboundText) -> str:
        """Return the same as text, exact."""
        return text.at.isoformat() if text.at else self._stamp_now

    @cached_property
    def _about_now(self) -> datetime:
        return rounded(self.now)

    @cached_property
    def _stamp_now(self) -> str:
        return self.now.isoformat()


def is_answerable(desk: IntakeSettings, text: InboundText) -> bool:
    """Return whether a text back can reach a person."""
    own = text.sender == desk.own_number
    return not text.withheld and not own and _ANSWERABLE.fullmatch(text.sender) is not None


def take_text(batch: Batch, text: InboundText, lookup: bytes | None) -> None:
    """Work on one text: it lands in the number's live case, or opens one, or needs none."""
    if lookup and lookup in batch.pages and text.body.strip() == MINE_ANSWER:
        batch.drafts.append(
            _notice(text, take_paged_case(batch.db, batch.pages[lookup], batch.now))
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
            batch.drafts.extend(_notice(text, body) for body in _allowed(batch, text, [said]))
            return
    if thread is None and result.keyword in WITHOUT_CASE and lookup:
        notices = _obey(batch, text, result) if can_answer else []
        batch.drafts.extend(_notice(text, body) for body in _allowed(batch, text, notices))
        return
    if thread is None:
        thread = batch.open_case(text)
    _append(batch, thread, text, result, can_answer=can_answer)


def _to_member(batch: Batch, text: InboundText, lookup: bytes) -> list[TextDraft]:
    """Take a member's answer to an offer; return what to tell them."""
    said = take_answer(batch.db, lookup, text.body, batch.now)
    return [TextDraft(text.sender, said, None, None, "offer", 1, text.at)] if said else []


def _ask_script(
    batch: Batch, thread: ChangingCase | None, text: InboundText, lookup: bytes | None
) -> Step:
    values = thread.known_values if thread else None
    stopped = "stop" in batch.suppressions.get(lookup or b"", set())
    restarts = stopped and is_builtin_start(text.body)  # the carrier has just heard it so, too
    stamps = (values.last_inbound_at, values.last_outbound_at) if values else ()
    last = max((stamp for stamp in stamps if stamp), default=None)
    return take_step(
        batch.desk.script,
        values.script if values else None,
        "START" if restarts else text.body,
        silent_for=batch.came_at(text) - last if last else None,
        urgency=thread.urgency if thread else FIRST_URGENCY,
        regions=batch.regions,
        human=values is not None and values.human,
    )


def _notice(text: InboundText, body: str) -> TextDraft:
    """Return a text that belongs to no case: the same for every number, known or not."""
    return TextDraft(text.sender, body, None, None, "notice", 2, text.at)


def _allowed(
    batch: Batch, text: InboundText, said: list[str], purpose: str = "notice"
) -> list[str]:
    """Return what of ``said`` may be said: nothing where somebody silenced or floods the line."""
    lookup = batch.db.keys.number_lookup(text.sender)
    in_force = batch.suppressions.get(lookup, set())
    if in_force & SILENCED or (in_force and purpose == "script"):
        return []
    allowance = batch.allowance
    return said if said and allowance and allowance.take(lookup, purpose, len(said)) else []


# -- a text that belongs to a case


def _append(
    batch: Batch, thread: ChangingCase, text: InboundText, result: Step, *, can_answer: bool
) -> None:
    batch.rows.threads[thread.id] = thread
    message_id = uuid4()
    purpose = "notice" if result.keyword in WITHOUT_CASE else "script"
    said: list[str] = []
    if can_answer:
        obeyed = purpose == "notice"
        said = _obey(batch, text, result) if obeyed else [r.text for r in result.replies]
        said = _allowed(batch, text, said, purpose)
    replies = {uuid4(): body for body in said}
    add_inbound_message(
        batch, thread, text, message_id, make_payload(batch, thread, text, result, replies)
    )
    for reply_id, body in replies.items():
        _add_reply(batch, thread, text, message_id, reply_id)
        urgency = min(thread.urgency, result.urgency)
        draft = TextDraft(text.sender, body, thread.id, reply_id, purpose, urgency, text.at)
        batch.drafts.append(draft)
    _note_changes(batch, thread, text, result)


def make_payload(
    batch: Batch, thread: ChangingCase, text: InboundText, result: Step, replies: Mapping[UUID, str]
) -> MessageBody:
    """Return what is sealed: text, exact time, answers, and the script's replies, in one go."""
    known = thread.values.number if thread.values else None
    return MessageBody(
        body=text.body,
        at=batch.came_at(text),
        sender=text.sender if text.sender != known else None,
        answers=result.answers,
        media=tuple(MediaLink(url=url, content_type=kind) for url, kind in text.media),
        replies=replies,
    )


def add_inbound_message(
    batch: Batch,
    thread: ChangingCase,
    text: InboundText,
    message_id: UUID,
    content: MessageBody,
) -> None:
    """Append an incoming message, sealed to the case."""
    if text.media:
        batch.rows.pictures.setdefault(thread.id, []).append(text.sid)
    batch.rows.messages.append(
        {
            **_message(batch, thread, text, message_id),
            "direction": "inbound",
            "status": "received",
            "source_id": None,
            "body": _seal(batch, thread, message_id, content),
        }
    )


def _add_reply(
    batch: Batch, thread: ChangingCase, text: InboundText, source_id: UUID, reply_id: UUID
) -> None:
    """Append a reply of the script, whose words lie in the incoming message's body."""
    batch.rows.messages.append(
        {
            **_message(batch, thread, text, reply_id),
            "direction": "outbound",
            "status": "queued",
            "source_id": source_id,
            "body": None,
        }
    )


def _message(
    batch: Batch, thread: ChangingCase, text: InboundText, message_id: UUID
) -> dict[str, Any]:
    thread.last_position = position_after(thread.last_position, batch.came_at(text))
    return {
        "id": message_id,
        "case_id": thread.id,
        "epoch": thread.epoch,
        "channel": text.channel,
        "at": batch.about(text),
        "position": thread.last_position,
        "author_id": None,
    }


def _seal(batch: Batch, thread: ChangingCase, message_id: UUID, content: MessageBody) -> bytes:
    place = SealedPlace(message_id, thread.epoch, thread.id)
    if thread.keys is not None:
        key = thread.keys.field_key(MESSAGE_BODY.name)
        return lock_field(batch.db.keys, MESSAGE_BODY, place, content, key)
    return seal_field(batch.db.keys, MESSAGE_BODY, place, content, thread.public)


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
    values = _note_time(replace(values, **known, script=result.state), at)
    if result.contact is not None:
        values = replace(values, reach=_reach(result.contact))
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


def _reach(said: ContactHint) -> Reach:
    """Free text about hours is for the desk to read; a machine takes no hours from it."""
    hours = () if said.hours is None else None
    return Reach(granted=bool(said.methods), methods=said.methods, hours=hours)


def _note_time(values: CaseValues, at: datetime) -> CaseValues:
    """Note when the phone was last heard of; a text that comes late takes nothing back."""
    return replace(
        values,
        last_message_at=max(values.last_message_at or at, at),
        last_inbound_at=max(values.last_inbound_at or at, at),
    )


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


# -- keywords


def _obey(batch: Batch, text: InboundText, result: Step) -> list[str]:
    """Do what a keyword asks; return what to say."""
    db, lookup = batch.db, batch.db.keys.number_lookup(text.sender)
    in_force = batch.suppressions.setdefault(lookup, set())
    if result.keyword is Keyword.ERASE and "compromised" in in_force:
        return []  # whoever holds the phone now must not erase what its owner wrote
    if result.keyword is Keyword.ERASE:
        texts, language = batch.desk.script.texts, result.reply_language
        return [
            begin_erase_dialogue(
                db, texts, batch.dialogues, lookup, text.sender, language, batch.now
            )
        ]
    if result.keyword is Keyword.START:
        lift_suppressions(db, text.sender, ("stop", "locked"))
        in_force -= {"stop", "locked"}
        return [reply.text for reply in result.replies]
    kind = "stop" if result.keyword is Keyword.STOP else "locked"
    already = kind in in_force
    suppress_number(db, text.sender, kind, batch.now)
    in_force.add(kind)
    if already or (kind == "stop" and is_builtin_stop(text.body)):
        return []  # said before, or the carrier lets no answer through
    return [reply.text for reply in result.replies]
