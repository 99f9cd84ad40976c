"""The same text again and again is one thing to read, and every copy is kept."""

from __future__ import annotations

from tests.line import Line
from tests.service import CALLER

SAID = "are you there"


def unread(line: Line, number: str = CALLER) -> int:
    case = line.case_of(number)
    assert case is not None
    return case.unread


def test_five_times_the_same_in_a_minute_counts_as_one_unread(line: Line) -> None:
    case = line.open_case("hello, my name is Ana")
    before = case.unread
    line.text(SAID)
    for _ in range(4):
        line.advance(seconds=10)
        line.text(SAID)
    assert unread(line) == before + 1
    assert line.inbound(case.id).count(SAID) == 5


def test_five_at_once_count_as_one_too(line: Line) -> None:
    line.open_case("hello, my name is Ana")
    before = unread(line)
    line.take(*(line.lose(SAID, CALLER) for _ in range(5)))
    assert unread(line) == before + 1


def test_other_words_a_later_minute_and_what_was_read_count(line: Line) -> None:
    case = line.open_case("hello, my name is Ana")
    before = case.unread
    line.text(SAID)
    line.text("please")
    line.advance(minutes=2)
    line.text(SAID)
    assert unread(line) == before + 3
    line.reply(case.id, "yes, we are")
    line.text(SAID)
    assert unread(line) == 1


def test_words_kept_beside_an_open_question_are_counted_once_too(line: Line) -> None:
    line.says("hello", "1", "1", *["who is this please"] * 5)
    assert unread(line) == 4


def test_the_same_digit_may_answer_two_questions(line: Line) -> None:
    line.says("hello", "1", "1")
    assert unread(line) == 3


def test_another_phone_with_the_same_words_is_another_caller(line: Line) -> None:
    line.text(SAID)
    line.text(SAID, "+15145550177")
    assert unread(line, "+15145550177") == 1
