"""When a person first had a case is noted once, however they came to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.cases.waiting import note_person
from app.models import Case, CaseValues
from tests.paging.test_alerts import HERON, on_duty
from tests.service import House

__all__ = ["on_duty"]

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
ONE_HOUR = timedelta(hours=1)
VALUES = CaseValues(reference="amber-heron-4821", channel="sms", opened_at=AT)


def test_the_first_person_counts_and_no_later_one() -> None:
    reached = note_person(VALUES, AT + ONE_HOUR)
    assert (reached.human, reached.time_to_human) == (True, ONE_HOUR)
    assert note_person(reached, AT + 2 * ONE_HOUR).time_to_human == ONE_HOUR


def test_nobody_has_had_a_new_case() -> None:
    assert replace(VALUES, human=True).time_to_human is None


def values_of(house: House, case_id: str) -> CaseValues:
    with house.database.snapshot() as db:
        return db.keys.read_values(db.get_one(Case, UUID(case_id)))


def answer_1(house: House, case_id: str) -> None:
    house.phone(HERON).text("1")


def claim(house: House, case_id: str) -> None:
    house.as_("heron").post(f"/v1/cases/{case_id}/claim")


def reply(house: House, case_id: str) -> None:
    house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": "We are here."})


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("reach", [answer_1, claim, reply])
def test_every_way_to_a_case_is_a_person(
    on_duty: House, reach: Callable[[House, str], None]
) -> None:
    case = on_duty.case_of("hello", "1", "1")
    assert values_of(on_duty, case["id"]).human_at is None
    on_duty.advance(minutes=1)
    reach(on_duty, case["id"])
    assert values_of(on_duty, case["id"]).human_at == on_duty.clock()
    on_duty.advance(minutes=1)
    reply(on_duty, case["id"])
    assert values_of(on_duty, case["id"]).human_at == on_duty.clock() - timedelta(minutes=1)
