from __future__ import annotations

from collections.abc import Callable

from tests.console.visitor import Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]


def test_one_asks_another_confirms_and_everybody_reads_the_same(house: House, visit: Visit) -> None:
    house.advance(days=20)
    wren, crane, magpie = visit("wren"), visit("crane"), visit("magpie")
    month = {"family": "opened", "period": "2026-01"}
    asked = wren.send(wren.open("/statistics"), "/statistics", **month)
    assert asked.says("Another coordinator has to confirm it.")
    confirm = asked.form("/confirm").action
    assert wren.send(asked, confirm).says("another coordinator has to confirm it")
    released = crane.send(crane.open("/statistics"), confirm)
    assert released.says("It stays as it is now, for ever.")
    assert released.says("In January 2026, people turned to us in")
    path = confirm.removesuffix("/confirm")
    assert magpie.open(path).says("Every figure here contains deliberate random noise")
    files = [browser.http.get(f"{path}/files/csv").content for browser in (wren, crane, magpie)]
    assert len(set(files)) == 1
    assert magpie.open(f"{path}/files/exe").status == 400


def test_the_desk_now_is_exact_by_tier_and_not_for_publication(
    house: House, phone: Caller, visit: Visit
) -> None:
    case = house.case_of("hello", "1", number=phone.number)
    house.advance(minutes=40)
    page = visit("heron").open("/desk")
    assert page.says("Not for publication.")
    assert page.says("2 This week 1 1 0 none")
    house.as_("heron").post(f"/v1/cases/{case['id']}/claim")
    assert visit("crane").open("/desk").says("half within 40 min")
