"""Safe hours: when somebody said they may be reached, in the local time of where they are.

Hours are wall-clock times, so a window is as long as the clock on the wall makes it: on the night
clocks go forward an hour of it may be missing, on the night they go back one may come twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from app.errors import BadRequest
from app.models import ANY_TIME, HOURS_NOT_SAID, HoursSaid, SafeHours

_DAY = 24 * 60
_TIME = r"(\d{1,2})(?:[:h](\d{2})?)?"
_RANGE = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}")
_MOST = 16
# What stands for any time, alone, where hours are typed or sent.
ANY = "any"


def parse_safe_hours(value: str | Sequence[str] | None) -> SafeHours:
    """Return safe hours as people and programs say them. BadRequest.

    None: they were not said. ``any``, alone: any time. Else windows, see ``parse_windows``. Nothing
    at all is refused: an empty list once meant any time, and a text went out at half past four.
    """
    if value is None:
        return HOURS_NOT_SAID
    parts = [part.strip() for part in (value.split(",") if isinstance(value, str) else value)]
    if parts == [ANY]:
        return ANY_TIME
    windows = parse_windows(parts)
    if not windows:
        raise BadRequest(
            f'Safe hours are empty. Say "{ANY}" for any time, and null where they were not said.'
        )
    return SafeHours(said=HoursSaid.WINDOWS, windows=windows)


def spell_safe_hours(hours: SafeHours) -> list[str] | None:
    """Return safe hours as ``parse_safe_hours`` takes them."""
    match hours.said:
        case HoursSaid.NOT_SAID:
            return None
        case HoursSaid.ANY_TIME:
            return [ANY]
        case HoursSaid.WINDOWS:
            return list(hours.windows)


def describe_safe_hours(hours: SafeHours) -> str:
    """Return safe hours in words: ``hours not said``, ``any time``, ``18:00–21:00``."""
    match hours.said:
        case HoursSaid.NOT_SAID:
            return "hours not said"
        case HoursSaid.ANY_TIME:
            return "any time"
        case HoursSaid.WINDOWS:
            return ", ".join(hours.windows).replace("-", "–")


def parse_windows(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return windows of the day as ``HH:MM-HH:MM``, none for nothing. BadRequest.

    Understood are ``18:00-21:30``, ``18h-21h30``, ``9-17`` and windows past midnight.
    """
    if not value:
        return ()
    windows = value.split(",") if isinstance(value, str) else list(value)
    cleaned = tuple(_written(*_minutes(part)) for part in windows if part.strip())
    if len(cleaned) > _MOST:
        raise BadRequest(f"At most {_MOST} windows of hours.")
    return cleaned


def is_within_windows(windows: Sequence[str], now: datetime, zone: ZoneInfo) -> bool:
    """Return whether ``now`` lies in one of the windows, start included."""
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(_contains(*_minutes(part), minute) for part in windows)


def is_within_hours(hours: SafeHours, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether the caller said that ``now`` is a safe time."""
    return hours.said is HoursSaid.ANY_TIME or is_within_windows(hours.windows, now, zone)


def _contains(start: int, end: int, minute: int) -> bool:
    return start <= minute < end if start < end else minute >= start or minute < end


def _minutes(text: str) -> tuple[int, int]:
    """Return start and end in minutes since midnight; the end may be 24:00."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise _not_understood()
    start, end = (_minute(*found.group(first, first + 1)) for first in (1, 3))
    # The whole day is 00:00-24:00; a window that ends where it starts is a slip, and means neither.
    if start in (_DAY, end):
        raise _not_understood()
    return start, end


def _minute(hour: str, minute: str | None) -> int:
    total = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) >= 60 or total > _DAY:
        raise _not_understood()
    return total


def _not_understood() -> BadRequest:
    return BadRequest("Hours look like 18:00-21:30, several separated by commas.")


def _written(start: int, end: int) -> str:
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end))
