"""Whether a text may go to a phone: suppressions, safe methods, safe hours.

The same rules are asked twice: when somebody writes a reply (so that they are told why not), and
at the last gate before the carrier (since much can change in between).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, select

from app.models import (
    PendingKeyword,
    PendingKeywordValues,
    Suppression,
    SuppressionValues,
    rounded,
)
from app.outbox.member_phones import note_suppressed_phone
from app.store import Db

SUPPRESSED_FOR = timedelta(days=365)
UNSAFE = "compromised"
# Why a number is not texted: it asked us to stop; it said that it is the wrong one; a coordinator
# blocked it; it is in the wrong hands. Nothing at all passes a block, and to a phone in the wrong
# hands goes nothing but what everybody is answered.
SUPPRESSION_KINDS = ("stop", "locked", "blocked", UNSAFE)
SILENCED = frozenset({"blocked"})
# What the desk is shown of them.
_FLAGS = {
    "stop": "stopped",
    "locked": "locked",
    "blocked": "blocked",
    "compromised": "phone_compromised",
}


# -- suppressions: rows and life of their own


def suppress_number(
    db: Db, number: str, kind: str, now: datetime, *, reason: str | None = None
) -> Suppression:
    """Stop texting a number for twelve months, or until it is lifted; return the row."""
    lookup, values = db.keys.number_lookup(number), SuppressionValues(number=number, reason=reason)
    row = db.scalar(
        select(Suppression).where(Suppression.number_lookup == lookup, Suppression.kind == kind)
    )
    if row is None or row.until <= now:
        note_suppressed_phone(db, lookup, now)
    if row is None:
        row_id = uuid4()
        keys = db.keys.new_values(Suppression, row_id, values, now)
        row = Suppression(id=row_id, number_lookup=lookup, kind=kind, **keys)
        db.add(row)
    elif reason is not None:
        db.keys.write_values(row, values)
    row.until = rounded(now) + SUPPRESSED_FOR
    db.flush()
    return row


def note_opt_out(db: Db, number: str, now: datetime) -> None:
    """Stop texting a number that told the carrier to stop; while sealed, once the server opens."""
    if db.keys.is_open:
        suppress_number(db, number, "stop", now)
        return
    row_id, values = uuid4(), PendingKeywordValues(number=number, keyword="stop")
    keys = db.keys.new_values(PendingKeyword, row_id, values, now)
    db.add(PendingKeyword(id=row_id, position=db.order.next(now), **keys))
    db.flush()


def lift_suppressions(db: Db, number: str, kinds: Iterable[str]) -> None:
    """Text a number again."""
    lookup = db.keys.number_lookup(number)
    db.execute(
        delete(Suppression).where(
            Suppression.number_lookup == lookup, Suppression.kind.in_(tuple(kinds))
        )
    )


def find_suppressions(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, set[str]]:
    """Return, for many numbers in one query, the kinds of suppression in force."""
    found: dict[bytes, set[str]] = {}
    rows = db.scalars(
        select(Suppression).where(Suppression.number_lookup.in_(lookups), Suppression.until > now)
    )
    for row in rows:
        found.setdefault(row.number_lookup, set()).add(row.kind)
    return found


def find_phone_flags(db: Db, number: str | None, now: datetime) -> list[str]:
    """Return what the desk is to know before it writes to a number."""
    if not number:
        return []
    lookup = db.keys.number_lookup(number)
    kinds = find_suppressions(db, [lookup], now).get(lookup, set())
    return [flag for kind, flag in _FLAGS.items() if kind in kinds]
