from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.console.recurrence import recurrence
from app.models import Recurrence
from app.rota.rota import Slot
from tests.console.visitor import Page, Visitor
from tests.service import House

Visit = Callable[..., Visitor]


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def added(crane: Visitor, house: House, *handles: str, **typed: Any) -> Page:
    """The rota of the week of Monday 12 January 2026, after a coordinator has added a shift."""
    members = [str(house.residents[handle].id) for handle in handles]
    return crane.send(crane.open("/rota"), "/rota/shifts", members=members, **typed)


def test_a_coordinator_adds_a_shift_by_days_and_hours(house: House, visit: Visit) -> None:
    page = added(visit("crane"), house, "heron", days=["TH", "SU"], at="22:00", hours="8")
    assert page.says("The shift is in the rota.")
    assert page.says("Thu 15 Jan, 22:00–06:00")
    assert page.says("Thursday, Sunday at 22:00, 8 h, dispatcher, 1 of 1")
    [kept] = house.as_("crane").get("/v1/shifts").json()["items"]
    assert (kept["rrule"], kept["duration"]) == ("FREQ=WEEKLY;BYDAY=TH,SU", "PT8H")


def test_without_a_day_it_is_once(house: House, visit: Visit) -> None:
    page = added(visit("crane"), house, "heron", **{"from": "2026-01-16"})
    assert page.says("once, on 2026-01-16 at 09:00, 8 h")
    assert not visit("crane").open("/rota?week=2026-01-19").says("Fri 23 Jan")


def test_a_shift_that_cannot_be_is_told(house: House, visit: Visit) -> None:
    crane, heron = visit("crane"), [str(house.residents["heron"].id)]
    for wrong in (
        {"hours": "many"},
        {"hours": "1e300"},
        {"hours": "0"},
        {"at": "25:00"},
        {"from": "someday"},
        {"from": "9999-12-31"},
        {"days": ["XX"]},
        {"members": ["me"]},
        {"role": "legal"},
    ):
        page = crane.send(crane.open("/rota"), "/rota/shifts", **{"members": heron, **wrong})
        assert page.status == 400, wrong
        assert page.says("Not done")


def test_a_member_comes_once_or_always(house: House, visit: Visit) -> None:
    added(visit("crane"), house, days=["TH", "FR"], role="dispatcher", people="2")
    heron = visit("heron")
    assert heron.open("/rota").says("2 missing")
    once = heron.send(heron.open("/rota"), "/rota/sign-up")
    assert once.says("Thu 15 Jan, 09:00–17:00")
    assert once.text.count("you and 1 missing") == 1
    plover = visit("plover")
    always = plover.send(plover.open("/rota"), "/rota/sign-up", always="yes")
    assert always.says("You are in.")
    assert always.says("heron")
    assert plover.open("/rota?week=2026-01-19").text.count("you and 1 missing") == 2


def test_a_swap_is_asked_for_and_taken(house: House, visit: Visit) -> None:
    added(visit("crane"), house, "heron", days=["TH"])
    heron, plover = visit("heron"), visit("plover")
    asked = heron.send(heron.open("/rota"), "/rota/swap")
    assert asked.says("Until somebody does, it is yours.")
    assert heron.send(asked, "/withdraw").says("It stays yours.")
    heron.send(heron.open("/rota"), "/rota/swap")
    taken = plover.send(plover.open("/rota"), "/take")
    assert taken.says("It is yours now.")
    assert not heron.open("/rota").says("Who wants to be replaced")


def test_one_colleague_is_asked_and_empty_places_are_shown_to_who_plans(
    house: House, visit: Visit
) -> None:
    page = added(visit("crane"), house, "heron", days=["TH"], people="2")
    assert page.says("To fill within two days")
    assert page.says("1 missing")
    heron, plover = visit("heron"), str(house.residents["plover"].id)
    assert not heron.open("/rota").says("To fill within two days")
    assert heron.send(heron.open("/rota"), "/rota/swap", to=plover).says("asks plover")
    assert not visit("wren").open("/rota").has_form("/take")
    assert visit("plover").open("/rota").says("asks you")


def test_one_time_is_covered_cancelled_and_put_back(house: House, visit: Visit) -> None:
    crane = visit("crane")
    page = added(crane, house, "heron", days=["TH"])
    [path] = {a["href"] for a in page.all("a") if "?occurrence=" in a["href"]}
    override = path.split("?")[0] + "/override"
    plover = str(house.residents["plover"].id)
    assert crane.send(crane.open(path), override, members=[plover]).says("Saved.")
    assert visit("plover").open("/rota").says("Thu 15 Jan, 09:00–17:00")
    assert crane.open("/rota").says("dispatcher plover")
    crane.send(crane.open(path), override, what="cancel")
    assert crane.open("/rota").says("dispatcher cancelled")
    crane.send(crane.open(path), override, what="restore")
    assert crane.open("/rota").says("dispatcher heron")
    assert crane.send(crane.open(path), "/remove").says("The shift is gone.")


def test_a_hand_over_note_is_left_for_the_desk(house: House, visit: Visit) -> None:
    page = added(visit("wren"), house, "heron", days=["TH"])
    [path] = {a["href"] for a in page.all("a") if a["href"].endswith("/hand-over")}
    heron = visit("heron")
    assert heron.send(heron.open(path), path, body="the printer\njams").says("the printer jams")
    assert heron.send(heron.open(path), path, body=" ").status == 400
    assert visit("crane").open(path).status == 403


def test_a_calendars_address_is_shown_once(house: House, visit: Visit) -> None:
    heron = visit("heron")
    page = heron.send(heron.open("/rota"), "/rota/calendar")
    [address] = [word for word in page.text.split() if word.endswith(".ics")]
    assert house.http.get(address).status_code == 200
    assert address not in heron.open("/rota").html
    assert heron.send(heron.open("/rota"), "/calendar/stop").says("shows nothing any more")
    assert house.http.get(address).status_code == 404


@pytest.mark.parametrize("week", ["2026-02-30", "x", "9999-12-31", "0001-01-01"])
def test_a_week_that_is_none_is_this_week(desk: Visitor, week: str) -> None:
    assert desk.open(f"/rota?week={week}").says("Week of 12 January 2026.")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day at 09:00, 1.5 h"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260301", "Monday at 09:00, 1.5 h, until 2026-03-01"),
        ("FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=1MO at 09:00, 1.5 h"),
    ],
)
def test_a_rule_is_told_in_words(rule: str, words: str) -> None:
    kept = Recurrence(text=rule, first=datetime.fromisoformat("2026-01-12T09:00"))
    slot = Slot(
        id=uuid4(),
        name="n",
        rule=kept,
        duration=timedelta(hours=1.5),
        people=1,
        fallback=False,
        role="dispatcher",
    )
    assert recurrence(slot) == words
