"""Lawyers whom the machine asks at night, where the desk does not look in time."""

from __future__ import annotations

import pytest

from tests.requests.people import PHONES, a_case, codes, says, with_phones
from tests.service import CALLER, House


@pytest.fixture
def database_kind() -> str:
    """One kind, but for a test that runs every statement."""
    return "sqlite"


@pytest.fixture
def night(house: House) -> House:
    """A house whose lawyer has a phone; whoever is paged sleeps."""
    with_phones(house, "owl")
    return house


def _taken(house: House, number: str = CALLER) -> str:
    """Somebody writes that someone was taken; return the case's id."""
    case = house.case_of("hello", "1", "2", number=number)
    assert case["urgency"] == 0
    return str(case["id"])


def test_within_half_an_hour_a_lawyer_is_asked_and_shown_no_person(night: House) -> None:
    case_id = _taken(night)
    night.advance(minutes=9)
    assert codes(night, "owl") == []
    night.advance(minutes=12)
    [code] = codes(night, "owl")
    assert says(night, "owl", f"{code} yes") == [
        "Desk: thank you, it is yours. Please sign in to read it."
    ]
    [assignment] = night.as_("owl").get("/v1/assignments").json()["items"]
    read = night.as_("owl").get(f"/v1/assignments/{assignment['id']}").json()
    assert not read["brief"], "nobody has agreed to anything yet"
    desk = night.as_("heron")
    assert [r["kind"] for r in night.read(case_id)["requests"]] == ["legal"]
    assert desk.post(f"/v1/cases/{case_id}/claim").status_code == 200
    read = night.as_("owl").get(f"/v1/assignments/{assignment['id']}").json()
    assert not read["brief"], "the desk has taken the case, the caller has not agreed"
    consent = {"scope": "legal", "granted": True}
    assert desk.post(f"/v1/cases/{case_id}/consents", consent).status_code < 300
    read = night.as_("owl").get(f"/v1/assignments/{assignment['id']}").json()
    assert read["brief"]["reference"]


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_it_asks_once_and_for_nobody_whom_the_desk_looks_after(night: House) -> None:
    _taken(night)
    seen = _taken(night, "+15145550171")
    night.read(seen)
    calm = a_case(night, urgency=1)
    night.advance(hours=2)
    asked = night.as_("heron").get("/v1/requests").json()["items"]
    assert [request["kind"] for request in asked] == ["legal"]
    assert {request["case_id"] for request in asked}.isdisjoint({seen, calm})


def test_who_does_not_want_a_lawyer_told_is_not_overruled(night: House) -> None:
    case_id = _taken(night)
    no = {"scope": "legal", "granted": False}
    assert night.as_("heron").post(f"/v1/cases/{case_id}/consents", no).status_code < 300
    night.phone(CALLER).says("are you there")
    night.advance(hours=1)
    assert codes(night, "owl") == []
    assert night.phone(PHONES["owl"]).inbox() == []
