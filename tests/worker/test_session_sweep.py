from __future__ import annotations

from tests.service import House


def test_the_worker_sweeps_sessions_that_are_over(house: House) -> None:
    house.as_("heron")
    heron = house.residents["heron"].id
    with house.database.snapshot() as db:
        assert len(house.service.sessions.of_member(db, heron)) == 1
    house.advance(minutes=36)
    with house.database.snapshot() as db:
        assert house.service.sessions.of_member(db, heron) == []
