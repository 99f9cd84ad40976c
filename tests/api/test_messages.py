"""Texts to callers: what may go out, what becomes of it, and what the caller allowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.service import Client, House, refusal

MESSAGE = {"id", "direction", "channel", "body", "at", "status"}


def reply(house: House, case_id: str, body: str = "We are here.", by: str = "heron") -> Any:
    return house.as_(by).post(f"/v1/cases/{case_id}/messages", {"body": body})


def allow(house: House, case_id: str, **consent: Any) -> None:
    given = {"scope": "contact", "granted": True, "methods": ["text"], **consent}
    answer = house.as_("heron").post(f"/v1/cases/{case_id}/consents", given)
    assert answer.status_code == 201, answer.text


def quiet_case(house: House, *texts: str) -> str:
    """A case whose caller wrote so long ago that a text would be no answer any more."""
    case_id: str = house.case_of(*texts)["id"]
    house.advance(minutes=31)
    return case_id


class TestReplying:
    def test_a_reply_is_queued_sent_and_delivered(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        answer = reply(house, case_id, "A person reads this. Ça va? 🙂")
        assert answer.status_code == 202
        assert set(answer.json()) == {"id", "status"}
        assert answer.json()["status"] == "queued"
        house.settle()
        assert house.phone().inbox()[-1] == "A person reads this. Ça va? 🙂"
        message = house.read(case_id)["messages"][-1]
        assert set(message) >= MESSAGE
        assert message["id"] == answer.json()["id"]
        assert (message["direction"], message["status"]) == ("outbound", "delivered")
        assert message["author"] == str(house.residents["heron"].id)

    def test_nobody_needs_to_have_claimed_the_case(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.as_("plover").post(f"/v1/cases/{case_id}/claim")
        assert reply(house, case_id, by="heron").status_code == 202

    def test_after_a_person_answered_the_script_goes_quiet(self, house: House) -> None:
        case_id = house.case_of("hello", "1")["id"]
        reply(house, case_id)
        house.settle()
        assert house.phone().says("2", "yes") == []
        assert house.read(case_id)["state"] == "open"

    def test_replies_arrive_in_the_order_written(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        bodies = [f"Part {number}." for number in range(6)]
        for body in bodies:
            assert reply(house, case_id, body).status_code == 202
        house.settle()
        assert house.phone().inbox()[-6:] == bodies
        assert [m["body"] for m in house.read(case_id)["messages"]][-6:] == bodies

    @pytest.mark.parametrize("body", ["", " \n ", "x" * 1601, "nothing\0there", None, ["x"]])
    def test_no_text(self, shared_house: House, body: Any) -> None:
        case_id = shared_house.case_of("hello", number="+15145550140")["id"]
        answer = shared_house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": body})
        shared_house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
        assert refusal(answer) == (400, "bad-request")

    def test_the_longest_text_arrives_whole(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        assert reply(house, case_id, "é" * 1600).status_code == 202
        house.settle()
        assert house.phone().inbox()[-1] == "é" * 1600

    def test_what_the_carrier_cannot_deliver_is_shown(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.network.faults("api-30003")
        reply(house, case_id)
        house.settle()
        assert house.read(case_id)["messages"][-1]["status"] == "undelivered"

    def test_a_manual_case_without_number_cannot_be_texted(self, house: House) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        case_id = house.as_("heron").post("/v1/cases", given).json()["id"]
        assert refusal(reply(house, case_id)) == (403, "unsafe-method")


class TestMayOne:
    """Within half an hour a text is an answer; later the caller must have allowed it."""

    @pytest.fixture
    def database_kind(self) -> str:
        """SQLite alone: these rules do not hang on the database."""
        return "sqlite"

    def test_an_answer_is_always_allowed(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.clock.advance(timedelta(minutes=30))
        assert reply(house, case_id).status_code == 202

    def test_later_a_consent_is_needed(self, house: House) -> None:
        case_id = quiet_case(house)
        assert refusal(reply(house, case_id)) == (403, "consent-missing")
        allow(house, case_id)
        assert reply(house, case_id).status_code == 202

    def test_the_callers_own_answer_counts(self, house: House) -> None:
        case_id = quiet_case(house, "hello", "1", "2", "y", "Montreal", "1")
        assert reply(house, case_id).status_code == 202

    def test_who_wants_to_be_called_is_not_texted(self, house: House) -> None:
        case_id = quiet_case(house, "hello", "1", "2", "y", "Montreal", "2")
        assert house.read(case_id)["contact"]["safe_methods"] == ["call"]
        assert refusal(reply(house, case_id)) == (403, "unsafe-method")

    def test_who_wants_nothing_is_left_alone(self, house: House) -> None:
        case_id = quiet_case(house, "hello", "1", "2", "y", "Montreal", "4")
        assert refusal(reply(house, case_id)) == (403, "consent-missing")

    def test_hours_in_words_are_for_the_desk_to_read(self, house: House) -> None:
        case_id = quiet_case(house, "hello", "1", "2", "y", "Montreal", "1, after six")
        assert refusal(reply(house, case_id)) == (403, "consent-missing")
        allow(house, case_id, hours="18:00-21:00")
        assert refusal(reply(house, case_id)) == (403, "outside-safe-hours")

    def test_safe_hours_are_local_time(self, house: House) -> None:
        case_id = quiet_case(house)  # 12:31 in UTC is 07:31 in Toronto
        allow(house, case_id, hours="08:00-09:00")
        assert refusal(reply(house, case_id)) == (403, "outside-safe-hours")
        house.advance(minutes=29)
        assert reply(house, case_id).status_code == 202
        house.advance(minutes=60)
        assert refusal(reply(house, case_id)) == (403, "outside-safe-hours")

    def test_hours_may_pass_midnight(self, house: House) -> None:
        case_id = quiet_case(house)
        allow(house, case_id, hours="22:00-07:00, 07:30-08:00")
        assert reply(house, case_id).status_code == 202

    def test_a_consent_can_be_withdrawn(self, house: House) -> None:
        case_id = quiet_case(house)
        allow(house, case_id)
        allow(house, case_id, granted=False)
        assert refusal(reply(house, case_id)) == (403, "consent-missing")

    def test_another_scope_allows_no_text(self, house: House) -> None:
        case_id = quiet_case(house)
        allow(house, case_id, scope="legal")
        assert refusal(reply(house, case_id)) == (403, "consent-missing")

    def test_who_said_stop_is_not_texted(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.phone().says("STOP")
        assert refusal(reply(house, case_id)) == (403, "number-suppressed")
        house.phone().says("START")
        assert reply(house, case_id).status_code == 202

    def test_nothing_goes_to_a_closed_case(self, house: House) -> None:
        case_id, heron = house.case_of("hello")["id"], house.as_("heron")
        heron.post(f"/v1/cases/{case_id}/close", {"outcome": "supported"})
        assert refusal(reply(house, case_id)) == (409, "case-closed")


class TestTheLastGate:
    """Between writing and sending much can change; what changed is asked again."""

    @pytest.fixture
    def database_kind(self) -> str:
        """SQLite alone: these rules do not hang on the database."""
        return "sqlite"

    def write_to_a_busy_carrier(self, house: House, case_id: str) -> None:
        house.network.faults("api-429")
        assert reply(house, case_id, "Too late?").status_code == 202
        house.settle()
        assert self.fate(house, case_id) == ("queued", False)

    def fate(self, house: House, case_id: str) -> tuple[str, bool]:
        [message] = [m for m in house.read(case_id)["messages"] if m["body"] == "Too late?"]
        return message["status"], "Too late?" in house.phone().inbox()

    def test_what_waited_goes_out_once(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        self.write_to_a_busy_carrier(house, case_id)
        house.advance(minutes=1)
        assert self.fate(house, case_id) == ("delivered", True)
        assert house.phone().inbox().count("Too late?") == 1

    @pytest.mark.parametrize("word", ["STOP", "X"])
    def test_a_word_of_the_caller_holds_it_back(self, house: House, word: str) -> None:
        case_id = house.case_of("hello")["id"]
        self.write_to_a_busy_carrier(house, case_id)
        house.phone().says(word)
        house.advance(minutes=1)
        assert self.fate(house, case_id) == ("refused", False)

    def test_closing_the_case_holds_it_back(self, house: House) -> None:
        case_id, heron = house.case_of("hello")["id"], house.as_("heron")
        self.write_to_a_busy_carrier(house, case_id)
        heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
        house.advance(minutes=1)
        assert "Too late?" not in house.phone().inbox()

    def test_erasing_the_case_takes_it_back(self, house: House) -> None:
        case_id, heron = house.case_of("hello")["id"], house.as_("heron")
        self.write_to_a_busy_carrier(house, case_id)
        heron.post(f"/v1/cases/{case_id}/erase")
        house.advance(minutes=1)
        assert "Too late?" not in house.phone().inbox()

    def test_a_consent_withdrawn_in_between_holds_it_back(self, house: House) -> None:
        case_id = quiet_case(house)
        allow(house, case_id)
        self.write_to_a_busy_carrier(house, case_id)
        allow(house, case_id, granted=False)
        house.advance(minutes=1)
        assert self.fate(house, case_id) == ("refused", False)

    def test_safe_hours_that_end_in_between_hold_it_back(self, house: House) -> None:
        case_id = quiet_case(house)  # 07:31 in Toronto
        allow(house, case_id, hours="07:00-07:32")
        self.write_to_a_busy_carrier(house, case_id)
        house.advance(minutes=2)
        assert self.fate(house, case_id) == ("refused", False)

    def test_what_the_carrier_says_of_a_stop_is_believed(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.network.faults("api-21610")
        reply(house, case_id, "Too late?")
        house.settle()
        assert self.fate(house, case_id) == ("refused", False)
        assert refusal(reply(house, case_id)) == (403, "number-suppressed")

    def test_a_text_that_may_be_out_is_not_sent_again(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        house.network.faults("api-timeout-after-accept", delay_s=0)
        reply(house, case_id, "Too late?")
        for _ in range(3):
            house.advance(seconds=30)
        assert self.fate(house, case_id) == ("delivered", True)
        assert house.phone().inbox().count("Too late?") == 1


class TestConsents:
    def record(self, client: Client, case_id: str, **given: Any) -> Any:
        return client.post(f"/v1/cases/{case_id}/consents", given)

    def test_each_is_kept_with_time_and_who_recorded_it(self, house: House) -> None:
        case_id, heron = house.case_of("hello")["id"], house.as_("heron")
        answer = self.record(
            heron,
            case_id,
            scope="contact",
            granted=True,
            methods=["text", "voicemail"],
            hours="18:00-21:30",
            override_reason="She asked on the phone.",
        )
        assert answer.status_code == 201
        house.clock.advance(timedelta(minutes=1))
        self.record(heron, case_id, scope="legal", granted=False)
        contact, legal = house.read(case_id)["consents"]
        assert contact == answer.json()
        assert (contact["scope"], contact["granted"]) == ("contact", True)
        assert (contact["methods"], contact["hours"]) == (["text", "voicemail"], ["18:00-21:30"])
        assert contact["override_reason"] == "She asked on the phone."
        assert contact["recorded_by"] == str(house.residents["heron"].id)
        assert (legal["scope"], legal["granted"]) == ("legal", False)
        shown = house.read(case_id)["contact"]
        assert (shown["safe_methods"], shown["hours"]) == (["text", "voicemail"], ["18:00-21:30"])

    @pytest.mark.parametrize("scope", ["contact", "legal", "accompanier", "family", "statistics"])
    def test_every_scope_is_known(self, shared_house: House, scope: str) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        heron = shared_house.as_("heron")
        case_id = heron.post("/v1/cases", given).json()["id"]
        assert self.record(heron, case_id, scope=scope, granted=True).status_code == 201

    @pytest.mark.parametrize(
        "changes",
        [
            {"scope": "police"},
            {"granted": None},
            {"methods": ["pigeon"]},
            {"hours": "after six"},
            {"hours": ["18:00"]},
            {"hours": "25:00-26:00"},
            {"hours": 18},
        ],
    )
    def test_what_cannot_be_is_refused(self, shared_house: House, changes: dict[str, Any]) -> None:
        heron = shared_house.as_("heron")
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        case_id = heron.post("/v1/cases", given).json()["id"]
        answer = self.record(heron, case_id, **{"scope": "contact", "granted": True, **changes})
        assert refusal(answer) == (400, "bad-request")
        assert heron.get(f"/v1/cases/{case_id}").json()["consents"] == []
