"""A caller on WhatsApp, from the simulated phone to the page of the case and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.visitor import Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]


@pytest.fixture
def whatsapp(house: House, phone: Caller) -> Caller:
    """The same phone, on WhatsApp."""
    return house.phone(f"whatsapp:{phone.number}")


@pytest.fixture
def case(house: House, whatsapp: Caller) -> dict[str, Any]:
    return house.case_of("hello", "1", number=whatsapp.number)


def test_a_reply_goes_out_on_whatsapp_and_the_page_says_which_is_which(
    house: House, desk: Visitor, phone: Caller, whatsapp: Caller, case: dict[str, Any]
) -> None:
    page = desk.case(case["reference"])
    assert page.says("Caller (“ Somebody ” on WhatsApp)")
    assert page.says("Automatic, on WhatsApp")
    assert page.says("The caller wrote last by WhatsApp.")
    desk.send(page, "/reply", body="I am here.")
    house.settle()
    assert whatsapp.inbox()[-1] == "I am here."
    assert phone.inbox() == []


def test_sms_is_not_sent_to_them_without_consent_to_it(
    house: House, desk: Visitor, phone: Caller, case: dict[str, Any]
) -> None:
    refused = desk.send(desk.case(case["reference"]), "/reply", body="I am here.", channel="sms")
    assert refused.status == 403
    assert refused.says("I am here.")  # what was typed is kept, and where it was to go
    house.settle()
    assert phone.inbox() == []


def test_a_day_later_the_reply_waits_for_the_phone(
    house: House, visit: Visit, whatsapp: Caller, case: dict[str, Any]
) -> None:
    path = f"/v1/cases/{case['id']}"
    consent = {"scope": "contact", "granted": True, "methods": ["whatsapp"], "hours": ["any"]}
    assert house.as_("heron").post(f"{path}/consents", json=consent).status_code == 201
    house.advance(hours=25)
    desk = visit("heron")
    assert desk.case(case["reference"]).says("waits until they write there again")
    sent = house.as_("heron").post(f"{path}/messages", json={"body": "Are you safe?"})
    assert sent.status_code == 202
    house.settle()
    held = house.as_("heron").get(path).json()["messages"][-1]
    assert (held["status"], held["channel"]) == ("held", "whatsapp")
    assert desk.case(case["reference"]).says("waiting until the caller writes on WhatsApp again")
    whatsapp.text("hello?")
    assert "Are you safe?" in whatsapp.inbox()
