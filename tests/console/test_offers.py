"""From a case to somebody who goes along, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Request
from app.requests.briefs import delete_briefs, list_brief_holders
from app.store.db import Db
from tests.console.visitor import Page, Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]


@pytest.fixture
def asked(house: House, phone: Caller, desk: Visitor) -> Page:
    """A case with a hearing, for which the desk has asked for somebody to go along."""
    page = desk.case(house.case_of("hello", number=phone.number)["reference"])
    page = desk.send(page, "/change", language="en", region="montreal", urgency="1")
    page = desk.send(page, "/consents", scope="accompanier", granted="yes")
    at = (house.clock() + timedelta(days=3)).astimezone(house.settings.zone)
    date = {"kind": "hearing", "meeting_place": "the stairs", "place": "room 12"}
    page = desk.send(page, "/events", starts_at=f"{at:%Y-%m-%dT%H:%M}", **date)
    [link] = [a["href"] for a in page.all("a") if a["href"].endswith("/route")]
    route = desk.open(link)
    [event] = [o["value"] for o in route.all("option") if len(o["value"]) == 36]
    done = desk.send(route, "/route", kind="accompaniment", event=event)
    house.settle()
    assert done.says("People are being asked now."), done.text
    return desk.open(link)


def test_the_desk_sees_who_could_come_and_why(house: House, desk: Visitor, asked: Page) -> None:
    assert asked.says("finch")
    assert asked.says("Who could come, best first")
    board = desk.open("/requests")
    assert board.says("Going along")
    [cancel] = {f.action for f in board.forms if f.action.endswith("/cancel")}
    assert desk.send(board, cancel).says("Nobody is asked any more.")


def test_whoever_says_yes_reads_the_brief_and_reports(
    house: House, visit: Visit, asked: Page, desk: Visitor
) -> None:
    finch = visit("finch")
    page = finch.open("/")
    assert page.says("You are asked")
    assert not page.says("the stairs")
    [accept] = [f.action for f in page.forms if f.action.endswith("/accept")]
    brief = finch.send(page, accept)
    assert brief.says("It is yours.")
    assert brief.says("the stairs")
    assert not brief.says("room 12")
    told = finch.send(brief, "/report", outcome="attended", notes="they were calm")
    assert told.says("The desk has your report.")
    [link] = {a["href"] for a in told.all("a") if a["href"].startswith("/offers/taken/")}
    assert finch.open(link).says("the stairs")
    route = next(f.action for f in asked.forms if f.action.endswith("/route"))
    assert desk.open(route).says("they were calm")
    house.advance(hours=25)
    assert visit("finch").open(link).says("what you could read here is gone")


def test_whoever_says_no_is_thanked_and_not_asked_again(
    house: House, visit: Visit, asked: Page
) -> None:
    finch = visit("finch")
    page = finch.open("/offers")
    decline = next(f.action for f in page.forms if f.action.endswith("/decline"))
    thanked = finch.send(page, decline, reason="I know them", conflict="yes")
    assert thanked.says("Thank you for answering.")
    assert not any(form.action == decline for form in thanked.forms)


def request_of(db: Db, asked: Page) -> Request:
    """The request that the page of a case shows."""
    [path] = {form.action for form in asked.forms if form.action.endswith("/route")}
    of_case = Request.case_id == UUID(path.split("/")[2])
    return db.scalars(select(Request).where(of_case)).one()


def test_the_desk_writes_a_brief_that_is_missing(house: House, desk: Visitor, asked: Page) -> None:
    with house.database.transaction() as db:
        request = request_of(db, asked)
        delete_briefs(db, [request.id])
    board = desk.open("/requests")
    assert board.says("It has no brief yet")
    with house.database.snapshot() as db:
        assert list_brief_holders(db, request.id) is None, "looking writes none"
    written = desk.send(board, f"/requests/{request.id}/brief")
    assert written.says("The brief is written.")
    assert not written.says("It has no brief yet")


def test_without_consent_no_brief_is_written(house: House, desk: Visitor, asked: Page) -> None:
    with house.database.transaction() as db:
        request = request_of(db, asked)
        values = replace(db.keys.read_values(request), kind="legal")
        db.keys.write_values(request, values)
        delete_briefs(db, [request.id])
    refused = desk.send(desk.open("/requests"), f"/requests/{request.id}/brief")
    assert (refused.status, refused.says("has not agreed")) == (403, True)


def test_what_cannot_be_asked_is_told(desk: Visitor, asked: Page) -> None:
    refused = desk.send(asked, "/route", kind="legal")
    assert (refused.status, refused.says("has not agreed")) == (403, True)
    refused = desk.send(asked, "/route", kind="accompaniment", event="nonsense")
    assert refused.status == 400
