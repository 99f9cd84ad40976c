"""A number that writes again after ninety silent days may be somebody else's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk import StatedConsent, confirm_caller, record_consent, send_reply
from app.errors import UnsafeMethod
from tests.line import Line

FLAG = "perhaps_another_owner"


@pytest.fixture
def case_id(line: Line) -> UUID:
    case = line.open_case("they took him", "1", "2")
    said = StatedConsent("contact", True, ("text",), ["00:00-24:00"])
    line.as_member(record_consent, "heron", case.id, said)
    line.reply(case.id)
    return case.id


def write_again(line: Line, **after: float) -> None:
    line.clock.advance(timedelta(**after))
    line.text("hello?")


def flags(line: Line, case_id: UUID) -> list[str]:
    return [*line.read(case_id).contact.flags]


def test_it_is_marked_and_told_nothing_of_the_case(line: Line, case_id: UUID) -> None:
    write_again(line, days=90)
    assert FLAG in flags(line, case_id)
    with pytest.raises(UnsafeMethod, match="90 days"):
        line.reply(case_id, "He is in Laval.")
    with line.writing() as db:
        send_reply(db, line.principal("heron"), case_id, "May we call?", line.now, ready=True)
    line.settle()
    assert line.inbox()[-1] == "May we call?"


def test_until_a_person_has_confirmed(line: Line, case_id: UUID) -> None:
    write_again(line, days=90)
    line.as_member(confirm_caller, "heron", case_id)
    assert FLAG not in flags(line, case_id)
    line.reply(case_id, "He is in Laval.")
    assert line.inbox()[-1] == "He is in Laval."
    write_again(line, days=89)
    assert FLAG not in flags(line, case_id)


def test_what_the_desk_wrote_meanwhile_says_nothing_of_who_has_it(
    line: Line, case_id: UUID
) -> None:
    line.clock.advance(timedelta(days=60))
    line.reply(case_id)
    write_again(line, days=30)
    assert FLAG in flags(line, case_id)


def test_a_shorter_silence_marks_nothing(line: Line, case_id: UUID) -> None:
    write_again(line, days=89)
    assert FLAG not in flags(line, case_id)
