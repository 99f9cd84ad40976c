"""Texts whose webhook never arrived are found in the carrier's list, and erased ones are not."""

from __future__ import annotations

import base64

import pytest

from app.inbound import lost_texts
from app.inbound.receiving import take_texts
from tests.service import House

PICTURE = {"content_type": "image/png", "data": base64.b64encode(b"\x89PNG picture").decode()}


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


def _bodies(house: House, case_id: str) -> list[str]:
    messages = house.read(case_id)["messages"]
    return [message["body"] for message in messages if message["direction"] == "inbound"]


def test_a_text_whose_webhook_was_lost_is_taken_in_and_answered(house: House) -> None:
    house.network.faults("webhook-lost", count=1)
    house.phone().text("hello")
    assert house.queue() == []
    house.advance(minutes=4)
    [case] = house.queue()
    assert _bodies(house, case["id"]) == ["hello"]
    assert [text[:5] for text in house.phone().inbox()] == ["Hello"]
    house.advance(minutes=2)
    assert house.network.carrier()["messages"] == []


def test_a_text_found_late_keeps_its_time_and_is_not_answered_at_night(house: House) -> None:
    came_at = house.clock()
    house.network.faults("webhook-lost", count=2)
    house.phone().text("they took him")
    house.phone().text("STOP")
    house.advance(hours=3)
    [case] = house.queue()
    assert house.phone().inbox() == []
    assert (case["urgency"], case["waiting_since"][:16]) == (0, f"{came_at:%Y-%m-%dT%H:%M}")
    read = house.read(case["id"])
    assert [message["status"] for message in read["messages"]] == [
        "received", "refused", "received"
    ]  # fmt: skip
    assert "stopped" in read["contact"]["flags"]


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_lost_texts_come_in_their_order_and_only_once(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    house.network.faults("webhook-lost", count=2)
    house.phone().says("one", "two", "three")
    house.advance(minutes=4)
    house.advance(minutes=4)
    assert _bodies(house, case_id) == ["hello", "three", "one", "two"]


def test_an_erased_text_stays_gone_although_the_carrier_still_lists_it(house: House) -> None:
    house.network.faults("api-20009", count=10_000)
    case_id = house.case_of("hello")["id"]
    assert house.as_("heron").post(f"/v1/cases/{case_id}/erase").status_code == 204
    house.advance(hours=1)
    assert [m["body"] for m in house.network.carrier()["messages"] if m["direction"] == "inbound"]
    assert house.queue() == []


def test_pictures_of_a_lost_webhook_are_noted_as_its_own_would_be(house: House) -> None:
    house.network.faults("webhook-lost", count=1)
    house.phone().text("my letter", media=[PICTURE])
    house.advance(minutes=4)
    [case] = house.queue()
    assert house.read(case["id"])["messages"][0]["media"] == ["image/png"]


def test_one_text_that_cannot_be_written_does_not_keep_the_others_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = take_texts
    broken = True

    def failing(db, desk, items, now):  # type: ignore[no-untyped-def]  # as `take`
        if broken and items[0].body == "one":
            raise OSError
        return take(db, desk, items, now)

    monkeypatch.setattr(lost_texts, "take_texts", failing)
    house.network.faults("webhook-lost", count=2)
    house.phone().text("one")
    house.phone("+15145550177").text("two")
    house.advance(minutes=4)
    assert len(house.queue()) == 1
    broken = False
    house.advance(minutes=4)
    assert len(house.queue()) == 2


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_text_in_doubt_is_settled_before_its_copy_is_deleted(house: House) -> None:
    house.network.faults("api-timeout-after-accept", count=1, delay_s=0)
    house.network.faults("status-lost", count=3)
    house.phone().text("hello")
    house.advance(minutes=15)
    house.advance(minutes=15)
    [case] = house.queue()
    assert house.read(case["id"])["messages"][-1]["status"] == "delivered"
    assert house.network.carrier()["messages"] == []
