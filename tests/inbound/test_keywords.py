"""Words that act: STOP, START, HELP, X, 9."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.desk import erase_case
from app.desk.case_file import SafeContact
from app.errors import UnsafeMethod
from app.intake import load_script
from app.outbox.suppressions import find_suppressions
from tests.line import Line
from tests.service import CALLER

TEXTS = load_script().texts
GREETING = TEXTS.everyone.texts["greeting"]
STRANGER = "+15145550199"


def contact(line: Line) -> SafeContact:
    """What the desk reads of the only case's phone."""
    [case] = line.queue()
    return line.read(case.id).contact


def flags(line: Line) -> list[str]:
    return list(contact(line).flags)


class TestStop:
    @pytest.mark.parametrize("word", ["STOP", "stop ", "UNSUBSCRIBE", "END", "CANCEL"])
    def test_the_carriers_own_words_are_answered_by_nobody(self, line: Line, word: str) -> None:
        line.says("hello", "1")
        assert line.says(word) == []
        assert line.says("2", "please") == []
        assert flags(line) == ["stopped"]

    @pytest.mark.parametrize(
        ("word", "language"), [("ARRET", "fr"), ("arrêt", "fr"), ("ALTO", "es"), ("PARE", None)]
    )
    def test_ours_are_confirmed_once(self, line: Line, word: str, language: str | None) -> None:
        line.says("hello")
        said = line.says(word)
        assert len(said) == 1
        assert language is None or said == [TEXTS.get(language, "stop")]
        assert line.says(word, "hello") == []
        assert flags(line) == ["stopped"]

    def test_it_pauses_texts_and_closes_nothing(self, line: Line) -> None:
        line.says("hello", "1", "2", "STOP", "they took him to Laval")
        [case] = line.queue()
        assert (case.state, case.urgency, case.unread) == ("new", 0, 5)

    def test_start_resumes(self, line: Line) -> None:
        line.says("hello", "1", "STOP")
        assert line.says("START") == [TEXTS.get("en", "start")]
        assert flags(line) == []
        line.advance(minutes=31)
        assert line.says("hello again") == [GREETING]

    @pytest.mark.parametrize(
        ("stop", "word"),
        [("STOP", "Yes"), ("STOP", "UNSTOP"), ("ARRET", "DÉBUT"), ("ALTO", "INICIAR")],
    )
    def test_the_carriers_words_resume_and_ours(self, line: Line, stop: str, word: str) -> None:
        line.says("hello", "1", stop)
        assert line.says(word) == [TEXTS.get("en", "start")]
        assert flags(line) == []

    def test_yes_is_an_answer_while_nothing_is_stopped(self, line: Line) -> None:
        assert line.says("hello", "1", "2", "YES")[-1] == TEXTS.get("en", "reach")

    def test_a_phone_nobody_knows_can_say_it_without_a_case(self, line: Line) -> None:
        assert line.says("STOP") == []
        assert line.queue() == []
        assert line.says("hello") == []
        assert flags(line) == ["stopped"]  # so the desk knows why nothing goes
        assert line.says("START") == [TEXTS.get(None, "start")]

    def test_it_outlives_the_case(self, line: Line) -> None:
        line.says("hello", "ARRET")
        [case] = line.queue()
        line.as_member(erase_case, "heron", case.id)
        assert line.says("hello") == []

    def test_it_ends_after_twelve_months(self, line: Line) -> None:
        line.says("hello", "ARRET")
        almost = line.now + timedelta(days=364)
        with line.reading() as db:
            lookup = db.keys.number_lookup(CALLER)
            assert find_suppressions(db, [lookup], almost) == {lookup: {"stop"}}
            assert find_suppressions(db, [lookup], almost + timedelta(days=2)) == {}


class TestHelp:
    @pytest.mark.parametrize("word", ["HELP", "AIDE", "AYUDA", "INFO"])
    def test_it_is_distress_as_well(self, line: Line, word: str) -> None:
        said = line.says(word)
        assert said[0] == GREETING
        assert len(said) == 2
        [case] = line.queue()
        assert case.urgency == 1

    def test_the_dialogue_goes_on_behind_it(self, line: Line) -> None:
        line.says("hello", "1")
        assert line.says("HELP") == [TEXTS.get("en", "help")]
        assert line.says("2") == [TEXTS.get("en", "safe_now")]


class TestWrongNumber:
    @pytest.mark.parametrize("word", ["X", "x", "wrong number"])
    def test_it_locks_after_one_reply(self, line: Line, word: str) -> None:
        line.says("hello", "1")
        assert line.says(word) == ["Sorry, wrong number."]
        assert line.says(word, "2", "hello") == []
        assert flags(line) == ["locked"]

    def test_to_a_phone_nobody_knows_it_is_the_same(self, line: Line) -> None:
        assert line.says("X", sender="+15145550188") == ["Sorry, wrong number."]
        assert line.queue() == []

    def test_after_it_nothing_said_before_shows(self, line: Line) -> None:
        line.says("hello", "4", "1", "X")
        line.says("START")
        line.advance(minutes=31)
        assert line.says("hello") == [GREETING]


class TestCallMe:
    def test_nine_asks_for_a_call(self, line: Line) -> None:
        line.says("hello", "1")
        assert line.says("9") == [TEXTS.get("en", "callback")]
        [case] = line.queue()
        told = line.read(case.id).contact
        assert ([*told.flags], [*told.safe_methods]) == (["callback"], ["call"])
        assert case.urgency == 1

    def test_asking_for_a_call_allows_no_text_later(self, line: Line) -> None:
        line.says("hello", "9")
        [case] = line.queue()
        line.advance(minutes=31)
        with pytest.raises(UnsafeMethod):
            line.reply(case.id, "Hello.")


def test_the_greeting_is_the_same_for_the_first_text_and_the_fiftieth(line: Line) -> None:
    greetings = line.says("hello")
    line.says("1", "2", "yes", "Montreal", "1")
    for _ in range(3):
        line.advance(minutes=31)
        greetings += line.says("it is me")
    assert set(greetings) == set(line.says("it is me", sender=STRANGER)) == {GREETING}
    assert CALLER not in "".join(greetings)


def test_no_answer_tells_whether_a_phone_is_known(line: Line) -> None:
    """Whoever holds the phone after a silence learns nothing from any word."""
    line.says("hello", "1", "2", "yes", "Montreal", "1")
    for word in ("hello", "HELP", "9", "ERASE", "X"):
        line.advance(minutes=31)
        known_said, stranger_said = line.says(word), line.says(word, sender=STRANGER)
        if word == "ERASE":  # the codes are random
            known_said, stranger_said = (
                [s[:-4] for s in said] for said in (known_said, stranger_said)
            )
        assert known_said == stranger_said, word


def test_nor_do_several_words_one_after_the_other(line: Line) -> None:
    line.says("hello", "1", "2", "yes")
    line.advance(hours=3)
    words = ("AIDE", "ARRET", "START")
    assert line.says(*words) == line.says(*words, sender=STRANGER)
