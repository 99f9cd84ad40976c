"""Possible deadlines, pure: the days that may follow from rules and from what a case holds.

A possible deadline is a hint for the desk, "possible deadline – ask a lawyer", and nothing else. It
is not stored, and no module that writes texts may know of this one (an import contract and a test).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.models import DeadlineRule

ASK = "possible deadline – ask a lawyer"
# A clock starts with a detention, with a date in the case, or when a document was received.
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
# Years outside of these are slips of the pen.
_YEARS = range(1900, 2200)
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_BY_MAIL = re.compile(r"\b(mail|post|poste|courrier|correo|lapòs)\b", re.IGNORECASE)
_BY_HAND = re.compile(r"\b(hand|person|main|mano|men)\b", re.IGNORECASE)


@dataclass(frozen=True)
class DeadlineFact:
    """A fact that starts a clock, on a day or at an instant.

    ``received_by`` tells how a document came: ``hand``, ``mail``, or None where that is unknown.
    """

    trigger: str
    on: date | datetime
    received_by: str | None = None


@dataclass(frozen=True)
class PossibleDeadline:
    """A day that may be the last one, and the days on which to think of it.

    After ``review_by`` the rule itself has to be verified again.
    """

    code: str
    jurisdiction: str
    trigger: str
    on: date
    warn_on: tuple[date, ...]
    source_url: str | None
    review_by: date | None


def find_possible_deadlines(
    rules: Iterable[DeadlineRule], facts: Iterable[DeadlineFact], zone: ZoneInfo
) -> list[PossibleDeadline]:
    """Return the days that may follow, the earliest first.

    Days are counted on the calendar of ``zone``, without the first; hours from the instant, or
    from the beginning of the day where only the day is known. Where it is unknown how a document
    came, the rules for both ways hold, and both days are shown.
    """
    facts = [fact for fact in facts if fact.on.year in _YEARS]
    found = {
        _find_deadline(rule, fact, zone)
        for rule in rules
        if rule.enabled
        for fact in facts
        if fact.trigger == rule.trigger and _came_this_way(rule, fact)
    }
    return sorted(found, key=lambda deadline: (deadline.on, deadline.code))


def _came_this_way(rule: DeadlineRule, fact: DeadlineFact) -> bool:
    return None in (rule.received_by, fact.received_by) or rule.received_by == fact.received_by


def _find_deadline(rule: DeadlineRule, fact: DeadlineFact, zone: ZoneInfo) -> PossibleDeadline:
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
    awaited: Iterable[tuple[str, datetime]],
    detained_since: Iterable[date],
    fields: Mapping[str, Any],
) -> Iterator[DeadlineFact]:
    """Yield the facts of a case that may start a clock.

    ``awaited`` are the kind and beginning of each date to come, ``detained_since`` the first days
    of detentions that go on. ``received_on`` of the sheet's ``fields`` holds a day such as
    2026-01-31 and, if it is known, "mail" or "hand". A person has to see which document it was:
    each kind of document is a possibility.
    """
    for kind, starts_at in awaited:
        if kind in OF_EVENTS:
            yield DeadlineFact(kind, starts_at)
    for since in detained_since:
        yield DeadlineFact("detained", since)
    day, way = read_received_on(str(fields.get("received_on") or ""))
    if day is not None:
        for trigger in OF_DOCUMENTS:
            yield DeadlineFact(trigger, day, way)


def read_received_on(text: str) -> tuple[date | None, str | None]:
    """Return the day in ``2026-01-31, by mail`` and the way; each None where it is not there."""
    written = _DATE.search(text)
    try:
        day = date.fromisoformat(written.group(1)) if written else None
    except ValueError:  # the 31st of a month that has none
        day = None
    mail, hand = bool(_BY_MAIL.search(text)), bool(_BY_HAND.search(text))
    return day, None if mail == hand else "mail" if mail else "hand"
