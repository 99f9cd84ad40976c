"""The house itself: what every other test of the service stands on."""

from __future__ import annotations

from tests.service import PEOPLE, House


def test_a_text_becomes_a_case_that_the_desk_reads(house: House) -> None:
    case = house.case_of("hello", "1")
    inbound = [m["body"] for m in house.read(case["id"])["messages"] if m["direction"] == "inbound"]
    assert inbound == ["hello", "1"]


def test_everybody_can_sign_in(house: House) -> None:
    answer = house.sign_in("finch")
    assert (answer.status_code, answer.json()["member"]["roles"]) == (201, ["accompanier"])
    for handle, roles in PEOPLE.items():
        assert house.as_(handle).get("/v1/members/me").json()["roles"] == sorted(roles)


def test_one_test_leaves_nothing_to_the_next(house: House) -> None:
    assert house.queue() == []


def test_a_house_can_be_shared(shared_house: House) -> None:
    assert shared_house.nobody.get("/healthz").status_code == 200
