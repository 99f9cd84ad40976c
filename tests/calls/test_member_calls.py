"""A member who calls is asked first whether they need help themselves."""

from __future__ import annotations

import pytest

from tests.calls.test_webhooks import PHONES, give_phones, on_duty
from tests.service import House

HERON = PHONES["heron"]


@pytest.fixture
def desk(house: House) -> House:
    give_phones(house)
    on_duty(house, "plover")
    return house


def test_a_members_call_opens_no_case_by_itself(desk: House) -> None:
    call = desk.network.phone(HERON).call()
    assert "This phone belongs to a volunteer" in call.prompt
    call.press("3")
    desk.settle()
    assert desk.queue() == []
    assert call.look()["state"] == "completed"
    assert desk.phone(HERON).inbox() == []


def test_one_digit_makes_them_a_caller_and_they_are_told(desk: House) -> None:
    call = desk.network.phone(HERON).call()
    call.press("1")
    desk.settle()
    [case] = desk.queue()
    told = "Desk: we take this as you asking for help yourself. A colleague will read your texts."
    assert told in desk.phone(HERON).inbox()
    assert "press 1" in call.prompt.casefold()
    call.hang_up()
    # Now they have a case, the line takes them as any caller.
    again = desk.network.phone(HERON).call()
    assert "volunteer" not in again.prompt
    assert [one["id"] for one in desk.queue()] == [case["id"]]
