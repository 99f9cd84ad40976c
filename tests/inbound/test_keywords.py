"""Words that act: STOP, START, HELP, X, 9."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.intake import load_script
from app.outbox.suppressions import find_suppressions
from tests.service import CALLER, House


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


TEXTS = load_script().texts
GREETING = TEXTS.everyone.texts["greeting"]


def flags(house: House) -> list[str]:
    [case] = house.queue()
    found: list[str] = house.read(case["id"])["contact"]["flags"]
    return found


class TestStop:
    @pytest.mark.parametrize("word", ["STOP", "stop ", "UNSUBSCRIBE", "END", "CANCEL"])
    def test_the_carriers_own_words_are_answered_by_nobody(self, house: House, word: str) -> None:
        phone = house.phone()
        phone.says("hello", "1")
        assert phone.says(word) == []
        assert phone.says("2", "please") == []
        assert flags(house) == ["stopped"]

    @pytest.mark.parametrize(
        ("word", "language"), [("ARRET", "fr"), ("arrêt", "fr"), ("ALTO", "es"), ("PARE", None)]
    )
    def test_ours_are_confirmed_once(self, house: House, word: str, language: str | None) -> None:
        phone = house.phone()
        phone.says("hello")
        said = phone.says(word)
        assert len(said) == 1
        assert language is None or said == [TEXTS.get(language, "stop")]
        assert phone.says(word, "hello") == []
        assert flags(house) == ["stopped"]

    def test_it_pauses_texts_and_closes_nothing(self, house: House) -> None:
        phone = house.phone()
        phone.says("hello", "1", "2", "STOP", "they took him to Laval")
        [case] = house.queue()
        assert (case["state"], case["urgency"], case["unread"]) == ("new", 0, 5)

    def test_start_resumes(self, house: House) -> None:
        phone = house.phone()
        phone.says("hello", "1", "STOP")
        assert phone.says("START") == [TEXTS.get("en", "start")]
        assert flags(house) == []
        house.advance(minutes=31)
        assert phone.says("hello again") == [GREETING]

    @pytest.mark.parametrize(
        ("stop", "word"),
        [("STOP", "Yes"), ("STOP", "UNSTOP"), ("ARRET", "DÉBUT"), ("ALTO", "INICIAR")],
    )
    def test_the_carriers_words_resume_and_ours(self, house: House, stop: str, word: str) -> None:
        phone = house.phone()
        phone.says("hello", "1", stop)
        assert phone.says(word) == [TEXTS.get("en", "start")]
        assert flags(house) == []

    def test_yes_is_an_answer_while_nothing_is_stopped(self, house: House) -> None:
        assert house.phone().says("hello", "1", "2", "YES")[-1] == TEXTS.get("en", "reach")

    def test_a_phone_nobody_knows_can_say_it_without_a_case(self, house: House) -> None:
        assert house.phone().says("STOP") == []
        assert house.queue() == []
        assert house.phone().says("hello") == []
        assert flags(house) == ["stopped"]  # so the desk knows why nothing goes
        assert house.phone().says("START") == [TEXTS.get(None, "start")]

    def test_it_outlives_the_case(self, house: House) -> None:
        house.phone().says("hello", "ARRET")
        [case] = house.queue()
        house.as_("heron").post(f"/v1/cases/{case['id']}/erase")
        assert house.phone().says("hello") == []

    def test_it_ends_after_twelve_months(self, house: House) -> None:
        house.phone().says("hello", "ARRET")
        almost = house.clock() + timedelta(days=364)
        with house.database.snapshot() as db:
            lookup = db.keys.number_lookup(CALLER)
            assert find_suppressions(db, [lookup], almost) == {lookup: {"stop"}}
            assert find_suppressions(db, [lookup], almost + timedelta(days=2)) == {}


class TestHelp:
    @pytest.mark.parametrize("word", ["HELP", "AIDE", "AYUDA", "INFO"])
    def test_it_is_distress_as_well(self, house: House, word: str) -> None:
        said = house.phone().says(word)
        assert said[0] == GREETING
        assert len(said) == 2
        [case] = house.queue()
        assert case["urgency"] == 1

    def test_the_dialogue_goes_on_behind_it(self, house: House) -> None:
        phone = house.phone()
        phone.says("hello", "1")
        assert phone.says("HELP") == [TEXTS.get("en", "help")]
        assert phone.says("2") == [TEXTS.get("en", "safe_now")]


class TestWrongNumber:
    @pytest.mark.parametrize("word", ["X", "x", "wrong number"])
    def test_it_locks_after_one_reply(self, house: House, word: str) -> None:
        phone = house.phone()
        phone.says("hello", "1")
        assert phone.says(word) == ["Sorry, wrong number."]
        assert phone.says(word, "2", "hello") == []
        assert flags(house) == ["locked"]

    def test_to_a_phone_nobody_knows_it_is_the_same(self, house: House) -> None:
        assert house.phone("+15145550188").says("X") == ["Sorry, wrong number."]
        assert house.queue() == []

    def test_after_it_nothing_said_before_shows(self, house: House) -> None:
        phone = house.phone()
        phone.says("hello", "4", "1", "X")
        phone.says("START")
        house.advance(minutes=31)
        assert phone.says("hello") == [GREETING]


class TestCallMe:
    def test_nine_asks_for_a_call(self, house: House) -> None:
        phone = house.phone()
        phone.says("hello", "1")
        assert phone.says("9") == [TEXTS.get("en", "callback")]
        [case] = house.queue()
        whole = house.read(case["id"])
        assert whole["contact"]["flags"] == ["callback"]
        assert whole["contact"]["safe_methods"] == ["call"]
        assert case["urgency"] == 1

    def test_asking_for_a_call_allows_no_text_later(self, house: House) -> None:
        house.phone().says("hello", "9")
        [case] = house.queue()
        house.advance(minutes=31)
        answer = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "Hello."})
        assert answer.json()["type"] == "urn:kith:unsafe-method"


def test_the_greeting_is_the_same_for_the_first_text_and_the_fiftieth(house: House) -> None:
    phone, stranger = house.phone(), house.phone("+15145550199")
    greetings = phone.says("hello")
    phone.says("1", "2", "yes", "Montreal", "1")
    for _ in range(3):
        house.advance(minutes=31)
        greetings += phone.says("it is me")
    assert set(greetings) == set(stranger.says("it is me")) == {GREETING}
    assert CALLER not in "".join(greetings)


def test_no_answer_tells_whether_a_phone_is_known(house: House) -> None:
    """Whoever holds the phone after a silence learns nothing from any word."""
    known, stranger = house.phone(), house.phone("+15145550199")
    known.says("hello", "1", "2", "yes", "Montreal", "1")
    for word in ("hello", "HELP", "9", "ERASE", "X"):
        house.advance(minutes=31)
        known_said, stranger_said = known.says(word), stranger.says(word)
        if word == "ERASE":  # the codes are random
            known_said, stranger_said = (
                [s[:-4] for s in said] for said in (known_said, stranger_said)
            )
        assert known_said == stranger_said, word


def test_nor_do_several_words_one_after_the_other(house: House) -> None:
    known, stranger = house.phone(), house.phone("+15145550199")
    known.says("hello", "1", "2", "yes")
    house.advance(hours=3)
    words = ("AIDE", "ARRET", "START")
    assert known.says(*words) == stranger.says(*words)
