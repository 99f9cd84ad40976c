"""A member who answers ``1`` to a page takes the case."""

from __future__ import annotations

import pytest

from tests.line import Line
from tests.paging.people import HERON, PAGE, PLOVER, man_desk


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


def test_a_volunteer_without_a_page_takes_nothing(on_duty: Line) -> None:
    on_duty.text("they took him")
    assert on_duty.says("1", sender=PLOVER)[0].startswith("Desk: this text was not kept")


@pytest.mark.parametrize("body", ["mine!", "MINE", "1.", "ok mine"])
def test_mine_in_words_is_an_answer_too(on_duty: Line, body: str) -> None:
    case = on_duty.open_case("they took him")
    assert on_duty.says(body, sender=HERON) == ["Desk: it is yours. Please open it now."]
    assert on_duty.case(case.id).assigned_to == on_duty.id("heron")


def test_after_a_no_the_next_are_paged_at_once(on_duty: Line) -> None:
    on_duty.text("they took him")
    assert on_duty.says("no", sender=HERON) == ["Desk: thank you. We ask a colleague."]
    assert on_duty.inbox(PLOVER) == [PAGE]


def test_a_page_comes_in_the_members_language(line: Line) -> None:
    man_desk(line)
    line.give_phone("heron", HERON, languages=("ht", "fr"))
    line.text("they took him")
    assert line.inbox(HERON) == ["Biwo: 1 nouvo, kounye a. Reponn 1 = pa m"]
    assert line.says("pa m", sender=HERON) == ["Biwo: li pou ou. Tanpri louvri l kounye a."]


def test_mine_takes_the_most_urgent_of_those_one_was_paged_for(on_duty: Line) -> None:
    urgent = on_duty.open_case("they took him", sender="+15145550125")
    other = on_duty.open_case("a question about papers", sender="+15145550126")
    on_duty.text("1", HERON)
    owners = [on_duty.case(case.id).assigned_to for case in (urgent, other)]
    assert owners == [on_duty.id("heron"), None]
