from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.visitor import Page, Visitor, desk_time
from tests.service import Caller, House

Visit = Callable[..., Visitor]


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    return house.case_of("hello", "1", "1", number=phone.number)


@pytest.fixture
def page(case: dict[str, Any], desk: Visitor) -> Page:
    return desk.case(case["reference"])


def test_a_case_is_taken_and_handed_over_with_a_note(
    house: House, visit: Visit, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    mine = desk.send(page, "/claim")
    assert mine.says("You have this case.")
    plover = house.residents["plover"].id
    given = desk.send(mine, "/assign", member=str(plover), handover="Call her at six.")
    assert given.says("plover has this case.")
    theirs = visit("plover").case(case["reference"])
    assert theirs.says("You have this case.")
    assert theirs.says(f"heron, handing over, {desk_time(house)} Call her at six.")


def test_a_case_goes_back_to_the_queue(desk: Visitor, page: Page, case: dict[str, Any]) -> None:
    mine = desk.send(page, "/claim")
    data = {**mine.form("/assign").fields, "handover": "I have to go."}
    assert [b for b in mine.form("/assign").buttons if b.get("formaction", "").endswith("/release")]
    back = desk.post(f"/cases/{case['id']}/release", data)
    assert back.says("The case is back in the queue.")
    assert back.says("Nobody has this case.")
    assert back.says("I have to go.")


def test_who_is_second_is_told_kindly(
    house: House, visit: Visit, desk: Visitor, page: Page
) -> None:
    plover = visit("plover")
    plover.send(plover.open(page.response.url.path), "/claim")
    second = desk.send(page, "/claim")
    assert second.status == 409
    assert second.says("A colleague has this case.")


def test_a_case_is_given_to_a_dispatcher_only(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    for member in ("", "x", str(house.residents["finch"].id)):
        assert desk.send(page, "/assign", member=member).status == 400
    assert house.read(case["id"])["assigned_to"] is None


def test_facts_are_changed(house: House, desk: Visitor, page: Page, case: dict[str, Any]) -> None:
    changed = desk.send(
        page, "/change", urgency="2", region="laval", field__held_at="Laval", language="fr"
    )
    assert changed.says("Saved.")
    now = house.read(case["id"])
    assert (now["urgency"], now["region"], now["language"]) == (2, "laval", "fr")
    assert now["fields"] == {"held_at": "Laval"}
    assert changed.form("/change").fields["field.held_at"] == ["Laval"]


def test_emptying_a_field_removes_it(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    filled = desk.send(page, "/change", field__held_at="Laval", region="laval")
    desk.send(filled, "/change", field__held_at="", region="")
    now = house.read(case["id"])
    assert (now["fields"], now["region"]) == ({}, None)


def test_who_saves_second_sees_both_and_decides(
    house: House, visit: Visit, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    plover = visit("plover")
    plover.send(plover.open(page.response.url.path), "/change", urgency="1", field__lawyer="none")
    conflict = desk.send(page, "/change", urgency="3", field__held_at="Laval")
    assert conflict.status == 412
    assert conflict.says("Tier 1 Today 3 Information")
    assert conflict.says("Held at – Laval")
    assert house.read(case["id"])["urgency"] == 1
    saved = desk.send(conflict, "/change")
    assert saved.says("Saved.")
    assert house.read(case["id"])["urgency"] == 3
    assert house.read(case["id"])["fields"]["held_at"] == "Laval"


def test_without_a_version_nothing_is_changed(desk: Visitor, page: Page) -> None:
    assert desk.send(page, "/change", version="", urgency="3").status == 428


@pytest.mark.parametrize(
    "wrong", [{"urgency": "9"}, {"region": "mars"}, {"language": "<b>"}, {"field__x": "1"}]
)
def test_a_value_that_is_in_no_list_is_refused(
    desk: Visitor, page: Page, wrong: dict[str, str]
) -> None:
    refused = desk.send(page, "/change", **wrong)
    assert refused.status == 400
    assert refused.says("Not done")


def test_a_recorded_consent_lets_a_later_text_out(
    house: House, visit: Visit, phone: Caller, page: Page, case: dict[str, Any], desk: Visitor
) -> None:
    recorded = desk.send(
        page,
        "/consents",
        scope="contact",
        granted="yes",
        methods=["text", "call"],
        hours="06:00-22:00",
    )
    assert recorded.says("Yes: we may contact them (text, call) 06:00–22:00")
    house.advance(minutes=45)
    later = visit("heron")
    later.send(later.case(case["reference"]), "/reply", body="Are you there?")
    house.settle()
    assert phone.inbox()[-1] == "Are you there?"


@pytest.mark.parametrize(
    "wrong",
    [
        {"granted": ""},
        {"granted": "yes", "scope": "x"},
        {"granted": "yes", "methods": ["pigeon"]},
        {"granted": "yes", "hours": "when the moon is full"},
        {"granted": "yes", "hours": "18:00-21:00", "hours_said": "any"},
        {"granted": "yes", "hours_said": "windows"},
    ],
)
def test_a_consent_that_is_not_clear_is_not_recorded(
    house: House, desk: Visitor, page: Page, case: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert desk.send(page, "/consents", **wrong).status == 400
    assert house.read(case["id"])["consents"] == []


def test_deciding_without_the_caller_needs_and_shows_a_reason(desk: Visitor, page: Page) -> None:
    page = desk.send(
        page, "/consents", scope="legal", granted="yes", override_reason="she is unconscious"
    )
    assert page.says("a legal contact may be told")
    assert page.says("Overridden: she is unconscious")
