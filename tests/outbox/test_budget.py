"""Segments are counted by month; the cap is told before it bites, and never silences a person."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import Sent
from app.outbox.budget import MonthSpending, find_new_warning, read_month
from tests.service import House


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


def _month(house: House) -> MonthSpending:
    with house.database.snapshot() as db:
        return read_month(db, house.clock())


def _set(house: House, **changes: Any) -> None:
    answer = house.as_("crane").put("/v1/settings", changes)
    assert answer.status_code == 200, answer.text


def _spend(house: House, segments: int) -> None:
    with house.database.transaction() as db:
        db.merge(Sent(period="2026-01", texts=1, segments=segments, automatic=0, told=0))


def test_segments_of_the_month_are_counted_and_priced(house: House) -> None:
    _set(house, price_per_segment=0.05)
    case_id = house.case_of("hello")["id"]
    house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": "é" + 170 * "x"})
    house.settle()
    month = _month(house)
    assert (month.month, month.texts, month.segments, month.cost) == ("2026-01", 2, 3, 0.15)
    house.clock.advance(house.clock().replace(month=2) - house.clock())
    assert _month(house).segments == 0


def test_a_text_is_counted_once_however_its_fate_is_learnt(house: House) -> None:
    house.network.faults("status-duplicate", count=3)
    house.phone().text("hello")
    house.advance(minutes=20)
    assert _month(house).texts == 1


@pytest.mark.parametrize(("segments", "told"), [(79, None), (80, 80), (99, 80), (100, 100)])
def test_the_cap_is_told_at_four_fifths_and_when_it_is_reached(
    house: House, segments: int, told: int | None
) -> None:
    _set(house, price_per_segment=1, monthly_cap=100)
    _spend(house, segments)
    with house.database.transaction() as db:
        assert find_new_warning(db, house.clock()) == told
        assert find_new_warning(db, house.clock()) is None


def test_a_spent_cap_stops_only_automatic_texts_that_are_not_urgent(house: House) -> None:
    _set(house, price_per_segment=1, monthly_cap=100)
    _spend(house, 100)
    case_id = house.case_of("hello")["id"]
    assert house.phone().inbox() == []
    assert house.read(case_id)["messages"][-1]["status"] == "refused"
    house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": "we read you"})
    house.settle()
    assert house.phone().inbox() == ["we read you"]
    assert house.phone("+15145550177").says("they took my brother") != []
    assert house.phone("+15145550178").says("ERASE") != []


def test_no_cap_stops_nothing(house: House) -> None:
    _set(house, price_per_segment=1, monthly_cap=0)
    _spend(house, 10_000)
    assert house.phone().says("hello") != []


def test_automatic_texts_to_everybody_together_are_bounded_by_the_hour(house: House) -> None:
    _set(house, automatic_per_hour=2)
    said = [house.phone(f"+151455501{n}").says("hello") for n in (60, 61, 62)]
    assert [len(texts) for texts in said] == [1, 1, 0]
    assert len(house.queue()) == 3
    assert house.phone("+15145550163").says("they took my brother") != []
    house.advance(hours=1)
    assert house.phone("+15145550164").says("hello") != []
