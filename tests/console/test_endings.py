from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.visitor import Page, Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    return house.case_of("hello", "1", "6", "a lawyer please", number=phone.number)


@pytest.fixture
def page(case: dict[str, Any], desk: Visitor) -> Page:
    return desk.case(case["reference"])


def test_a_closed_case_shows_the_desk_bare_facts_only(
    visit: Visit, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    closed = desk.send(page, "/close", outcome="referred")
    assert closed.says("The case is closed.")
    assert closed.says("Outcome: referred to somebody else.")
    assert not closed.says("a lawyer please")
    assert not closed.has_form("/reply")
    assert not closed.has_form("/reopen")
    archive = visit("wren").open(f"/cases/{case['id']}")
    assert archive.says("A closed case opens only with a reason.")
    assert not archive.says("a lawyer please")


def test_closing_needs_an_outcome(desk: Visitor, page: Page) -> None:
    assert desk.send(page, "/close").status == 400


def test_who_holds_the_archive_reopens_a_case(
    house: House, visit: Visit, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    desk.send(page, "/close", outcome="other")
    crane = visit("crane")
    asked = crane.open(f"/cases/{case['id']}")
    closed = crane.send(asked, "/break-glass", reason="She asks us to go on.")
    assert closed.says("a lawyer please")
    crane.send(closed, "/reopen")
    assert house.read(case["id"])["state"] == "open"


def test_breaking_the_glass_needs_a_reason_and_is_told(
    house: House, visit: Visit, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    desk.send(page, "/close", outcome="other")
    crane = visit("crane")
    [path] = {
        a["href"]
        for a in crane.open("/?state=closed").all("a")
        if "break-glass" in a["href"] and case["id"] in a["href"]
    }
    assert crane.send(crane.open(path), path, reason=" ").says("Say why")
    opened = crane.send(crane.open(path), path, reason="A child is alone.")
    assert opened.says("It is open, and the coordinators have been told.")
    assert opened.says("A child is alone.")
    assert desk.open(path).status == 404
    audit = house.as_("crane").get("/v1/audit").json()["items"]
    assert "case.glass_broken" in {entry["kind"] for entry in audit}


def test_the_desk_is_told_who_can_reopen(desk: Visitor, page: Page, case: dict[str, Any]) -> None:
    desk.send(page, "/close", outcome="other")
    token = page.form("/close").fields["form_token"]
    refused = desk.post(f"/cases/{case['id']}/reopen", {"form_token": token})
    assert refused.status == 403
    answered = desk.post(f"/cases/{case['id']}/reply", {"form_token": token, "body": "x"})
    assert answered.status == 409
    assert answered.says("Somebody who holds the archive can reopen it")


def test_erasing_takes_two_steps_and_the_name(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    asked = desk.open(f"/cases/{case['id']}/erase")
    assert asked.says("Nobody can undo this")
    wrong = desk.send(asked, "/erase", confirmation="yes")
    assert wrong.status == 400
    assert wrong.says("The name does not match")
    erased = desk.send(wrong, "/erase", confirmation=case["reference"].upper())
    assert erased.says("The case was erased.")
    assert case["id"] not in [item["id"] for item in house.queue()]
    for action in ("claim", "reply", "close"):
        token = page.form("/claim").fields["form_token"]
        gone = desk.post(f"/cases/{case['id']}/{action}", {"form_token": token, "body": "x"})
        assert gone.status == 410
    assert desk.open(f"/cases/{case['id']}").says("Nothing of it is left")


def test_a_case_on_hold_is_not_erased_until_a_coordinator_lifts_the_hold(
    desk: Visitor, page: Page, case: dict[str, Any], visit: Callable[..., Visitor]
) -> None:
    path = f"/cases/{case['id']}/erase"
    asked = desk.open(path)
    held = desk.send(page, "/hold", reason="a court asked for it")
    assert held.says("On hold because a court asked for it")
    refused = desk.send(asked, "/erase", confirmation=case["reference"])
    assert refused.status == 403
    assert desk.open(path).says("This case is on hold.")
    assert not held.says("Lift the hold")
    coordinator = visit("wren")
    lifted = coordinator.send(coordinator.open(f"/cases/{case['id']}"), "/hold/lift")
    assert lifted.says("The hold is lifted.")
    assert desk.send(desk.open(path), "/erase", confirmation=case["reference"]).status == 200


def test_a_hold_needs_a_reason(desk: Visitor, page: Page) -> None:
    assert desk.send(page, "/hold", reason=" ").status == 400
