"""Texts arriving: from a batch of webhooks to sealed messages, cases and replies, in one commit.

Set-based: one look-up and one statement per table and batch. The server can append to a case, and
never reads one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update

from app import consent, erasure, grants, outgoing
from app.codenames import code_name
from app.crypto import CaseKeys, Purpose, lock, pad_message, seal_to
from app.db import Db, insert_new
from app.intake import Keyword, Script, State, Step, is_builtin_stop, step
from app.models import (
    LIVE_STATES,
    CarrierTrace,
    Case,
    CaseEpoch,
    CaseGrant,
    Message,
    rounded,
    table,
)
from app.ordering import position_after
from app.outgoing import Draft, StatusUpdate
from app.telephony import InboundText

# Only such senders can be answered; short codes and names belong to machines.
_ANSWERABLE = re.compile(r"\+[1-9][0-9]{6,14}")
_CASES = table(Case)
_TRACES = table(CarrierTrace)
# Asked by a phone we know nothing of, these need no case.
_WITHOUT_CASE = (Keyword.STOP, Keyword.START, Keyword.WRONG_NUMBER, Keyword.ERASE)
FIRST_URGENCY = 3


@dataclass(frozen=True)
class Desk:
    """What the intake needs to know of the organisation."""

    script: Script
    regions: Callable[[Db], Sequence[str]]
    own_number: str


@dataclass
class _Thread:
    """A case while a batch is worked on."""

    id: UUID
    row: Any  # the stored row, None for a new case
    coarse: dict[str, Any]
    urgency: int
    state: str
    version: int
    last_position: int
    unread: int
    waiting: bool
    queue_order: int
    epoch: int = 1
    follows: UUID | None = None
    lookup: bytes | None = None
    keys: CaseKeys | None = None  # only for the first message of a new case


@dataclass
class _Rows:
    """What a batch will write."""

    epochs: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    threads: dict[UUID, _Thread] = field(default_factory=dict)


class AloneOnly(Exception):
    """This batch may erase a case that its other texts are about: write each text alone."""


def take(
    db: Db, desk: Desk, items: Sequence[InboundText | StatusUpdate], now: datetime
) -> list[None]:
    """Write a batch of webhooks: texts and status callbacks."""
    texts = [item for item in items if isinstance(item, InboundText)]
    if texts:
        receive(db, desk, texts, now)
    outgoing.follow(db, [item for item in items if isinstance(item, StatusUpdate)])
    return [None] * len(items)


def receive(db: Db, desk: Desk, texts: Sequence[InboundText], now: datetime) -> None:
    """Take in texts; those whose SID is known drop out. AloneOnly for a batch with a dialogue."""
    texts = _unseen(db, texts, now)
    numbers = {text.sender for text in texts if not text.withheld}
    lookups = {number: db.keys.number_lookup(number) for number in numbers}
    known = _find_cases(db, set(lookups.values()))
    suppressions = consent.suppressed(db, set(lookups.values()), now) if lookups else {}
    dialogues = erasure.dialogues(db, set(lookups.values())) if lookups else {}
    publics = grants.public_keys(db, {t.id: t.epoch for t in known.live.values()})
    if dialogues and len(texts) > 1:
        raise AloneOnly
    rows, regions = _Rows(), desk.regions(db)
    for text in texts:
        lookup = lookups.get(text.sender)
        turn = _Turn(db, desk, rows, text, lookup, regions, now)
        _take_turn(turn, known, suppressions.setdefault(lookup or b"", set()), dialogues, publics)
    _write(db, rows, now)


def _unseen(db: Db, texts: Sequence[InboundText], now: datetime) -> list[InboundText]:
    by_sid = {db.keys.sid_lookup(text.sid): text for text in texts}
    fresh = insert_new(
        db,
        _TRACES,
        [{"sid_lookup": lookup, "seen_at": rounded(now)} for lookup in sorted(by_sid)],
        _TRACES.c.sid_lookup,
    )
    return [text for lookup, text in by_sid.items() if lookup in fresh]


@dataclass
class _Known:
    live: dict[bytes, _Thread]
    closed: dict[bytes, UUID]


def _find_cases(db: Db, lookups: set[bytes]) -> _Known:
    """Find the live case of each number (the root, if it was merged) and its last closed one."""
    known = _Known({}, {})
    if not lookups:
        return known
    query = (
        select(_CASES)
        .where(_CASES.c.number_lookup.in_(lookups), _CASES.c.state != "erased")
        .order_by(_CASES.c.id)
        .with_for_update()
    )
    merged: dict[UUID, bytes] = {}
    for row in db.execute(query).all():
        if row.merged_into is not None:
            merged[row.merged_into] = row.number_lookup
        elif row.state in LIVE_STATES:
            known.live[row.number_lookup] = _thread(db, row)
        else:
            known.closed[row.number_lookup] = row.id
    for row in _roots(db, merged):
        lookup = merged[row.id]
        if row.state in LIVE_STATES:
            known.live.setdefault(lookup, _thread(db, row))
        else:
            known.closed.setdefault(lookup, row.id)
    return known


def _roots(db: Db, merged: Iterable[UUID]) -> Sequence[Any]:
    if not merged:
        return []
    query = select(_CASES).where(_CASES.c.id.in_(merged)).order_by(_CASES.c.id)
    return db.execute(query.with_for_update()).all()


def _thread(db: Db, row: Any) -> _Thread:
    return _Thread(
        row.id,
        row,
        db.keys.open_row("cases", row),
        row.urgency,
        row.state,
        row.version,
        row.last_position,
        row.unread,
        row.waiting,
        row.queue_order,
        row.epoch,
    )


# -- one text


@dataclass(frozen=True)
class _Turn:
    db: Db
    desk: Desk
    rows: _Rows
    text: InboundText
    lookup: bytes | None
    regions: Sequence[str]
    now: datetime

    @property
    def answerable(self) -> bool:
        """Whether a text back can reach a person."""
        return (
            not self.text.withheld
            and self.text.sender != self.desk.own_number
            and _ANSWERABLE.fullmatch(self.text.sender) is not None
        )


def _take_turn(
    turn: _Turn,
    known: _Known,
    suppressed: set[str],
    dialogues: dict[bytes, Any],
    publics: Mapping[UUID, bytes],
) -> None:
    thread = known.live.get(turn.lookup) if turn.lookup else None
    result = _ask_script(turn, thread)
    if result.keyword is None and turn.lookup in dialogues and turn.answerable:
        texts = turn.desk.script.texts
        said = erasure.answer(turn.db, texts, dialogues, turn.lookup, turn.text.body, turn.now)
        if said is not None:
            turn.rows.drafts.append(_notice(turn, said))
            return
    if thread is None and result.keyword in _WITHOUT_CASE and turn.lookup:
        if turn.answerable:
            said_now = _act(turn, None, result, suppressed, dialogues)
            turn.rows.drafts.extend(_notice(turn, body) for body in said_now)
        return
    if thread is None:
        thread = _open(turn, known)
    _append(turn, thread, result, suppressed, dialogues, publics)


def _ask_script(turn: _Turn, thread: _Thread | None) -> Step:
    coarse = thread.coarse if thread else {}
    last = max(
        (t for t in (coarse.get("last_inbound_at"), coarse.get("last_outbound_at")) if t),
        default=None,
    )
    return step(
        turn.desk.script,
        State.from_json(coarse["script"]) if coarse.get("script") else None,
        turn.text.body,
        silent_for=turn.now - datetime.fromisoformat(last) if last else None,
        urgency=thread.urgency if thread else FIRST_URGENCY,
        regions=turn.regions,
        human=bool(coarse.get("human")),
    )


def _open(turn: _Turn, known: _Known) -> _Thread:
    """Open a case; withheld numbers get one each and share nothing."""
    case_id = uuid4()
    keys, epoch_row, grant = grants.new_case(turn.db, case_id, 1, grants.DESK, turn.now)
    turn.rows.epochs.append(epoch_row)
    turn.rows.grants.append(grant)
    thread = _Thread(
        case_id,
        None,
        {
            "number": turn.text.sender if not turn.text.withheld else None,
            "channel": turn.text.channel,
            "reference": code_name(),
            "language": None,
            "region": None,
            "situation": None,
            "opened_at": turn.now.isoformat(),
            "flags": [],
        },
        FIRST_URGENCY,
        "new",
        1,
        0,
        0,
        waiting=False,
        queue_order=0,
        follows=known.closed.get(turn.lookup or b""),
        lookup=turn.lookup if not turn.text.withheld else None,
        keys=keys,
    )
    turn.rows.threads[case_id] = thread
    if thread.lookup:
        known.live[thread.lookup] = thread
    return thread


def _append(
    turn: _Turn,
    thread: _Thread,
    result: Step,
    suppressed: set[str],
    dialogues: dict[bytes, Any],
    publics: Mapping[UUID, bytes],
) -> None:
    turn.rows.threads[thread.id] = thread
    message_id = uuid4()
    purpose = "notice" if result.keyword in _WITHOUT_CASE else "script"
    if not turn.answerable:
        said = []
    elif purpose == "notice":
        said = _act(turn, thread, result, suppressed, dialogues)
    else:
        said = [] if suppressed else [reply.text for reply in result.replies]
    reply_ids = _script_replies(turn, thread, message_id, said, purpose)
    thread.last_position = position_after(thread.last_position, turn.now)
    row = {
        "id": message_id,
        "case_id": thread.id,
        "epoch": thread.epoch,
        "direction": "inbound",
        "channel": turn.text.channel,
        "status": "received",
        "at": rounded(turn.now),
        "position": thread.last_position,
        "author_id": None,
        "source_id": None,
        "body": _seal(turn, thread, message_id, result, reply_ids, publics),
    }
    at = len(turn.rows.messages) - len(reply_ids)
    turn.rows.messages.insert(at, row)
    for reply in turn.rows.messages[at + 1 :]:
        thread.last_position = position_after(thread.last_position, turn.now)
        reply["position"] = thread.last_position
    _note_changes(turn, thread, result)


def _script_replies(
    turn: _Turn, thread: _Thread, source_id: UUID, bodies: Sequence[str], purpose: str
) -> list[tuple[UUID, str]]:
    replies = [(uuid4(), body) for body in bodies]
    for reply_id, body in replies:
        turn.rows.messages.append(
            {
                "id": reply_id,
                "case_id": thread.id,
                "epoch": thread.epoch,
                "direction": "outbound",
                "channel": turn.text.channel,
                "status": "queued",
                "at": rounded(turn.now),
                "position": 0,
                "author_id": None,
                "source_id": source_id,
                "body": None,
            }
        )
        turn.rows.drafts.append(
            Draft(turn.text.sender, body, thread.id, reply_id, purpose, thread.urgency)
        )
    return replies


def _seal(
    turn: _Turn,
    thread: _Thread,
    message_id: UUID,
    result: Step,
    replies: Sequence[tuple[UUID, str]],
    publics: Mapping[UUID, bytes],
) -> bytes:
    """Seal text, exact time, answers and the script's replies in one go."""
    text = turn.text
    payload: dict[str, Any] = {"body": text.body, "at": turn.now.isoformat()}
    if text.sender != thread.coarse.get("number"):
        payload["from"] = text.sender
    if result.answers:
        payload["answers"] = dict(result.answers)
    if text.media:
        payload["media"] = [{"url": url, "content_type": kind} for url, kind in text.media]
    if replies:
        payload["replies"] = {str(reply_id): body for reply_id, body in replies}
    plaintext = pad_message(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"))
    context = turn.db.keys.context(
        "messages", "body", message_id, 1, case=thread.id, epoch=thread.epoch
    )
    if thread.keys is not None:
        key, thread.keys = thread.keys.field_key("messages.body"), thread.keys
        return lock(key, Purpose.MESSAGE, thread.epoch, context, plaintext)
    public = publics[thread.id]
    return seal_to(public, Purpose.MESSAGE, thread.epoch, context, plaintext)


def _note_changes(turn: _Turn, thread: _Thread, result: Step) -> None:
    """Bring a case's plain and operational values up to date with one text."""
    now, coarse = turn.now, thread.coarse
    stamp = now.isoformat()
    changed = result.urgency != thread.urgency
    for name, value in (
        ("language", result.language),
        ("region", result.region),
        ("situation", result.situation),
    ):
        if value is not None and coarse.get(name) != value:
            coarse[name], changed = value, True
    coarse["script"] = result.state.to_json()
    coarse["last_message_at"] = coarse["last_inbound_at"] = stamp
    if result.contact is not None:
        coarse["reach"] = {
            "granted": bool(result.contact.methods),
            "methods": list(result.contact.methods),
            # Free text is for the desk to read; a machine takes no hours from it.
            "hours": [] if result.contact.hours is None else None,
        }
    if result.callback:
        _flag(coarse, "callback")
    thread.urgency = result.urgency
    thread.version += changed and thread.row is not None
    thread.unread += 1
    if thread.state == "waiting":
        thread.state = "open"
    if not thread.waiting:
        thread.waiting, coarse["waiting_since"] = True, stamp
        thread.queue_order = turn.db.keys.order.next(now)


# -- keywords


def _notice(turn: _Turn, body: str) -> Draft:
    """Return a text that belongs to no case: the same for every number, known or not."""
    return Draft(turn.text.sender, body, None, None, "notice", 2)


def _act(
    turn: _Turn,
    thread: _Thread | None,
    result: Step,
    suppressed: set[str],
    dialogues: dict[bytes, Any],
) -> list[str]:
    db, number, now = turn.db, turn.text.sender, turn.now
    flags = thread.coarse if thread else {}
    if result.keyword is Keyword.START:
        consent.lift(db, number, ("stop", "locked"))
        suppressed -= {"stop", "locked"}
        _unflag(flags, "stopped", "locked")
        return [reply.text for reply in result.replies]
    if result.keyword is Keyword.ERASE:
        return [
            erasure.begin(
                db,
                turn.desk.script.texts,
                dialogues,
                db.keys.number_lookup(number),
                number,
                result.reply_language,
                now,
            )
        ]
    kind = "stop" if result.keyword is Keyword.STOP else "locked"
    already = kind in suppressed
    consent.suppress(db, number, kind, now)
    suppressed.add(kind)
    _flag(flags, "stopped" if kind == "stop" else "locked")
    if already or (kind == "stop" and is_builtin_stop(turn.text.body)):
        return []  # the carrier lets no answer through, or it was said before
    return [reply.text for reply in result.replies]


def _flag(coarse: dict[str, Any], flag: str) -> None:
    if coarse and flag not in coarse["flags"]:
        coarse["flags"].append(flag)


def _unflag(coarse: dict[str, Any], *flags: str) -> None:
    if coarse:
        coarse["flags"] = [flag for flag in coarse["flags"] if flag not in flags]


# -- writing


def _write(db: Db, rows: _Rows, now: datetime) -> None:
    new = [_new_case(db, t, now) for t in rows.threads.values() if t.row is None]
    old = [_changed_case(db, t, now) for t in rows.threads.values() if t.row is not None]
    for model, values in ((Case, new), (CaseEpoch, rows.epochs), (CaseGrant, rows.grants)):
        if values:
            db.execute(insert(table(model)), values)
    if old:
        db.execute(update(_CASES).where(_CASES.c.id == bindparam("case_id")), old)
    if rows.messages:
        db.execute(insert(table(Message)), rows.messages)
    outgoing.queue(db, rows.drafts, now)


def _new_case(db: Db, thread: _Thread, now: datetime) -> dict[str, Any]:
    return {
        "id": thread.id,
        "state": thread.state,
        "version": 1,
        "epoch": 1,
        "opened_at": rounded(now),
        "number_lookup": thread.lookup,
        "reference_lookup": db.keys.reference_lookup(thread.coarse["reference"]),
        "follows": thread.follows,
        "held": False,
        **_plain(thread, now),
        **db.keys.new_row("cases", thread.id, thread.coarse, now),
    }


def _changed_case(db: Db, thread: _Thread, now: datetime) -> dict[str, Any]:
    return {
        "case_id": thread.id,
        "state": thread.state,
        "version": thread.version,
        **_plain(thread, now),
        **db.keys.rewrite_row("cases", thread.row, thread.coarse),
    }


def _plain(thread: _Thread, now: datetime) -> dict[str, Any]:
    return {
        "urgency": thread.urgency,
        "last_message_at": rounded(now),
        "queue_order": thread.queue_order,
        "waiting": thread.waiting,
        "last_position": thread.last_position,
        "unread": thread.unread,
    }


__all__ = ["Desk", "receive", "take"]
