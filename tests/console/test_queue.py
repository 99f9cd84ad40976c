from __future__ import annotations

from collections.abc import Callable

import pytest

from app.console import queue
from tests.console.visitor import Page, Visitor
from tests.service import House

Visit = Callable[..., Visitor]
NOW, WEEK = ("hello", "1", "1"), ("hello", "1", "6")


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def number(last: int) -> str:
    return f"+151455501{last}"


def row(page: Page, reference: str) -> str:
    """The words of one row of the queue."""
    start = page.text.index(reference)
    return page.text[start : start + 90]


def test_the_queue_shows_who_waits_for_whom_and_how_long(house: House, desk: Visitor) -> None:
    case = house.case_of(*NOW)
    house.advance(minutes=3)
    page = desk.open("/")
    assert page.says("0 Now " + case["reference"] + " 3 min of 5 min")
    assert page.says("3 new happening now English – nobody")


def test_who_waits_too_long_is_overdue_in_words(house: House, desk: Visitor) -> None:
    case = house.case_of(*NOW)
    house.advance(minutes=12)
    page = desk.open("/")
    assert "12 min overdue by 7 min" in row(page, case["reference"])
    assert page.says("1 overdue on this page")


def test_the_most_urgent_come_first(house: House, desk: Visitor) -> None:
    middle = house.case_of(*WEEK, number=number(31))["reference"]
    first = house.case_of(*NOW, number=number(32))["reference"]
    last = house.case_of(*WEEK, number=number(33))["reference"]
    text = desk.open("/").text
    assert text.index(first) < text.index(middle) < text.index(last)


def test_reading_and_answering_show_in_the_queue(house: House, desk: Visitor) -> None:
    case = house.case_of(*NOW)
    desk.send(desk.send(desk.case(case["reference"]), "/claim"), "/reply", body="We are here.")
    words = row(desk.open("/"), case["reference"])
    assert "answered, waiting for the caller none" in words
    assert "you" in words


def test_the_queue_is_filtered(house: House, desk: Visitor) -> None:
    names = {
        "now": house.case_of(*NOW, number=number(31))["reference"],
        "week": house.case_of(*WEEK, number=number(32))["reference"],
    }
    desk.send(desk.case(names["week"]), "/claim")
    for query, found in (
        ("urgency=0", "now"),
        ("urgency=2", "week"),
        ("assigned=me", "week"),
        ("state=open", "week"),
        ("state=new", "now"),
        ("state=closed", ""),
    ):
        page = desk.open(f"/?{query}")
        shown = {name for name, reference in names.items() if page.says(reference)}
        assert shown == {found} - {""}, query
        assert found or page.says("No case matches")


def test_a_case_is_found_by_its_name(house: House, desk: Visitor) -> None:
    one, other = house.case_of(*NOW, number=number(31)), house.case_of(*NOW, number=number(32))
    page = desk.open(f"/?reference={one['reference']}")
    assert page.says(one["reference"])
    assert not page.says(other["reference"])


def test_a_long_queue_has_pages(
    house: House, desk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    references = [house.case_of(*NOW, number=number(30 + n))["reference"] for n in range(3)]
    first = desk.open("/?urgency=0")
    [later] = [a["href"] for a in first.all("a") if a.get("rel") == "next"]
    assert "urgency=0" in later
    second = desk.open(later)
    assert [r for r in references if first.says(r)] == references[:2]
    assert [r for r in references if second.says(r)] == references[2:]
    assert not [a for a in second.all("a") if a.get("rel") == "next"]


def test_a_page_that_is_none_of_ours_is_refused(desk: Visitor) -> None:
    for cursor in ("x", "AAAA", "%00", "1/2/3"):
        assert desk.open(f"/?cursor={cursor}").status == 400, cursor


def test_words_in_the_address_that_mean_nothing_are_let_be(desk: Visitor) -> None:
    assert desk.open("/?state=x&urgency=9&assigned=you&tail=1").says("Nobody waits")


def test_refreshing_is_a_link_and_keeps_the_filter(desk: Visitor) -> None:
    page = desk.open("/?urgency=1")
    assert "/?urgency=1" in [a["href"] for a in page.all("a")]


def test_who_has_no_part_in_the_queue_has_a_page_of_their_own(visit: Visit) -> None:
    for handle in ("finch", "owl", "starling", "magpie"):
        page = visit(handle).open("/")
        assert page.says(f"Hello, {handle}")
        assert page.says("Nothing waits for you")


def test_a_coordinator_finds_the_closed_cases(house: House, visit: Visit) -> None:
    case = house.case_of(*NOW)
    house.as_("heron").post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"})
    crane = visit("crane")
    assert not crane.open("/").says(case["reference"])
    assert crane.open("/?state=closed").says(case["reference"])
