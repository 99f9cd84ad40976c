"""Who comes back: the same phone, after a closing, after a merge, after a move of the keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.desk import close_case, merge_cases
from app.inbound import take_texts
from app.telephony import InboundText
from tests.line import Line
from tests.service import HOTLINE, House

NUMBERS = [f"+1514555010{n}" for n in (1, 2, 3)]


def close(line: Line, case_id: UUID) -> None:
    line.as_member(close_case, "heron", case_id, "supported")


def test_a_returning_phone_comes_to_its_case(line: Line) -> None:
    first = line.open_case("hello").id
    for _ in range(3):
        line.advance(days=3)
        line.says("it is me")
    assert [case.id for case in line.queue()] == [first]
    assert line.inbound(first) == ["hello", "it is me", "it is me", "it is me"]


def test_other_phones_have_cases_of_their_own(line: Line) -> None:
    assert len({line.open_case("hello", sender=number).id for number in NUMBERS}) == 3


def test_after_a_closing_a_new_case_follows_the_old(line: Line) -> None:
    chain = []
    for _ in range(3):
        case = line.open_case("hello")
        chain.append((case.id, case.follows))
        close(line, case.id)
    ids = [case_id for case_id, _ in chain]
    assert [follows for _, follows in chain] == [None, *ids[:-1]]


def test_the_dialogue_of_a_linked_case_starts_anew(line: Line) -> None:
    close(line, line.open_case("hello", "4", "1").id)
    line.clock.advance(timedelta(minutes=1))
    [said] = line.says("hello")
    assert said.startswith("Hello / Bonjour.")
    [new] = line.queue()
    values = line.values(new.id)
    assert (values.language, values.situation) == (None, None)


class TestMerged:
    def merge(self, line: Line, one: UUID, into: UUID) -> None:
        line.as_member(merge_cases, "heron", one, into)

    def test_texts_of_all_its_phones_come_to_the_main_case(self, line: Line) -> None:
        one, two, main = (line.open_case("hello", sender=n).id for n in NUMBERS)
        self.merge(line, one, main)
        self.merge(line, two, main)
        line.read(main)
        for number in NUMBERS:
            line.says(f"later, {number}", sender=number)
        [case] = line.queue()
        assert (case.id, case.unread) == (main, 3)
        assert {f"later, {n}" for n in NUMBERS} <= set(line.inbound(main))

    def test_two_of_its_phones_in_one_batch(self, line: Line) -> None:
        one, main = (line.open_case("hello", sender=n).id for n in NUMBERS[:2])
        self.merge(line, one, main)
        line.read(main)
        line.take(*(line.lose(f"from {number}", number) for number in NUMBERS[:2]))
        line.settle()
        [case] = line.queue()
        assert (case.id, case.unread) == (main, 2)
        # The clock stands still here: of two cases' texts of one instant, which is first is chance.
        assert {f"from {number}" for number in NUMBERS[:2]} <= {*line.inbound(main)}

    def test_a_case_with_others_under_it_can_be_put_under_another(self, line: Line) -> None:
        leaf, middle, root = (line.open_case("hello", sender=n).id for n in NUMBERS)
        self.merge(line, leaf, middle)
        self.merge(line, middle, root)
        line.read(root)
        line.says("from the leaf, later", sender=NUMBERS[0])
        [case] = line.queue()
        assert (case.id, case.unread) == (root, 1)
        assert "from the leaf, later" in line.inbound(root)

    def test_a_phone_of_a_closed_tree_gets_a_new_case(self, line: Line) -> None:
        one, main = (line.open_case("hello", sender=n).id for n in NUMBERS[:2])
        self.merge(line, one, main)
        close(line, main)
        again = line.open_case("again", sender=NUMBERS[0])
        assert again.follows in (one, main)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_postgresql_finds_the_main_case_for_a_batch_of_all_its_phones(house: House) -> None:
    """And a case that follows, once the tree is closed."""
    one, main = (house.case_of("hello", number=number)["id"] for number in NUMBERS[:2])
    assert house.as_("heron").post(f"/v1/cases/{one}/merge", {"into": main}).status_code == 200
    texts = [_text(number) for number in NUMBERS[:2]]
    with house.database.transaction() as db:
        take_texts(db, house.service.desk, texts, house.clock())
    house.settle()
    [case] = house.queue()
    assert (case["id"], case["unread"]) == (main, 4)
    house.as_("heron").post(f"/v1/cases/{main}/close", {"outcome": "supported"})
    again: dict[str, Any] = house.read(house.case_of("again", number=NUMBERS[0])["id"])
    assert again["follows"] in (one, main)


def _text(number: str) -> InboundText:
    sid = f"SM{number.removeprefix('+'):0>32}"
    return InboundText(sid, number, HOTLINE, "later", (), None, "sms", withheld=False)
