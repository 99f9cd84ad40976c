"""Texts to callers: what may go out, what becomes of it, and what the caller allowed."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from tests.service import Client, House, fictional, refusal


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


MESSAGE = {"id", "direction", "channel", "body", "at", "status"}


_PHONES = itertools.count()


def reply(house: House, case_id: str, body: str = "We are here.", by: str = "heron") -> Any:
    return house.as_(by).post(f"/v1/cases/{case_id}/messages", {"body": body})


class TestReplying:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
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

    @pytest.mark.parametrize("body", ["", " \n ", "x" * 1601, "nothing\0there", None, ["x"]])
    def test_no_text(self, shared_house: House, body: Any) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        heron = shared_house.as_("heron")
        case = heron.post("/v1/cases", {**given, "contact": fictional(next(_PHONES))}).json()
        answer = heron.post(f"/v1/cases/{case['id']}/messages", {"body": body})
        assert refusal(answer) == (400, "bad-request")

    def test_a_manual_case_without_number_cannot_be_texted(self, shared_house: House) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        case_id = shared_house.as_("heron").post("/v1/cases", given).json()["id"]
        assert refusal(reply(shared_house, case_id)) == (403, "unsafe-method")

    def test_each_refusal_has_a_name(self, shared_house: House) -> None:
        """Which rule refuses what is tested in tests/desk; here, what its client is told."""
        number = "+15145550141"
        case_id = shared_house.case_of("hello", number=number)["id"]
        shared_house.clock.advance(timedelta(minutes=31))
        heron, path = shared_house.as_("heron"), f"/v1/cases/{case_id}"
        assert refusal(reply(shared_house, case_id)) == (403, "consent-missing")
        for given, told in (
            ({"methods": ["call"]}, "unsafe-method"),
            ({"methods": ["text"]}, "consent-missing"),
            ({"methods": ["text"], "hours": "08:00-08:01"}, "outside-safe-hours"),
        ):
            consent = {"scope": "contact", "granted": True, **given}
            assert heron.post(f"{path}/consents", consent).status_code == 201
            assert refusal(reply(shared_house, case_id)) == (403, told)
        shared_house.phone(number).says("STOP")
        assert refusal(reply(shared_house, case_id)) == (403, "number-suppressed")
        heron.post(f"{path}/close", {"outcome": "supported"})
        assert refusal(reply(shared_house, case_id)) == (409, "case-closed")


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

    @pytest.mark.parametrize("hours", [None, ["any"], ["18:00-21:30"]])
    def test_hours_are_not_said_any_time_or_windows(
        self, shared_house: House, hours: list[str] | None
    ) -> None:
        heron = shared_house.as_("heron")
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        case_id = heron.post("/v1/cases", given).json()["id"]
        stated = {"scope": "contact", "granted": True, "methods": ["text"], "hours": hours}
        assert self.record(heron, case_id, **stated).json()["hours"] == hours
        shown = shared_house.read(case_id)
        assert (shown["consents"][0]["hours"], shown["contact"]["hours"]) == (hours, hours)

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
            {"hours": []},
            {"hours": ""},
            {"hours": ["any", "18:00-19:00"]},
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
