from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.errors import BadRequest, Forbidden, NotFound
from app.rota.handover import (
    HANDOVER_LIFE,
    ShiftNote,
    forget_old_handovers,
    read_handovers,
    write_handover,
)
from tests.premises import Premises
from tests.rota.desk import add


def write(premises: Premises, shift: UUID, body: str, by: str = "heron") -> None:
    with premises.writing() as db:
        write_handover(db, premises.principal(by), shift, body, premises.now)


def read(premises: Premises, shift: UUID, by: str = "plover") -> list[ShiftNote]:
    with premises.writing() as db:
        return read_handovers(db, premises.principal(by), shift, premises.now)


def test_the_desk_reads_the_notes_of_a_shift_newest_first(premises: Premises) -> None:
    shift = add(premises, "heron")
    assert read(premises, shift) == []
    write(premises, shift, "amber-heron waits for a call")
    premises.clock.advance(timedelta(hours=1))
    write(premises, shift, "all quiet")
    assert [note.body for note in read(premises, shift)] == [
        "all quiet",
        "amber-heron waits for a call",
    ]
    assert {note.author for note in read(premises, shift)} == {premises.id("heron")}
    assert premises.log().count("handover.read") == 2


@pytest.mark.parametrize("handle", ["crane", "finch", "magpie"])
def test_nobody_else_reads_or_writes_them(premises: Premises, handle: str) -> None:
    shift = add(premises, "heron")
    with pytest.raises(Forbidden):
        write(premises, shift, "x", by=handle)
    with pytest.raises(Forbidden):
        read(premises, shift, by=handle)


@pytest.mark.parametrize("body", ["", " ", "x" * 20_001])
def test_a_note_says_something(premises: Premises, body: str) -> None:
    shift = add(premises, "heron")
    with pytest.raises(BadRequest):
        write(premises, shift, body)


def test_there_is_no_note_of_no_shift(shared_premises: Premises) -> None:
    with pytest.raises(NotFound):
        write(shared_premises, uuid4(), "x")


def test_a_note_goes_after_a_fortnight(premises: Premises) -> None:
    shift = add(premises, "heron")
    write(premises, shift, "x")
    for passed, left in ((HANDOVER_LIFE, 1), (timedelta(hours=1), 0)):
        premises.clock.advance(passed)
        with premises.writing() as db:
            forget_old_handovers(db, premises.now)
        assert len(read(premises, shift)) == left
    assert timedelta(days=14) == HANDOVER_LIFE
