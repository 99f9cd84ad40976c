"""The greeting while sealed, what is answered to it, and what becomes of both once open."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.inbound import absorb_provisional_cases
from app.intake import load_script
from tests.inbound.old_phones import sealed
from tests.line import Line
from tests.service import CALLER

TEXTS = load_script().texts
GREETING = TEXTS.get(None, "greeting")


def take(line: Line, *bodies: str) -> list[str | None]:
    """Text a sealed server, a minute apart; return the answers to the webhooks."""
    said: list[str | None] = []
    for body in bodies:
        line.clock.advance(timedelta(minutes=1))
        said += line.take(line.lose(body, CALLER))
    return said


def open_server(line: Line) -> None:
    absorb_provisional_cases(line.database, line.desk, line.now)
    line.settle()


def test_the_answer_counts_and_the_dialogue_goes_on(line: Line) -> None:
    with sealed(line):
        assert take(line, "hello", "2", "2") == [GREETING, None, None]
    open_server(line)
    case = line.case_of()
    assert case is not None
    assert line.values(case.id).language == "fr"
    assert line.inbox() == [TEXTS.get("fr", "situation")]
    assert line.says("2") == [TEXTS.get("fr", "safe_now")]
    assert line.values(case.id).situation == "detained"


def test_the_transcript_shows_the_greeting_and_the_question(line: Line) -> None:
    with sealed(line):
        take(line, "hello", "2")
    open_server(line)
    case = line.case_of()
    assert case is not None
    shown = [(text.direction, text.body) for text in line.read(case.id).messages]
    assert shown == [
        ("inbound", "hello"),
        ("outbound", GREETING),
        ("inbound", "2"),
        ("outbound", TEXTS.get("fr", "situation")),
    ]


@pytest.mark.parametrize(("body", "language"), [("5", None), ("Kreyòl", "ht")])
def test_so_do_other_answers(line: Line, body: str, language: str | None) -> None:
    with sealed(line):
        take(line, "hello", body)
    open_server(line)
    case = line.case_of()
    assert case is not None
    assert line.values(case.id).language == language
    asked = TEXTS.get("ht", "situation") if language else TEXTS.get(None, "other_language")
    assert line.inbox() == [asked]


def test_a_wish_to_be_called_counts(line: Line) -> None:
    with sealed(line):
        take(line, "hello", "9")
    open_server(line)
    case = line.case_of()
    assert case is not None
    contact = line.read(case.id).contact
    assert ([*contact.flags], [*contact.safe_methods]) == (["callback"], ["call"])


def test_in_an_old_case_it_counts_once_a_person_has_confirmed(line: Line) -> None:
    case = line.open_case("hello", "1", "5")
    line.reply(case.id)
    line.clock.advance(timedelta(hours=1))
    with sealed(line):
        take(line, "hello", "2")
    open_server(line)
    assert line.values(case.id).language == "en"
    assert line.read(case.id).unconfirmed == {"language": "fr"}
    assert line.inbox()[-1] == TEXTS.get("fr", "situation")


def test_after_half_an_hour_nothing_is_asked_behind_it(line: Line) -> None:
    with sealed(line):
        take(line, "hello", "2")
    line.clock.advance(timedelta(minutes=30))
    open_server(line)
    assert line.inbox() == []
    assert line.says("hello") == [GREETING]
