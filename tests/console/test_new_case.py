from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.console.visitor import Visitor
from tests.service import House


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def test_a_case_is_opened_by_hand(house: House, desk: Visitor) -> None:
    page = desk.send(
        desk.open("/cases/new"),
        "/cases/new",
        urgency="1",
        situation="detained",
        language="fr",
        region="laval",
        contact="+1 514 555 0177",
        field__subject_name="Somebody",
    )
    assert page.says("The case is open, and yours.")
    assert page.says("1 Today open somebody was taken French laval")
    [case] = house.queue()
    read = house.read(case["id"])
    assert read["fields"] == {"subject_name": "Somebody"}
    assert read["contact"]["number_masked"] == "+1••••••••77"


def test_somebody_without_a_phone_gets_a_case(house: House, desk: Visitor) -> None:
    desk.send(desk.open("/cases/new"), "/cases/new", urgency="3", situation="other")
    [case] = house.queue()
    assert house.read(case["id"])["contact"]["number_masked"] is None


def test_a_double_click_opens_one_case(house: House, desk: Visitor) -> None:
    page = desk.open("/cases/new")
    first = desk.send(page, "/cases/new", urgency="3", situation="other")
    second = desk.send(page, "/cases/new", urgency="3", situation="other")
    assert first.response.url.path == second.response.url.path
    assert len(house.queue()) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"urgency": ""}, "urgency"),
        ({"situation": "raid"}, "urgency"),
        ({"contact": "514"}, "contact"),
        ({"field__subject_name": "x" * 4001}, "urgency"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_typed_is_lost(
    house: House, desk: Visitor, wrong: dict[str, str], field: str
) -> None:
    typed = {"urgency": "2", "situation": "other", "field__lawyer": "Maître <X>", **wrong}
    page = desk.send(desk.open("/cases/new"), "/cases/new", **typed)
    assert page.status == 400
    assert page.form("/cases/new").fields["field.lawyer"] == ["Maître <X>"]
    assert [a for a in page.all("a") if a["href"] == f"#{field}"]
    assert house.queue() == []


def test_a_phone_has_one_open_case(house: House, desk: Visitor) -> None:
    case = house.case_of("hello")
    page = desk.send(
        desk.open("/cases/new"),
        "/cases/new",
        urgency="3",
        situation="other",
        contact="+15145550123",
    )
    assert page.status == 400
    assert page.says(case["reference"])
