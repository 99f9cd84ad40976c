"""A member with an open offer writes as people do, and some of them are callers too."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Offer, Request
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from tests.inbound.test_member_phones import FINCH, NOT_KEPT, OPENED
from tests.line import Line
from tests.requests.people import a_case

YOURS = "Desk: thank you, it is yours. Please sign in to read it."
DECLINED = "Desk: thank you for answering."
UNCLEAR = re.compile(r"Desk: a colleague will read this\. .* reply [0-9]{4} YES")
HELP = "HELP"


@pytest.fixture
def finch(line: Line) -> Line:
    """Finch has a phone and nobody else has one."""
    line.give_phone("finch", FINCH)
    return line


def offer(line: Line) -> UUID:
    """Offer something to finch; return the case it is for."""
    case = UUID(a_case(cast("Any", line)))
    with line.writing() as db:
        facts = RequestFacts("accompaniment")
        raise_request(db, line.principal("heron"), case, facts, line.now)
    line.settle()
    assert re.search(r"Reply [0-9]{4} YES or NO", line.inbox(FINCH)[-1])
    return case


def states(line: Line) -> tuple[str, str]:
    """The states of the one request and of its offer."""
    with line.reading() as db:
        return db.scalars(select(Request.state)).one(), db.scalars(select(Offer.state)).one()


def notes(line: Line, case: UUID) -> list[str]:
    return [note.body for note in line.read(case).notes]


@pytest.mark.parametrize("body", ["no problem, ill be there", "on it", "pas de souci j'y serai"])
def test_a_yes_in_whatever_words_takes_it(finch: Line, body: str) -> None:
    offer(finch)
    assert finch.says(body, sender=FINCH) == [YOURS]
    assert states(finch)[0] == "assigned"


@pytest.mark.parametrize(
    "body",
    [
        "yes but only after 3pm",
        "Yes. Should I bring my car?",
        "Yes, what time?",
        "no car but yes",
        "maybe",
        "wrong day for me",
        "I need help finding the place",
        "please call me about it",
    ],
)
def test_unclear_words_reach_the_desk_and_take_nothing(finch: Line, body: str) -> None:
    case = offer(finch)
    [said] = finch.says(body, sender=FINCH)
    assert UNCLEAR.fullmatch(said)
    assert states(finch) == ("offered", "pending")
    assert notes(finch, case) == [body]
    assert finch.case_of(FINCH) is None


@pytest.mark.parametrize("body", ["cant wait to help", "I need help finding the place"])
def test_a_wish_in_a_sentence_makes_no_member_a_caller(finch: Line, body: str) -> None:
    assert finch.says(body, sender=FINCH) == [NOT_KEPT]
    assert finch.case_of(FINCH) is None


@pytest.mark.parametrize("body", [HELP, "I need help myself", "please help me", "ayúdenme"])
@pytest.mark.parametrize("open_offer", [False, True])
def test_who_plainly_asks_for_themselves_is_a_caller(
    finch: Line, body: str, *, open_offer: bool
) -> None:
    if open_offer:
        offer(finch)
    assert finch.says(body, sender=FINCH)[0] == OPENED
    assert finch.case_of(FINCH) is not None


def test_a_no_with_words_of_danger_is_both(finch: Line) -> None:
    case = offer(finch)
    said = finch.says("no, they took my brother this morning", sender=FINCH)
    assert said[:2] == [DECLINED, OPENED]
    own = finch.case_of(FINCH)
    assert own is not None
    assert own.urgency == 0
    assert notes(finch, case) == []


class TestACallerToo:
    @pytest.fixture
    def case(self, finch: Line) -> UUID:
        """The case of finch, to whom something is offered then."""
        case = finch.open_case(HELP, sender=FINCH).id
        offer(finch)
        return case

    @pytest.mark.parametrize(
        "body", ["Y", "oui", "👍", "yess", "on it", "no problem, ill be there"]
    )
    def test_a_yes_stays_a_yes(self, finch: Line, case: UUID, body: str) -> None:
        assert finch.says(body, sender=FINCH) == [YOURS]
        assert states(finch)[0] == "assigned"
        assert finch.inbound(case) == [HELP]

    def test_a_code_is_confirmed(self, finch: Line, case: UUID) -> None:
        [code] = re.findall(r"Reply ([0-9]{4}) YES", finch.inbox(FINCH)[-1])
        assert finch.says(f"{code} ok", sender=FINCH) == [YOURS]
        assert finch.inbound(case) == [HELP]

    def test_a_sentence_is_no_wrong_number(self, finch: Line, case: UUID) -> None:
        [said] = finch.says("wrong day for me", sender=FINCH)
        assert UNCLEAR.fullmatch(said)
        assert finch.inbound(case) == [HELP, "wrong day for me"]
        assert finch.says("y", sender=FINCH) == [YOURS]

    def test_the_keyword_itself_still_is(self, finch: Line, case: UUID) -> None:
        [said] = finch.says("wrong number", sender=FINCH)
        assert said.startswith("Sorry")
        assert finch.inbound(case) == [HELP, "wrong number"]

    @pytest.mark.parametrize(
        "body", ["they took my husband", "yes I can come to you with both of my children today"]
    )
    def test_what_tells_of_themselves_goes_to_their_case(
        self, finch: Line, case: UUID, body: str
    ) -> None:
        assert YOURS not in finch.says(body, sender=FINCH)
        assert finch.inbound(case) == [HELP, body]
        assert states(finch) == ("offered", "pending")

    def test_a_yes_is_for_their_case_once_nothing_is_open(self, finch: Line, case: UUID) -> None:
        finch.says("y", sender=FINCH)
        finch.text("no", FINCH)
        assert finch.inbound(case) == [HELP, "no"]
        assert states(finch)[0] == "assigned"
