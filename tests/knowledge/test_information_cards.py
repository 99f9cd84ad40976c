"""Information cards: nothing is told that nobody verified, or that is overdue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.visitor import visitor
from tests.service import CALLER, House, refusal

CARD = {
    "topic": "clinic",
    "region": "montreal",
    "covers": {"en": "They do not ask for status.", "fr": "On ne demande rien."},
    "excludes": {"en": "Not the hospital."},
    "source_url": "https://example.org/policy",
    "verified_by": "A. Lawyer",
    "verified_on": "2026-01-02",
    "review_by": "2026-02-01",
}


@pytest.fixture
def card(house: House) -> dict[str, Any]:
    made: dict[str, Any] = house.as_("crane").post("/v1/information-cards", CARD).json()
    return made


def _announce(house: House, card: dict[str, Any], case_id: str) -> Any:
    path = f"/v1/information-cards/{card['id']}/announce"
    return house.as_("heron").post(path, {"case_id": case_id})


def test_a_caller_is_told_to_call_and_nothing_of_the_answer(
    house: House, card: dict[str, Any]
) -> None:
    case = house.case_of("bonjour", "2")
    assert _announce(house, card, case["id"]).status_code == 202
    house.settle()
    last = house.phone(CALLER).inbox()[-1]
    assert last == "Appelez-nous pour entendre la réponse."


def test_what_is_overdue_or_unverified_is_not_told(house: House, card: dict[str, Any]) -> None:
    case = house.case_of("hello", "1")
    unverified = {**CARD, "verified_by": None, "verified_on": None}
    other = house.as_("crane").post("/v1/information-cards", unverified).json()
    assert (card["usable"], other["usable"]) == (True, False)
    assert refusal(_announce(house, other, case["id"])) == (400, "bad-request")
    house.advance(days=20)
    read = house.as_("heron").get(f"/v1/information-cards/{card['id']}").json()
    assert not read["usable"]
    assert refusal(_announce(house, card, case["id"])) == (400, "bad-request")


def test_who_changes_what_it_says_has_to_verify_it_anew(house: House, card: dict[str, Any]) -> None:
    crane, path = house.as_("crane"), f"/v1/information-cards/{card['id']}"
    changed = crane.patch(path, {"covers": {"en": "They ask."}}, version='"1"').json()
    assert (changed["usable"], changed["verified_by"]) == (False, None)
    again = {"verified_by": "B. Lawyer", "verified_on": "2026-01-10"}
    assert crane.patch(path, again, version='"2"').json()["usable"]
    assert refusal(crane.patch(path, {"topic": "x"}, version='"2"')) == (412, "stale-version")
    future = {"verified_by": "B. Lawyer", "verified_on": "2027-01-10"}
    assert refusal(crane.patch(path, future, version='"3"'))[0] == 400
    for wrong in ({**CARD, "covers": {}}, {**CARD, "covers": {"xx": "?"}}, {**CARD, "region": "?"}):
        assert refusal(crane.post("/v1/information-cards", wrong))[0] == 400


def test_coordinators_keep_them_in_the_console_and_the_desk_reads_them(house: House) -> None:
    with visitor(house, "crane") as crane, visitor(house, "heron") as desk:
        page = crane.send(
            crane.open("/cards"),
            "/cards",
            topic="school",
            covers_en="Children may register.",
            source_url="https://example.org/school",
        )
        assert page.says("nobody has verified it")
        assert not desk.open("/cards").says("Children may register.")
        [path] = {form.action for form in page.forms if form.action.startswith("/cards/")}
        until = {"verified_by": "A. Lawyer", "verified_on": "2026-01-02", "review_by": "2026-12-01"}
        page = crane.send(page, path, **until)
        assert desk.open("/cards").says("Children may register.")
        assert crane.send(page, path, action="remove").says("None yet.")
