"""Whether an offer goes out by text too, or waits in the console alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.models import Offer, OfferState, OfferValues, Request
from app.requests.offers import TEXTS_AN_HOUR, list_own_offers
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, raised

SISKIN = PHONES["siskin"]


@pytest.fixture
def desk(hall: Hall) -> tuple[Hall, Request]:
    """A request of tier 1 that is over, for offers of the past; siskin, who has a phone."""
    hall.newcomer("siskin", "accompanier", phone=SISKIN)
    return hall, raised(hall, a_case(hall, urgency=1, scopes=()), "interpreter")


def asked_before(
    hall: Hall, request: Request, state: OfferState = OfferState.EXPIRED, *, texted: bool = True
) -> None:
    """Let siskin have had as many offers as one gets texts in an hour."""
    now, member_id = hall.clock(), hall.residents["siskin"].id
    with hall.database.transaction() as db:
        lookup = db.keys.number_lookup(SISKIN) if texted else None
        for _ in range(TEXTS_AN_HOUR):
            offer_id = uuid4()
            what: dict[str, Any] = {"state": state, "made_at": now, "expires_at": now, "step": 0}
            whom: dict[str, UUID] = {"request_id": request.id, "member_id": member_id}
            values = db.keys.new_values(Offer, offer_id, OfferValues(code="0000"), now, **whom)
            db.add(Offer(id=offer_id, **what, reply_lookup=lookup, **values))


def texts_for_another(hall: Hall, urgency: int = 1) -> int:
    """How many texts siskin gets for another request, for which they are asked in any case."""
    before = len(hall.texts_to(SISKIN))
    assert "siskin" in hall.asked(raised(hall, a_case(hall, urgency=urgency)))
    return len(hall.texts_to(SISKIN)) - before


def test_a_phone_that_is_never_answered_is_left_in_peace(desk: tuple[Hall, Request]) -> None:
    """The offers wait in the console all the same."""
    hall, before = desk
    asked_before(hall, before)
    assert texts_for_another(hall) == 0
    with hall.database.snapshot() as db:
        mine = list_own_offers(db, hall.principal("siskin"), hall.clock())
    assert len(mine) == TEXTS_AN_HOUR + 1
    hall.advance(hours=1)
    assert texts_for_another(hall) == 1


def test_what_is_more_urgent_is_texted_all_the_same(desk: tuple[Hall, Request]) -> None:
    hall, before = desk
    asked_before(hall, before)
    assert texts_for_another(hall, urgency=0) == 1


@pytest.mark.parametrize("state", [OfferState.DECLINED, OfferState.WITHDRAWN])
def test_whoever_answers_or_was_only_slower_is_asked_on(
    desk: tuple[Hall, Request], state: OfferState
) -> None:
    """What a quicker colleague took counts for nobody else as left unanswered."""
    hall, before = desk
    asked_before(hall, before, state)
    assert texts_for_another(hall) == 1


def test_offers_of_the_console_alone_do_not_count(desk: tuple[Hall, Request]) -> None:
    hall, before = desk
    asked_before(hall, before, texted=False)
    assert texts_for_another(hall) == 1
