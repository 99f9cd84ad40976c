"""Dates, tasks, detentions and possible deadlines, in the case and in the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.console.visitor import Page, Visitor, desk_time
from tests.service import Caller, House

HEARING = {"kind": "hearing", "place": "room 12", "meeting_place": "the stairs"}


@pytest.fixture
def case(house: House, phone: Caller, desk: Visitor) -> Page:
    return desk.case(house.case_of("hello", number=phone.number)["reference"])


def soon(house: House, days: float = 3) -> str:
    """A local date and time, as a browser sends it."""
    at = (house.clock() + timedelta(days=days)).astimezone(house.settings.zone)
    return f"{at:%Y-%m-%dT%H:%M}"


def change_form(page: Page, part: str) -> str:
    [action] = [f.action for f in page.forms if re.search(rf"/{part}/[0-9a-f-]{{36}}$", f.action)]
    return action


def test_a_date_is_added_told_and_moved(house: House, desk: Visitor, case: Page) -> None:
    added = desk.send(case, "/events", starts_at=soon(house), **HEARING)
    assert added.says("The date is saved.")
    assert added.says("room 12")
    assert added.says("the stairs")
    calendar = desk.open("/events")
    assert calendar.says(desk_time(house))
    assert calendar.says("hearing")
    assert not calendar.says("room 12")
    moved = desk.send(added, change_form(added, "events"), starts_at=soon(house, 20))
    assert moved.says("moved")
    later = desk.open("/events?show=month")
    assert later.says("hearing")


def test_a_date_in_the_past_is_refused_on_its_page(house: House, desk: Visitor, case: Page) -> None:
    refused = desk.send(case, "/events", starts_at=soon(house, -1), **HEARING)
    assert (refused.status, refused.says("This date is in the past.")) == (400, True)
    nonsense = desk.send(case, "/events", starts_at="soon", **HEARING)
    assert (nonsense.status, nonsense.says("A date and time look like")) == (400, True)


def test_a_stale_change_of_a_date_is_told(house: House, desk: Visitor, case: Page) -> None:
    page = desk.send(case, "/events", starts_at=soon(house), **HEARING)
    action = change_form(page, "events")
    assert desk.send(page, action, state="confirmed").status == 200
    stale = desk.send(page, action, state="cancelled")
    assert (stale.status, stale.says("Somebody changed this")) == (412, True)


def test_a_detention_is_recorded_and_ends(house: House, desk: Visitor, case: Page) -> None:
    held = desk.send(case, "/episodes", held_place="Laval", since="2026-01-10", stay_notes="calm")
    assert held.says("Laval")
    assert held.says("calm")
    assert [option["value"] for option in held.all("option") if option["value"] == "Surrey"]
    ended = desk.send(held, change_form(held, "episodes"), until="2026-01-14")
    assert ended.says("to 14 Jan 2026")
    refused = desk.send(case, "/episodes", held_place="Laval", since="2030-01-10")
    assert (refused.status, refused.says("does not begin in the future")) == (400, True)


def test_what_is_to_be_looked_at_again_is_ticked_off(
    house: House, desk: Visitor, case: Page
) -> None:
    assert desk.send(case, "/events", starts_at=soon(house, 1.001), **HEARING).status == 200
    house.advance(minutes=10)
    page = desk.open("/events")
    assert page.says("tomorrow: is the date still right?")
    [action] = {f.action for f in page.forms if f.action.startswith("/tasks/")}
    done = desk.send(page, action)
    assert done.says("Done.")
    assert not done.has_form(action)


def test_a_verified_rule_shows_a_possible_deadline_in_the_case(
    house: House, visit: Callable[..., Visitor], desk: Visitor, case: Page
) -> None:
    crane = visit("crane")
    rules = crane.open("/rules")
    assert rules.says("Not in use.")
    path = "/rules/ca-prra-application-by-hand"
    refused = crane.send(rules, path, enabled="yes")
    assert (refused.status, refused.says("a named person has to verify it")) == (400, True)
    who = {"verified_by": "Me L. Roy", "verified_on": "2026-01-10", "enabled": "yes"}
    assert crane.send(rules, path, **who).says("In use.")
    page = desk.send(case, "/change", field__received_on="2026-01-12 by hand")
    assert page.says("Possible deadlines – ask a lawyer")
    assert page.says("27 Jan 2026")
