"""A reply that did not reach the caller: the case waits again, and somebody is paged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Job, Message, Outgoing, OutgoingState
from app.outbox.states import UNHEARD_JOB
from app.store.jobs import add_jobs, new_job
from tests.service import House

HERON = "+15145550160"


def replied(house: House, case_id: str, body: str = "I am here with you.") -> dict[str, Any]:
    answer = house.as_("heron").post(f"/v1/cases/{case_id}/messages", {"body": body})
    assert answer.status_code == 202, answer.text
    house.settle()
    return in_queue(house, case_id)


def in_queue(house: House, case_id: str) -> dict[str, Any]:
    [case] = [case for case in house.queue() if case["id"] == case_id]
    return case


def status_of_reply(house: House, case_id: str) -> str:
    with house.database.snapshot() as db:
        theirs = (Message.case_id == UUID(case_id), Message.author_id.is_not(None))
        newest = select(Message.status).where(*theirs).order_by(Message.position.desc())
        return db.scalars(newest.limit(1)).one()


@pytest.fixture
def paged(house: House) -> House:
    client = house.as_("heron")
    version = client.get("/v1/members/me").headers["etag"]
    client.patch("/v1/members/me", {"phone": HERON}, version=version)
    return house


def pages(house: House) -> int:
    return sum("Reply 1 = mine" in text for text in house.phone(HERON).inbox())


@pytest.mark.parametrize(
    ("fault", "status"),
    [("api-21610", "refused"), ("api-30003", "undelivered")],
)
def test_a_case_whose_reply_came_to_nothing_waits_again(
    paged: House, fault: str, status: str
) -> None:
    case = paged.case_of("they took him")
    paged.network.faults(fault, count=1, match=paged.phone().number)
    before = pages(paged)
    after = replied(paged, case["id"])
    assert status_of_reply(paged, case["id"]) == status
    assert (after["state"], after["waiting_since"] is not None) == ("open", True)
    assert pages(paged) == before + 1


def test_it_is_paged_for_until_somebody_looks(paged: House) -> None:
    case = paged.case_of("they took him")
    paged.network.faults("api-30003", count=1, match=paged.phone().number)
    replied(paged, case["id"])
    before = pages(paged)
    paged.advance(minutes=5)
    assert pages(paged) == before + 1
    assert replied(paged, case["id"], "Once more.")["waiting_since"] is None
    assert status_of_reply(paged, case["id"]) == "delivered"
    paged.advance(minutes=15)
    assert pages(paged) == before + 1


def test_a_reply_that_arrived_leaves_nobody_waiting(paged: House) -> None:
    case = paged.case_of("they took him")
    after = replied(paged, case["id"])
    assert (after["state"], after["waiting_since"]) == ("waiting", None)


def test_what_the_script_failed_to_say_changes_nothing(paged: House) -> None:
    case = paged.case_of("they took him", "1")
    replied(paged, case["id"])
    with paged.database.transaction() as db:
        texts = {one.purpose: one for one in db.scalars(select(Outgoing)) if one.case_id}
        texts["script"].state = OutgoingState.FAILED
        rows = [new_job(UNHEARD_JOB, one.id, paged.clock()) for one in texts.values()]
        assert len(rows) == 2
        add_jobs(db, rows)
    paged.settle()
    assert in_queue(paged, case["id"])["waiting_since"] is None
    with paged.database.snapshot() as db:
        assert db.scalar(select(Job.id).where(Job.kind == UNHEARD_JOB)) is None


def test_a_closed_case_is_left_alone(paged: House) -> None:
    case = paged.case_of("they took him")
    paged.network.faults("status-delay", count=10, delay_s=300)
    paged.network.faults("api-30003", count=1, match=paged.phone().number)
    replied(paged, case["id"])
    paged.as_("heron").post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"})
    paged.advance(minutes=10)
    assert status_of_reply(paged, case["id"]) == "undelivered"
    assert paged.queue(state="closed")[0]["waiting_since"] is None


def test_who_wrote_again_meanwhile_waits_since_then(paged: House) -> None:
    case = paged.case_of("they took him")
    paged.network.faults("status-delay", count=10, delay_s=900)
    paged.network.faults("api-30003", count=1, match=paged.phone().number)
    replied(paged, case["id"])
    paged.advance(minutes=5)
    paged.phone().text("are you there?")
    since = in_queue(paged, case["id"])["waiting_since"]
    paged.advance(minutes=15)
    assert status_of_reply(paged, case["id"]) == "undelivered"
    assert in_queue(paged, case["id"])["waiting_since"] == since


def test_of_a_merged_case_the_main_one_waits(paged: House) -> None:
    main, other = paged.case_of("they took him"), paged.case_of("him", number="+15145550177")
    replied(paged, main["id"])
    paged.network.faults("status-delay", count=10, delay_s=300)
    paged.network.faults("api-30003", count=1, match="+15145550177")
    replied(paged, other["id"])
    merged = paged.as_("heron").post(f"/v1/cases/{other['id']}/merge", {"into": main["id"]})
    assert merged.status_code == 200, merged.text
    assert in_queue(paged, main["id"])["waiting_since"] is None
    paged.advance(minutes=10)
    assert in_queue(paged, main["id"])["waiting_since"] is not None


def test_a_page_that_was_answered_just_before_is_not_the_last(paged: House) -> None:
    case, heron = paged.case_of("hello"), paged.as_("heron")
    path = f"/v1/cases/{case['id']}"
    version = heron.get(path).headers["etag"]
    assert heron.patch(path, {"urgency": 2}, version=version).status_code == 200
    agreed = {"scope": "contact", "granted": True, "methods": ["text"], "hours": ["00:00-24:00"]}
    assert heron.post(f"{path}/consents", agreed).status_code == 201
    before = pages(paged)
    paged.advance(hours=20)
    assert pages(paged) == before + 1
    paged.network.faults("api-30003", count=1, match=paged.phone().number)
    assert replied(paged, case["id"])["waiting_since"] is not None
    paged.advance(hours=20)
    assert pages(paged) == before + 2


def test_what_the_carriers_list_alone_tells_counts_too(paged: House) -> None:
    case = paged.case_of("they took him")
    for fault in ("api-30003", "api-timeout-after-accept"):
        paged.network.faults(fault, count=1, match=paged.phone().number)
    paged.network.faults("status-lost", count=10)
    replied(paged, case["id"])
    paged.advance(minutes=5)
    assert status_of_reply(paged, case["id"]) == "undelivered"
    assert in_queue(paged, case["id"])["waiting_since"] is not None


def test_the_desk_sees_that_the_carrier_refused_for_good(paged: House) -> None:
    case = paged.case_of("they took him")
    paged.network.faults("api-21610", count=1, match=paged.phone().number)
    replied(paged, case["id"])
    assert paged.read(case["id"])["contact"]["flags"] == ["stopped"]
    assert (
        paged.as_("heron")
        .post(f"/v1/cases/{case['id']}/messages", {"body": "x"})
        .json()["type"]
        .endswith("number-suppressed")
    )
