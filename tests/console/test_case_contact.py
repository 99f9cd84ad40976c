from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.visitor import Page, Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]
OTHER = "+14505550190"


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    return house.case_of("hello", "1", "1", number=phone.number)


@pytest.fixture
def page(case: dict[str, Any], desk: Visitor) -> Page:
    return desk.case(case["reference"])


def test_a_phone_in_wrong_hands_gets_nothing_until_it_is_safe_again(
    desk: Visitor, page: Page
) -> None:
    unsafe = desk.send(page, "/contact/compromised")
    assert unsafe.says("may be in other hands: nothing is sent to it but the fixed texts")
    assert desk.send(unsafe, "/reply", body="we are here").status == 403
    safe = desk.send(unsafe, "/contact/trusted")
    assert safe.says("This phone may be texted again.")
    assert safe.has_form("/contact/compromised")


def test_answers_after_a_silence_wait_for_a_person(
    house: House, visit: Visit, desk: Visitor, page: Page, case: dict[str, Any], phone: Caller
) -> None:
    desk.send(page, "/reply", body="A person is here now and reads what you write.")
    house.advance(minutes=31)
    phone.says("hello", "2")
    desk = visit("heron")
    shown = desk.case(case["reference"])
    assert shown.says("Is it the caller who writes?")
    assert shown.says("Language French")
    assert house.read(case["id"])["language"] == "en"
    counted = desk.send(shown, "/contact/confirmed", who="caller")
    assert counted.says("What they answered counts now.")
    assert not counted.says("Is it the caller who writes?")
    assert house.read(case["id"])["language"] == "fr"


def test_a_wish_to_be_erased_is_shown_with_what_came_since_and_stopped(
    house: House, desk: Visitor, case: dict[str, Any], phone: Caller
) -> None:
    [asked] = phone.says("ERASE")
    code = next(word for word in asked.split() if word.isdigit())
    phone.says(f"my code is {code}")
    house.advance(minutes=1)
    phone.says("wait, he is still in Laval")
    shown = desk.case(case["reference"])
    assert shown.says("Will be erased at")
    assert shown.says("Since then they have written: wait, he is still in Laval")
    assert house.read(case["id"])["erase_at"] is not None
    kept = desk.send(shown, "/erasure/stop")
    assert kept.says("The case is kept.")
    house.advance(hours=25)
    assert house.read(case["id"])["erase_at"] is None


def test_another_safe_contact_takes_the_place_of_the_phone(desk: Visitor, page: Page) -> None:
    unsafe = desk.send(page, "/contact/compromised")
    wrong = desk.send(unsafe, "/contact", number=OTHER, methods=[])
    assert wrong.status == 400
    assert [a for a in wrong.all("a") if a["href"] == "#number"]
    found = desk.send(wrong, "/contact", number=OTHER, methods=["text"], hours="18:00-21:30")
    assert found.says("The new contact is recorded.")
    assert found.says("90 May be reached by text Safe hours 18:00–21:30")
    assert not found.says("may be in other hands")


def test_hours_are_not_said_until_somebody_says_them(
    desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    consent: dict[str, Any] = {"scope": "contact", "granted": "yes", "methods": ["text"]}
    silent = desk.send(page, "/consents", **consent)
    assert silent.says("Safe hours hours not said: only answers within 30 minutes.")
    assert silent.says("Yes: we may contact them (text) hours not said")
    assert desk.open("/").says("hours not said")
    said = desk.send(silent, "/consents", **consent, hours_said="any")
    assert said.says("Safe hours any time")
    assert not desk.open("/").says("hours not said")
    other = desk.send(said, "/contact", number="+14505550195", methods=["text"])
    assert other.says("Safe hours hours not said")


def test_two_cases_become_one_by_name(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    house.phone("+14505550191").says("they took my brother")
    [other] = [one for one in house.queue() if one["id"] != case["id"] and one["urgency"] == 0][-1:]
    merged = desk.send(page, "/merge", into=other["reference"].upper())
    assert merged.says("The two are one case now: this one.")
    assert merged.says(other["reference"])
    assert merged.says("they took my brother")
    assert case["id"] not in {one["id"] for one in house.queue()}


@pytest.mark.parametrize("name", ["nonsense-name-12", "", "itself"])
def test_a_name_that_no_other_case_has_is_refused(
    desk: Visitor, page: Page, case: dict[str, Any], name: str
) -> None:
    into = case["reference"] if name == "itself" else name
    refused = desk.send(page, "/merge", into=into)
    assert refused.status == 400
    assert [a for a in refused.all("a") if a["href"] == "#into"]
