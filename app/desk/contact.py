"""How a caller may be reached, when that changes: a phone in the wrong hands, another safe one.

A phone that may be in the wrong hands gets nothing any more, from this case or any other, but the
fixed texts that every phone is answered, since silence would betray it; and it cannot erase. Texts
go again once another safe contact is recorded, or once somebody says that the phone is back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import find_case, lock_tree, read_case_values, write_case_values
from app.desk.replying import StatedConsent, record_consent
from app.errors import BadRequest, NumberSuppressed, UnsafeMethod
from app.models import LIVE_STATES, PERHAPS_ANOTHER_OWNER, Case
from app.outbox import (
    cancel_texts,
    find_suppressions,
    is_our_number,
    lift_suppressions,
    suppress_number,
)
from app.store import Db
from app.telephony import Channel, read_number

UNSAFE_FLAG = "phone_compromised"
# What was known of the old phone, and says nothing about the new one.
_OF_THE_PHONE: Mapping[str, Any] = dict.fromkeys(
    ("last_inbound_at", "last_outbound_at", "last_sms_at", "whatsapp", "reach", "script")
)


@dataclass(frozen=True)
class OtherPhone:
    """Another way to the caller, as they gave it to a person."""

    number: str = field(repr=False)
    methods: Sequence[str]
    hours: str | Sequence[str] | None = None


class NumberIsNoCallers(BadRequest):
    """This is the hotline's own number or a member's phone, which cannot be a caller's."""


def check_callers_number(db: Db, number: str, own_number: str) -> None:
    """Raise NumberIsNoCallers for the hotline's number, ``own_number``, or a member's phone.

    What a case texts would come back as a caller's words, or reach a member instead.
    """
    if is_our_number(db, number, own_number):
        raise NumberIsNoCallers


def mark_phone_unsafe(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Send nothing more to a case's phone, and drop what waits for it. UnsafeMethod without one."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    values = read_case_values(db, case)
    number = values.number
    if not number:
        raise UnsafeMethod("There is no phone in this case.")
    write_case_values(db, case, values.with_flag(UNSAFE_FLAG))
    suppress_number(db, number, "compromised", now)
    cancel_texts(db, number, [one.id for one in lock_tree(db, case)])
    audit.record(db, "contact.compromised", principal.member_id, case.id, now)
    return case


def mark_phone_safe(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Say that the case's phone is in the right hands again."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    values = read_case_values(db, case)
    write_case_values(db, case, values.without_flag(UNSAFE_FLAG))
    if values.number:
        lift_suppressions(db, values.number, ("compromised",))
    audit.record(db, "contact.trusted", principal.member_id, case.id, now)
    return case


def replace_contact(
    db: Db,
    principal: Principal,
    case_id: UUID,
    contact: OtherPhone,
    now: datetime,
    *,
    own_number: str,
) -> Case:
    """Reach the caller by another phone from now on, with the consent they gave for it.

    BadRequest for no number, and for one that has an open case of its own; NumberIsNoCallers;
    NumberSuppressed. ``own_number`` is the hotline's.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    number = read_number(contact.number)
    check_callers_number(db, number, own_number)
    lookup = db.keys.number_lookup(number)
    if find_suppressions(db, [lookup], now):
        raise NumberSuppressed
    if _live_case(db, lookup) not in (None, case.id):
        raise BadRequest("This phone has an open case of its own: merge the two first.")
    values = read_case_values(db, case)
    if values.number:
        cancel_texts(db, values.number)
    kept = replace(values.without_flag(UNSAFE_FLAG), **_OF_THE_PHONE)
    kept = replace(kept.without_flag(PERHAPS_ANOTHER_OWNER), owner_known_at=now, unproven=False)
    channel = _find_channel(contact.methods)
    write_case_values(db, case, replace(kept, number=number, text_channel=channel))
    case.number_lookup = lookup
    db.flush()
    audit.record(db, "contact.replaced", principal.member_id, case.id, now)
    said = StatedConsent("contact", True, tuple(contact.methods), contact.hours)
    record_consent(db, principal, case_id, said, now)
    return case


def _find_channel(methods: Collection[str]) -> Channel:
    """Return the channel that a phone is texted on before it has written: SMS unless ruled out."""
    return "whatsapp" if "whatsapp" in methods and "text" not in methods else "sms"


def _live_case(db: Db, lookup: bytes) -> UUID | None:
    return db.scalar(
        select(Case.id).where(
            Case.number_lookup == lookup,
            Case.state.in_(LIVE_STATES),
            Case.merged_into.is_(None),
        )
    )
