"""Texts of a blocked number are stored and marked, and never answered."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest

from app.desk import read_case
from app.errors import BadRequest, NotFound
from app.outbox import Block, add_block, block_caller, lift_block, list_blocks
from app.outbox.blocks import NumberIsOurs
from tests.line import Line
from tests.service import CALLER, HOTLINE, House


def block(line: Line, number: str = CALLER) -> Block:
    with line.writing() as db:
        return add_block(
            db, line.principal("crane"), number, line.now, "machine", own_number=HOTLINE
        )


def blocks(line: Line) -> list[UUID]:
    with line.reading() as db:
        return [one.id for one in list_blocks(db, line.principal("crane"), line.now)]


def flags(line: Line) -> list[str]:
    case = line.case_of()
    assert case
    return list(line.as_member(read_case, "heron", case.id).contact.flags)


def test_a_blocked_number_is_stored_marked_and_not_answered(line: Line) -> None:
    made = block(line)
    assert line.says("hello", "HELP", "ERASE", "START") == []
    assert "blocked" in flags(line)
    assert blocks(line) == [made.id]


def test_an_unblocked_number_is_answered_again(line: Line) -> None:
    made = block(line)
    line.text("hello")
    line.as_member(lift_block, "crane", made.id)
    assert blocks(line) == []
    assert line.says("HELP") != []
    assert "blocked" not in flags(line)
    with pytest.raises(NotFound):
        line.as_member(lift_block, "crane", made.id)


def test_a_coordinator_blocks_the_phone_of_a_case_without_seeing_it(line: Line) -> None:
    case = line.open_case("hello")
    line.as_member(partial(block_caller, own_number=HOTLINE), "crane", case.id)
    assert line.says("HELP") == []


def test_blocking_twice_is_blocking_once(line: Line) -> None:
    first, again = block(line), block(line, "+1 (514) 555-0123")
    assert (again.id, again.reason) == (first.id, "machine")


def test_a_block_needs_a_phone_and_a_reason(line: Line) -> None:
    crane = line.principal("crane")
    with line.writing() as db:
        with pytest.raises(BadRequest):
            add_block(db, crane, "555", line.now, own_number=HOTLINE)
        with pytest.raises(BadRequest):
            add_block(db, crane, CALLER, line.now, "because they are rude", own_number=HOTLINE)
        with pytest.raises(NotFound):
            block_caller(db, crane, uuid4(), line.now, own_number=HOTLINE)


def test_the_numbers_of_members_and_of_the_hotline_are_refused(line: Line) -> None:
    finch = "+15145550151"
    line.give_phone("finch", finch)
    for ours in (finch, "+1 514 555-0151", HOTLINE):
        with pytest.raises(NumberIsOurs):
            block(line, ours)
    line.text("HELP", finch)
    case = line.case_of(finch)
    assert case
    with pytest.raises(NumberIsOurs):
        line.as_member(partial(block_caller, own_number=HOTLINE), "crane", case.id)
    assert blocks(line) == []


@pytest.mark.parametrize(
    ("whom", "status"),
    [
        ({}, 400),
        ({"number": "555"}, 400),
        ({"number": CALLER, "case_id": str(uuid4())}, 400),
        ({"case_id": str(uuid4())}, 404),
        ({"number": HOTLINE}, 400),
        ({"number": CALLER}, 201),
    ],
)
def test_over_rest_a_block_needs_one_phone(
    shared_house: House, whom: dict[str, str], status: int
) -> None:
    crane = shared_house.as_("crane")
    assert crane.post("/v1/blocks", whom).status_code == status
    assert CALLER not in crane.get("/v1/blocks").text
