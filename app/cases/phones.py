"""The phones of a case: its own, and those of the cases that were merged into it.

Each has a dialogue, a consent and a place in the talk of its own, in the case that its number had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from app.cases.case import read_case_values
from app.cases.tree import lock_tree
from app.models import LIVE_STATES, Case, CaseValues
from app.store import Db
from app.telephony import is_same_phone

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class CasePhone:
    """A phone of a case: the case of its number, and what the machine knows there."""

    case: Case
    values: CaseValues = field(repr=False)


def list_phones(db: Db, case: Case) -> list[CasePhone]:
    """Return the phones of a live case, locked, its own first; each number once. Sealed."""
    tree = [one for one in lock_tree(db, case) if one.state in LIVE_STATES]
    # The newest case of a number holds its dialogue, but its own main case before any other.
    tree.sort(key=lambda one: (one.id != case.id, -one.queue_order))
    phones: dict[bytes | None, CasePhone] = {}
    for one in tree:
        phones.setdefault(one.number_lookup, CasePhone(one, read_case_values(db, one)))
    return [phone for phone in phones.values() if phone.values.number]


def find_asking_phone(db: Db, case: Case) -> CasePhone:
    """Return the phone that an answer goes to: the one that texted last. Sealed."""
    phones = list_phones(db, case) or [CasePhone(case, read_case_values(db, case))]
    return max(phones, key=lambda phone: phone.values.last_inbound_at or _NEVER)


def find_phone(db: Db, case: Case, number: str) -> CasePhone | None:
    """Return the phone of a case that has this number; None where it has no such phone. Sealed."""
    values = read_case_values(db, case)
    if is_same_phone(number, values.number):
        return CasePhone(case, values)
    lookup = db.keys.number_lookup(number)
    query = select(Case).where(Case.merged_into == case.id, Case.number_lookup == lookup)
    own = db.scalars(query.order_by(Case.queue_order.desc()).limit(1)).first()
    return CasePhone(own, read_case_values(db, own)) if own else None
