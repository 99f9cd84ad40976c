"""The console asks whoever holds the archive why they open a closed case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.console.visitor import Visitor
from tests.service import Caller, House

ASKS = "A closed case opens only with a reason."


@pytest.mark.parametrize("page", ["", "/export", "/route"])
def test_a_closed_case_asks_why_before_it_shows_anything(
    house: House, phone: Caller, visit: Callable[..., Visitor], page: str
) -> None:
    case = house.case_of("hello", "1", "6", "a lawyer please", number=phone.number)
    path = f"/cases/{case['id']}"
    house.as_("heron").post(f"/v1{path}/close", {"outcome": "other"})
    wren = visit("wren")
    asked = wren.open(path + page)
    assert asked.says(ASKS)
    assert not asked.says("a lawyer please")
    opened = wren.send(asked, "/break-glass", reason="Her sister asks for the papers.")
    assert opened.says("a lawyer please")
    assert not wren.open(path + page).says(ASKS)


def test_reopening_asks_why_first(
    house: House, phone: Caller, visit: Callable[..., Visitor]
) -> None:
    case = house.case_of("hello", number=phone.number)
    path = f"/cases/{case['id']}"
    house.as_("heron").post(f"/v1{path}/close", {"outcome": "other"})
    wren = visit("wren")
    assert wren.post(f"{path}/reopen", {"form_token": wren.token()}).says(ASKS)
    assert case["id"] in [one["id"] for one in house.queue(state="closed")]


def test_who_closes_a_case_and_holds_the_archive_is_told_that_it_is_closed(
    house: House, phone: Caller, visit: Callable[..., Visitor]
) -> None:
    case = house.case_of("hello", number=phone.number)
    wren = visit("wren")
    closed = wren.send(wren.open(f"/cases/{case['id']}"), "/close", outcome="other")
    assert closed.says("The case is closed.")
    assert closed.says(ASKS)
