"""What ``kith check`` says about the rota."""

from __future__ import annotations

from typing import Any

import pytest

from app.main import make_carrier
from app.operations.checkup.desk import look_at_desk
from app.operations.checkup.findings import CheckFinding, CheckScene
from tests.service import House

DAILY = {"rrule": "FREQ=DAILY", "starts_at": "2026-01-15T09:00", "duration": "PT8H"}


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def about_rota(house: House) -> CheckFinding:
    texts, now = house.service.desk.script.texts, house.clock()
    scene = CheckScene(
        house.settings, house.database, make_carrier(house.settings), texts, now, now
    )
    [found] = [finding for finding in look_at_desk(scene) if finding.about == "rota"]
    return found


def test_shifts_that_lack_people_are_told(house: House) -> None:
    wren = house.as_("wren")
    assert about_rota(house).said == "There is no rota: every alert goes to the whole desk."
    heron: dict[str, Any] = {**DAILY, "members": [str(house.residents["heron"].id)]}
    wren.post("/v1/shifts", heron)
    assert about_rota(house).verdict == "ok"
    wren.post("/v1/shifts", {**DAILY, "people": 3})
    assert about_rota(house).said == "2 shifts of the next 48 hours lack 6 people."
