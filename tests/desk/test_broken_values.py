"""A value of the machine that somebody broke: what it belongs to is left out, the rest goes on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.desk import erase_due_cases
from app.models import Case, CaseState, Erasure, table
from app.store import Db, RowDamaged
from tests.line import Line
from tests.service import CALLER

OTHER = "+15145550177"


def break_values(line: Line, model: type[Any], where: Any) -> None:
    """Write as somebody who holds the database and none of its keys."""
    with line.database.engine.begin() as connection:
        connection.execute(update(table(model)).where(where).values(op_values=b"K"))


def wish(line: Line, sender: str) -> None:
    """Have an urgent case that is to be erased in a day."""
    line.open_case("they took my brother this morning", sender=sender)
    [asked] = line.says("ERASE ME", sender=sender)
    [code] = [word for word in asked.replace(".", " ").split() if word.isdigit() and len(word) == 4]
    line.says(code, sender=sender)


def test_the_queue_shows_the_other_cases(line: Line) -> None:
    broken, whole = line.open_case("hello"), line.open_case("hello", sender=OTHER)
    assert {case.id for case in line.queue()} == {broken.id, whole.id}
    break_values(line, Case, table(Case).c.id == broken.id)
    assert [case.id for case in line.queue()] == [whole.id]


def test_the_other_wishes_to_be_erased_are_carried_out(line: Line) -> None:
    for sender in (CALLER, OTHER):
        wish(line, sender)
    broken, whole = line.case_of(CALLER), line.case_of(OTHER)
    assert broken is not None
    assert whole is not None
    with line.reading() as db:
        lookup = db.keys.number_lookup(CALLER)
    break_values(line, Erasure, table(Erasure).c.number_lookup == lookup)
    line.advance(hours=25)
    with line.writing() as db:
        erase_due_cases(db, line.now)
    assert line.case(whole.id).state == CaseState.ERASED
    assert line.case(broken.id).state != CaseState.ERASED


def test_what_fails_in_an_attempt_leaves_no_effect_behind(line: Line) -> None:
    done: list[str] = []

    def fail(db: Db, case_id: UUID) -> None:
        with db.attempt():
            db.execute(update(Case).where(Case.id == case_id).values(urgency=0))
            db.on_commit(lambda: done.append("inside"))
            raise RowDamaged("cases")

    case = line.open_case("hello")
    with line.writing() as db:
        db.on_commit(lambda: done.append("before"))
        with pytest.raises(RowDamaged):
            fail(db, case.id)
    assert done == ["before"]
    assert line.case(case.id).urgency == case.urgency != 0
