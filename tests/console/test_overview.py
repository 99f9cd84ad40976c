from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from app.api import health
from app.console import log
from app.members.confirmations import confirm_second
from app.models import Confirmation
from tests.console.visitor import Visitor
from tests.service import Caller, House

Visit = Callable[..., Visitor]


def test_the_log_says_who_did_what(house: House, phone: Caller, visit: Visit) -> None:
    case = house.case_of("hello", number=phone.number)
    desk = visit("heron")
    desk.send(desk.case(case["reference"]), "/notes", body="seen")
    page = visit("magpie").open("/audit")
    assert page.says(f"heron wrote a note {case['id']}")
    assert page.says("wren founded the organisation")
    assert not page.says("seen")


def test_the_log_has_pages(house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE", 5)
    magpie = visit("magpie")
    first = magpie.open("/audit")
    [older] = [a["href"] for a in first.all("a") if a.get("rel") == "next"]
    assert magpie.open(older).says("Newest")
    assert magpie.open("/audit?before=nonsense").text == first.text


def test_health_says_in_words_that_all_is_well(visit: Visit) -> None:
    page = visit("heron").open("/health")
    assert page.says("Well: The records can be read and written.")
    assert page.says("Well: Texts are being sent.")
    assert page.says("No native speaker has checked the texts in English")
    assert not page.says("Not well")


def test_health_says_in_words_what_is_wrong(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = {"worker": "stopped", "carrier": "configured"}
    monkeypatch.setattr(health, "_worker_and_carrier", lambda service: stopped)
    assert visit("heron").open("/health").says("Not well: Nothing is being sent")


def test_a_newcomer_who_waits_for_keys_is_mentioned(house: House, visit: Visit) -> None:
    crane = house.as_("crane")
    code = crane.post("/v1/invitations", {"roles": ["dispatcher"]}).json()["code"]
    redeemed = {"code": code, "handle": "kestrel", "passphrase": "seven quiet herons wade"}
    house.nobody.post("/v1/invitations/redeem", redeemed)
    [one] = crane.get("/v1/confirmations").json()["items"]
    house.as_("wren").get("/v1/members")  # signs them into the roster
    with house.database.transaction() as db:  # as 24 hours later, without a key of the desk
        confirm_second(db, db.get_one(Confirmation, UUID(one["id"])), None, house.clock())
    assert visit("crane").open("/").says("A newcomer waits for the keys.")
    assert not visit("heron").open("/").says("A newcomer waits")


def test_records_out_of_reach_are_a_page_too(
    house: House, desk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("app.console.queue.list_handles", broken)
    page = desk.open("/")
    assert page.status == 503
    assert page.says("The server cannot reach its records right now.")
    assert not page.says("disk")
