"""Safe hours are wall-clock hours, past midnight and through both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.safe_hours import (
    describe_safe_hours,
    is_within_hours,
    is_within_windows,
    parse_safe_hours,
    parse_windows,
    spell_safe_hours,
)
from app.errors import BadRequest

MONTREAL = ZoneInfo("America/Toronto")
minutes = st.integers(0, 24 * 60 - 1)
instants = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minute: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


def written(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("18:00-21:30", ["18:00-21:30"]),
        ("9-17", ["09:00-17:00"]),
        ("18h-21h30", ["18:00-21:30"]),
        ("20:00 – 24:00, 6:30-7", ["20:00-24:00", "06:30-07:00"]),
        (["22:00-06:00"], ["22:00-06:00"]),
        ("any", ["any"]),
        (["any"], ["any"]),
        (None, None),
    ],
)
def test_hours_are_understood_as_people_write_them(
    said: str | list[str] | None, kept: list[str] | None
) -> None:
    assert spell_safe_hours(parse_safe_hours(said)) == kept


def test_hours_that_nobody_said_are_no_time_at_all() -> None:
    now = datetime(2026, 1, 15, 9, 33, tzinfo=UTC)  # 04:33 in Montreal
    assert not is_within_hours(parse_safe_hours(None), now, MONTREAL)
    assert is_within_hours(parse_safe_hours("any"), now, MONTREAL)
    assert not is_within_hours(parse_safe_hours("18-21"), now, MONTREAL)


def test_the_three_kinds_have_words() -> None:
    said = [None, ["any"], "18-21, 22-23"]
    assert [describe_safe_hours(parse_safe_hours(one)) for one in said] == [
        "hours not said", "any time", "18:00–21:00, 22:00–23:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["", [], " , ", [""], "any, 18-19", ["any", "any"], "evening", "18:00",
     "25:00-26:00", "18:61-19:00", "09:00-09:00", "24:00-06:00", "24:30-01:00",
     "18:00+02:00-19:00", "-18:00-19:00", "18:00-19:00-20:00", ",".join(["1-2"] * 17)],
)  # fmt: skip
def test_anything_else_is_refused_when_it_is_recorded(said: str | list[str]) -> None:
    with pytest.raises(BadRequest):
        parse_safe_hours(said)


@pytest.mark.parametrize(
    ("now", "safe"),
    [
        ("2026-01-15T02:59:00+00:00", False),  # 21:59 in Montreal
        ("2026-01-15T03:00:00+00:00", True),  # 22:00
        ("2026-01-15T05:00:00+00:00", True),  # midnight
        ("2026-01-15T10:59:00+00:00", True),  # 05:59
        ("2026-01-15T11:00:00+00:00", False),  # 06:00
    ],
)
def test_a_range_passes_midnight(now: str, safe: bool) -> None:
    assert is_within_windows(["22:00-06:00"], datetime.fromisoformat(now), MONTREAL) is safe


def test_the_clock_on_the_wall_counts_also_when_it_changes() -> None:
    # Sunday 8 March 2026: 02:00 becomes 03:00. Sunday 1 November 2026: 02:00 becomes 01:00.
    before, after = datetime(2026, 3, 8, 6, 59, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert is_within_windows(["01:00-02:00"], before, MONTREAL)
    assert is_within_windows(["03:00-04:00"], after, MONTREAL)
    twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    assert all(is_within_windows(["01:00-02:00"], now, MONTREAL) for now in twice)
    evening = [datetime(2026, month, 7, 22, 30, tzinfo=UTC) for month in (3, 4)]
    assert [is_within_windows(["18:00-19:00"], now, MONTREAL) for now in evening] == [False, True]


@given(minutes, minutes, instants)
def test_a_range_and_the_rest_of_the_day_never_overlap(start: int, end: int, now: datetime) -> None:
    if start == end:
        return
    said, rest = f"{written(start)}-{written(end)}", f"{written(end)}-{written(start)}"
    assert is_within_windows(parse_windows(said), now, MONTREAL) is not is_within_windows(
        [rest], now, MONTREAL
    )


@given(minutes, minutes, instants)
def test_hours_hold_exactly_where_the_local_clock_says_so(
    start: int, end: int, now: datetime
) -> None:
    if start >= end:
        return
    local = now.astimezone(MONTREAL)
    passed = timedelta(hours=local.hour, minutes=local.minute)
    inside = timedelta(minutes=start) <= passed < timedelta(minutes=end)
    assert is_within_windows([f"{written(start)}-{written(end)}"], now, MONTREAL) is inside


@given(instants)
def test_the_whole_day_is_always_and_no_window_is_never(now: datetime) -> None:
    assert is_within_windows(["00:00-24:00"], now, MONTREAL)
    assert not is_within_windows([], now, MONTREAL)
