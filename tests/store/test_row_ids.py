"""Ids: side by side within five minutes where a row tells those, and random everywhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import AnyRow, Base, Case, Consent, Instant, Job, Message, Outgoing, table
from app.store import make_row_id
from app.store.row_ids import find_window_front
from tests.line import Line

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
MODELS: list[type[AnyRow]] = sorted(
    (mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__tablename__
)
WITH_WINDOW = [model for model in MODELS if model.id_window]


def fronts(line: Line, *instants: datetime) -> list[bytes]:
    with line.reading() as db:
        return [make_row_id(db, Case, at).bytes[:4] for at in instants]


def test_ids_of_five_minutes_begin_alike_and_are_random_otherwise(line: Line) -> None:
    with line.reading() as db:
        made = [make_row_id(db, Case, NOON + timedelta(seconds=at)) for at in range(300)]
    assert len({one.bytes[:4] for one in made}) == 1
    assert len({one.bytes[4:] for one in made}) == 300
    assert {one.version for one in made} == {4}


def test_each_window_begins_otherwise_and_in_no_order(line: Line) -> None:
    windows = fronts(line, *(NOON + n * timedelta(minutes=5) for n in range(64)))
    assert len(set(windows)) == 64
    rising = sum(a < b for a, b in pairwise(windows))
    assert 10 < rising < 54  # of 63: else the key says when, which chance does not in 10⁷ runs


def test_every_process_begins_a_window_alike(line: Line) -> None:
    assert fronts(line, NOON) == fronts(line, NOON)


def test_another_deployment_begins_it_otherwise(line: Line) -> None:
    ours = fronts(line, NOON)
    line.database.keys.held.integrity = type(line.database.keys.integrity)(b"o" * 32)  # type: ignore[union-attr]
    assert fronts(line, NOON) != ours


def test_these_tables_have_such_ids_and_no_others() -> None:
    busy = {"alerts", "cases", "jobs", "messages", "outgoing"}
    assert {model.__tablename__ for model in WITH_WINDOW} == busy


@pytest.mark.parametrize("model", WITH_WINDOW)
def test_each_of_these_tables_tells_a_time_in_plain(model: type[AnyRow]) -> None:
    column = model.__table__.c[model.id_window]
    assert isinstance(column.type, Instant)
    assert (column.info["vault"], column.nullable) == ("plain", False)


def test_no_other_table_can_have_one(line: Line) -> None:
    with line.reading() as db, pytest.raises(ValueError, match="consents tell no time"):
        make_row_id(db, Consent, NOON)


def test_an_id_tells_no_more_than_the_time_beside_it(line: Line) -> None:
    """Also of a text whose webhook came later: its id and its time say when it was sent."""
    for number in ("+15145550101", "+15145550102"):
        line.open_case("hello", "1", "4", "they took him", sender=number)
        line.advance(minutes=7)
    with line.reading() as db:
        told = {
            model: db.execute(select(*model.__table__.c["id", model.id_window])).all()
            for model in WITH_WINDOW
            if model is not Job  # the time of a job that is tried again moves on
        }
        for rows in told.values():
            assert [one.bytes[:4] for one, _ in rows] == [
                find_window_front(db, at) for _, at in rows
            ]
    assert all(told[model] for model in (Case, Message, Outgoing))


def test_ids_of_other_tables_do_not_begin_alike(line: Line) -> None:
    case = line.open_case("hello")
    with line.reading() as db:
        front = find_window_front(db, case.opened_at)
        for model in MODELS:
            if model.id_window or "id" not in model.__table__.c or "only" in table(model).info:
                continue
            ids = db.scalars(select(model.__table__.c.id)).all()
            assert not [one for one in ids if isinstance(one, UUID) and one.bytes[:4] == front]
