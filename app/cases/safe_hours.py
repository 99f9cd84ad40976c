"""Safe hours: when somebody said they may be reached, in the local time of where they are.

Hours are wall-clock times, so a range is as long as the clock on the wall makes it: on the night
clocks go forward an hour of it may be missing, on the night they go back one may come twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from app.errors import BadRequest

_DAY = 24 * 60
_TIME = r"(\d{1,2})(?:[:h](\d{2})?)?"
_RANGE = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}")
_MOST = 16


def parse_safe_hours(value: str | Sequence[str] | None) -> list[str]:
    """Return safe hours as a list of ``HH:MM-HH:MM``; empty for any time. BadRequest.

    Understood are ``18:00-21:30``, ``18h-21h30``, ``9-17`` and ranges past midnight.
    """
    if not value:
        return []
    ranges = value.split(",") if isinstance(value, str) else list(value)
    cleaned = [_written(*_minutes(part)) for part in ranges if part.strip()]
    if len(cleaned) > _MOST:
        raise BadRequest(f"At most {_MOST} ranges of safe hours.")
    return cleaned


def is_within_hours(hours: Sequence[str], now: datetime, zone: ZoneInfo) -> bool:
    """Return whether ``now`` lies in one of the ranges, start included; no ranges: at any time."""
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return not hours or any(_contains(*_minutes(part), minute) for part in hours)


def _contains(start: int, end: int, minute: int) -> bool:
    return start <= minute < end if start < end else minute >= start or minute < end


def _minutes(text: str) -> tuple[int, int]:
    """Return start and end in minutes since midnight; the end may be 24:00."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise _not_understood()
    start, end = (_minute(*found.group(first, first + 1)) for first in (1, 3))
    # The whole day is 00:00-24:00; a range that ends where it starts is a slip, and means neither.
    if start in (_DAY, end):
        raise _not_understood()
    return start, end


def _minute(hour: str, minute: str | None) -> int:
    total = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) >= 60 or total > _DAY:
        raise _not_understood()
    return total


def _not_understood() -> BadRequest:
    return BadRequest("Safe hours look like 18:00-21:30, several separated by commas.")


def _written(start: int, end: int) -> str:
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end))
