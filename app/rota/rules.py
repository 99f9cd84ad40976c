"""Recurrence: RFC 5545 rules over wall-clock times, checked before they are kept."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.errors import BadRequest
from app.models import Recurrence
from app.rota.wall_time import show_wall_time

LONGEST_RULE = 400
MOST_TIMES = 1000
_MOST_INTERVAL = 52
# Periods by which a rule's start may move without another occurrence.
_STEPS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_FREQUENCIES = (*_STEPS, "MONTHLY", "YEARLY")
# A rule that recurs at all does so within the four years of a leap year.
_NEVER = timedelta(days=4 * 366)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ANY_DAY = "|".join(_DAYS)
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?", re.ASCII)
# Per part: how one of its values is written, and the largest number in it. Not all of the RFC:
# days of the year and numbers of weeks have no place in a rota.
_PARTS: Mapping[str, tuple[str, int]] = {
    "FREQ": ("|".join(_FREQUENCIES), 0),
    "INTERVAL": (r"\d{1,2}", _MOST_INTERVAL),
    "COUNT": (r"\d{1,9}", MOST_TIMES),
    "UNTIL": (_UNTIL.pattern, 0),
    "WKST": (_ANY_DAY, 0),
    "BYDAY": (rf"(?:[+-]?[1-4])?(?:{_ANY_DAY})", 0),
    "BYMONTH": (r"\d{1,2}", 12),
    "BYMONTHDAY": (r"[+-]?\d{1,2}", 31),
    "BYSETPOS": (r"[+-]?1", 1),
    "BYHOUR": (r"\d{1,2}", 23),
    "BYMINUTE": (r"\d{1,2}", 59),
    "BYSECOND": ("0{1,2}", 0),
}
_MAY_BE_ZERO = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_SINGLE = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYMINUTE", "BYSECOND"}


class RuleRefused(BadRequest):
    """This rule is not understood. It is written like FREQ=WEEKLY;BYDAY=MO,TH (RFC 5545)."""


def clean_rule(text: str, first: datetime, zone: ZoneInfo) -> Recurrence:
    """Return a rule as it is kept: its parts checked, ``UNTIL`` as wall-clock time. RuleRefused.

    A rule may have no end. It may not recur more often than hourly, count to more than a thousand,
    or never come about.
    """
    parts = _checked(text)
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{_until(parts['UNTIL'], zone):%Y%m%dT%H%M%S}"
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    rule = Recurrence(text=text, first=first)
    try:
        occurs = _may_occur(parts, first) and any(list_starts(rule, first, first + _NEVER))
    except ValueError as error:  # hours that an interval never meets
        raise RuleRefused from error
    if not occurs:
        raise RuleRefused("With this rule and start the shift never comes about.")
    return rule


def list_starts(rule: Recurrence, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the wall-clock times at which the rule recurs, from ``since`` until before ``until``.

    It is as quick for a rule that began long ago.
    """
    parts = dict(part.split("=") for part in rule.text.split(";"))
    last = until - timedelta(microseconds=1)
    if "UNTIL" in parts:
        last = min(last, datetime.fromisoformat(parts.pop("UNTIL")))
    first = _near(parts, rule.first, since)
    # The library counts only the starts that it yields, so we end a rule with a count ourselves.
    times = int(parts.pop("COUNT", 0)) or None
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    forever = cast("rrule", rrulestr(text, dtstart=first))  # one rule, so no set of them
    for start in islice(forever.replace(until=last), times):
        if start >= since:
            yield start


