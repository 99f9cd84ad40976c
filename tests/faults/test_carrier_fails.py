"""Whatever the carrier answers, a text ends where a person can see it, and never goes out twice.

A refusal is waited out; silence is looked into; what stays in doubt is called uncertain.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.models import Job
from tests.service import ACCOUNT, TOKEN, House, refusal


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


ANSWER = "Someone will be there at nine."
SENDING = "POST"  # a request that sends, in the carrier's log of methods and paths
ASKING = "GET /2010"  # one that asks


def reply(house: House, body: str = ANSWER) -> str:
    """Let the desk answer a new caller; return the case."""
    case_id: str = house.case_of("hello")["id"]
    answer_again(house, case_id, body)
    return case_id


def answer_again(house: House, case_id: str, body: str) -> None:
    answer = house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": body})
    assert answer.status_code == 202
    house.settle()


def status(house: House, case_id: str, body: str = ANSWER) -> str:
    """What the desk reads about the answer."""
    [message] = [m for m in house.read(case_id)["messages"] if m["body"] == body]
    return str(message["status"])


def received(house: House, body: str = ANSWER) -> int:
    """How often the phone got the answer."""
    return house.phone().inbox().count(body)


def sends_waiting(house: House) -> int:
    with house.database.snapshot() as db:
        return len(db.scalars(select(Job).where(Job.kind == "send")).all())


@pytest.mark.parametrize("refused", ["api-20003", "api-429", "api-21611"])
class TestARefusalThatPasses:
    def test_the_text_waits_and_goes_out_once(self, house: House, refused: str) -> None:
        case_id = _reply_with(house, refused)
        assert status(house, case_id) == "queued"
        assert received(house) == 0
        house.advance(seconds=6)
        assert status(house, case_id) == "delivered"
        assert received(house) == 1

    def test_each_refusal_doubles_the_pause(self, house: House, refused: str) -> None:
        case_id = _reply_with(house, refused, count=4)
        for pause in (5, 10, 20, 40):
            house.advance(seconds=pause - 1)
            assert received(house) == 0
            house.advance(seconds=1)
        assert status(house, case_id) == "delivered"
        assert received(house) == 1

    def test_a_later_text_to_the_same_phone_does_not_overtake(
        self, house: House, refused: str
    ) -> None:
        case_id = _reply_with(house, refused)
        answer_again(house, case_id, "And bring water.")
        assert received(house, "And bring water.") == 0
        house.advance(seconds=6)
        assert house.phone().inbox()[-2:] == [ANSWER, "And bring water."]


def _reply_with(house: House, kind: str, **fault: Any) -> str:
    case_id: str = house.case_of("hello")["id"]
    house.network.faults(kind, **fault)
    answer_again(house, case_id, ANSWER)
    return case_id


def test_the_carrier_says_how_long_to_wait(house: House) -> None:
    case_id = _reply_with(house, "api-429", delay_s=300)
    house.advance(seconds=299)
    assert received(house) == 0
    house.advance(seconds=2)
    assert status(house, case_id) == "delivered"


def test_refused_credentials_do_not_stop_texts_from_coming_in(house: House) -> None:
    house.network.faults("api-20003", count=1000)
    case_id = reply(house)
    assert house.phone().text("still here").http_status == 200
    assert "still here" in [m["body"] for m in house.read(case_id)["messages"]]


def test_an_opted_out_person_is_never_texted_again(house: House) -> None:
    case_id = _reply_with(house, "api-21610")
    assert status(house, case_id) == "refused"
    assert sends_waiting(house) == 0
    again = house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": "Hello?"})
    assert refusal(again) == (403, "number-suppressed")
    assert received(house) == 0


class TestAnAnswerThatNeverCame:
    """Neither sent nor unsent: the carrier is asked, and it is never sent a second time."""

    def test_callbacks_settle_it_at_once(self, house: House) -> None:
        case_id = _reply_with(house, "api-timeout-after-accept", delay_s=0)
        assert status(house, case_id) == "delivered"
        _let_it_look(house)
        assert received(house) == 1

    def test_without_callbacks_the_carriers_list_does(self, house: House) -> None:
        case_id: str = house.case_of("hello")["id"]
        house.network.faults("status-lost", count=3)
        house.network.faults("api-timeout-after-accept", delay_s=0)
        answer_again(house, case_id, ANSWER)
        assert status(house, case_id) == "sending"
        house.advance(seconds=21)
        assert status(house, case_id) in {"sent", "delivered"}  # whichever the list says by now
        _let_it_look(house)
        assert received(house) == 1

    def test_a_carrier_that_cannot_be_asked_yet_is_asked_again(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.network.faults("status-lost", count=3)
        house.network.faults("api-timeout-after-accept", delay_s=0)
        house.network.faults("api-429", match=ASKING, count=2)
        answer_again(house, case_id, ANSWER)
        _let_it_look(house)
        assert status(house, case_id) in {"sent", "delivered"}  # whichever the list says by now
        assert received(house) == 1

    @pytest.mark.parametrize("fault", ["api-timeout", "api-5xx"])
    def test_what_the_carrier_does_not_know_is_for_a_person_to_judge(
        self, house: House, fault: str
    ) -> None:
        case_id = _reply_with(house, fault, match=SENDING, delay_s=0)
        assert status(house, case_id) == "sending"
        _let_it_look(house)
        assert status(house, case_id) == "uncertain"
        assert sends_waiting(house) == 0
        assert received(house) == 0

    def test_what_follows_it_is_sent_all_the_same(self, house: House) -> None:
        case_id = _reply_with(house, "api-timeout", match=SENDING, delay_s=0)
        answer_again(house, case_id, "And bring water.")
        _let_it_look(house)
        assert status(house, case_id, "And bring water.") == "delivered"

    def test_the_same_words_sent_before_are_no_proof(self, house: House) -> None:
        case_id = reply(house)
        house.network.faults("api-timeout", match=SENDING, delay_s=0)
        answer_again(house, case_id, ANSWER)
        _let_it_look(house)
        texts = [m["status"] for m in house.read(case_id)["messages"] if m["body"] == ANSWER]
        assert texts == ["delivered", "uncertain"]
        assert received(house) == 1


class TestCallbacksThatNeverCame:
    def test_the_carrier_is_asked_after_a_while(self, house: House) -> None:
        case_id = _reply_with(house, "status-lost", count=3)
        assert status(house, case_id) == "sending"
        house.advance(minutes=20)
        assert status(house, case_id) == "delivered"

    def test_after_a_day_without_news_a_person_is_told(self, house: House) -> None:
        case_id = _reply_with(house, "status-lost", count=3)
        _let_the_carrier_forget(house, ANSWER)
        house.advance(hours=23)
        assert status(house, case_id) == "sending"
        house.advance(hours=2)
        assert status(house, case_id) == "uncertain"


def _let_the_carrier_forget(house: House, body: str) -> None:
    [sid] = [m["sid"] for m in house.network.carrier()["messages"] if m["body"] == body]
    path = f"/simulator/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json"
    assert house.http.delete(path, auth=(ACCOUNT, TOKEN)).status_code == 204


def _let_it_look(house: House) -> None:
    """Long enough for every look at the carrier's list."""
    for _ in range(4):
        house.advance(seconds=90)
