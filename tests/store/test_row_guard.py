"""Damaged rows are left out of what a transaction reads, however it asks."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from app.models import Case, Member, table
from app.store import RowDamaged, row_guard
from tests.premises import Premises
from tests.service import House


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


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_row_that_comes_in_while_a_statement_runs_is_not_half_changed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows it to the statement, and not to the look before that."""
    house.case_of("hello")
    look = row_guard._read_matching

    def look_and_let_in(*given: Any) -> Any:
        found = look(*given)
        monkeypatch.undo()
        house.case_of("hello", number="+15145550188")
        return found

    monkeypatch.setattr(row_guard, "_read_matching", look_and_let_in)
    with house.database.transaction() as db:
        db.execute(update(Case).where(Case.urgency > 0).values(urgency=1))
    with house.database.snapshot() as db:
        assert len(db.scalars(select(Case)).all()) == 2
        assert not db.damaged
