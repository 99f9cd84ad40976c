"""Opening a case in an emergency: with a reason, in front of everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from app.models import Member
from app.texts import MemberNotice, MemberText
from tests.service import House, refusal

REASON = {"reason": "the family is at the gate"}


@pytest.fixture
def closed(shared_house: House) -> Iterator[str]:
    heron = shared_house.as_("heron")
    given = {"channel": "manual", "situation": "other", "urgency": 2}
    case_id = heron.post("/v1/cases", given).json()["id"]
    heron.post(f"/v1/cases/{case_id}/notes", {"body": "sounds tired"})
    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    yield case_id
    heron.post(f"/v1/cases/{case_id}/erase")


def test_the_archive_opens_it_and_the_other_coordinators_know_at_once(
    shared_house: House, closed: str
) -> None:
    phone = shared_house.phone("+15145550187")
    with shared_house.database.transaction() as db:
        wren = db.get_one(Member, shared_house.residents["wren"].id)
        profile = db.keys.read_values(wren)
        db.keys.write_values(wren, replace(profile, phone=phone.number))
    answer = shared_house.as_("crane").post(f"/v1/cases/{closed}/break-glass", REASON)
    assert answer.status_code == 200, answer.text
    notes = [(note["kind"], note["body"]) for note in answer.json()["notes"]]
    assert notes == [("note", "sounds tired"), ("break_glass", REASON["reason"])]
    shared_house.settle()
    assert phone.inbox() == [MemberNotice(MemberText.GLASS_BROKEN).write("en")]
    entries = shared_house.as_("magpie").get("/v1/audit").json()["items"]
    [broken] = [entry for entry in entries if entry["kind"] == "case.glass_broken"]
    assert UUID(broken["object"]) == UUID(closed)


def test_it_opens_no_case_whose_key_is_with_the_desk_alone(shared_house: House) -> None:
    heron = shared_house.as_("heron")
    given = {"channel": "manual", "situation": "other", "urgency": 2}
    case_id = heron.post("/v1/cases", given).json()["id"]
    path = f"/v1/cases/{case_id}/break-glass"
    assert refusal(shared_house.as_("crane").post(path, REASON)) == (404, "not-found")
    assert refusal(heron.post(path, REASON)) == (403, "forbidden")
    assert shared_house.as_("wren").post(path, REASON).status_code == 200


@pytest.mark.parametrize("reason", ["", "   ", "x" * 4001])
def test_it_needs_a_reason(shared_house: House, closed: str, reason: str) -> None:
    path = f"/v1/cases/{closed}/break-glass"
    answer = shared_house.as_("crane").post(path, {"reason": reason})
    assert refusal(answer) == (400, "bad-request")


def test_an_erased_case_stays_erased(shared_house: House, closed: str) -> None:
    shared_house.as_("heron").post(f"/v1/cases/{closed}/erase")
    answer = shared_house.as_("crane").post(f"/v1/cases/{closed}/break-glass", REASON)
    assert refusal(answer) == (410, "case-erased")
