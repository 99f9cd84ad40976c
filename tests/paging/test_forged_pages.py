"""Whoever writes to the database can name any number in a page; ``1`` from it takes nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.models import Alert, Member, Page
from tests.line import Line
from tests.paging.people import HERON, PLOVER, man_desk

STRANGER = "+15145550178"


@pytest.fixture
def on_duty(line: Line) -> Line:
    man_desk(line)
    return line


def test_a_number_that_is_no_longer_the_members_takes_no_case(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    on_duty.give_phone("heron", STRANGER)
    assert on_duty.says("1", sender=HERON)[0].startswith("Desk: this text was not kept")
    assert on_duty.case(case.id).assigned_to is None


def test_a_page_with_the_number_of_a_stranger_takes_no_case(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    with on_duty.writing() as db:
        db.execute(update(Page).values(number_lookup=db.keys.number_lookup(STRANGER)))
        alert = db.scalars(select(Alert.id).where(Alert.case_id == case.id)).one()
        made = {"id": uuid4(), "alert_id": alert, "urgency": 0, "paged_at": on_duty.now}
        lookup = db.keys.number_lookup(PLOVER)
        db.add(Page(**made, member_id=on_duty.id("owl"), number_lookup=lookup))
    for number in (STRANGER, PLOVER):
        assert on_duty.says("1", sender=number)[0].startswith("Hello / Bonjour.")
    assert on_duty.case(case.id).assigned_to is None


def test_a_changed_profile_takes_no_case_and_the_text_is_taken_in(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    with on_duty.writing() as db:
        theirs = db.get_one(Member, on_duty.id("plover"))
        mine = update(Member).where(Member.id == on_duty.id("heron"))
        db.execute(mine.values(op_values=theirs.op_values, op_version=theirs.op_version))
    assert on_duty.says("1", sender=HERON)[0].startswith("Hello / Bonjour.")
    assert on_duty.case(case.id).assigned_to is None
