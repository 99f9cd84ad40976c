from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadRequest
from app.rota.wall_time import find_instant, read_wall_time, show_wall_time

TORONTO, SANTIAGO = ZoneInfo("America/Toronto"), ZoneInfo("America/Santiago")
# The nights on which clocks go forward and back, in the north and in the south.
NIGHTS = [
    (TORONTO, datetime(2026, 3, 8)),
    (TORONTO, datetime(2026, 11, 1)),
    (SANTIAGO, datetime(2026, 9, 6)),
    (SANTIAGO, datetime(2026, 4, 5)),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(st.sampled_from(NIGHTS), st.integers(-1440, 2880), st.integers(0, 240))
def test_later_on_the_wall_is_never_earlier_in_fact(
    night: tuple[ZoneInfo, datetime], minute: int, more: int
) -> None:
    zone, day = night
    wall = day + timedelta(minutes=minute)
    assert find_instant(wall, zone) <= find_instant(wall + timedelta(minutes=more), zone)


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert find_instant(datetime(2026, 11, 1, 1, 30), TORONTO) == at("2026-11-01T01:30-04:00")


def test_a_time_that_is_skipped_is_when_the_clocks_skip_it() -> None:
    assert find_instant(datetime(2026, 3, 8, 2, 30), TORONTO) == at("2026-03-08T03:00-04:00")
    assert find_instant(datetime(2026, 9, 6, 0, 30), SANTIAGO) == at("2026-09-06T01:00-03:00")


def test_a_given_time_is_wall_clock_time_to_the_minute() -> None:
    nine = datetime(2026, 1, 15, 9)
    assert read_wall_time(datetime(2026, 1, 15, 9, 0, 59), TORONTO) == nine
    assert read_wall_time(datetime(2026, 1, 15, 14, tzinfo=UTC), TORONTO) == nine
    assert show_wall_time(find_instant(nine, TORONTO), TORONTO) == nine


@pytest.mark.parametrize("year", [1, 1969, 2501])
def test_nobody_makes_a_rota_for_another_age(year: int) -> None:
    with pytest.raises(BadRequest):
        read_wall_time(datetime(year, 1, 1), TORONTO)
