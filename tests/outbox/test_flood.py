"""A flood is stored and read, but not answered, and starves nobody."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.models import Outgoing
from app.outbox import flood
from app.outbox.queue import TextDraft, queue_texts
from app.store.jobs import claim_jobs, finish_job
from tests.service import CALLER, House


def _inbound(house: House, case_id: str) -> int:
    messages = house.read(case_id)["messages"]
    return sum(message["direction"] == "inbound" for message in messages)


def test_a_phone_that_floods_is_stored_and_answered_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "SCRIPT_PER_HOUR", 4)
    monkeypatch.setattr(flood, "NOTICES_TOO", 6)
    case_id, phone = house.case_of("HELP")["id"], house.phone()
    said = [phone.says("HELP") for _ in range(4)]
    assert [len(texts) for texts in said] == [1, 1, 0, 0]
    assert _inbound(house, case_id) == 5
    assert [len(phone.says("ERASE")) for _ in range(3)] == [1, 1, 0]
    house.advance(minutes=61)
    assert len(phone.says("HELP")) > 0


def test_one_phone_s_flood_is_not_another_s(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "SCRIPT_PER_HOUR", 1)
    house.phone().says("hello", "HELP", "HELP")
    assert len(house.phone("+15145550177").says("hello")) == 1


def test_a_flood_without_a_case_is_bounded_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "NOTICES_TOO", 2)
    assert [len(house.phone().says("ERASE")) for _ in range(4)] == [1, 1, 0, 0]


def test_two_machines_that_talk_to_each_other_are_left_alone_for_an_hour(house: House) -> None:
    case_id, phone = house.case_of("hello")["id"], house.phone()
    before = phone.inbox()
    house.network.faults("api-14107", match=CALLER, count=1)
    phone.says("HELP", "HELP", "HELP")
    assert phone.inbox() == before
    assert _inbound(house, case_id) == 4
    house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": "a person here"})
    house.settle()
    assert phone.inbox()[-1] == "a person here"


# -- blocks


def _block(house: House, **whom: str) -> str:
    answer = house.as_("crane").post("/v1/blocks", whom)
    assert answer.status_code == 201, answer.text
    block_id: str = answer.json()["id"]
    return block_id


def test_a_blocked_number_is_stored_marked_and_not_answered(house: House) -> None:
    block_id = _block(house, number=CALLER)
    assert house.phone().says("hello", "HELP", "ERASE", "START") == []
    [case] = house.queue()
    assert "blocked" in house.read(case["id"])["contact"]["flags"]
    listed = house.as_("crane").get("/v1/blocks").json()["items"]
    assert [item["id"] for item in listed] == [block_id]
    assert CALLER not in str(listed)


def test_an_unblocked_number_is_answered_again(house: House) -> None:
    block_id = _block(house, number=CALLER)
    house.phone().says("hello")
    assert house.as_("crane").delete(f"/v1/blocks/{block_id}").status_code == 204
    assert house.as_("crane").get("/v1/blocks").json()["items"] == []
    assert house.phone().says("HELP") != []
    [case] = house.queue()
    assert "blocked" not in house.read(case["id"])["contact"]["flags"]


def test_a_coordinator_blocks_the_phone_of_a_case_without_seeing_it(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    _block(house, case_id=case_id)
    assert house.phone().says("HELP") == []


def test_blocking_twice_is_blocking_once(house: House) -> None:
    assert _block(house, number=CALLER) == _block(house, number="+1 (514) 555-0123")


@pytest.mark.parametrize(
    ("whom", "status"),
    [
        ({}, 400),
        ({"number": "555"}, 400),
        ({"number": CALLER, "case_id": str(uuid4())}, 400),
        ({"case_id": str(uuid4())}, 404),
    ],
)
def test_a_block_needs_one_phone(shared_house: House, whom: dict[str, str], status: int) -> None:
    assert shared_house.as_("crane").post("/v1/blocks", whom).status_code == status


# -- urgent first


def test_an_urgent_text_overtakes_a_flood_and_pulls_its_own_lane_along(house: House) -> None:
    now, others = house.clock(), [f"+1514555{n:04d}" for n in range(100, 120)]
    with house.database.transaction() as db:
        waiting = [TextDraft(number, "later", None, None, "notice", 3) for number in others]
        first = TextDraft(CALLER, "earlier to the same phone", None, None, "notice", 3)
        queue_texts(db, [*waiting, first], now)
        queue_texts(db, [TextDraft(CALLER, "urgent", None, None, "notice", 0)], now)
        sent = []
        for _ in range(2):
            [job] = claim_jobs(db, uuid4(), now, 1, ("send",))
            row = db.get_one(Outgoing, job.ref)
            sent.append(db.keys.read_values(row).body)
            finish_job(db, job)
    assert sent == ["earlier to the same phone", "urgent"]
