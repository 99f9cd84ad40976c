"""Who is asked when, all by text, while nobody is signed in."""

from __future__ import annotations

from tests.offers.people import a_case, a_date, ask, codes, request_of, says, with_phones
from tests.service import House


def test_one_person_is_asked_at_a_time_when_there_is_time(house: House) -> None:
    with_phones(house, "finch", "siskin")
    request = ask(house, a_case(house, urgency=2))
    assert request["state"] == "offered"
    assert sorted(len(codes(house, who)) for who in ("finch", "siskin")) == [0, 1]
    house.advance(hours=4)
    assert [len(codes(house, who)) for who in ("finch", "siskin")] == [1, 1]


def test_yes_by_text_gives_it_to_them(house: House) -> None:
    with_phones(house, "finch")
    case = a_case(house)
    request = ask(house, case, event_id=a_date(house, case))
    [code] = codes(house, "finch")
    assert says(house, "finch", f"{code} yes") == [
        "Desk: thank you, it is yours. Please sign in to read it."
    ]
    after = request_of(house, request)
    assert after["state"] == "assigned"
    assert after["assignment"]["member"] == str(house.residents["finch"].id)


def test_what_is_happening_now_asks_three_at_once_and_then_the_desk(house: House) -> None:
    with_phones(house, "finch", "siskin", "linnet", "heron", "plover", "wren", "crane")
    request = ask(house, a_case(house, urgency=0))
    asked = ("finch", "siskin", "linnet")
    assert [len(codes(house, who)) for who in asked] == [1, 1, 1]
    house.advance(minutes=3)
    desk = ("heron", "plover", "wren")
    assert [len(codes(house, who)) for who in desk] == [1, 1, 1]
    house.advance(minutes=3)
    assert request_of(house, request)["state"] == "unfilled"
    told = "Desk: nobody was found for a request, now. Please look."
    assert told in house.phone("+15145550164").inbox()
    house.advance(minutes=15)
    assert [len(codes(house, who)) for who in asked] == [2, 2, 2]
