"""A member's phone that gets no texts is shown wherever somebody counts on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.main import make_carrier
from app.operations.checkup.desk import look_at_desk
from app.operations.checkup.findings import CheckScene
from tests.calls.test_webhooks import PHONES, give_phones, on_duty
from tests.console.visitor import Visitor
from tests.service import House

Visit = Callable[..., Visitor]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def test_it_is_shown_at_once_everywhere(house: House, visit: Visit) -> None:
    give_phones(house)
    on_duty(house, "heron", "plover")
    house.phone(PHONES["heron"]).text("STOP")
    wren, heron = visit("wren"), house.residents["heron"].id
    for path in ("/rota", "/members", f"/members/{heron}"):
        assert "said STOP" in wren.open(path).text, path
    assert wren.open("/health").says("phones of members get no texts: heron (said STOP)")
    assert visit("heron").open("/me").says("Text START to the hotline to get them again.")
    listed = house.as_("wren").get("/v1/members").json()["items"]
    assert {one["handle"]: one["phone_trouble"] for one in listed if one["phone_trouble"]} == {
        "heron": "stop"
    }
    texts, now = house.service.desk.script.texts, house.clock()
    carrier = make_carrier(house.settings)
    scene = CheckScene(house.settings, house.database, carrier, texts, now, now)
    [found] = [finding for finding in look_at_desk(scene) if finding.about == "phones"]
    assert (found.verdict, "heron (stop)" in found.said) == ("warning", True)
    house.phone(PHONES["heron"]).text("START")
    assert "said STOP" not in wren.open("/rota").text
