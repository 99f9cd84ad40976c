from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.console.visitor import Visitor
from tests.service import House

Visit = Callable[..., Visitor]


def test_a_number_is_blocked_with_a_reason_and_answered_again(visit: Visit) -> None:
    crane = visit("crane")
    blocked = crane.send(
        crane.open("/blocks"), "/blocks", number="+1 450 555 0195", reason="machine"
    )
    assert blocked.says("The number is blocked.")
    assert blocked.says("+1••••••••95 a machine that answers itself")
    lifted = crane.send(blocked, "/lift")
    assert lifted.says("No number is blocked.")
    [path] = [form.action for form in blocked.forms if form.action.endswith("/lift")]
    token = crane.token()
    assert crane.post(path, {"form_token": token}).says("No number is blocked.")


@pytest.mark.parametrize("wrong", [{"number": "911 maybe"}, {"reason": "because"}])
def test_a_block_that_cannot_be_is_told(visit: Visit, wrong: dict[str, str]) -> None:
    crane = visit("crane")
    typed = {"number": "+14505550195", "reason": "flood", **wrong}
    page = crane.send(crane.open("/blocks"), "/blocks", **typed)
    assert page.status == 400
    assert [a for a in page.all("a") if a["href"] == "#number"]


def test_quiet_hours_are_ones_own_and_coordinators_see_them(house: House, visit: Visit) -> None:
    finch = visit("finch")
    assert finch.send(finch.open("/me"), "/me", quiet_hours="sometimes").status == 400
    saved = finch.send(finch.open("/me"), "/me", quiet_hours="22:00-07:00, 13-14")
    assert saved.form("/me").fields["quiet_hours"] == ["22:00-07:00, 13:00-14:00"]
    page = visit("crane").open(f"/members/{house.residents['finch'].id}")
    assert page.says("Quiet hours: 22:00-07:00, 13:00-14:00. No phone: cannot be alerted.")


def test_settings_are_saved_and_a_second_hand_is_told(visit: Visit) -> None:
    crane = visit("crane")
    page = crane.open("/settings")
    zones = "vancouver America/Vancouver\nwhitehorse America/Whitehorse"
    regions = "montreal, vancouver whitehorse other"
    saved = crane.send(page, "/settings", regions=regions, zones=zones, monthly_cap="120.50")
    fields = saved.form("/settings").fields
    assert fields["zones"] == [zones]
    assert fields["regions"] == ["montreal, vancouver, whitehorse, other"]
    assert fields["monthly_cap"] == ["120.5"]
    assert crane.send(page, "/settings", name="Another").status == 412


@pytest.mark.parametrize(
    "wrong",
    [
        {"regions": "montreal"},
        {"regions": "Not A Code!, other"},
        {"zones": "vancouver"},
        {"zones": "vancouver Mars/Olympus"},
        {"monthly_cap": "nan"},
        {"automatic_per_hour": "many"},
    ],
)
def test_settings_that_cannot_be_are_told(visit: Visit, wrong: dict[str, str]) -> None:
    crane = visit("crane")
    page = crane.send(crane.open("/settings"), "/settings", **wrong)
    assert page.status == 400
    assert page.says("Not done")
