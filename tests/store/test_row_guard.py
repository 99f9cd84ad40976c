"""Damaged rows are left out of what a transaction reads, however it asks."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.models import Member, table
from app.store import RowDamaged
from tests.premises import Premises


@pytest.fixture
def damaged(premises: Premises) -> Premises:
    """Premises in which somebody changed heron's row from outside."""
    members = table(Member)
    with premises.database.engine.begin() as db:
        db.execute(update(members).where(members.c.handle == "heron").values(handle="egret"))
    return premises


def test_a_row_that_was_left_out_does_not_come_back_by_its_key(damaged: Premises) -> None:
    with damaged.reading() as db:
        assert damaged.id("heron") not in {member.id for member in db.scalars(select(Member))}
        for _ in range(2):
            with pytest.raises(RowDamaged):
                db.get(Member, damaged.id("heron"))


def test_a_list_of_nothing_but_damaged_rows_is_empty_and_they_are_noted(
    damaged: Premises,
) -> None:
    heron = select(Member).where(Member.id == damaged.id("heron"))
    with damaged.reading() as db:
        with pytest.raises(RowDamaged):
            db.scalars(heron)
        assert db.list_whole(heron) == ()
        assert db.damaged == {("members", (damaged.id("heron"),))}
