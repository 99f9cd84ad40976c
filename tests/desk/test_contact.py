"""A phone in the wrong hands, another safe contact, and hours where the caller is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.intake import load_script
from app.models import Outgoing
from tests.service import CALLER, HOTLINE, House, refusal


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


SAID = load_script().texts
OTHER = "+15145550177"


def _contact(case_id: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    return f"/v1/cases/{case_id}/contact", {"number": OTHER, "methods": ["text"], **changes}


def _compromise(house: House, case_id: str) -> None:
    answer = house.as_("heron").post(f"/v1/cases/{case_id}/contact/compromised")
    assert answer.status_code == 200, answer.text


def _write(house: House, case_id: str, body: str = "call us") -> Any:
    return house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": body})


def _waiting(house: House) -> int:
    with house.database.snapshot() as db:
        query = select(func.count()).select_from(Outgoing).where(Outgoing.state == "queued")
        return db.scalar(query) or 0


def test_a_phone_in_the_wrong_hands_gets_fixed_texts_and_nothing_else(house: House) -> None:
    case_id, phone = house.case_of("hello")["id"], house.phone()
    house.network.faults("api-429", match=CALLER, count=1, delay_s=600)
    assert _write(house, case_id).status_code == 202
    house.settle()
    assert _waiting(house) == 1
    before = phone.inbox()
    _compromise(house, case_id)
    assert _waiting(house) == 0
    assert house.read(case_id)["messages"][-1]["status"] == "refused"
    assert refusal(_write(house, case_id)) == (403, "unsafe-method")
    house.advance(hours=1)
    assert phone.says("who is this?", "1") == [
        SAID.get(None, "greeting"),
        SAID.get("en", "situation"),
    ]
    assert refusal(_write(house, case_id)) == (403, "unsafe-method")
    assert phone.inbox()[: len(before)] == before
    assert "phone_compromised" in house.read(case_id)["contact"]["flags"]


def test_whoever_holds_it_cannot_erase_what_its_owner_wrote(house: House) -> None:
    case_id, phone = house.case_of("hello")["id"], house.phone()
    [asked] = phone.says("ERASE")
    code = "".join(character for character in asked if character.isdigit())[:4]
    _compromise(house, case_id)
    assert phone.says(code) == [SAID.get("en", "erase_done")]  # as any phone is answered
    house.advance(hours=25)
    assert house.read(case_id)["state"] != "erased"


def test_another_safe_contact_is_texted_instead(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    _compromise(house, case_id)
    path, body = _contact(case_id, hours="any")
    answer = house.as_("heron").put(path, body)
    assert answer.status_code == 200, answer.text
    read = house.read(case_id)
    assert read["contact"]["flags"] == []
    assert read["contact"]["number_masked"].endswith("77")
    assert read["contact"]["safe_methods"] == ["text"]
    before = house.phone().inbox()
    assert _write(house, case_id).status_code == 202
    house.settle()
    assert house.phone(OTHER).inbox() == ["call us"]
    assert house.phone().inbox() == before
    house.phone(OTHER).says("thank you")
    assert house.read(case_id)["messages"][-1]["body"] == "thank you"


def test_a_text_from_the_old_phone_does_not_open_the_hours_of_the_new_one(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    path, body = _contact(case_id, hours="18:00-19:00")
    assert house.as_("heron").put(path, body).status_code == 200
    assert refusal(_write(house, case_id)) == (403, "outside-safe-hours")


def test_a_phone_with_a_case_of_its_own_is_no_contact_of_another(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    house.case_of("hello", number=OTHER)
    path, body = _contact(case_id)
    assert refusal(house.as_("heron").put(path, body)) == (400, "bad-request")


@pytest.mark.parametrize("number", ["5550177", "nobody", ""])
def test_a_contact_is_a_whole_number(shared_house: House, number: str) -> None:
    case_id = shared_house.case_of("hello", number="+15145550160")["id"]
    path, body = _contact(case_id, number=number)
    assert refusal(shared_house.as_("heron").put(path, body)) == (400, "bad-request")
    closing = shared_house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    assert closing.status_code == 200


def test_the_phone_can_be_trusted_again(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    _compromise(house, case_id)
    path = f"/v1/cases/{case_id}/contact/compromised"
    assert house.as_("heron").delete(path).status_code == 200
    assert _write(house, case_id).status_code == 202


def test_hours_are_those_of_where_the_caller_is(house: House) -> None:
    # 12:00 in UTC is 07:00 in Montreal and 04:00 in Vancouver.
    given = {"channel": "manual", "situation": "other", "urgency": 3}
    for number, region, status in ((CALLER, "montreal", 202), (OTHER, "vancouver", 403)):
        case = {**given, "contact": number, "region": region}
        case_id = house.as_("heron").post("/v1/cases", case).json()["id"]
        said = {"scope": "contact", "granted": True, "methods": ["text"], "hours": "06:00-08:00"}
        house.as_("heron").post(f"/v1/cases/{case_id}/consents", said)
        assert _write(house, case_id).status_code == status
    house.clock.advance(timedelta(hours=3))
    assert _write(house, case_id).status_code == 202


def test_an_answer_of_the_script_that_was_held_up_is_not_sent_at_night(house: House) -> None:
    house.network.faults("api-429", match=CALLER, count=20, delay_s=1800)
    house.phone().text("hello")
    for _ in range(3):
        house.advance(minutes=31)
    house.network.clear_faults()
    house.advance(hours=1)
    assert house.phone().inbox() == []
    [case] = house.queue()
    assert [m["status"] for m in house.read(case["id"])["messages"]] == ["received", "refused"]


@pytest.mark.parametrize("number", [HOTLINE, "+1 (514) 555-0100", "+15145550151"])
def test_the_hotline_and_a_member_are_no_callers(house: House, number: str) -> None:
    heron = house.as_("heron")
    assert heron.patch("/v1/members/me", {"phone": "+15145550151"}, version="*").status_code == 200
    opening = {"channel": "manual", "contact": number, "situation": "other", "urgency": 3}
    refused = heron.post("/v1/cases", opening)
    assert refusal(refused) == (400, "bad-request")
    assert "cannot be a caller's" in refused.json()["detail"]
    case_id = heron.post("/v1/cases", {**opening, "contact": "+15145550152"}).json()["id"]
    path, body = _contact(case_id, number=number)
    assert refusal(heron.put(path, body)) == (400, "bad-request")
    assert house.read(case_id)["contact"]["number_masked"].endswith("52")
