"""Wall-clock time of the organisation's zone, and which instant it is.

Everything in the rota recurs in wall-clock time, so that nine o'clock stays nine o'clock. Twice a
year that needs a decision:

* A time that comes twice (clocks go back) is the first of the two, as RFC 5545, 3.3.5 says.
* A time that the clocks skip is the moment at which they skip it. RFC 5545 would have it up to an
  hour later (3.3.5) or drop the occurrence (3.3.10): the one lets a shift end before it begins,
  the other leaves the desk empty. Like this, shifts that follow each other on the wall follow each
  other in fact, on every night of the year.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.errors import BadRequest

_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2500


def find_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC of a wall-clock time: the first of two, or when it is skipped."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if show_wall_time(before, zone) == wall:
        return before
    return _change_between(after, before, zone)


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Return when the zone's clocks change between two instants, to the second."""
    offset = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late


def show_wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock on the wall shows at an instant; without its zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def read_wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return wall-clock time, or an instant, as wall-clock time to the minute. BadRequest."""
    if not _EARLIEST_YEAR <= at.year <= _LATEST_YEAR:
        raise BadRequest("Nobody makes a rota for that year.")
    wall = show_wall_time(at, zone) if at.tzinfo else at
    return wall.replace(second=0, microsecond=0, fold=0)
