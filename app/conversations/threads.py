"""Cases while a batch of texts is worked on, and the rows they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update

from app import carrier_traces, grants
from app.codenames import code_name
from app.crypto import CaseKeys
from app.db import Db
from app.models import LIVE_STATES, Case, CaseEpoch, CaseGrant, Message, rounded, table
from app.telephony import InboundText

# Before anything is known; the first text decides.
FIRST_URGENCY = 3
_CASES = table(Case)


@dataclass
class Thread:
    """A case as this batch changes it. ``row`` is the stored one, None for a new case."""

    id: UUID
    row: Any
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
    provisional: bool = False
    # Only for the first message of a new case; later ones are sealed to the public half.
    keys: CaseKeys | None = None


@dataclass
class Rows:
    """What a batch will write."""

    epochs: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    threads: dict[UUID, Thread] = field(default_factory=dict)
    # SIDs of messages with pictures, by case.
    pictures: dict[UUID, list[str]] = field(default_factory=dict)


@dataclass
class Known:
    """The live case of each number (the root, if it was merged) and its last closed one."""

    live: dict[bytes, Thread] = field(default_factory=dict)
    closed: dict[bytes, UUID] = field(default_factory=dict)


def find(db: Db, lookups: set[bytes]) -> Known:
    """Find and lock the cases of these numbers."""
    known = Known()
    if not lookups:
        return known
    query = (
        select(_CASES)
        .where(_CASES.c.number_lookup.in_(lookups), _CASES.c.state != "erased")
        .order_by(_CASES.c.id)
        .with_for_update()
    )
    rows = db.execute(query).all()
    roots = {row.id: row for row in (*rows, *_roots(db, rows))}
    # One thread for a case, whichever of its phones wrote.
    live = {
        row.id: _thread(db, row)
        for row in roots.values()
        if row.state in LIVE_STATES and row.merged_into is None
    }
    # The newest comes last and counts; a case of one's own counts before one it was merged into.
    for row in sorted(rows, key=lambda row: (row.merged_into is None, row.queue_order)):
        root_id = row.merged_into or row.id
        if root_id in live:
            known.live[row.number_lookup] = live[root_id]
        else:
            known.closed[row.number_lookup] = root_id
    return known


def _roots(db: Db, rows: Iterable[Any]) -> Sequence[Any]:
    merged = {row.merged_into for row in rows if row.merged_into is not None}
    if not merged:
        return []
    query = select(_CASES).where(_CASES.c.id.in_(merged)).order_by(_CASES.c.id)
    return db.execute(query.with_for_update()).all()


def _thread(db: Db, row: Any) -> Thread:
    return Thread(
        row.id,
        row,
        db.keys.open_row("cases", row) if db.keys.is_open else {},
        row.urgency,
        row.state,
        row.version,
        row.last_position,
        row.unread,
        row.waiting,
        row.queue_order,
        row.epoch,
    )


def open_thread(
    db: Db, rows: Rows, known: Known, text: InboundText, lookup: bytes | None, now: datetime
) -> Thread:
    """Open a case; withheld numbers get one each and share nothing."""
    case_id = uuid4()
    keys, epoch_row, grant = grants.new_case(db, case_id, 1, grants.DESK, now)
    rows.epochs.append(epoch_row)
    rows.grants.append(grant)
    thread = Thread(
        case_id,
        None,
        {
            "number": None if text.withheld else text.sender,
            "channel": text.channel,
            "reference": code_name(),
            "language": None,
            "region": None,
            "situation": None,
            "opened_at": now.isoformat(),
            "flags": [],
        },
        FIRST_URGENCY,
        "new",
        1,
        0,
        0,
        waiting=False,
        queue_order=0,
        follows=known.closed.get(lookup or b""),
        lookup=None if text.withheld else lookup,
        provisional=not db.keys.is_open,
        keys=keys,
    )
    rows.threads[case_id] = thread
    if thread.lookup:
        known.live[thread.lookup] = thread
    return thread


def write(db: Db, rows: Rows, now: datetime) -> None:
    """Write a batch: one statement per table."""
    new = [_new_case(db, t, now) for t in rows.threads.values() if t.row is None]
    old = [_changed_case(db, t, now) for t in rows.threads.values() if t.row is not None]
    for model, values in ((Case, new), (CaseEpoch, rows.epochs), (CaseGrant, rows.grants)):
        if values:
            db.execute(insert(table(model)), values)
    if old:
        db.execute(update(_CASES).where(_CASES.c.id == bindparam("case_id")), old)
    if rows.messages:
        db.execute(insert(table(Message)), rows.messages)
    for case_id, sids in rows.pictures.items():
        carrier_traces.keep_pictures(db, case_id, sids)


def _new_case(db: Db, thread: Thread, now: datetime) -> dict[str, Any]:
    reference = thread.coarse["reference"]
    return {
        "id": thread.id,
        "state": thread.state,
        "version": 1,
        "epoch": 1,
        "opened_at": rounded(now),
        "number_lookup": thread.lookup,
        "reference_lookup": db.keys.reference_lookup(reference) if db.keys.is_open else None,
        "provisional": thread.provisional,
        "follows": thread.follows,
        "held": False,
        **_plain(thread, now),
        **db.keys.new_row("cases", thread.id, thread.coarse, now),
    }


def _changed_case(db: Db, thread: Thread, now: datetime) -> dict[str, Any]:
    values = {
        "case_id": thread.id,
        "state": thread.state,
        "version": thread.version,
        **_plain(thread, now),
    }
    if db.keys.is_open:
        values |= db.keys.rewrite_row("cases", thread.row, thread.coarse)
    return values


def _plain(thread: Thread, now: datetime) -> dict[str, Any]:
    return {
        "urgency": thread.urgency,
        "last_message_at": rounded(now),
        "queue_order": thread.queue_order,
        "waiting": thread.waiting,
        "last_position": thread.last_position,
        "unread": thread.unread,
    }