def _near(parts: Mapping[str, str], first: datetime, since: datetime) -> datetime:
    """Return the start, moved by whole periods to shortly before ``since`` where it may move."""
    step = _STEPS.get(parts["FREQ"])
    if step is None or "COUNT" in parts:
        return first
    period = step * int(parts.get("INTERVAL", 1))
    return first + max((since - first) // period - 1, 0) * period


# -- checking


def _checked(text: str) -> dict[str, str]:
    """Return a rule's parts in their order. RuleRefused."""
    line = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    if len(line) > LONGEST_RULE:
        raise RuleRefused
    pairs = [part.split("=") for part in line.split(";")]
    parts = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    if len(parts) != len(pairs) or "FREQ" not in parts or {"COUNT", "UNTIL"} <= set(parts):
        raise RuleRefused
    if parts["FREQ"] in {"MINUTELY", "SECONDLY"}:
        raise RuleRefused("A shift recurs hourly at most.")
    for name, value in parts.items():
        _check_part(name, value)
    _check_ordinals(parts)
    return parts


def _check_part(name: str, value: str) -> None:
    if name not in _PARTS:
        raise RuleRefused
    values = value.split(",")
    pattern, largest = _PARTS[name]
    if name in _SINGLE and len(values) > 1:
        if name in {"BYMINUTE", "BYSECOND"}:
            raise RuleRefused("A shift recurs hourly at most.")
        raise RuleRefused
    for one in values:
        if not re.fullmatch(pattern, one, re.ASCII):
            raise RuleRefused
        if largest and not (name in _MAY_BE_ZERO or int(one)):
            raise RuleRefused
        if largest and abs(int(one)) > largest:
            raise RuleRefused(_too_large(name))


def _too_large(name: str) -> str:
    if name == "COUNT":
        return f"A rule counts to {MOST_TIMES} at most; leave COUNT out, and it goes on."
    return f"{name} is too large."


def _check_ordinals(parts: Mapping[str, str]) -> None:
    """Refuse ``2MO`` where there is no second Monday: it needs a month (RFC 5545, 3.3.10)."""
    by_month = parts["FREQ"] == "MONTHLY" or (parts["FREQ"] == "YEARLY" and "BYMONTH" in parts)
    numbered = any(len(day) > 2 for day in parts.get("BYDAY", "").split(","))
    if numbered and (not by_month or "BYMONTHDAY" in parts):
        raise RuleRefused
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY"} & set(parts):
        raise RuleRefused


def _may_occur(parts: Mapping[str, str], first: datetime) -> bool:
    """Whether the rule means any day; the library would look for one until the year 9999."""
    days = (first.date() + timedelta(days=day) for day in range(_NEVER.days))
    return any(_in_step(parts, first.date(), day) and _is_meant(parts, first, day) for day in days)


def _in_step(parts: Mapping[str, str], first: date, day: date) -> bool:
    """Whether an interval, counted from the first day, comes to the period of this one."""
    week_start = _DAYS.index(parts.get("WKST", "MO"))
    began, now = ((one.toordinal() - 1 - week_start) // 7 for one in (first, day))
    gone = {
        "DAILY": (day - first).days,
        "WEEKLY": now - began,
        "MONTHLY": (day.year - first.year) * 12 + day.month - first.month,
        "YEARLY": day.year - first.year,
    }
    return gone.get(parts["FREQ"], 0) % int(parts.get("INTERVAL", 1)) == 0


def _is_meant(parts: Mapping[str, str], first: datetime, day: date) -> bool:
    """Whether a rule means this day, by month, day of the month and day of the week."""
    months, in_month = _numbers(parts, "BYMONTH"), _numbers(parts, "BYMONTHDAY")
    names = [one[-2:] for one in parts.get("BYDAY", "").split(",") if one]
    if not in_month and not names:  # then it recurs on the day on which it began
        if parts["FREQ"] == "WEEKLY":
            names = [_DAYS[first.weekday()]]
        if parts["FREQ"] in {"MONTHLY", "YEARLY"}:
            in_month = {first.day}
        if parts["FREQ"] == "YEARLY":
            months = months or {first.month}
    from_the_end = day.day - calendar.monthrange(day.year, day.month)[1] - 1
    return (
        (not months or day.month in months)
        and (not in_month or bool(in_month & {day.day, from_the_end}))
        and (not names or _DAYS[day.weekday()] in names)
    )


def _numbers(parts: Mapping[str, str], name: str) -> set[int]:
    return {int(one) for one in parts.get(name, "").split(",") if one}


def _until(value: str, zone: ZoneInfo) -> datetime:
    """Return the last wall-clock time that an ``UNTIL`` allows: a bare date allows the whole day.

    An instant (with ``Z``, as in RFC 5545) becomes wall-clock time of the organisation's zone.
    """
    found = _UNTIL.fullmatch(value)
    if found is None:
        raise RuleRefused
    try:
        if found[4] is None:
            return datetime.fromisoformat(f"{value}T235959")
        at = datetime.fromisoformat(value.rstrip("Z"))
        return show_wall_time(at.replace(tzinfo=UTC), zone) if found[7] else at
    except (ValueError, OverflowError) as error:
        raise RuleRefused from error
