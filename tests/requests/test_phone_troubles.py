"""A member's phone gets no texts: nobody waits for it, and people are told."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Offer, Request
from app.outbox import find_phone_troubles
from app.requests.decisions import accept_offer
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from app.telephony import BadNumber, CarrierError, OptedOut, Refused
from tests.line import Line
from tests.paging.people import CRANE, HERON, PAGE, PLOVER, man_desk
from tests.requests.people import a_case

FINCH, SISKIN = "+15145550151", "+15145550152"
TOLD = "Desk: a colleague's phone does not get our texts. Please look at Members."
AT_ONCE = [OptedOut(21610), Refused(30003), Refused(30006), BadNumber(21614)]


def troubles(line: Line) -> dict[UUID, str]:
    with line.reading() as db:
        return dict(find_phone_troubles(db, line.now))


def raised(line: Line) -> Request:
    """Ask for an accompanier: finch comes first, then the desk."""
    case = UUID(a_case(line))  # type: ignore[arg-type]
    with line.writing() as db:
        request = raise_request(
            db, line.principal("heron"), case, RequestFacts("accompaniment"), line.now
        )
    line.settle()
    return request


def state(line: Line, request: Request) -> str:
    with line.reading() as db:
        return db.get_one(Request, request.id).state


def asked(line: Line, request: Request) -> list[UUID]:
    """Who has an open offer, in the order in which they were asked."""
    with line.reading() as db:
        pending = (Offer.request_id == request.id, Offer.state == "pending")
        return list(db.scalars(select(Offer.member_id).where(*pending).order_by(Offer.made_at)))


def test_a_phone_that_is_reached_is_waited_for(staffed: Line) -> None:
    assert asked(staffed, raised(staffed)) == [staffed.id("finch")]


@pytest.fixture
def staffed(line: Line) -> Line:
    """Finch has a phone, and the desk too."""
    man_desk(line)
    line.give_phone("finch", FINCH)
    return line


@pytest.mark.parametrize("error", AT_ONCE, ids=lambda error: str(error.code))
def test_the_ladder_goes_on_at_once_where_the_carrier_refuses(
    staffed: Line, error: CarrierError
) -> None:
    staffed.carrier.errors = [error]
    request = raised(staffed)
    assert set(troubles(staffed)) == {staffed.id("finch")}
    assert len(asked(staffed, request)) > 1
    assert TOLD in staffed.inbox(CRANE)


@pytest.mark.parametrize("code", [21610, 30003, 30004, 30005, 30006])
def test_and_where_the_carrier_says_so_later(staffed: Line, code: int) -> None:
    staffed.carrier.fates, staffed.carrier.error = ["undelivered"], code
    request = raised(staffed)
    word = "stop" if code == 21610 else "unreached"
    assert troubles(staffed) == {staffed.id("finch"): word}
    assert len(asked(staffed, request)) > 1
    assert staffed.inbox(CRANE).count(TOLD) == 1


def test_whose_phone_gets_no_texts_can_still_accept_in_the_console(staffed: Line) -> None:
    staffed.carrier.errors = [Refused(30003)]
    request = raised(staffed)
    with staffed.writing() as db:
        theirs = (Offer.request_id == request.id, Offer.member_id == staffed.id("finch"))
        offer_id = db.scalars(select(Offer.id).where(*theirs)).one()
        accept_offer(db, staffed.id("finch"), offer_id, staffed.now)
    assert state(staffed, request) == "assigned"


def test_a_text_that_arrives_ends_it(staffed: Line) -> None:
    staffed.carrier.fates, staffed.carrier.error = ["undelivered"], 30003
    raised(staffed)
    assert troubles(staffed)
    staffed.carrier.error = None
    staffed.says("see you", sender=FINCH)
    assert troubles(staffed) == {}


def test_stop_from_a_members_phone_is_told_and_start_ends_it(staffed: Line) -> None:
    staffed.text("STOP", FINCH)
    assert troubles(staffed) == {staffed.id("finch"): "stop"}
    assert staffed.inbox(CRANE) == [TOLD]
    staffed.text("START", FINCH)
    assert troubles(staffed) == {}


def test_the_fallback_is_paged_at_once_where_the_page_does_not_arrive(staffed: Line) -> None:
    staffed.carrier.fates, staffed.carrier.error = ["delivered", "undelivered"], 30003
    staffed.text("they took him")
    assert PAGE in staffed.inbox(PLOVER)


def test_and_with_the_first_page_where_it_is_known_before(staffed: Line) -> None:
    staffed.text("STOP", HERON)
    staffed.text("they took him")
    assert staffed.inbox(HERON) == []
    assert PAGE in staffed.inbox(PLOVER)


def test_a_new_phone_begins_anew(staffed: Line) -> None:
    staffed.text("STOP", FINCH)
    staffed.give_phone("finch", SISKIN)
    assert troubles(staffed) == {}
