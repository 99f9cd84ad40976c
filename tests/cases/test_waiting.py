"""When a person first had a case is noted once, however they came to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.cases.waiting import note_person
from app.desk import claim_case
from app.models import CaseValues
from tests.line import Line
from tests.paging.people import HERON, man_desk

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
ONE_HOUR = timedelta(hours=1)
VALUES = CaseValues(reference="amber-heron-4821", channel="sms", opened_at=AT)


def test_the_first_person_counts_and_no_later_one() -> None:
    reached = note_person(VALUES, AT + ONE_HOUR)
    assert reached.time_to_human == ONE_HOUR
    assert note_person(reached, AT + 2 * ONE_HOUR).time_to_human == ONE_HOUR


def test_nobody_has_had_a_new_case() -> None:
    assert replace(VALUES, human=True).time_to_human is None


def answer_1(line: Line, _case_id: UUID) -> None:
    line.text("1", HERON)


def claim(line: Line, case_id: UUID) -> None:
    line.as_member(claim_case, "heron", case_id)


def reply(line: Line, case_id: UUID) -> None:
    line.reply(case_id, "We are here.")


@pytest.mark.parametrize("reach", [answer_1, claim, reply])
def test_every_way_to_a_case_is_a_person(line: Line, reach: Callable[[Line, UUID], None]) -> None:
    man_desk(line)
    case = line.open_case("hello", "1", "1")
    assert line.values(case.id).human_at is None
    line.advance(minutes=1)
    reach(line, case.id)
    assert line.values(case.id).human_at == line.now
    line.advance(minutes=1)
    reply(line, case.id)
    assert line.values(case.id).human_at == line.now - timedelta(minutes=1)
