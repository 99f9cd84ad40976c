"""A member who answers ``1`` to a page takes the case."""

from __future__ import annotations

import pytest

from tests.line import Line
from tests.paging.people import HERON, PLOVER, man_desk


@pytest.fixture
def on_duty(line: Line) -> Line:
    man_desk(line)
    return line


def test_answering_1_claims_the_case(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    assert on_duty.says("1", sender=HERON) == ["Desk: it is yours. Please open it now."]
    assert on_duty.case(case.id).assigned_to == on_duty.id("heron")
    on_duty.advance(minutes=20)
    assert on_duty.inbox(PLOVER) == []


def test_whoever_answers_second_is_told_kindly(on_duty: Line) -> None:
    on_duty.text("they took him")
    on_duty.advance(minutes=5)
    on_duty.says("1", sender=HERON)
    assert on_duty.says("1", sender=PLOVER) == ["Desk: thank you, a colleague has it."]


def test_a_volunteer_without_a_page_is_a_caller_like_any_other(on_duty: Line) -> None:
    assert on_duty.says("1", sender=PLOVER)[0].startswith("Hello / Bonjour.")


def test_mine_takes_the_most_urgent_of_those_one_was_paged_for(on_duty: Line) -> None:
    urgent = on_duty.open_case("they took him", sender="+15145550125")
    other = on_duty.open_case("a question about papers", sender="+15145550126")
    on_duty.text("1", HERON)
    owners = [on_duty.case(case.id).assigned_to for case in (urgent, other)]
    assert owners == [on_duty.id("heron"), None]
