"""What becomes of a text once the carrier has it: status callbacks, and those that never came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from app.models import NOT_HEARD, Message, Outgoing, OutgoingState, table
from app.outbox.budget import count_texts
from app.outbox.carrier_copies import note_copies
from app.outbox.member_phones import (
    NOT_RECEIVED,
    OPTED_OUT,
    note_reached_phones,
    note_unreached_phone,
)
from app.outbox.states import apply_news, fail_text, tell_desk_unheard
from app.outbox.suppressions import note_opt_out
from app.store import Database, Db, Lookup, update_rows
from app.telephony import Carrier, DeliveryStatus, split_address, translate_status

# Callbacks get lost. A text the carrier took over and fell silent about is asked for after this
# long; what it cannot tell within a day is for a person to know.
_SILENCE = timedelta(minutes=10)
_PATIENCE = timedelta(days=1)
_TO_MEMBERS = ("alert", "offer")
_OUTGOING, _MESSAGES = table(Outgoing), table(Message)
_LOCKED = (
    select(
        *(
            _OUTGOING.c[name]
            for name in ("id", "message_id", "state", "sid_lookup", "error_code", "segments")
        ),
        _OUTGOING.c.purpose,
    )
    .order_by(_OUTGOING.c.id)
    .with_for_update()
)
_BY_ID = Lookup(lambda wanted: _LOCKED.where(_OUTGOING.c.id.in_(wanted)))
_BY_SID = Lookup(lambda wanted: _LOCKED.where(_OUTGOING.c.sid_lookup.in_(wanted)))


@dataclass(frozen=True)
class StatusUpdate:
    """A status callback: which text (by our id, if it came along), and what the carrier says."""

    outgoing_id: UUID | None
    status: DeliveryStatus


@dataclass
class _Text:
    """A text as the callbacks of a batch change it; ``row`` is what is stored."""

    row: Any
    state: OutgoingState
    sid_lookup: bytes | None
    error_code: int | None
    # Whom it was for, as far as the callbacks say.
    to: str = ""


def follow_statuses(db: Db, updates: Sequence[StatusUpdate], now: datetime) -> None:
    """Apply callbacks, which come late, twice and in any order: a status never goes back."""
    told = [(item, word) for item in updates if (word := item.status.status) is not None]
    if not told:
        return
    by_id, by_sid = _called_back(db, [item for item, _ in told])
    new: dict[str, Any] = {}
    for item, word in told:
        lookup = db.keys.sid_lookup(item.status.sid)
        text = by_sid.get(lookup) if item.outgoing_id is None else by_id.get(item.outgoing_id)
        if text is None or text.sid_lookup not in (None, lookup):
            continue
        if text.sid_lookup is None:
            text.sid_lookup, by_sid[lookup] = lookup, text
            new[item.status.sid] = text.row
        text.to = item.status.to or text.to
        text.error_code = item.status.error_code or text.error_code
        text.state = apply_news(text.state, word)
    changed = _write(
        db, {text.row.id: text for text in (*by_id.values(), *by_sid.values())}.values()
    )
    failed = [
        text.row.id
        for text in changed
        if text.row.purpose == "reply"
        and text.state in NOT_HEARD
        and text.row.state not in NOT_HEARD
    ]
    tell_desk_unheard(db, failed, now)
    for item, _ in told:
        if item.status.error_code == OPTED_OUT and item.status.to:
            note_opt_out(db, item.status.to, now)
    _note_phones(db, [text for text in changed if text.row.purpose in _TO_MEMBERS], now)
    note_copies(db, new, now)
    count_texts(db, list(new.values()), now)


def _note_phones(db: Db, texts: Iterable[_Text], now: datetime) -> None:
    """Note which members' phones these texts reached, and which they did not."""
    note_reached_phones(db, {text.to for text in texts if text.state == OutgoingState.DELIVERED})
    for text in texts:
        if text.state in NOT_HEARD and text.to and text.error_code in NOT_RECEIVED:
            note_unreached_phone(db, text.to, text.error_code, now)


def _called_back(
    db: Db, updates: Sequence[StatusUpdate]
) -> tuple[dict[UUID, _Text], dict[bytes, _Text]]:
    """Lock the texts that callbacks are about: by our id, or by the carrier's where none came."""
    ids = {item.outgoing_id for item in updates if item.outgoing_id is not None}
    sids = {db.keys.sid_lookup(i.status.sid) for i in updates if i.outgoing_id is None}
    rows = {row.id: row for row in (*_BY_ID.rows(db, ids), *_BY_SID.rows(db, sids))}
    texts = {row.id: _Text(row, row.state, row.sid_lookup, row.error_code) for row in rows.values()}
    by_sid = {text.sid_lookup: text for text in texts.values() if text.sid_lookup is not None}
    return texts, by_sid


def _write(db: Db, texts: Iterable[_Text]) -> list[_Text]:
    """Store what callbacks changed; return it."""
    changed = [
        text
        for text in texts
        if (text.state, text.sid_lookup, text.error_code)
        != (text.row.state, text.row.sid_lookup, text.row.error_code)
    ]
    # Whatever the carrier tells of, it has: number and words are no longer needed here.
    gone = {"op_key": None, "op_values": None, "shred_day": None, "segments": None}
    update_rows(
        db,
        _OUTGOING,
        [
            {
                "state": text.state,
                "sid_lookup": text.sid_lookup,
                "error_code": text.error_code,
                **gone,
                "id": text.row.id,
            }
            for text in changed
        ],
    )
    update_rows(
        db,
        _MESSAGES,
        [
            {"status": text.state.value, "id": text.row.message_id}
            for text in changed
            if text.row.message_id is not None
        ],
    )
    return changed


# -- callbacks that never came


def catch_up_with_carrier(database: Database, carrier: Carrier, now: datetime) -> None:
    """Ask the carrier about texts it took over and told no more of. CarrierError."""
    with database.snapshot() as db:
        query = select(Outgoing.sid_lookup, Outgoing.queued_at)
        silent = dict(db.execute(query.where(_silent(now - _SILENCE))).all())
        keys = db.keys
    if not silent:
        return
    updates = [
        StatusUpdate(
            None,
            DeliveryStatus(
                message.sid,
                translate_status(message.status),
                message.error_code,
                split_address(message.to)[0],
            ),
        )
        for message in carrier.recent("outbound", since=min(silent.values()))
        if keys.sid_lookup(message.sid) in silent
    ]
    with database.transaction() as db:
        follow_statuses(db, updates, now)
        for row in db.scalars(select(Outgoing).where(_silent(now - _PATIENCE)).with_for_update()):
            fail_text(db, row, OutgoingState.UNCERTAIN, now)


def _silent(since: datetime) -> ColumnElement[bool]:
    return and_(
        Outgoing.state == OutgoingState.SENDING,
        Outgoing.sid_lookup.is_not(None),
        Outgoing.queued_at <= since,
    )
