"""Who comes back: the same phone, after a closing, after a merge, after a move of the keys."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from app.inbound.receiving import take_texts
from app.telephony import InboundText
from tests.service import HOTLINE, House


def inbound(house: House, case_id: str, handle: str = "heron") -> list[str]:
    messages = house.read(case_id, handle)["messages"]
    return [m["body"] for m in messages if m["direction"] == "inbound"]


def test_a_returning_phone_comes_to_its_case(house: House) -> None:
    first = house.case_of("hello")["id"]
    for _ in range(3):
        house.advance(days=3)
        house.phone().says("it is me")
    assert [case["id"] for case in house.queue()] == [first]
    assert inbound(house, first) == ["hello", "it is me", "it is me", "it is me"]


def test_other_phones_have_cases_of_their_own(house: House) -> None:
    ids = {house.case_of("hello", number=f"+1514555010{n}")["id"] for n in (1, 2, 3)}
    assert len(ids) == 3


def test_after_a_closing_a_new_case_follows_the_old(house: House) -> None:
    chain = []
    for _ in range(3):
        case_id = house.case_of("hello")["id"]
        chain.append((case_id, house.read(case_id)["follows"]))
        house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "supported"})
    ids = [case_id for case_id, _ in chain]
    assert [follows for _, follows in chain] == [None, *ids[:-1]]


def test_the_dialogue_of_a_linked_case_starts_anew(house: House) -> None:
    case_id = house.case_of("hello", "4", "1")["id"]
    house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "supported"})
    house.clock.advance(timedelta(minutes=1))
    [said] = house.phone().says("hello")
    assert said.startswith("Hello / Bonjour.")
    [new] = house.queue()
    assert (new["language"], new["situation"]) == (None, None)


class TestMerged:
    def merge(self, house: House, one: str, into: str) -> None:
        answer = house.as_("heron").post(f"/v1/cases/{one}/merge", {"into": into})
        assert answer.status_code == 200, answer.text

    def test_texts_of_all_its_phones_come_to_the_main_case(self, house: House) -> None:
        numbers = [f"+1514555010{n}" for n in (1, 2, 3)]
        one, two, main = (house.case_of("hello", number=n)["id"] for n in numbers)
        self.merge(house, one, main)
        self.merge(house, two, main)
        house.read(main)
        for number in numbers:
            house.phone(number).says(f"later, {number}")
        [case] = house.queue()
        assert (case["id"], case["unread"]) == (main, 3)
        assert {f"later, {n}" for n in numbers} <= set(inbound(house, main))

    def test_two_of_its_phones_in_one_batch(self, house: House) -> None:
        numbers = ["+15145550101", "+15145550102"]
        one, main = (house.case_of("hello", number=n)["id"] for n in numbers)
        self.merge(house, one, main)
        house.read(main)
        forms = [
            {"MessageSid": f"SM{uuid4().hex}", "From": number, "Body": f"from {number}"}
            for number in numbers
        ]
        with house.database.transaction() as db:
            texts = [InboundText.from_form({**form, "To": HOTLINE}) for form in forms]
            take_texts(db, house.service.desk, texts, house.clock())
        house.settle()
        [case] = house.queue()
        assert (case["id"], case["unread"]) == (main, 2)
        # The clock stands still here: of two cases' texts of one instant, which is first is chance.
        assert {form["Body"] for form in forms} <= {*inbound(house, main)}

    def test_a_case_with_others_under_it_can_be_put_under_another(self, house: House) -> None:
        numbers = [f"+1514555010{n}" for n in (1, 2, 3)]
        leaf, middle, root = (house.case_of("hello", number=n)["id"] for n in numbers)
        self.merge(house, leaf, middle)
        self.merge(house, middle, root)
        house.read(root)
        house.phone(numbers[0]).says("from the leaf, later")
        [case] = house.queue()
        assert (case["id"], case["unread"]) == (root, 1)
        assert "from the leaf, later" in inbound(house, root)

    def test_a_phone_of_a_closed_tree_gets_a_new_case(self, house: House) -> None:
        one, main = (house.case_of("hello", number=f"+1514555010{n}")["id"] for n in (1, 2))
        self.merge(house, one, main)
        house.as_("heron").post(f"/v1/cases/{main}/close", {"outcome": "supported"})
        again = house.case_of("again", number="+15145550101")
        assert house.read(again["id"])["follows"] in (one, main)
