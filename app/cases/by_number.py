"""Cases while a batch of texts is worked on, and the rows they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update

from app import access
from app.cases.callers import NewCaller, make_caller_lookup
from app.cases.codenames import make_code_name
from app.crypto import CaseKeys, SealBroken, Secret
from app.errors import Sealed
from app.models import (
    LIVE_STATES,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseState,
    CaseValues,
    Message,
    rounded,
    table,
)
from app.store import Db, Lookup, as_values, insert_rows, is_row_true, make_row_id, update_rows
from app.vault import make_case_keys

FIRST_URGENCY = 3  # until the first text decides
_CASES, _EPOCHS = table(Case), table(CaseEpoch)
_GRANTS, _MESSAGES = table(CaseGrant), table(Message)
_NAMES = [column.name for column in _CASES.c]
_CURRENT = and_(_EPOCHS.c.case_id == _CASES.c.id, _EPOCHS.c.epoch == _CASES.c.epoch)
# Cases with the public half of their current epoch, locked in the order of their ids.
_WITH_KEYS = (
    select(*(_CASES.c[name] for name in _NAMES), _EPOCHS.c.public, _EPOCHS.c.mac)
    .outerjoin_from(_CASES, _EPOCHS, _CURRENT)
    .order_by(_CASES.c.id)
    .with_for_update(of=_CASES)
)
_BY_NUMBER = Lookup(
    lambda wanted: _WITH_KEYS.where(_CASES.c.number_lookup.in_(wanted), _CASES.c.state != "erased")
)
_BY_ID = Lookup(lambda wanted: _WITH_KEYS.where(_CASES.c.id.in_(wanted)))


@dataclass
class ChangingCase:
    """A case as this batch changes it. ``row`` is the stored one, None for a new case."""

    id: UUID
    row: Any
    # None for a stored case while the server is sealed.
    values: CaseValues | None
    urgency: int
    state: CaseState
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
    public: bytes = b""
    # Opens the stored row's operational values, and will lock those that replace them.
    row_key: Secret | None = None

    @property
    def known_values(self) -> CaseValues:
        """What the machine knows of the case; only a sealed server does not know it."""
        if self.values is None:
            raise Sealed
        return self.values


@dataclass
class BatchRows:
    """What a batch will write."""

    epochs: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    threads: dict[UUID, ChangingCase] = field(default_factory=dict)
    # Case and text of each message with pictures, by its SID.
    pictures: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)
    # Cases in which somebody asked to be called, and when.
    call_backs: dict[UUID, datetime] = field(default_factory=dict)


@dataclass
class KnownCases:
    """The live case of each number (the root, if it was merged) and its last closed one.

    ``own``: the number's own case, merged or not, which holds its phone's dialogue.
    """

    live: dict[bytes, ChangingCase] = field(default_factory=dict)
    own: dict[bytes, ChangingCase] = field(default_factory=dict)
    closed: dict[bytes, UUID] = field(default_factory=dict)


def find_known_cases(db: Db, lookups: set[bytes]) -> KnownCases:
    """Find and lock the cases of these numbers."""
    known = KnownCases()
    if not lookups:
        return known
    rows = _leave_damaged(db, _BY_NUMBER.rows(db, lookups))
    merged = {row.merged_into for row in rows if row.merged_into is not None}
    roots = {row.id: row for row in (*rows, *_leave_damaged(db, _BY_ID.rows(db, merged)))}
    # Who waited for a case's lock sees its new epoch's number and not yet its row: now it can.
    renewed = {r.id for r in roots.values() if r.public is None and r.state in LIVE_STATES}
    roots |= {row.id: row for row in _leave_damaged(db, _BY_ID.rows(db, renewed))}
    # One thread for a case, whichever of its phones wrote.
    live = {row.id: _thread(db, row) for row in roots.values() if _is_live(row)}
    # The newest comes last and counts; a case of one's own counts before one it was merged into.
    for row in sorted(rows, key=lambda row: (row.merged_into is None, row.queue_order)):
        root_id = row.merged_into or row.id
        if root_id in live:
            known.live[row.number_lookup] = live[root_id]
            known.own[row.number_lookup] = live.get(row.id) or _thread(db, roots[row.id])
        else:
            known.closed[row.number_lookup] = root_id
    return known


def _leave_damaged(db: Db, rows: list[Any]) -> list[Any]:
    """Return the rows that verify; take the numbers from the others, so that new cases have them.

    A text never gets into a case that somebody changed: it opens a new one.
    """
    damaged = {row.id for row in rows if not is_row_true(db, _CASES, as_values(row))}
    if damaged:
        db.execute(update(_CASES).where(_CASES.c.id.in_(damaged)).values(number_lookup=None))
    return [row for row in rows if row.id not in damaged]


def _is_live(row: Any) -> bool:
    return row.state in LIVE_STATES and row.merged_into is None


def _thread(db: Db, row: Any) -> ChangingCase:
    values, row_key = db.keys.open_values(Case, row) if db.keys.is_open else (None, None)
    if row.public is None:
        raise SealBroken
    db.keys.check_public_key("case_epochs", row.id, row.epoch, row.public, row.mac)
    return ChangingCase(
        row.id,
        row,
        values,
        row.urgency,
        row.state,
        row.version,
        row.last_position,
        row.unread,
        row.waiting,
        row.queue_order,
        row.epoch,
        public=row.public,
        row_key=row_key,
    )


def open_new_case(
    db: Db, rows: BatchRows, known: KnownCases, caller: NewCaller, now: datetime
) -> ChangingCase:
    """Open a case; callers who withhold their number get one each and share nothing."""
    case_id = make_row_id(db, Case, now)
    lookup = make_caller_lookup(db, caller.number) if caller.number else None
    keys, epoch_row, grant = make_case_keys(db, case_id, 1, access.DESK, now)
    rows.epochs.append(epoch_row)
    rows.grants.append(grant)
    thread = ChangingCase(
        case_id,
        None,
        CaseValues(
            number=caller.number,
            channel=caller.channel,
            reference=make_code_name(),
            opened_at=now,
        ),
        FIRST_URGENCY,
        CaseState.NEW,
        1,
        0,
        0,
        waiting=False,
        queue_order=0,
        follows=known.closed.get(lookup or b""),
        lookup=lookup,
        provisional=not db.keys.is_open,
        keys=keys,
    )
    rows.threads[case_id] = thread
    if thread.lookup:
        known.live[thread.lookup] = known.own[thread.lookup] = thread
    return thread


def write_cases(db: Db, rows: BatchRows, now: datetime) -> None:
    """Write a batch: one statement per table."""
    at = rounded(now)
    changed = rows.threads.values()
    insert_rows(db, _CASES, [_new_case(db, t, now, at) for t in changed if t.row is None])
    insert_rows(db, _EPOCHS, rows.epochs)
    insert_rows(db, _GRANTS, rows.grants)
    known = {t.id: as_values(t.row) for t in changed if t.row is not None}
    update_rows(db, _CASES, [_changed_case(db, t, at) for t in changed if t.row is not None], known)
    insert_rows(db, _MESSAGES, rows.messages)


def _new_case(db: Db, thread: ChangingCase, now: datetime, at: datetime) -> dict[str, Any]:
    values = thread.known_values
    return {
        "id": thread.id,
        "state": thread.state,
        "version": 1,
        "epoch": 1,
        "opened_at": at,
        "number_lookup": thread.lookup,
        "reference_lookup": db.keys.reference_lookup(values.reference) if db.keys.is_open else None,
        "provisional": thread.provisional,
        "follows": thread.follows,
        "held": False,
        **_plain(thread, at),
        **db.keys.new_values(Case, thread.id, values, now),
    }


def _changed_case(db: Db, thread: ChangingCase, at: datetime) -> dict[str, Any]:
    columns = {"state": thread.state, "version": thread.version, **_plain(thread, at)}
    if db.keys.is_open:
        columns |= db.keys.rewrite_values(Case, thread.row, thread.known_values, thread.row_key)
    return {**columns, "id": thread.id}


def _plain(thread: ChangingCase, at: datetime) -> dict[str, Any]:
    return {
        "urgency": thread.urgency,
        "last_message_at": at,
        "queue_order": thread.queue_order,
        "waiting": thread.waiting,
        "last_position": thread.last_position,
        "unread": thread.unread,
    }
