"""What lies at the carrier: noted, kept while it must be, and remembered as known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.desk import erase_case
from app.models import CarrierTrace
from app.outbox import count_copies
from app.outbox.carrier_copies import COPY_MEMORY, forget_old_copies
from tests.line import Line
from tests.service import House

PICTURE = (("http://x/picture", "image/png"),)


def traces(line: Line) -> list[CarrierTrace]:
    with line.reading() as db:
        return list(db.scalars(select(CarrierTrace)))


def counted(line: Line) -> dict[str, int]:
    with line.reading() as db:
        return count_copies(db)


def lies_there(line: Line) -> int:
    """How many messages and pictures the carrier has."""
    pictures = sum(bool(media) for media in line.carrier.pictures.values())
    return len(line.carrier.held) + pictures


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_conversation_leaves_nothing_at_the_carrier(house: House) -> None:
    """The one test of copies with the whole service, on both kinds of database."""
    house.phone().says("hello", "1")
    assert len(house.network.carrier()["messages"]) == 4
    with house.database.snapshot() as db:
        assert count_copies(db) == {"held": 4, "pictures": 0, "stuck": 0}
    house.advance(minutes=2)
    assert house.network.carrier()["messages"] == []
    assert len(house.phone().inbox()) == 2


def test_the_sid_goes_with_the_copy_and_its_hash_stays(line: Line) -> None:
    line.text("hello")
    assert all(trace.op_values and trace.op_key for trace in traces(line))
    line.advance(minutes=2)
    for trace in traces(line):
        assert (trace.state, trace.next_try_at) == ("gone", None)
        assert (trace.op_key, trace.op_values, trace.shred_day) == (None, None, None)


def test_a_known_text_is_not_taken_in_again_when_its_copy_is_gone(line: Line) -> None:
    case, text = line.open_case("hello"), line.lose("once only")
    line.take(text)
    line.advance(minutes=5)
    assert lies_there(line) == 0
    line.advance(hours=3)
    before = line.statuses(case.id)
    line.take(text)
    assert line.statuses(case.id) == before


# -- pictures, until they are fetched


def test_pictures_stay_for_a_week_and_not_longer(line: Line) -> None:
    """Where nothing fetches them: no worker does its jobs."""
    line.take(line.lose("my letter", media=PICTURE))
    line.clock.advance(timedelta(days=6))
    line.settle("carrier-copies")
    assert lies_there(line) == 2
    assert counted(line)["pictures"] == 1
    line.clock.advance(timedelta(days=1, minutes=10))
    line.settle("carrier-copies")
    assert lies_there(line) == 0


def test_erasing_a_case_takes_its_pictures_from_the_carrier(line: Line) -> None:
    case = line.open_case("hello")
    line.text("my letter", media=PICTURE)
    line.advance(minutes=10)
    assert lies_there(line) == 2
    line.as_member(erase_case, "heron", case.id)
    line.advance(minutes=2)
    assert lies_there(line) == 0
    with line.reading() as db:
        assert db.scalar(select(func.count()).where(CarrierTrace.case_id.is_not(None))) == 0


def test_a_hash_is_forgotten_after_more_than_a_year(line: Line) -> None:
    line.text("STOP")
    line.advance(minutes=2)
    for age, left in ((COPY_MEMORY - timedelta(days=1), 1), (timedelta(days=2), 0)):
        line.clock.advance(age)
        with line.writing() as db:
            forget_old_copies(db, line.now)
        assert len(traces(line)) == left
