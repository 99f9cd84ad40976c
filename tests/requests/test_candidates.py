"""When a request is needed, and when it is too late for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.models import RequestValues
from app.requests.candidates import find_needed_at, is_too_late

NOON, HOUR = datetime(2026, 1, 15, 12, tzinfo=UTC), timedelta(hours=1)
KINDS = ("accompaniment", "interpreter", "legal")


def values(
    kind: str = "accompaniment",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    needed_by: datetime | None = None,
) -> RequestValues:
    return RequestValues(kind=kind, starts_at=starts_at, ends_at=ends_at, needed_by=needed_by)


def test_a_member_is_needed_before_the_date_or_by_what_the_desk_said() -> None:
    assert find_needed_at(values()) is None
    assert find_needed_at(values(starts_at=NOON)) == NOON
    assert find_needed_at(values(needed_by=NOON)) == NOON
    assert find_needed_at(values(starts_at=NOON, needed_by=NOON - HOUR)) == NOON - HOUR
    assert find_needed_at(values(starts_at=NOON, needed_by=NOON + HOUR)) == NOON


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_too_late_once_its_date_is_over(kind: str) -> None:
    usual = values(kind, starts_at=NOON)
    assert not is_too_late(usual, NOON + HOUR)
    assert is_too_late(usual, NOON + 2 * HOUR), "it is taken to last two hours"
    long = values(kind, starts_at=NOON, ends_at=NOON + 5 * HOUR)
    assert not is_too_late(long, NOON + 4 * HOUR)


@pytest.mark.parametrize(("kind", "late"), list(zip(KINDS, (True, True, False), strict=True)))
def test_a_lawyer_helps_after_the_time_by_which_one_was_wanted(kind: str, *, late: bool) -> None:
    wanted = values(kind, needed_by=NOON)
    assert not is_too_late(wanted, NOON - HOUR)
    assert is_too_late(wanted, NOON) is late


@pytest.mark.parametrize("kind", KINDS)
def test_without_any_time_it_is_never_too_late(kind: str) -> None:
    assert not is_too_late(values(kind), NOON)
