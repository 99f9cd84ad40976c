"""Whether a text may go to a phone: suppressions, safe methods, safe hours.

The same rules are asked twice: when somebody writes a reply (so that they are told why not), and
at the last gate before the carrier (since much can change in between).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app.db import Db
from app.errors import (
    BadRequest,
    CaseClosed,
    CaseErased,
    ConsentMissing,
    NumberSuppressed,
    OutsideSafeHours,
    Refusal,
    UnsafeMethod,
)
from app.models import LIVE_STATES, Case, Consent, Outgoing, Suppression

# A text this soon after one from the phone is an answer.
ANSWER_WINDOW = timedelta(minutes=30)
_PATIENCE = timedelta(hours=1)
SUPPRESSED_FOR = timedelta(days=365)
SCOPES = ("contact", "legal", "accompanier", "family", "statistics")
METHODS = ("text", "call", "voicemail", "whatsapp")


# -- suppressions: rows and life of their own


def suppress(db: Db, number: str, kind: str, now: datetime) -> None:
    """Stop texting a number until START or twelve months: kind ``stop locked blocked``."""
    lookup = db.keys.number_lookup(number)
    present = db.scalar(
        select(Suppression).where(Suppression.number_lookup == lookup, Suppression.kind == kind)
    )
    if present is not None:
        present.until = now + SUPPRESSED_FOR
        return
    row_id = uuid4()
    db.add(
        Suppression(
            id=row_id,
            number_lookup=lookup,
            kind=kind,
            until=now + SUPPRESSED_FOR,
            **db.keys.new_row("suppressions", row_id, {"number": number}, now),
        )
    )
    db.flush()


def lift(db: Db, number: str, kinds: Iterable[str]) -> None:
    """Text a number again."""
    lookup = db.keys.number_lookup(number)
    db.execute(
        delete(Suppression).where(
            Suppression.number_lookup == lookup, Suppression.kind.in_(tuple(kinds))
        )
    )


def suppressed(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, set[str]]:
    """Return, for many numbers in one query, the kinds of suppression in force."""
    found: dict[bytes, set[str]] = {}
    rows = db.execute(
        select(Suppression.number_lookup, Suppression.kind).where(
            Suppression.number_lookup.in_(lookups), Suppression.until > now
        )
    )
    for lookup, kind in rows:
        found.setdefault(lookup, set()).add(kind)
    return found


# -- consents


def parse_hours(value: str | Sequence[str] | None) -> list[str]:
    """Return safe hours as a list of ``HH:MM-HH:MM``; empty for any time. BadRequest."""
    if not value:
        return []
    ranges = value.split(",") if isinstance(value, str) else list(value)
    cleaned = [part.strip() for part in ranges if part.strip()]
    for part in cleaned:
        _range(part)
    return cleaned


def _range(text: str) -> tuple[time, time]:
    try:
        start, end = text.split("-")
        return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError as error:
        raise BadRequest(
            "Safe hours look like 18:00-21:30, several separated by commas."
        ) from error


def within(hours: Sequence[str], now: datetime, zone: ZoneInfo) -> bool:
    """Return whether ``now`` lies in one of the ranges; ranges may pass midnight."""
    local = now.astimezone(zone).time()
    return not hours or any(_contains(*_range(part), local) for part in hours)


def _contains(start: time, end: time, moment: time) -> bool:
    return start <= moment < end if start <= end else moment >= start or moment < end


def contact_consent(db: Db, case_id: UUID, coarse: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what counts for texting: the newest recorded consent, else the caller's own answer."""
    rows = db.scalars(
        select(Consent).where(Consent.case_id == case_id).order_by(Consent.position.desc())
    )
    for row in rows:
        values = db.keys.open_row("consents", row)
        if values["scope"] == "contact":
            return values
    answered = coarse.get("reach")
    return dict(answered) if answered else None


def check_text(
    db: Db, case: Case, coarse: Mapping[str, Any], now: datetime, *, written_at: datetime
) -> None:
    """Raise the named refusal if a person's reply, written at ``written_at``, may not go out now.

    An answer stays an answer while it waits for the carrier, for an hour at most.

    NumberSuppressed, UnsafeMethod, ConsentMissing, OutsideSafeHours, CaseClosed, CaseErased.
    """
    if case.state == "erased":
        raise CaseErased
    if case.state not in LIVE_STATES:
        raise CaseClosed
    number = coarse.get("number")
    if not number:
        raise UnsafeMethod("There is no number in this case that could be texted.")
    if suppressed(db, [db.keys.number_lookup(number)], now):
        raise NumberSuppressed
    if "phone_compromised" in coarse.get("flags", ()):
        raise UnsafeMethod
    last = coarse.get("last_inbound_at")
    fresh = now - written_at <= _PATIENCE
    if last and fresh and written_at - datetime.fromisoformat(last) <= ANSWER_WINDOW:
        return
    _check_consent(contact_consent(db, case.id, coarse), now, db.keys.zone)


def _check_consent(consent: Mapping[str, Any] | None, now: datetime, zone: ZoneInfo) -> None:
    if consent is None or not consent.get("granted"):
        raise ConsentMissing
    if "text" not in (consent.get("methods") or ()):
        raise UnsafeMethod
    hours = consent.get("hours")
    if hours is None:
        raise ConsentMissing("Safe hours are not clear yet. Record them before writing.")
    if not within(hours, now, zone):
        raise OutsideSafeHours


# -- the last gate


def last_gate(db: Db, row: Outgoing, number: str, now: datetime) -> str | None:
    """Return why a queued text must not go to the carrier now, or None.

    Notices (the one confirmation of a STOP or of a wrong number) pass the suppression that they
    confirm; nothing passes a block.
    """
    kinds = suppressed(db, [db.keys.number_lookup(number)], now).get(
        db.keys.number_lookup(number), set()
    )
    if "blocked" in kinds or (kinds and row.purpose != "notice"):
        return NumberSuppressed.slug
    if row.case_id is None:
        return None
    case = db.get_one(Case, row.case_id)
    if case.state == "erased":
        return None if row.purpose == "notice" else CaseErased.slug
    coarse = db.keys.open_row("cases", case)
    if "phone_compromised" in coarse.get("flags", ()):
        return UnsafeMethod.slug
    if row.purpose != "reply":
        return None
    try:
        check_text(db, case, coarse, now, written_at=row.queued_at)
    except Refusal as refusal:
        return refusal.slug
    return None
