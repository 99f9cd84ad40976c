"""The block list: numbers whose texts are stored and marked, and never answered.

Why is one code of a short list: what the machine can read holds no sentence about a caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound
from app.models import LIVE_STATES, Case, Suppression
from app.outbox.member_phones import is_our_number
from app.outbox.queue import cancel_texts
from app.outbox.suppressions import suppress_number
from app.store import Db
from app.telephony import read_number

BLOCKED = "blocked"
BLOCK_REASONS = ("abuse", "machine", "flood", "other")


@dataclass(frozen=True)
class Block:
    """A blocked number and until when it is."""

    id: UUID
    number: str = field(repr=False)
    until: datetime
    reason: str


def list_blocks(db: Db, principal: Principal, now: datetime) -> Sequence[Block]:
    """Return the blocks in force, the newest first."""
    principal.require(Permission.BLOCKS)
    rows = db.scalars(
        select(Suppression)
        .where(Suppression.kind == BLOCKED, Suppression.until > now)
        .order_by(Suppression.until.desc(), Suppression.id)
    )
    return [_block(db, row) for row in rows]


class NumberIsOurs(BadRequest):
    """This is the hotline's own number or a member's phone, which cannot be blocked."""


def add_block(
    db: Db,
    principal: Principal,
    number: str,
    now: datetime,
    reason: str = "other",
    *,
    own_number: str,
) -> Block:
    """Block a number for twelve months, or for as long again. BadRequest, NumberIsOurs.

    ``own_number`` is the hotline's.
    """
    principal.require(Permission.BLOCKS)
    return _add(db, principal, read_number(number), reason, now, own_number)


def block_caller(
    db: Db,
    principal: Principal,
    case_id: UUID,
    now: datetime,
    reason: str = "other",
    *,
    own_number: str,
) -> Block:
    """Block whoever texts in a case, whose number the coordinator need not know.

    NotFound, NumberIsOurs.
    """
    principal.require(Permission.BLOCKS)
    case = db.get(Case, case_id)
    number = db.keys.read_values(case).number if _is_live(case) and case else None
    if number is None:
        raise NotFound
    return _add(db, principal, number, reason, now, own_number)


def _is_live(case: Case | None) -> bool:
    return case is not None and case.state in LIVE_STATES


def _add(
    db: Db, principal: Principal, number: str, reason: str, now: datetime, own_number: str
) -> Block:
    if reason not in BLOCK_REASONS:
        raise BadRequest(f"Say why: one of {', '.join(BLOCK_REASONS)}.")
    if is_our_number(db, number, own_number):
        raise NumberIsOurs
    row = suppress_number(db, number, BLOCKED, now, reason=reason)
    cancel_texts(db, number)
    audit.record(db, "number.blocked", principal.member_id, row.id, now)
    return _block(db, row)


def lift_block(db: Db, principal: Principal, block_id: UUID, now: datetime) -> None:
    """Answer a number again. NotFound."""
    principal.require(Permission.BLOCKS)
    row = db.get(Suppression, block_id, with_for_update=True)
    if row is None or row.kind != BLOCKED:
        raise NotFound
    db.delete(row)
    audit.record(db, "number.unblocked", principal.member_id, block_id, now)


def _block(db: Db, row: Suppression) -> Block:
    values = db.keys.read_values(row)
    return Block(row.id, values.number, row.until, values.reason or "other")
