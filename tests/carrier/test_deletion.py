"""What lies at the carrier: deleted, verified, forgotten, and remembered as known."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import carrier_traces
from app.models import CarrierTrace
from tests.service import House


def _at_carrier(house: House) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = house.network.carrier()["messages"]
    return messages


def _traces(house: House) -> list[CarrierTrace]:
    with house.database.snapshot() as db:
        return list(db.scalars(select(CarrierTrace)))


def _counted(house: House) -> dict[str, int]:
    with house.database.snapshot() as db:
        return carrier_traces.count(db)


def test_a_conversation_leaves_nothing_at_the_carrier(house: House) -> None:
    house.phone().says("hello", "1")
    assert len(_at_carrier(house)) == 4
    house.advance(minutes=2)
    assert _at_carrier(house) == []
    assert {trace.state for trace in _traces(house)} == {"gone"}
    assert len(house.phone().inbox()) == 2
