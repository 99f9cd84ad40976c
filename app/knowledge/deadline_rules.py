"""Deadlines as data: rules that a named person has verified, and the dates that may follow.

What comes out is a hint for the desk, "possible deadline – ask a lawyer", and nothing else: it is
not stored, and no module that writes texts may know of this one (an import contract and a test).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, StaleVersion
from app.models import DeadlineRule
from app.store import Db

ASK = "possible deadline – ask a lawyer"
# From when somebody was detained; from a date in the case; from when a document was received.
OF_EVENTS = ("check_in", "hearing", "removal")
OF_DOCUMENTS = (
    "departure_order",
    "prra_notice",
    "decision_inland",
    "decision_abroad",
    "rpd_decision",
    "judge_decision",
)
TRIGGERS = ("detained", *OF_EVENTS, *OF_DOCUMENTS)
UNITS = ("hours", "days")
WAYS = ("hand", "mail")
_SUBSTANCE = (
    "jurisdiction",
    "trigger",
    "offset",
    "unit",
    "received_by",
    "warn_at",
    "source_url",
    "verified_by",
    "verified_on",
    "review_by",
    "enabled",
)
_AWAITED = ("tentative", "confirmed")
# Years outside of these are slips of the pen.
_YEARS = range(1900, 2200)
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_BY_MAIL = re.compile(r"\b(mail|post|poste|courrier|correo|lapòs)\b", re.IGNORECASE)
_BY_HAND = re.compile(r"\b(hand|person|main|mano|men)\b", re.IGNORECASE)


class LegalRule(Protocol):
    """What a rule says: see ``DeadlineRule``."""

    code: Any
    jurisdiction: Any
    trigger: Any
    offset: Any
    unit: Any
    received_by: Any
    warn_at: Any
    source_url: Any
    review_by: Any
    enabled: Any


@dataclass(frozen=True)
class DeadlineFact:
    """Something that starts a clock: what, on which day (or at which instant), received how."""

    trigger: str
    on: date | datetime
    received_by: str | None = None


@dataclass(frozen=True)
class PossibleDeadline:
    """A day that may be the last one, and the days on which to think of it."""

    code: str
    jurisdiction: str
    trigger: str
    on: date
    warn_on: tuple[date, ...]
    source_url: str | None
    # After this day the rule itself has to be verified again.
    review_by: date | None


# -- pure


def find_possible_deadlines(
    rules: Iterable[LegalRule], facts: Iterable[DeadlineFact], zone: ZoneInfo
) -> list[PossibleDeadline]:
    """Return the days that may follow, the earliest first.

    Days are counted on the calendar of ``zone``, without the first; hours from the instant, or
    from the beginning of the day where only that is known. A rule for documents received by hand
    or by mail holds where the way is unknown too: then both days are shown.
    """
    facts = [fact for fact in facts if fact.on.year in _YEARS]
    found = {
        _deadline(rule, fact, zone)
        for rule in rules
        if rule.enabled
        for fact in facts
        if fact.trigger == rule.trigger and _received(rule, fact)
    }
    return sorted(found, key=lambda deadline: (deadline.on, deadline.code))


def _received(rule: LegalRule, fact: DeadlineFact) -> bool:
    return None in (rule.received_by, fact.received_by) or rule.received_by == fact.received_by


def _deadline(rule: LegalRule, fact: DeadlineFact, zone: ZoneInfo) -> PossibleDeadline:
    if rule.unit == "hours":
        day = (_instant(fact.on, zone) + timedelta(hours=rule.offset)).astimezone(zone).date()
    else:
        day = _day(fact.on, zone) + timedelta(days=rule.offset)
    warn_on = tuple(sorted(day - timedelta(days=days) for days in rule.warn_at))
    return PossibleDeadline(
        rule.code, rule.jurisdiction, rule.trigger, day, warn_on, rule.source_url, rule.review_by
    )


def _instant(on: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(on, datetime):
        # In UTC an hour is an hour, also on the night the clocks change.
        return on.astimezone(ZoneInfo("UTC"))
    return datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _day(on: date | datetime, zone: ZoneInfo) -> date:
    return on.astimezone(zone).date() if isinstance(on, datetime) else on


def find_deadline_facts(
    events: Iterable[Mapping[str, Any]],
    detained_since: Iterable[date],
    fields: Mapping[str, Any],
) -> Iterator[DeadlineFact]:
    """Yield what is known of a case that may start a clock.

    Dates still awaited (``kind state starts_at``), the first days of detentions that go on, and
    ``received_on`` of its sheet: a day such as 2026-01-31 and, if it is there, "mail" or "hand".
    What the document was a person has to see: each kind of document is a possibility.
    """
    for event in events:
        if event["state"] in _AWAITED and event["kind"] in OF_EVENTS:
            yield DeadlineFact(event["kind"], event["starts_at"])
    for since in detained_since:
        yield DeadlineFact("detained", since)
    day, way = read_received_on(str(fields.get("received_on") or ""))
    if day is not None:
        for trigger in OF_DOCUMENTS:
            yield DeadlineFact(trigger, day, way)


def read_received_on(text: str) -> tuple[date | None, str | None]:
    """Return the day in ``2026-01-31, by mail`` and the way, as far as they are written there."""
    written = _DATE.search(text)
    try:
        day = date.fromisoformat(written.group(1)) if written else None
    except ValueError:  # the 31st of a month that has none
        day = None
    mail, hand = bool(_BY_MAIL.search(text)), bool(_BY_HAND.search(text))
    return day, None if mail == hand else "mail" if mail else "hand"


# -- the rules


def plant_deadline_rules(db: Db) -> None:
    """Write the rules that an organisation starts with, all of them disabled."""
    for rule in read_shipped_rules():
        db.add(_row(rule))


def read_shipped_rules() -> list[dict[str, Any]]:
    """Return the shipped rules as data."""
    text = files("app.knowledge").joinpath("deadline_rules.toml").read_text("utf-8")
    rules: list[dict[str, Any]] = tomllib.loads(text)["rules"]
    return rules


def _row(rule: Mapping[str, Any]) -> DeadlineRule:
    values = {name: rule.get(name) for name in _SUBSTANCE}
    values["enabled"] = bool(rule.get("enabled"))
    return DeadlineRule(id=uuid4(), code=rule["code"], version=1, **values)


def list_enabled_rules(db: Db) -> list[DeadlineRule]:
    """Return the rules that may show dates."""
    return list(db.scalars(select(DeadlineRule).where(DeadlineRule.enabled)))


def list_deadline_rules(db: Db, principal: Principal) -> list[DeadlineRule]:
    """Return all rules by code."""
    principal.require(Permission.RULES)
    return list(db.scalars(select(DeadlineRule).order_by(DeadlineRule.code)))


def write_deadline_rules(
    db: Db, principal: Principal, rules: Collection[Mapping[str, Any]], now: datetime
) -> list[DeadlineRule]:
    """Replace the given rules by their codes, or add them; the others stay. Return all.

    A rule with a ``version`` replaces only that one. BadRequest, StaleVersion.
    """
    principal.require(Permission.RULES)
    codes = [rule["code"] for rule in rules]
    if len(set(codes)) != len(codes):
        raise BadRequest("Each rule once, please.")
    query = select(DeadlineRule).where(DeadlineRule.code.in_(codes)).with_for_update()
    present = {row.code: row for row in db.scalars(query)}
    for rule in rules:
        _check(rule, now)
        row = present.get(rule["code"])
        if row is None:
            row = _row(rule)
            db.add(row)
        elif rule.get("version") not in (None, row.version):
            raise StaleVersion(row.version)
        else:
            for name in _SUBSTANCE:
                setattr(row, name, rule.get(name))
            row.enabled, row.version = bool(rule.get("enabled")), row.version + 1
        db.flush()
        audit.record(db, "rule.changed", principal.member_id, row.id, now)
    return list_deadline_rules(db, principal)


def _check(rule: Mapping[str, Any], now: datetime) -> None:
    if rule["trigger"] not in TRIGGERS:
        raise BadRequest(f"A rule starts with one of: {', '.join(TRIGGERS)}.")
    if rule["unit"] not in UNITS or rule.get("received_by") not in (None, *WAYS):
        raise BadRequest("A rule counts hours or days, for documents by hand, by mail or both.")
    if not 0 <= rule["offset"] <= 3650 or any(not 0 <= d <= 365 for d in rule.get("warn_at") or ()):
        raise BadRequest("A rule counts up to ten years, and warns within one.")
    verified_on = rule.get("verified_on")
    if rule.get("enabled") and not ((rule.get("verified_by") or "").strip() and verified_on):
        raise BadRequest(
            "Before a rule is used, a named person has to verify it: say who and when."
        )
    review_by = rule.get("review_by")
    if rule.get("enabled") and review_by is not None and (now.date() - review_by).days > 1:
        raise BadRequest("This rule is overdue to be verified again. Verify it, then use it.")
    if verified_on is not None and (verified_on - now.date()).days > 1:
        raise BadRequest("A rule was not verified in the future.")
